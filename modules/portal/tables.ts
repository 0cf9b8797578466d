import { defineTable } from '@lango/kernel/db'
import { pictureKinds, pictureTypes } from './picture.ts'
import type { PortalSettings } from './rules.ts'

/** What the captive portal shows: for the whole box under `all`, and what differs at a router's under the router's id. */
export const portalSettings = defineTable(
  'portal_settings',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    config: c.json<Partial<PortalSettings>>(),
    changedAt: c.instant(),
    changedBy: c.text(),
  }),
)

/** Languages beside the portal's own, each under its tag (BCP 47). */
export const portalLanguages = defineTable(
  'portal_languages',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** The file, as it came: JSON. */
    text: c.text(),
    changedAt: c.instant(),
    changedBy: c.text(),
  }),
)

/** Its pictures, apart from the rest: a page is made without them, and asks for each by what it holds. */
export const portalPictures = defineTable(
  'portal_pictures',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    /** `all/logo` */
    id: c.id(),
    location: c.text(),
    kind: c.oneOf(pictureKinds),
    type: c.oneOf(pictureTypes),
    sha256: c.text(),
    bytes: c.int(),
    width: c.int(),
    height: c.int(),
    /** No secret: octets that are read by their sha256 alone, and stay at the site. */
    data: c.secret(),
    changedAt: c.instant(),
    changedBy: c.text(),
  }),
  { unique: { byPlace: ['location', 'kind'] }, indexes: { bySha256: ['sha256'] } },
)

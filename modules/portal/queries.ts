import { defineQuery } from '@lango/kernel/db'
import { z } from 'zod'
import { locationSchema } from './commands.ts'
import { EVERYWHERE, newPortal } from './rules.ts'
import { portalPictures, portalSettings } from './tables.ts'

/** What the portal shows at a location, and of its pictures what can be told without sending them. */
export const showPortal = defineQuery({
  name: 'portal.show',
  summary: 'Shows what the captive portal shows, everywhere or at one router’s, without the pictures themselves.',
  permission: 'settings.read',
  input: z.object({ location: locationSchema }),
  tables: { portalSettings, portalPictures },
  select: ({ db, portalSettings: kept, portalPictures: pictures, byKey }) => ({
    kept: db
      .select({ id: kept.id, config: kept.config })
      .from(kept)
      .orderBy(...byKey(kept)),
    pictures: db
      .select({
        location: pictures.location,
        kind: pictures.kind,
        type: pictures.type,
        sha256: pictures.sha256,
        bytes: pictures.bytes,
        width: pictures.width,
        height: pictures.height,
      })
      .from(pictures)
      .orderBy(...byKey(pictures)),
  }),
  shape({ kept, pictures }, { location }) {
    const own = (at: string) => kept.find(({ id }) => id === at)?.config
    return {
      settings: { ...newPortal, ...own(EVERYWHERE), ...own(location) },
      /** Of this location alone; where there is none, that of the whole box stands there. */
      pictures: pictures.filter((one) => one.location === location),
    }
  },
})

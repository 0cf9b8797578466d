import { and, eq, inArray, max, ne } from 'drizzle-orm'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { routers } from '../network/tables.ts'
import {
  PICTURE_OCTETS_MAX,
  PICTURE_PIXELS_MAX,
  pictureKinds,
  PICTURES_OCTETS_MAX,
  readPicture,
  type PictureKind,
} from './picture.ts'
import {
  colourFault,
  EVERYWHERE,
  newPortal,
  ownOf,
  portalChangeSchema,
  withChange,
  type PortalSettings,
} from './rules.ts'
import { portalPictures, portalSettings } from './tables.ts'

/** `all`, or a router's id: what its hotspot shows of its own. */
export const locationSchema = z.string().trim().min(1).max(64).default(EVERYWHERE)
/** Base64 of more than any picture may have, so that one that is too large is told how large it may be. */
const PICTURE_TEXT_MAX = 1_400_000

const isLocation = (ctx: CommandContext, location: string): boolean =>
  location === EVERYWHERE ||
  ctx.db.select({ id: routers.site.id }).from(routers.site).where(eq(routers.site.id, location)).get() !== undefined

const keptAt = (ctx: CommandContext, location: string, otherwise: PortalSettings): PortalSettings => {
  const { site } = portalSettings
  const row = ctx.db.select({ config: site.config }).from(site).where(eq(site.id, location)).get()
  return { ...otherwise, ...row?.config }
}

/** Sets what is given; the rest stays. At a router's, what is as everywhere goes on following it. */
export const setPortal = defineCommand({
  name: 'portal.set',
  summary:
    'Sets what the captive portal shows, everywhere or at one router’s: what is given changes, the rest stays as it is.',
  permission: 'settings.write',
  input: portalChangeSchema.extend({ location: locationSchema }),
  handle(ctx, { location, ...given }) {
    if (!isLocation(ctx, location)) return err({ type: 'LocationUnknown', location } as const)
    const fault = colourFault(given)
    if (fault !== undefined) return err(fault)
    const everywhere = keptAt(ctx, EVERYWHERE, newPortal)
    const isEverywhere = location === EVERYWHERE
    const before = isEverywhere ? everywhere : keptAt(ctx, location, everywhere)
    const after = withChange(before, given)
    const config = ownOf(after, isEverywhere ? newPortal : everywhere)
    const row = { id: location, config, changedAt: ctx.now, changedBy: ctx.actor.id }
    const { site } = portalSettings
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    ctx.changed(before, after)
    return ok(after)
  },
})

/** The largest picture that can stand on one page with a new one of this kind. */
const besideOf = (ctx: CommandContext, location: string, kind: PictureKind): number => {
  const { site } = portalPictures
  const shared = location === EVERYWHERE ? undefined : inArray(site.location, [location, EVERYWHERE])
  const [found] = ctx.db
    .select({ bytes: max(site.bytes) })
    .from(site)
    .where(and(ne(site.kind, kind), shared))
    .all()
  return found?.bytes ?? 0
}

const pictureId = (location: string, kind: PictureKind): string => `${location}/${kind}`

export const setPicture = defineCommand({
  name: 'portal.setPicture',
  summary: 'Puts a logo or a background picture on the captive portal: PNG, JPEG or WebP, in base64.',
  permission: 'settings.write',
  input: z.object({
    location: locationSchema,
    kind: z.enum(pictureKinds),
    data: z
      .string()
      .min(1)
      .max(PICTURE_TEXT_MAX, 'The file is far too large for a picture of the portal.')
      .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'It is base64.')
      .meta({ contentEncoding: 'base64' }),
  }),
  audit: ({ data, ...rest }) => ({ ...rest, sha256: sha256Of(Buffer.from(data, 'base64')) }),
  handle(ctx, { location, kind, data }) {
    if (!isLocation(ctx, location)) return err({ type: 'LocationUnknown', location } as const)
    const octets = Buffer.from(data, 'base64')
    const facts = readPicture(octets)
    if (!facts.ok) return facts
    const { width, height } = facts.value
    const bytes = octets.length
    const room = PICTURES_OCTETS_MAX - besideOf(ctx, location, kind)
    const bytesMax = Math.max(0, Math.min(PICTURE_OCTETS_MAX[kind], room))
    if (bytes > bytesMax) return err(pictureTooLarge(kind, bytes, bytesMax))
    if (Math.max(width, height) > PICTURE_PIXELS_MAX)
      return err({ type: 'PictureTooWide', width, height, pixelsMax: PICTURE_PIXELS_MAX } as const)
    const told = { sha256: sha256Of(octets), bytes, ...facts.value }
    const place = { id: pictureId(location, kind), location, kind }
    const row = { ...place, ...told, data: octets, changedAt: ctx.now, changedBy: ctx.actor.id }
    const { site } = portalPictures
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    return ok(told)
  },
})

/** In kilobytes, as people read them: never less than it is, never more than it may be. */
export const pictureTooLarge = (kind: PictureKind, bytes: number, bytesMax: number) =>
  ({
    type: 'PictureTooLarge',
    kind,
    kilobytes: Math.ceil(bytes / 100) / 10,
    kilobytesMax: Math.floor(bytesMax / 100) / 10,
  }) as const

const sha256Of = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

export const removePicture = defineCommand({
  name: 'portal.removePicture',
  summary: 'Takes a logo or a background picture off the captive portal.',
  permission: 'settings.write',
  input: z.object({ location: locationSchema, kind: z.enum(pictureKinds) }),
  handle(ctx, { location, kind }) {
    const { site } = portalPictures
    const gone = ctx.db
      .delete(site)
      .where(eq(site.id, pictureId(location, kind)))
      .run()
    return gone.changes === 0 ? err({ type: 'PictureMissing', location, kind } as const) : ok()
  },
})

/** How the portal looks, for the portal itself: read for every page, so with statements that are prepared once. */
import type { RawDatabase } from '@lango/kernel/db'
import type { PictureKind, PictureType } from './picture.ts'
import { EVERYWHERE, newPortal, type PortalSettings } from './rules.ts'

/** A picture without its octets. */
export type PictureNote = {
  readonly type: PictureType
  readonly sha256: string
  readonly width: number
  readonly height: number
}

export type PortalLook = PortalSettings & {
  readonly pictures: { readonly [K in PictureKind]?: PictureNote }
  /** A picture's octets, by what a page named it by; undefined where it has gone meanwhile. */
  picture(sha256: string): { readonly type: PictureType; readonly sha256: string; readonly bytes: Buffer } | undefined
}

/** Where the settings of a router are, by its name at the desk; those of the whole box where there is none. */
export const createLocationOf = (raw: RawDatabase): ((router: string) => string) => {
  const named = raw.prepare<[string], { id: string }>('SELECT id FROM routers WHERE name = ?')
  return (router) => (router === '' ? undefined : named.get(router)?.id) ?? EVERYWHERE
}

type PictureRow = PictureNote & { readonly kind: PictureKind }

/** What is set for the whole box, and over it what a location has of its own. */
export const createPortalLook = (raw: RawDatabase): ((location?: string) => PortalLook) => {
  const config = raw.prepare<[string], { config: string }>('SELECT config FROM portal_settings WHERE id = ?')
  const notes = raw.prepare<[string], PictureRow>(
    'SELECT kind, type, sha256, width, height FROM portal_pictures WHERE location = ?',
  )
  const octets = raw.prepare<[string], { type: PictureType; bytes: Buffer }>(
    'SELECT type, data AS bytes FROM portal_pictures WHERE sha256 = ? LIMIT 1',
  )
  const configAt = (location: string) => JSON.parse(config.get(location)?.config ?? '{}') as Partial<PortalSettings>
  const picturesAt = (location: string) =>
    Object.fromEntries(notes.all(location).map(({ kind, ...note }) => [kind, note])) as PortalLook['pictures']
  const picture: PortalLook['picture'] = (sha256) => {
    const found = octets.get(sha256)
    return found && { ...found, sha256 }
  }
  return (location = EVERYWHERE) => {
    const isOwn = location !== EVERYWHERE
    return {
      ...newPortal,
      ...configAt(EVERYWHERE),
      ...(isOwn ? configAt(location) : {}),
      pictures: { ...picturesAt(EVERYWHERE), ...(isOwn ? picturesAt(location) : {}) },
      picture,
    }
  }
}

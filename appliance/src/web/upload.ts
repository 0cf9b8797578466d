/** What is sent to the desk that is no form: large, so it goes through without being kept or taken apart here. */
import type { Context } from 'hono'
import { transferSources as sources } from '@lango/modules/desk'
import type { WebSite } from './web-site.ts'
import type { DeskEnv } from './who.ts'

export const UPLOAD_PATH = '/settings/import/:source/file'
/** A backup of another box, sent to a new one. */
export const RESTORE_UPLOAD_PATH = '/setup/restore/file'
const SHAPE = /^\/settings\/import\/[a-z]+\/file$/

export const isUpload = (path: string): boolean => path === RESTORE_UPLOAD_PATH || SHAPE.test(path)

export async function* octetsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body) yield* body
}

export const takeUpload =
  (site: Pick<WebSite, 'receive'>, forbidden: (c: Context<DeskEnv>, permission: string) => Promise<Response>) =>
  async (c: Context<DeskEnv>) => {
    const source = sources.find((name) => name === c.req.param('source'))
    if (source === undefined) return c.notFound()
    const type = c.req.header('content-type') ?? ''
    const taken = await site.receive(source, type, octetsOf(c.req.raw.body), c.get('who').actor)
    if (taken.ok) return c.redirect('/settings/import', 303)
    const { type: fault, permission = '' } = taken.error as typeof taken.error & { readonly permission?: string }
    if (fault === 'Forbidden') return forbidden(c, permission)
    return c.redirect(`/settings/import/${source}?refused=${fault}`, 303)
  }

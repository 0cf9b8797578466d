/** What a request tells about where it comes from. */
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/** The address of the browser or program; '' where there is no socket. */
export const addressOf = (c: Context): string => {
  if (c.env === undefined || !(c.env as { incoming?: unknown }).incoming) return ''
  return getConnInfo(c).remote.address?.replace(/^::ffff:/, '') ?? ''
}

/** How the browser names itself, as far as a line takes. */
export const agentOf = (c: Context): string => (c.req.header('user-agent') ?? '').slice(0, 200)

import type { Context } from 'hono'

/** The token that a program shows (RFC 6750 §2.1); never one in the address, which ends in logs. */
export const bearerOf = (c: Context): string | undefined =>
  /^Bearer ([\w-]+)$/i.exec(c.req.header('authorization') ?? '')?.[1]

import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { defineCommand } from '@lango/kernel/verbs'
import { roleMay, roleNames } from './rules.ts'
import { apiTokens } from './tables.ts'

/** So that a token which lies about is known for one. */
const TOKEN_PREFIX = 'lango_'
const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^lango_[A-Za-z0-9_-]{43}$/
const HASH_PURPOSE = 'api_tokens.hash'

/** Makes a token and tells it, this once. */
export const createToken = defineCommand({
  name: 'tokens.create',
  permission: 'people.write',
  valueIsSecret: true,
  input: z.object({
    role: z.enum(roleNames),
    name: z.string().trim().min(1).max(64),
    validSec: z.number().int().min(60).optional(),
  }),
  handle(ctx, { role, name, validSec }) {
    if (validSec !== undefined && !ctx.sure) return err({ type: 'ClockUnsure' })
    const token = TOKEN_PREFIX + ctx.random.bytes(TOKEN_BYTES).toString('base64url')
    const id = ctx.ids.next('tok')
    ctx.db
      .insert(apiTokens.site)
      .values({
        id,
        name,
        role,
        hash: ctx.vault.keyedHash(token, HASH_PURPOSE),
        createdAt: ctx.now,
        createdBy: ctx.actor.id,
        expiresAt: validSec === undefined ? null : ctx.now + validSec * 1000,
        revokedAt: null,
      })
      .run()
    return ok({ id, name, role, token })
  },
})

/** From now on the token opens nothing; a repeat changes nothing. */
export const revokeToken = defineCommand({
  name: 'tokens.revoke',
  permission: 'people.write',
  input: z.object({ id: z.string() }),
  handle(ctx, { id }) {
    const token = ctx.db.select().from(apiTokens.site).where(eq(apiTokens.site.id, id)).get()
    if (!token) return err({ type: 'TokenUnknown', id })
    if (token.revokedAt === null)
      ctx.db.update(apiTokens.site).set({ revokedAt: ctx.now }).where(eq(apiTokens.site.id, id)).run()
    return ok({ id, name: token.name })
  },
})

/**
 * Who holds a token, and what its holder may do: looked up anew each time, so that a revoked one stops at once.
 * `now` is the site's clock.
 */
export const createTokenGuard = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>, now: () => number) => {
  const good = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)'
  const byHash = raw.prepare<[string, number], { id: string }>(`SELECT id FROM api_tokens WHERE hash = ? AND ${good}`)
  const roleOf = raw.prepare<[string, number], { role: string }>(`SELECT role FROM api_tokens WHERE id = ? AND ${good}`)
  return {
    /** The id of the token, undefined when it opens nothing. */
    idOf: (token: string): string | undefined =>
      TOKEN_SHAPE.test(token) ? byHash.get(vault.keyedHash(token, HASH_PURPOSE), now())?.id : undefined,
    may(id: string, permission: string): boolean {
      const found = roleOf.get(id, now())
      return found !== undefined && roleMay(found.role, permission)
    },
  }
}

import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { giving } from './giving.ts'
import { TOKEN_PREFIX, TOKEN_PURPOSE } from './guard.ts'
import { apiTokens } from './tables.ts'

const TOKEN_BYTES = 32

/** Makes a token and tells it, this once. */
export const createToken = defineCommand({
  name: 'tokens.create',
  summary: 'Makes an API token with a role and tells it, this once.',
  output: z.object({ id: z.string(), name: z.string(), role: z.string(), token: z.string() }),
  permission: 'people.write',
  valueIsSecret: true,
  input: z.object({
    role: z.string().min(1).max(64),
    name: z.string().trim().min(1).max(64),
    validSec: z.number().int().min(60).optional(),
  }),
  handle(ctx, { role, name, validSec }) {
    if (validSec !== undefined && !ctx.sure) return err({ type: 'ClockUnsure' })
    const given = giving(ctx).role(role)
    if (!given.ok) return given
    const token = TOKEN_PREFIX + ctx.random.bytes(TOKEN_BYTES).toString('base64url')
    const id = ctx.ids.next('tok')
    ctx.db
      .insert(apiTokens.site)
      .values({
        id,
        name,
        role,
        hash: ctx.vault.keyedHash(token, TOKEN_PURPOSE),
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
  summary: 'Revokes an API token: it opens nothing from now on, and a repeat changes nothing.',
  output: z.object({ id: z.string(), name: z.string() }),
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

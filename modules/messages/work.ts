/** What the box itself does for messages: nobody's to ask for. */
import { eq, isNotNull } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { backoffMs, defineCommand, defineJob, type CommandContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import { toldEarly } from './report-rules.ts'
import { channels, messageLimits, messageTextPurpose, senderSecretPurpose, sendLimits, type Channel } from './rules.ts'
import { messages, messageSenders } from './tables.ts'

export const attemptSchema = z.object({
  no: z.number().int(),
  /** The tries before this one: it counts once, however often it is recorded. */
  before: z.number().int(),
  outcome: z.enum(['accepted', 'refused', 'later']),
  providerId: z.string().max(messageLimits.providerIdLengthMax).nullable(),
  reason: z.string().max(messageLimits.reasonLengthMax).nullable(),
})
type Attempt = z.output<typeof attemptSchema>

/** How a round of sending went, and when the next one is due. */
export const recordMessages = defineCommand({
  name: 'messages.sent',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ channel: z.enum(channels), attempts: z.array(attemptSchema).max(messageLimits.roundMax) }),
  audit: ({ channel, attempts }) => ({ channel, attempts: attempts.length }),
  handle(ctx, { channel, attempts }) {
    for (const attempt of attempts) record(ctx, attempt)
    enqueueNext(ctx, channel)
    return ok()
  },
})

const record = (ctx: CommandContext, { no, before, outcome, providerId, reason }: Attempt): void => {
  const { site } = messages
  const row = ctx.db.select().from(site).where(eq(site.no, no)).get()
  if (row?.state !== 'waiting' || row.attempts !== before) return
  const attempts = before + 1
  const waitMs = backoffMs({ ...sendLimits, timeoutMs: 1, atOnce: 1 }, attempts, ctx.random.unit())
  const isAgain = outcome === 'later' && attempts < sendLimits.attemptsMax && ctx.now + waitMs < row.expiresAt
  const state = outcome === 'accepted' ? 'accepted' : isAgain ? 'waiting' : 'failed'
  ctx.db
    .update(site)
    .set({
      attempts,
      state,
      providerId,
      reason,
      early: null,
      nextAt: ctx.now + (isAgain ? waitMs : 0),
      ...(outcome === 'accepted' && { body: null, ...toldEarly(row.early, providerId) }),
    })
    .where(eq(site.no, no))
    .run()
}

/** A job for what waits, at the time when the first of it is due. */
const enqueueNext = (ctx: CommandContext, channel: Channel): void => {
  const { at } = ctx.raw
    .prepare<[string], { at: number | null }>(
      "SELECT min(next_at) AS at FROM messages WHERE channel = ? AND state = 'waiting'",
    )
    .get(channel)!
  if (at !== null) ctx.enqueue(deliverJob, { channel }, { runAt: Math.max(at, ctx.now), key: channel })
}

/** Forgets texts that are too late and rows that are too old or too many, and sees to it that what waits has a job. */
const tidyMessages = defineCommand({
  name: 'messages.tidy',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    const { keptMs, kept, pruneRows } = messageLimits
    ctx.raw
      .prepare("UPDATE messages SET body = NULL WHERE state = 'failed' AND body IS NOT NULL AND expires_at <= ?")
      .run(ctx.now)
    const old = ctx.raw
      .prepare(
        "DELETE FROM messages WHERE no IN (SELECT no FROM messages WHERE state <> 'waiting' AND created_at < ? ORDER BY created_at LIMIT ?)",
      )
      .run(ctx.now - keptMs, pruneRows)
    const many = ctx.raw
      .prepare(
        `DELETE FROM messages WHERE no IN (SELECT no FROM messages WHERE state <> 'waiting' AND no <=
           (SELECT no FROM messages ORDER BY no DESC LIMIT 1 OFFSET ?) ORDER BY no LIMIT ?)`,
      )
      .run(kept, pruneRows)
    for (const channel of channels) enqueueNext(ctx, channel)
    return ok({ removed: old.changes + many.changes })
  },
})

export const tidyJob = defineJob({
  name: 'messages.tidying',
  input: z.object({}),
  everyMs: messageLimits.tidyEveryMs,
  run(context) {
    context.dispatch(tidyMessages, {})
    return Promise.resolve()
  },
})

/** Seals providers' secrets and texts that wait under the newest key; what cannot be opened is counted and kept. */
export const resealMessages = defineCommand({
  name: 'messages.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    let [resealed, unreadable] = [0, 0]
    const resealedBox = (box: Buffer, purpose: string): Buffer | undefined => {
      if (ctx.vault.isCurrent(box)) return undefined
      const made = ctx.vault.reseal(box, purpose)
      if (made.ok) resealed += 1
      else unreadable += 1
      return made.ok ? made.value : undefined
    }
    const senders = messageSenders.site
    for (const { id, secret } of ctx.db.select().from(senders).where(isNotNull(senders.secret)).all()) {
      const box = resealedBox(secret!, senderSecretPurpose(id))
      if (box) ctx.db.update(senders).set({ secret: box }).where(eq(senders.id, id)).run()
    }
    const { site } = messages
    const kept = ctx.db.select({ no: site.no, body: site.body }).from(site).where(isNotNull(site.body)).all()
    for (const { no, body } of kept) {
      const box = resealedBox(body!, messageTextPurpose(no))
      if (box) ctx.db.update(site).set({ body: box }).where(eq(site.no, no)).run()
    }
    return ok({ resealed, unreadable })
  },
})

export const workCommands = [recordMessages, tidyMessages, resealMessages]

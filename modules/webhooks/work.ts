/** What the box itself does for webhooks: nobody's to ask for. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { backoffMs, defineCommand, defineJob, type CommandContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import { deliveryLimits, webhookLimits, webhookSecretPurpose } from './rules.ts'
import { webhookCursors, webhookDeliveries, webhookEndpoints } from './tables.ts'
import { tell } from './tell.ts'

export const attemptSchema = z.object({
  no: z.number().int(),
  /** The tries before this one: it counts once, however often it is recorded. */
  before: z.number().int(),
  outcome: z.enum(['delivered', 'failed', 'gone']),
  httpStatus: z.number().int().nullable(),
  error: z.string().max(webhookLimits.errorLengthMax).nullable(),
  answer: z.string().max(webhookLimits.answerCharactersMax).nullable(),
  tookMs: z.number().int(),
})
type Attempt = z.output<typeof attemptSchema>

/** How a round of sending went, and when the next one is due. */
export const recordDeliveries = defineCommand({
  name: 'webhooks.delivered',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ endpoint: z.string(), attempts: z.array(attemptSchema).max(webhookLimits.roundMax) }),
  audit: ({ endpoint, attempts }) => ({ endpoint, attempts: attempts.length }),
  handle(ctx, { endpoint, attempts }) {
    for (const attempt of attempts) record(ctx, attempt)
    if (attempts.some(({ outcome }) => outcome === 'gone'))
      ctx.db.update(webhookEndpoints.site).set({ status: 'gone' }).where(eq(webhookEndpoints.site.id, endpoint)).run()
    else enqueueNext(ctx, endpoint)
    return ok()
  },
})

const record = (ctx: CommandContext, { no, before, outcome, ...rest }: Attempt): void => {
  const { site } = webhookDeliveries
  const row = ctx.db.select().from(site).where(eq(site.no, no)).get()
  if (row?.state !== 'waiting' || row.attempts !== before) return
  const attempts = before + 1
  const isOver = outcome !== 'failed' || attempts >= deliveryLimits.attemptsMax
  const waitMs = isOver ? 0 : backoffMs({ ...deliveryLimits, timeoutMs: 1, atOnce: 1 }, attempts, ctx.random.unit())
  const state = outcome === 'delivered' ? 'delivered' : isOver ? 'failed' : 'waiting'
  ctx.db
    .update(site)
    .set({ ...rest, attempts, state, nextAt: ctx.now + waitMs })
    .where(eq(site.no, no))
    .run()
}

/** A job for what waits, at the time when the first of it is due. */
const enqueueNext = (ctx: CommandContext, endpoint: string): void => {
  const { at } = ctx.raw
    .prepare<[string], { at: number | null }>(
      "SELECT min(next_at) AS at FROM webhook_deliveries WHERE endpoint_id = ? AND state = 'waiting'",
    )
    .get(endpoint)!
  if (at !== null) ctx.enqueue(deliverJob, { endpoint }, { runAt: Math.max(at, ctx.now), key: endpoint })
}

/** An alarm is told as what it is: nothing of it was a command. */
export const tellAlarm = defineCommand({
  name: 'webhooks.alarm',
  permission: 'system',
  isInternal: true,
  input: z.object({ kind: z.string().max(64), sentence: z.string().max(2000), remedy: z.string().max(2000) }),
  handle(ctx, alarm) {
    tell(ctx, 'alarm.raised', alarm)
    return ok()
  },
})

const toldSession = z.looseObject({ acctSessionId: z.string() })
const CURSOR = 'sessions'

/** Sessions since the last time, told once: how far they are told is kept with what is told. */
export const tellSessions = defineCommand({
  name: 'webhooks.sessions',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({
    startedNo: z.number().int(),
    endedNo: z.number().int(),
    started: z.array(toldSession).max(webhookLimits.subjectsMax),
    ended: z.array(toldSession).max(webhookLimits.subjectsMax),
  }),
  audit: ({ started, ended, ...cursor }) => ({ ...cursor, started: started.length, ended: ended.length }),
  handle(ctx, { startedNo, endedNo, started, ended }) {
    const cursor = { startedNo, endedNo }
    ctx.db
      .insert(webhookCursors.site)
      .values({ id: CURSOR, ...cursor })
      .onConflictDoUpdate({ target: webhookCursors.site.id, set: cursor })
      .run()
    if (started.length > 0) tell(ctx, 'session.started', { sessions: started })
    if (ended.length > 0) tell(ctx, 'session.ended', { sessions: ended })
    return ok()
  },
})

/** Nobody wants sessions any more: who wants them later is told from then on. */
export const forgetSessions = defineCommand({
  name: 'webhooks.sessionsForgotten',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    ctx.db.delete(webhookCursors.site).run()
    return ok()
  },
})

/** Forgets what is too old or too much, a bounded number at a time, and sees to it that what waits has a job. */
const tidyDeliveries = defineCommand({
  name: 'webhooks.tidy',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({}),
  handle(ctx) {
    const { deliveriesKeptMs, deliveriesKept, pruneRows } = webhookLimits
    const old = ctx.raw
      .prepare(
        'DELETE FROM webhook_deliveries WHERE no IN (SELECT no FROM webhook_deliveries WHERE created_at < ? ORDER BY created_at LIMIT ?)',
      )
      .run(ctx.now - deliveriesKeptMs, pruneRows)
    // What still waits has a limit of its own.
    const many = ctx.raw
      .prepare(
        `DELETE FROM webhook_deliveries WHERE no IN (SELECT no FROM webhook_deliveries WHERE state <> 'waiting' AND no <=
           (SELECT no FROM webhook_deliveries ORDER BY no DESC LIMIT 1 OFFSET ?) ORDER BY no LIMIT ?)`,
      )
      .run(deliveriesKept, pruneRows)
    const active = ctx.db.select().from(webhookEndpoints.site).where(eq(webhookEndpoints.site.status, 'active')).all()
    for (const { id } of active) enqueueNext(ctx, id)
    return ok({ removed: old.changes + many.changes })
  },
})

export const tidyJob = defineJob({
  name: 'webhooks.tidying',
  input: z.object({}),
  everyMs: webhookLimits.tidyEveryMs,
  run(context) {
    const isMore = (part: number): boolean => {
      const tidied = context.dispatch(tidyDeliveries, {}, `/${part}`)
      return tidied.ok && tidied.value.removed >= webhookLimits.pruneRows
    }
    // A day's worth at most: the rest is for the next time.
    for (let part = 0; part < webhookLimits.roundMax; part++) if (!isMore(part)) break
    return Promise.resolve()
  },
})

/** Seals signing secrets under the newest key; what cannot be opened is counted and kept. */
export const resealWebhooks = defineCommand({
  name: 'webhooks.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    const { site } = webhookEndpoints
    let resealed = 0
    let unreadable = 0
    for (const { id, secret } of ctx.db.select({ id: site.id, secret: site.secret }).from(site).all()) {
      if (ctx.vault.isCurrent(secret)) continue
      const box = ctx.vault.reseal(secret, webhookSecretPurpose(id))
      if (box.ok) ctx.db.update(site).set({ secret: box.value }).where(eq(site.id, id)).run()
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    return ok({ resealed, unreadable })
  },
})

export const workCommands = [recordDeliveries, tellAlarm, tellSessions, forgetSessions, tidyDeliveries, resealWebhooks]

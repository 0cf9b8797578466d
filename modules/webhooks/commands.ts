import { and, asc, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import {
  SECRET_BYTES,
  TEST_EVENT,
  defaultEvents,
  secretBytes,
  spelledSecret,
  urlFault,
  urlOrigin,
  webhookEvents,
  webhookLimits,
  webhookSecretPurpose,
  type UrlFault,
} from './rules.ts'
import { webhookDeliveries, webhookEndpoints } from './tables.ts'
import { tellEach } from './tell.ts'

const urlFaults: Readonly<Record<UrlFault, string>> = {
  shape: 'Write an address such as https://example.com/hook.',
  credentials: 'A name or password in the address would end in logs.',
  fragment: 'What stands behind # is never sent.',
}
const url = z
  .string()
  .trim()
  .max(webhookLimits.urlLengthMax)
  .superRefine((text, issues) => {
    const fault = urlFault(text)
    if (fault !== undefined) issues.addIssue({ code: 'custom', message: urlFaults[fault] })
  })
const events = z
  .array(z.enum(webhookEvents))
  .min(1)
  .transform((chosen) => [...new Set(chosen)].toSorted())
const secret = secretText(
  z.string().refine((text) => secretBytes(text) !== undefined, 'A secret is whsec_ and 24 to 64 octets as base64.'),
)
const number = z.number().int()

type Endpoint = typeof webhookEndpoints.site.$inferSelect
type WebhookUnknown = { readonly type: 'WebhookUnknown'; readonly number: number }

const endpointNumbered = (ctx: CommandContext, wanted: number): Result<Endpoint, WebhookUnknown> => {
  const { site } = webhookEndpoints
  const found = ctx.db.select().from(site).where(eq(site.number, wanted)).get()
  return found ? ok(found) : err({ type: 'WebhookUnknown', number: wanted })
}

/** Makes an endpoint and tells the secret that its receiver needs, this once. */
export const addWebhook = defineCommand({
  name: 'webhooks.add',
  summary: 'Adds an address that is told of events and tells once the secret that signs what is sent there.',
  output: z.object({ number: z.number().int(), url: z.string(), events: z.array(z.string()), secret: z.string() }),
  permission: 'webhooks.write',
  valueIsSecret: true,
  input: z.object({ url, events: events.default(defaultEvents), secret: secret.optional() }),
  audit: (input) => ({ ...input, url: urlOrigin(input.url) }),
  handle(ctx, input) {
    const { site } = webhookEndpoints
    const taken = ctx.db.select({ id: site.id }).from(site).all()
    if (taken.length >= webhookLimits.endpointsMax)
      return err({ type: 'WebhooksTooMany', max: webhookLimits.endpointsMax })
    const id = ctx.ids.next('whe')
    const shown = input.secret?.reveal() ?? spelledSecret(ctx.random.bytes(SECRET_BYTES))
    const row = { id, number: ctx.counter('webhook'), url: input.url, events: input.events }
    ctx.db
      .insert(site)
      .values({
        ...row,
        secret: ctx.vault.seal(shown, webhookSecretPurpose(id)),
        status: 'active',
        missed: 0,
        createdAt: ctx.now,
        createdBy: ctx.actor.id,
      })
      .run()
    return ok({ ...row, secret: shown })
  },
})

/** Changes what is given. One that is switched on again gets what has waited for it. */
export const setWebhook = defineCommand({
  name: 'webhooks.set',
  summary: 'Changes address, events or secret of a webhook, or pauses and resumes it.',
  output: z.object({ number: z.number().int(), status: z.enum(['active', 'off', 'gone']) }),
  permission: 'webhooks.write',
  input: z.object({
    number,
    url: url.optional(),
    events: events.optional(),
    status: z.enum(['active', 'off']).optional(),
    secret: secret.optional(),
  }),
  audit: (input) => ({ ...input, ...(input.url !== undefined && { url: urlOrigin(input.url) }) }),
  handle(ctx, input) {
    const found = endpointNumbered(ctx, input.number)
    if (!found.ok) return found
    const { id } = found.value
    const { site } = webhookEndpoints
    const set = {
      ...(input.url !== undefined && { url: input.url }),
      ...(input.events !== undefined && { events: input.events }),
      ...(input.status !== undefined && { status: input.status }),
      ...(input.secret !== undefined && { secret: ctx.vault.seal(input.secret, webhookSecretPurpose(id)) }),
    }
    if (Object.keys(set).length > 0) ctx.db.update(site).set(set).where(eq(site.id, id)).run()
    if (input.status === 'active') ctx.enqueue(deliverJob, { endpoint: id }, { key: id })
    return ok({ number: input.number, status: input.status ?? found.value.status })
  },
})

/** Nothing is sent there any more; what was sent stays in the log. */
export const removeWebhook = defineCommand({
  name: 'webhooks.remove',
  summary: 'Removes a webhook: nothing is sent there any more, and what was sent stays in the log.',
  output: z.object({ number: z.number().int() }),
  permission: 'webhooks.write',
  input: z.object({ number }),
  handle(ctx, input) {
    const { site } = webhookEndpoints
    const removed = ctx.db.delete(site).where(eq(site.number, input.number)).returning().get()
    return removed ? ok({ number: input.number }) : err({ type: 'WebhookUnknown', number: input.number })
  },
})

/** Sends a message that means nothing, to see whether it arrives. */
export const testWebhook = defineCommand({
  name: 'webhooks.test',
  summary: 'Sends a test event to a webhook and answers with the number of the delivery.',
  output: z.object({ delivery: z.number().int() }),
  permission: 'webhooks.write',
  input: z.object({ number }),
  handle(ctx, input) {
    const found = endpointNumbered(ctx, input.number)
    if (!found.ok) return found
    if (found.value.status !== 'active') return err({ type: 'WebhookOff', number: input.number })
    const [delivery] = tellEach(ctx, [found.value], { event: TEST_EVENT, data: { by: ctx.actor.kind } })
    return delivery === undefined ? err({ type: 'WebhookFull', number: input.number }) : ok({ delivery })
  },
})

/** Sends again what was given up: one delivery, or those of an endpoint, the oldest first. */
export const retryWebhook = defineCommand({
  name: 'webhooks.retry',
  summary: 'Sends again what was given up: one delivery, or all of a webhook, the oldest first.',
  output: z.object({ retried: z.number().int() }),
  permission: 'webhooks.write',
  input: z.union([z.object({ delivery: z.number().int() }), z.object({ number })]),
  handle(ctx, input) {
    if ('delivery' in input) {
      const { site } = webhookDeliveries
      const row = ctx.db.select().from(site).where(eq(site.no, input.delivery)).get()
      if (!row) return err({ type: 'DeliveryUnknown', delivery: input.delivery })
      if (row.state !== 'failed') return err({ type: 'DeliveryNotFailed', delivery: input.delivery, state: row.state })
      return again(ctx, row.endpointId, [row.no])
    }
    const found = endpointNumbered(ctx, input.number)
    if (!found.ok) return found
    const { site } = webhookDeliveries
    const failed = ctx.db
      .select({ no: site.no })
      .from(site)
      .where(and(eq(site.endpointId, found.value.id), eq(site.state, 'failed')))
      .orderBy(asc(site.no))
      .limit(webhookLimits.retriedMax)
      .all()
    return again(
      ctx,
      found.value.id,
      failed.map(({ no }) => no),
    )
  },
})

const again = (ctx: CommandContext, endpointId: string, deliveries: readonly number[]) => {
  const { site } = webhookEndpoints
  const endpoint = ctx.db.select().from(site).where(eq(site.id, endpointId)).get()
  if (!endpoint) return err({ type: 'WebhookRemoved' })
  if (endpoint.status !== 'active') return err({ type: 'WebhookOff', number: endpoint.number })
  const renew = ctx.raw.prepare<[number, number]>(
    "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = ? WHERE no = ?",
  )
  for (const no of deliveries) renew.run(ctx.now, no)
  if (deliveries.length > 0) ctx.enqueue(deliverJob, { endpoint: endpointId }, { key: endpointId })
  return ok({ retried: deliveries.length })
}

import { insertSql } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { webhookLimits, type TEST_EVENT, type WebhookEvent } from './rules.ts'
import { deliverJob } from './deliver-job.ts'
import { webhookDeliveries } from './tables.ts'

type Told = { readonly event: WebhookEvent | typeof TEST_EVENT; readonly data: object }
type Wants = { readonly id: string; readonly number: number }

/** Tells every endpoint that wants the event: kept with the command that it comes from, sent after it. */
export const tell = (ctx: CommandContext, event: WebhookEvent, data: object): void => {
  const wants = ctx.raw
    .prepare<[string], Wants>(
      `SELECT id, number FROM webhook_endpoints
       WHERE status = 'active' AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = ?)`,
    )
    .all(event)
  if (wants.length > 0) tellEach(ctx, wants, { event, data })
}

/** Numbers of the deliveries that were made. */
export const tellEach = (ctx: CommandContext, endpoints: readonly Wants[], { event, data }: Told): number[] => {
  const isFull = ctx.raw.prepare<[string, number]>(
    "SELECT 1 FROM webhook_deliveries WHERE endpoint_id = ? AND state = 'waiting' LIMIT 1 OFFSET ?",
  )
  const miss = ctx.raw.prepare<[string]>('UPDATE webhook_endpoints SET missed = missed + 1 WHERE id = ?')
  const insert = ctx.raw.prepare(insertSql(webhookDeliveries))
  const messageId = ctx.ids.next('msg')
  const body = JSON.stringify({ type: event, timestamp: new Date(ctx.now).toISOString(), data })
  return endpoints.flatMap(({ id }) => {
    if (isFull.get(id, webhookLimits.waitingMax - 1) !== undefined) {
      miss.run(id)
      return []
    }
    const { lastInsertRowid } = insert.run({
      no: null,
      endpointId: id,
      messageId,
      event,
      body,
      state: 'waiting',
      attempts: 0,
      createdAt: ctx.now,
      nextAt: ctx.now,
      httpStatus: null,
      error: null,
      answer: null,
      tookMs: null,
    })
    ctx.enqueue(deliverJob, { endpoint: id }, { key: id })
    return [Number(lastInsertRowid)]
  })
}

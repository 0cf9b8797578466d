import { z } from 'zod'
import { ok } from '@lango/kernel'
import { rowInserter, rowUpdater } from '@lango/kernel/db'
import { defineCommand, defineEvent, type CommandContext } from '@lango/kernel/verbs'
import { sessionOrders } from './tables.ts'

/** Orders wait: the reconciler should look. */
export const sessionOrdered = defineEvent<{ orders: number }>('sessions.ordered')

const ORDERS_KEPT_MS = 30 * 86_400_000

/** What can be wanted of a session: its end, or its grant's present policy. */
const orderSchema = z.object({
  sessionNo: z.number().int(),
  acctSessionId: z.string(),
  kind: z.enum(['end', 'change']),
  reason: z.string().max(40),
})
const WAITING = {
  state: 'waiting',
  finishedAt: null,
  downKbps: null,
  upKbps: null,
  timeoutSec: null,
  overOctets: null,
  steps: '[]',
}
type Ordered = { readonly orderId: string; readonly isNew: boolean }

/** One waiting order a session and kind is enough. Statements are made once for all: thousands may end at a midnight. */
const place = (ctx: CommandContext, orders: readonly z.output<typeof orderSchema>[]): Ordered[] => {
  const waiting = ctx.raw
    .prepare<[number, string], string>(
      "SELECT id FROM session_orders WHERE session_no = ? AND kind = ? AND state = 'waiting'",
    )
    .pluck()
  const insert = rowInserter(ctx.raw, sessionOrders)
  const placed = orders.map((order): Ordered => {
    const found = waiting.get(order.sessionNo, order.kind)
    if (found !== undefined) return { orderId: found, isNew: false }
    const id = ctx.ids.next('ord')
    insert({ id, ...order, orderedAt: ctx.now, ...WAITING })
    return { orderId: id, isNew: true }
  })
  // By name, so that the index finds them: orders must not cost a look at all the others.
  ctx.raw
    .prepare("DELETE FROM session_orders WHERE state IN ('done', 'failed') AND ordered_at < ?")
    .run(ctx.now - ORDERS_KEPT_MS)
  const added = placed.filter(({ isNew }) => isNew).length
  if (added > 0) ctx.emit(sessionOrdered, { orders: added })
  return placed
}

/** Asks for the end of a session, or for its grant's present policy on it. */
export const orderSession = defineCommand({
  name: 'sessions.order',
  summary:
    'Asks the router to end a session, or to put the present policy on it; sessions.orders tells what came of it.',
  output: z.object({ orderId: z.string(), isNew: z.boolean() }),
  permission: 'sessions.write',
  input: orderSchema,
  handle: (ctx, order) => ok(place(ctx, [order])[0]!),
})

/** Orders of one transaction: it takes some milliseconds of the thread that commands run on. */
export const ORDERS_AT_ONCE_MAX = 50

/** As many orders in one transaction, and one entry of the audit log that names each. */
export const orderSessions = defineCommand({
  name: 'sessions.orderAll',
  permission: 'system',
  isInternal: true,
  input: z.object({ orders: z.array(orderSchema).max(ORDERS_AT_ONCE_MAX) }),
  handle(ctx, { orders }) {
    place(ctx, orders)
    return ok({ orders: orders.length })
  },
})

const step = z.object({ at: z.number().int(), means: z.string().max(100), outcome: z.string().max(200) })

/** How an order ended, with everything that was tried. */
const outcomeSchema = z.object({
  orderId: z.string(),
  state: z.enum(['done', 'failed']),
  steps: z.array(step).max(50),
  downKbps: z.number().int().optional(),
  upKbps: z.number().int().optional(),
  timeoutSec: z.number().int().optional(),
  overOctets: z.number().int().optional(),
})

/** As many outcomes in one transaction. One of an order that is no more does not stop the others. */
export const finishOrders = defineCommand({
  name: 'sessions.ordersFinished',
  permission: 'system',
  isInternal: true,
  input: z.object({ outcomes: z.array(outcomeSchema).max(ORDERS_AT_ONCE_MAX) }),
  handle(ctx, { outcomes }) {
    const update = rowUpdater(
      ctx.raw,
      sessionOrders,
      ['state', 'finishedAt', 'downKbps', 'upKbps', 'timeoutSec', 'overOctets', 'steps'],
      'id',
    )
    const unknown = outcomes
      .filter(({ orderId, state, steps, downKbps = null, upKbps = null, timeoutSec = null, overOctets = null }) => {
        const told = { downKbps, upKbps, timeoutSec, overOctets }
        const set = { state, finishedAt: ctx.now, ...told, steps: JSON.stringify(steps) }
        return update({ id: orderId, ...set }) === 0
      })
      .map(({ orderId }) => orderId)
    return ok({ unknown })
  },
})

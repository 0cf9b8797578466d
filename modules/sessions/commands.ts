import { and, eq, inArray, lt } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, defineEvent } from '@lango/kernel/verbs'
import { sessionOrders } from './tables.ts'

/** An order waits: the reconciler should look. */
export const sessionOrdered = defineEvent<{ orderId: string }>('sessions.ordered')

const ORDERS_KEPT_MS = 30 * 86_400_000

/** Asks for the end of a session, or for its grant's present policy on it. One waiting order a session and kind is enough. */
export const orderSession = defineCommand({
  name: 'sessions.order',
  permission: 'sessions.write',
  input: z.object({
    sessionNo: z.number().int(),
    acctSessionId: z.string(),
    kind: z.enum(['end', 'change']),
    reason: z.string().max(40),
  }),
  handle(ctx, input) {
    const { site: orders } = sessionOrders
    const same = and(eq(orders.sessionNo, input.sessionNo), eq(orders.kind, input.kind), eq(orders.state, 'waiting'))
    const waiting = ctx.db.select({ id: orders.id }).from(orders).where(same).get()
    if (waiting) return ok({ orderId: waiting.id, isNew: false })
    const id = ctx.ids.next('ord')
    ctx.db
      .insert(orders)
      .values({ id, ...input, orderedAt: ctx.now, state: 'waiting', finishedAt: null, steps: [] })
      .run()
    ctx.db
      .delete(orders)
      // By name, so that the index finds them: an order must not cost a look at all the others.
      .where(and(inArray(orders.state, ['done', 'failed']), lt(orders.orderedAt, ctx.now - ORDERS_KEPT_MS)))
      .run()
    ctx.emit(sessionOrdered, { orderId: id })
    return ok({ orderId: id, isNew: true })
  },
})

/** Orders of one transaction: ten milliseconds of the thread that commands run on. */
export const ORDERS_AT_ONCE_MAX = 50

/** As many single orders, committed together: a thousand subscribers' validity may end at the same midnight. */
export const orderSessions = defineCommand({
  name: 'sessions.orderAll',
  permission: 'system',
  // Each order stands in the log by itself.
  isRoutine: true,
  input: z.object({ orders: z.array(orderSession.input).max(ORDERS_AT_ONCE_MAX) }),
  handle(ctx, { orders }) {
    for (const order of orders) ctx.call(orderSession, order)
    return ok({ orders: orders.length })
  },
})

const step = z.object({ at: z.number().int(), means: z.string().max(100), outcome: z.string().max(200) })

/** How an order ended, with everything that was tried. */
export const finishOrder = defineCommand({
  name: 'sessions.orderFinished',
  permission: 'system',
  input: z.object({
    orderId: z.string(),
    state: z.enum(['done', 'failed']),
    steps: z.array(step).max(50),
    downKbps: z.number().int().optional(),
    upKbps: z.number().int().optional(),
    overOctets: z.number().int().optional(),
  }),
  handle(ctx, { orderId, ...outcome }) {
    const { site: orders } = sessionOrders
    const changed = ctx.db
      .update(orders)
      .set({ ...outcome, finishedAt: ctx.now })
      .where(eq(orders.id, orderId))
      .run()
    return changed.changes === 1 ? ok({ orderId }) : err({ type: 'OrderUnknown', orderId })
  },
})

/** As many single outcomes, committed together. One of an order that is no more does not stop the others. */
export const finishOrders = defineCommand({
  name: 'sessions.ordersFinished',
  permission: 'system',
  isRoutine: true,
  input: z.object({ outcomes: z.array(finishOrder.input).max(ORDERS_AT_ONCE_MAX) }),
  handle(ctx, { outcomes }) {
    const unknown = outcomes.filter((outcome) => !ctx.call(finishOrder, outcome).ok).map(({ orderId }) => orderId)
    return ok({ unknown })
  },
})

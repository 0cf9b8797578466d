import { and, eq, lt, lte } from 'drizzle-orm'
import { z } from 'zod'
import { countRows, defineQuery, descending } from '@lango/kernel/db'
import { webhookLimits } from './rules.ts'
import { webhookDeliveries, webhookEndpoints } from './tables.ts'

/** Rows of one page of the log. */
const PAGE_ROWS_MAX = 200

/** Endpoints in the order they were added, with how many of their deliveries wait, and were given up. */
export const listWebhooks = defineQuery({
  name: 'webhooks.list',
  summary: 'Lists webhooks with how many deliveries wait or were given up; never their secrets.',
  permission: 'webhooks.read',
  input: z.object({}),
  tables: { webhookEndpoints, webhookDeliveries },
  select: ({ db, webhookEndpoints: endpoints, webhookDeliveries: deliveries, byKey }) => ({
    endpoints: db
      .select()
      .from(endpoints)
      .orderBy(endpoints.number, ...byKey(endpoints)),
    counts: db
      .select({ endpointId: deliveries.endpointId, state: deliveries.state, count: countRows() })
      .from(deliveries)
      .groupBy(deliveries.endpointId, deliveries.state)
      .orderBy(deliveries.endpointId, deliveries.state),
  }),
  shape({ endpoints, counts }) {
    const countOf = (id: string, wanted: string) =>
      counts.find(({ endpointId, state }) => endpointId === id && state === wanted)?.count ?? 0
    return endpoints.map((endpoint) => ({
      ...endpoint,
      waiting: countOf(endpoint.id, 'waiting'),
      failed: countOf(endpoint.id, 'failed'),
    }))
  },
})

/** The log, newest first; `before` is the number of the last delivery of the page before. */
export const listDeliveries = defineQuery({
  name: 'webhooks.deliveries',
  summary: 'Lists what was sent to webhooks and what was answered, the newest first, a page at a time.',
  permission: 'webhooks.read',
  input: z.object({
    before: z.number().int().default(Number.MAX_SAFE_INTEGER),
    webhook: z.number().int().optional(),
    state: z.enum(['waiting', 'delivered', 'failed']).optional(),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(50),
  }),
  tables: { webhookDeliveries, webhookEndpoints },
  examples: [{}, { before: 10, limit: 3 }, { state: 'failed' }, { webhook: 1 }],
  select: (
    { db, webhookDeliveries: deliveries, webhookEndpoints: endpoints, ref },
    { before, webhook, state, limit },
  ) =>
    db
      .select({
        no: deliveries.no,
        /** Null when the endpoint was removed. */
        webhook: endpoints.number,
        messageId: deliveries.messageId,
        event: deliveries.event,
        body: deliveries.body,
        state: deliveries.state,
        attempts: deliveries.attempts,
        createdAt: deliveries.createdAt,
        nextAt: deliveries.nextAt,
        httpStatus: deliveries.httpStatus,
        error: deliveries.error,
        answer: deliveries.answer,
        tookMs: deliveries.tookMs,
      })
      .from(deliveries)
      .leftJoin(endpoints, ref(deliveries.endpointId, endpoints.id))
      .where(
        and(
          lt(deliveries.no, before),
          webhook === undefined ? undefined : eq(endpoints.number, webhook),
          state === undefined ? undefined : eq(deliveries.state, state),
        ),
      )
      .orderBy(descending(deliveries.no))
      .limit(limit),
  shape: (rows) => rows,
})

/** What is to be sent to an endpoint now; nothing while it is switched off. For the job alone: no module offers it. */
export const dueDeliveries = defineQuery({
  name: 'webhooks.due',
  permission: 'system',
  input: z.object({ endpoint: z.string(), now: z.number().int() }),
  tables: { webhookDeliveries, webhookEndpoints },
  select: ({ db, webhookDeliveries: deliveries, webhookEndpoints: endpoints, ref }, { endpoint, now }) =>
    db
      .select({
        no: deliveries.no,
        messageId: deliveries.messageId,
        body: deliveries.body,
        attempts: deliveries.attempts,
        url: endpoints.url,
      })
      .from(deliveries)
      .innerJoin(endpoints, ref(deliveries.endpointId, endpoints.id))
      .where(
        and(
          eq(deliveries.endpointId, endpoint),
          eq(deliveries.state, 'waiting'),
          lte(deliveries.nextAt, now),
          eq(endpoints.status, 'active'),
        ),
      )
      .orderBy(deliveries.nextAt, deliveries.no)
      .limit(webhookLimits.roundMax),
  shape: (rows) => rows,
})

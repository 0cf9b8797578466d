import { defineTable } from '@lango/kernel/db'
import { endpointStates, type WebhookEvent } from './rules.ts'

/** Where events are sent. */
export const webhookEndpoints = defineTable(
  'webhook_endpoints',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it. */
    number: c.int(),
    url: c.text(),
    events: c.json<WebhookEvent[]>(),
    /** Signs what is sent, so that the receiver knows who sent it. */
    secret: c.secret(),
    /** `gone`: it has answered 410, which asks never to be asked again. */
    status: c.oneOf(endpointStates),
    /** Events that were not kept for it, since too many were waiting. */
    missed: c.int(),
    createdAt: c.instant(),
    createdBy: c.text(),
  }),
  { unique: { byNumber: ['number'] } },
)

/** Each event on its way to an endpoint, and for a while after it. */
export const webhookDeliveries = defineTable(
  'webhook_deliveries',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({
    /** Stays as a log when the endpoint is removed. */
    endpointId: c.ref(),
    /** The receiver's key against repeats: the same for every try, and at every endpoint. */
    messageId: c.text(),
    event: c.text(),
    /** JSON, exactly as it is signed and sent. */
    body: c.text(),
    state: c.oneOf(['waiting', 'delivered', 'failed']),
    attempts: c.int(),
    createdAt: c.instant(),
    /** When it is due; of one that is over, when it ended. */
    nextAt: c.instant(),
    /** Of the last try. */
    httpStatus: c.optInt(),
    /** Why the last try failed. */
    error: c.optText(),
    /** How the last answer began. */
    answer: c.optText(),
    tookMs: c.optInt(),
  }),
  // `byEndpoint`: the log of one endpoint, the latest first.
  { indexes: { due: ['endpointId', 'state', 'nextAt'], byAge: ['createdAt'], byEndpoint: ['endpointId'] } },
)

/** How far the sessions have been told of, while an endpoint wants them. */
export const webhookCursors = defineTable(
  'webhook_cursors',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({ id: c.id(), startedNo: c.int(), endedNo: c.int() }),
)

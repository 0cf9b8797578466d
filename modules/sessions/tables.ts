import { defineTable } from '@lango/kernel/db'

/**
 * Everything here lives in sessions.db, whose only writer is the AAA writer thread. A grant is named by its
 * number: small in rows and indexes that grow by millions, and stable for the life of the service.
 */

/** Sessions that are open, or ended without a Stop and may still be heard of. At most one row a session id and NAS. */
export const liveSessions = defineTable(
  'live_sessions',
  { home: 'sessions', flow: 'latest', onDelete: 'follow', key: 'no' },
  (c) => ({
    /** 0 when no grant is known for the user (accounting for a stranger is kept all the same). */
    grantNo: c.int(),
    routerNo: c.int(),
    /** The NAS within the router's address: NAS-Identifier, else NAS-IP-Address, else ''. */
    nas: c.text(),
    acctSessionId: c.text(),
    userName: c.text(),
    device: c.text(),
    calledStationId: c.text(),
    framedIp: c.text(),
    framedIpv6Prefix: c.text(),
    delegatedIpv6Prefix: c.text(),
    nasPort: c.text(),
    startedAt: c.instant(),
    /** Request Authenticator of the Start as hex, '' while the Start was not heard. */
    startAuthenticator: c.text(),
    lastEventAt: c.instant(),
    lastReceivedAt: c.instant(),
    sessionTimeSec: c.int(),
    inputOctets: c.bytes64(),
    outputOctets: c.bytes64(),
    gigawords: c.flag(),
    /** Records whose counters could not be believed. */
    implausible: c.int(),
    interimSec: c.int(),
    /** 'start' until an interim is heard. */
    state: c.text(),
    endedAt: c.optInstant(),
    endedBy: c.text(),
    /** The speed that its Accept gave, where that was not the plan's own. */
    downKbps: c.optInt(),
    upKbps: c.optInt(),
    /** The Session-Timeout that its Accept gave, in seconds; null where it gave none, or nobody knows. */
    timeoutSec: c.optInt(),
    /** The hour now being metered (epoch ms of its start) and the counters at its beginning. */
    hourAt: c.instant(),
    hourInputOctets: c.bytes64(),
    hourOutputOctets: c.bytes64(),
    hourSessionTimeSec: c.int(),
  }),
  { indexes: { byGrant: ['grantNo'] } },
)

/** Sessions that are over: appended once, never changed. The key is the order of ending, so it is the upload log. */
export const sessionHistory = defineTable(
  'session_history',
  { home: 'sessions', flow: 'append', onDelete: 'keep', key: 'no' },
  (c) => ({
    grantNo: c.int(),
    routerNo: c.int(),
    nas: c.text(),
    acctSessionId: c.text(),
    userName: c.text(),
    device: c.text(),
    framedIp: c.text(),
    startedAt: c.instant(),
    startAuthenticator: c.text(),
    endedAt: c.instant(),
    stopReceivedAt: c.instant(),
    sessionTimeSec: c.int(),
    inputOctets: c.bytes64(),
    outputOctets: c.bytes64(),
    implausible: c.int(),
    terminateCause: c.text(),
    /** The last metered hour; what was moved in it is the totals less these (earlier hours are in `usage_hours`). */
    hourAt: c.instant(),
    hourInputOctets: c.bytes64(),
    hourOutputOctets: c.bytes64(),
    hourSessionTimeSec: c.int(),
  }),
  {
    indexes: {
      byAcctSessionId: ['acctSessionId'],
      byGrant: ['grantNo', 'endedAt'],
      // Who had this address then (feature D37). Addresses come in no order, so that a Stop costs a page more, as with
      // the two above; 33 octets a row.
      byIp: ['framedIp', 'endedAt'],
      // What ended between two instants, of a router or a device too, with all that reports add up: they read the index
      // and not the rows. Rows come in this order, so that it is only appended to; some 60 octets a row.
      byEnd: [
        'endedAt',
        'routerNo',
        'device',
        'grantNo',
        'hourAt',
        'inputOctets',
        'outputOctets',
        'sessionTimeSec',
        'hourInputOctets',
        'hourOutputOctets',
        'hourSessionTimeSec',
      ],
    },
  },
)

/** What a session moved in an hour that it outlived: one row per session and hour, appended when the hour is over. */
export const usageHours = defineTable(
  'usage_hours',
  { home: 'sessions', flow: 'append', onDelete: 'keep', key: 'no' },
  (c) => ({
    grantNo: c.int(),
    hourAt: c.instant(),
    inputOctets: c.bytes64(),
    outputOctets: c.bytes64(),
    sessionTimeSec: c.int(),
  }),
  {
    indexes: {
      byGrant: ['grantNo', 'hourAt'],
      // All that reports add up, so that a month is read from the index alone. Rows come in this order.
      byHour: ['hourAt', 'grantNo', 'inputOctets', 'outputOctets', 'sessionTimeSec'],
    },
  },
)

/**
 * What was moved on each plan in each hour: `session_history` and `usage_hours` added up as far as `usage_summed` says,
 * so that a report over months reads a row an hour and not a million. A plan is the one its grant had when it was added.
 */
export const planHours = defineTable(
  'usage_plan_hours',
  { home: 'sessions', flow: 'latest', onDelete: 'keep', key: 'no' },
  (c) => ({
    hourAt: c.instant(),
    /** '' for what was used on no plan. */
    planId: c.text(),
    inputOctets: c.bytes64(),
    outputOctets: c.bytes64(),
    sessionTimeSec: c.int(),
  }),
  { unique: { byHour: ['hourAt', 'planId'] } },
)

/**
 * The last row of each source that `usage_plan_hours` has; for `tops`, until when `usage_day_tops` knows (epoch ms).
 * Written in one transaction with them.
 */
export const usageSummed = defineTable(
  'usage_summed',
  { home: 'sessions', flow: 'latest', onDelete: 'keep', key: 'no' },
  (c) => ({ source: c.oneOf(['history', 'hours', 'tops']), rowNo: c.int() }),
  { unique: { bySource: ['source'] } },
)

/**
 * Who moved most in each day that is over (a day of UTC), by what had ended soon after it: so that a report over weeks
 * knows whom to look at, and adds up their rows alone.
 */
export const dayTops = defineTable(
  'usage_day_tops',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({ dayAt: c.instant(), grantNo: c.int(), octets: c.bytes64() }),
  { unique: { byDay: ['dayAt', 'grantNo'] } },
)

/** Decisions as the fronts packed them, one row a flush, searched newest first (`decision-log.ts`). */
export const decisionChunks = defineTable(
  'decision_chunks',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({ fromAt: c.instant(), toAt: c.instant(), decisions: c.int(), rejects: c.int(), body: c.secret() }),
)

/** Addresses that spoke RADIUS to the box and are no router of it: offered for adoption. */
export const unknownRouters = defineTable(
  'unknown_routers',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({
    address: c.text(),
    nasIdentifier: c.text(),
    firstAt: c.instant(),
    lastAt: c.instant(),
    packets: c.int(),
  }),
  { unique: { byAddress: ['address'] } },
)

/** When each router was last heard, sampled. */
export const routerHealth = defineTable(
  'router_health',
  { home: 'sessions', flow: 'latest', onDelete: 'follow', key: 'no' },
  (c) => ({ routerNo: c.int(), lastPacketAt: c.instant(), lastAddress: c.text(), requests: c.int() }),
  { unique: { byRouter: ['routerNo'] } },
)

/** Who may not try a password for now: a login from one device, or a login from any device not seen before. */
export const lockouts = defineTable(
  'lockouts',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({ login: c.text(), device: c.text(), until: c.instant(), failures: c.int() }),
  { unique: { byTarget: ['login', 'device'] } },
)

/** Accounting packets still to be copied to other servers, in order (feature A27). */
export const accountingCopies = defineTable(
  'accounting_copies',
  { home: 'sessions', flow: 'never', onDelete: 'follow', key: 'no' },
  (c) => ({ target: c.text(), receivedAt: c.instant(), attributes: c.secret() }),
  { indexes: { byTarget: ['target', 'no'] } },
)

/**
 * What should become of a session: it ends, or its policy is another. The reconciler carries an order out and reads
 * back that it took effect; until then the order stands, whatever the NAS has acknowledged.
 */
export const sessionOrders = defineTable(
  'session_orders',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    sessionNo: c.int(),
    acctSessionId: c.text(),
    kind: c.oneOf(['end', 'change']),
    /** Why: `desk`, `suspended`, `expired`, `quota-used`, `fair-use`, `window`, `removed`, `extended`. */
    reason: c.text(),
    orderedAt: c.instant(),
    state: c.oneOf(['waiting', 'done', 'failed']),
    finishedAt: c.optInstant(),
    /** A change that is done: the speed that the session has since. */
    downKbps: c.optInt(),
    upKbps: c.optInt(),
    /** A change that is done: the Session-Timeout that the NAS was told with it. */
    timeoutSec: c.optInt(),
    /** An end for a quota: octets used beyond it by then. */
    overOctets: c.optBytes64(),
    /** What was tried, in order, and what came of it. */
    steps: c.json<OrderStep[]>(),
  }),
  { indexes: { bySession: ['sessionNo'], byState: ['state', 'orderedAt'] } },
)

export type OrderStep = {
  readonly at: number
  /** The means: `disconnect session+user+address over UDP`, `coa session over RadSec`, `accounting`. */
  readonly means: string
  /** `ack`, `nak 503 session-context-not-found`, `timeout`, `ended`, `still-open`. */
  readonly outcome: string
}

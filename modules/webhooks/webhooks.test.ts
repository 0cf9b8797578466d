import { expect, test } from 'vitest'
import type { Secret } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, firstUse } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { network } from '../network/index.ts'
import { people } from '../people/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  addService,
  addSubscriber,
  importSubscribers,
  resumeSubscriber,
  services,
  suspendCustomer,
  suspendSubscriber,
} from '../services/index.ts'
import { finishOrders, orderSession, sessions } from '../sessions/index.ts'
import { handVouchers, makeVouchers, openBatch, revokeVouchers, vouchers } from '../vouchers/index.ts'
import {
  addWebhook,
  createDelivery,
  forgetSessions,
  listDeliveries,
  listWebhooks,
  removeWebhook,
  resealWebhooks,
  retryWebhook,
  setWebhook,
  tellAlarm,
  tellSessions,
  testWebhook,
  webhookEvents,
  webhookLimits,
  webhookSecretPurpose,
  webhooks,
} from './index.ts'
import type { WebhookMessage, WebhookOutcome } from './port.ts'
import { secretBytes, signedHeaders } from './rules.ts'
import { webhookDeliveries, webhookEndpoints } from './tables.ts'

const OK: WebhookOutcome = { type: 'answer', status: 200, start: 'thanks' }
const answer = (status: number): WebhookOutcome => ({ type: 'answer', status, start: '' })

/** A site whose world outside answers as `world.answer` says. */
const siteWith = () => {
  const sent: WebhookMessage[] = []
  const world = { answer: (_message: WebhookMessage): WebhookOutcome | Promise<WebhookOutcome> => OK }
  // The job needs what the site has, which is made with the job.
  const late: { secretOf?: (id: string) => Secret | undefined; now?: () => number } = {}
  const delivery = createDelivery({
    sender: {
      send: (message) => {
        sent.push(message)
        return Promise.resolve(world.answer(message))
      },
    },
    secretOf: (id) => late.secretOf!(id),
    clock: { now: () => late.now!(), monotonicMs: () => 0 },
  })
  const modules = [people, network, access, plans, customers, services, vouchers, sessions, webhooks]
  const site = memorySite(modules, { jobs: [delivery] })
  const { raw } = site.database
  late.now = site.clock.now
  late.secretOf = (id) => {
    const row = raw.prepare<[string], { secret: Buffer }>('SELECT secret FROM webhook_endpoints WHERE id = ?').get(id)!
    const opened = site.vault.open(row.secret, webhookSecretPurpose(id))
    return opened.ok ? opened.value : undefined
  }
  const bodies = () => sent.map(({ body }) => JSON.parse(body) as { type: string; timestamp: string; data: unknown })
  /** Every event told since the start, in order, without the timestamps. */
  const events = () => bodies().map(({ type, data }) => [type, data])
  const log = () => site.query(listDeliveries, {})
  /** As long as a day and a half of tries takes. */
  const days = async (count: number) => {
    for (let hour = 0; hour < count * 24; hour++) await site.clock.advanceAsync(3_600_000)
  }
  return { ...site, sent, world, bodies, events, log, days }
}
const url = 'https://crm.example/hook'

test('an endpoint’s secret is told once, signs what is sent, and stands nowhere in clear', async () => {
  const { must, runJobs, sent, database, query, log } = siteWith()
  const { number, secret } = must(addWebhook, { url: `${url}/T0P-S3CRET?key=abc` })
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  must(testWebhook, { number })
  await runJobs()
  const [{ headers, body }] = sent as [WebhookMessage]
  const parts = { messageId: headers['webhook-id']!, timestampSec: Number(headers['webhook-timestamp']), body }
  expect(headers).toEqual(signedHeaders(secretBytes(secret)!, parts))
  const stored = ['webhook_endpoints', 'webhook_deliveries', 'commands', 'audit', 'jobs'].map((table) =>
    database.raw.prepare(`SELECT * FROM ${table}`).all(),
  )
  expect(JSON.stringify([stored, query(listWebhooks, {}), log()])).not.toContain(secret)
  const audit = JSON.stringify(database.raw.prepare('SELECT record FROM audit').all())
  expect(audit).not.toContain('T0P-S3CRET')
  expect(database.raw.prepare('SELECT command FROM audit ORDER BY no').pluck().all()).toEqual([
    'webhooks.add',
    'webhooks.test',
  ])
})

test('every module’s command tells its event, with it and after it, and nothing that is secret', async () => {
  const { must, runJobs, events, sent } = siteWith()
  must(addWebhook, { url, events: [...webhookEvents] })
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {}, priceMinor: 150_000 })
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400 })
  must(addSubscriber, { login: 'amina', plan: 'Home', password: 'pw-of-amina' })
  const rows = [
    { login: 'amina', plan: 'Home', password: 'x' },
    { login: 'baraka', plan: 'Home', password: 'pw-of-baraka' },
  ]
  must(importSubscribers, { rows })
  must(suspendSubscriber, { login: 'amina' })
  must(resumeSubscriber, { login: 'amina' })
  must(addService, { customer: 'amina', login: 'amina-shop', plan: 'Home', password: 'pw-of-shop' })
  must(suspendCustomer, { customer: 'amina-shop' })
  const { batch } = must(openBatch, { plan: 'Day', count: 4 })
  const { codes } = must(makeVouchers, { batch })
  must(handVouchers, { batch, from: 1, to: 2, state: 'given', holder: 'Njeri' })
  must(handVouchers, { batch, from: 1, to: 2, state: 'sold', holder: 'Njeri' })
  must(revokeVouchers, { code: codes[1]! })
  must(revokeVouchers, { code: codes[1]! })
  const { orderId } = must(orderSession, { sessionNo: 1, acctSessionId: 's1', kind: 'end', reason: 'desk' })
  const steps = [{ at: 1, means: 'disconnect', outcome: 'timeout' }]
  must(finishOrders, { outcomes: [{ orderId, state: 'failed', steps }] })
  must(tellAlarm, { kind: 'disk', sentence: 'Low.', remedy: 'Free some.' })
  for (let round = 0; round < 3; round++) await runJobs()
  expect(events()).toEqual([
    ['plan.added', { name: 'Home', kind: 'pppoe', priceMinor: 150_000, currency: 'KES' }],
    ['plan.added', { name: 'Day', kind: 'hotspot', priceMinor: 0, currency: 'KES' }],
    ['subscriber.added', { subscribers: [{ login: 'amina', plan: 'Home' }] }],
    ['subscriber.added', { subscribers: [{ login: 'baraka', plan: 'Home' }] }],
    ['subscriber.suspended', { subscribers: [{ login: 'amina' }] }],
    ['subscriber.resumed', { subscribers: [{ login: 'amina' }] }],
    ['subscriber.added', { subscribers: [{ login: 'amina-shop', plan: 'Home' }] }],
    ['subscriber.suspended', { subscribers: [{ login: 'amina' }] }],
    ['subscriber.suspended', { subscribers: [{ login: 'amina-shop' }] }],
    ['voucher.sold', { batch, from: 1, to: 2, sold: 2, holder: 'Njeri' }],
    ['voucher.revoked', { batch, serial: 2, revoked: 1 }],
    ['order.failed', { acctSessionId: 's1', kind: 'end', reason: 'desk', last: 'timeout' }],
    ['alarm.raised', { kind: 'disk', sentence: 'Low.', remedy: 'Free some.' }],
  ])
  for (const secret of ['pw-of-amina', 'pw-of-baraka', ...codes]) expect(JSON.stringify(sent)).not.toContain(secret)
})

test('a voucher is told to be used when it first is, and a subscriber’s first login is none', async () => {
  const { must, runJobs, events, database, clock } = siteWith()
  must(addWebhook, { url, events: ['voucher.used'] })
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400 })
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  must(addSubscriber, { login: 'amina', plan: 'Home', password: 'x' })
  const { batch } = must(openBatch, { plan: 'Day', count: 1 })
  must(makeVouchers, { batch })
  const at = clock.now()
  for (const device of ['AA-BB-CC-00-00-01', 'AA-BB-CC-00-00-02']) {
    for (const grantId of database.raw.prepare<[], string>('SELECT id FROM grants').pluck().all())
      must(firstUse, { grantId, device, bind: true, deviceLimit: 2 })
    clock.advance(1000)
  }
  await runJobs()
  expect(events()).toEqual([['voucher.used', { batch: 1, serial: 1, firstUsedAt: at, expiresAt: at + 86_400_000 }]])
})

test('an endpoint hears what it asked for while it is on; sessions only when it asked for them', async () => {
  const { must, runJobs, events, query } = siteWith()
  const some = must(addWebhook, { url, events: ['plan.added'] })
  const all = must(addWebhook, { url })
  expect(query(listWebhooks, {}).map((one) => one.events.includes('session.started'))).toEqual([false, false])
  must(tellAlarm, { kind: 'disk', sentence: 'Low.', remedy: '' })
  must(tellSessions, { startedNo: 2, endedNo: 0, started: [{ acctSessionId: 's1' }], ended: [] })
  must(setWebhook, { number: all.number, status: 'off' })
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  must(removeWebhook, { number: some.number })
  await runJobs()
  expect(events()).toEqual([])
  must(setWebhook, { number: all.number, status: 'active' })
  await runJobs()
  expect(events().map(([type]) => type)).toEqual(['alarm.raised'])
})

test('sessions are told with how far they are told', async () => {
  const { must, runJobs, events, database } = siteWith()
  must(addWebhook, { url, events: ['session.started', 'session.ended'] })
  const cursors = () => database.raw.prepare('SELECT started_no a, ended_no b FROM webhook_cursors').all()
  must(tellSessions, { startedNo: 7, endedNo: 3, started: [{ acctSessionId: 's7' }], ended: [{ acctSessionId: 's3' }] })
  must(tellSessions, { startedNo: 9, endedNo: 3, started: [], ended: [] })
  expect(cursors()).toEqual([{ a: 9, b: 3 }])
  await runJobs()
  expect(events()).toEqual([
    ['session.started', { sessions: [{ acctSessionId: 's7' }] }],
    ['session.ended', { sessions: [{ acctSessionId: 's3' }] }],
  ])
  must(forgetSessions, {})
  expect(cursors()).toEqual([])
})

test('a refused command tells nothing', async () => {
  const { must, dispatch, count } = siteWith()
  must(addWebhook, { url })
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  expect(count(webhookDeliveries)).toBe(1)
  expect(dispatch(addPlan, { name: 'Home', kind: 'pppoe', policy: {} }).ok).toBe(false)
  expect(count(webhookDeliveries)).toBe(1)
})

test('what is not taken is tried for about a day, under one id, then given up and sent again when asked', async () => {
  const { must, runJobs, sent, world, log, days, dispatch, count } = siteWith()
  const { number } = must(addWebhook, { url })
  world.answer = () => answer(500)
  must(testWebhook, { number })
  await runJobs()
  expect(log()).toMatchObject([{ webhook: number, state: 'waiting', attempts: 1, httpStatus: 500, error: 'refused' }])
  await days(2)
  expect(sent).toHaveLength(webhookLimits.attemptsMax)
  expect(new Set(sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(sent.map(({ headers }) => headers['webhook-signature'])).size).toBe(sent.length)
  const { no } = log()[0]!
  expect(log()).toMatchObject([{ state: 'failed', attempts: webhookLimits.attemptsMax }])
  world.answer = () => OK
  expect(must(retryWebhook, { number })).toEqual({ retried: 1 })
  await runJobs()
  expect(log()).toMatchObject([{ state: 'delivered', attempts: 1, httpStatus: 200, answer: 'thanks', error: null }])
  expect(dispatch(retryWebhook, { delivery: no })).toMatchObject({ ok: false, error: { type: 'DeliveryNotFailed' } })
  expect(dispatch(retryWebhook, { delivery: no + 1 })).toMatchObject({ error: { type: 'DeliveryUnknown' } })
  expect(count({ name: 'jobs' })).toBe(0)
})

test('410 switches the endpoint off for good, until somebody switches it on', async () => {
  const { must, runJobs, world, query, log, sent, dispatch } = siteWith()
  const { number } = must(addWebhook, { url })
  world.answer = () => answer(410)
  must(testWebhook, { number })
  await runJobs()
  expect([query(listWebhooks, {})[0]!.status, log()[0]!.state]).toEqual(['gone', 'failed'])
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  expect(dispatch(testWebhook, { number })).toMatchObject({ ok: false, error: { type: 'WebhookOff' } })
  await runJobs()
  expect(sent).toHaveLength(1)
  must(setWebhook, { number, status: 'active' })
  expect(must(retryWebhook, { number })).toEqual({ retried: 1 })
})

test('an endpoint that does not answer holds up none but itself', async () => {
  const { must, jobs, world, sent, log } = siteWith()
  const { promise, resolve } = Promise.withResolvers<WebhookOutcome>()
  must(addWebhook, { url: 'https://down.example' })
  must(addWebhook, { url: 'https://up.example' })
  world.answer = (message) => (message.url.includes('down') ? promise : OK)
  must(tellAlarm, { kind: 'a', sentence: '', remedy: '' })
  jobs.tick()
  await Promise.resolve()
  must(tellAlarm, { kind: 'b', sentence: '', remedy: '' })
  jobs.tick()
  // The one that hangs is asked once; what comes meanwhile waits for its round to end.
  while (log().filter(({ state }) => state === 'delivered').length < 2) await new Promise((next) => setImmediate(next))
  expect(sent.map((message) => message.url)).toEqual([
    'https://down.example',
    'https://up.example',
    'https://up.example',
  ])
  resolve(OK)
  await jobs.settled()
  expect(log().map(({ state }) => state)).toEqual(Array(4).fill('delivered'))
})

test('more than can wait is counted, not kept', () => {
  const { must, database, query } = siteWith()
  const { id } = must(addWebhook, { url })
  database.raw.exec(
    `INSERT INTO webhook_deliveries (endpoint_id, message_id, event, body, state, attempts, created_at, next_at)
     SELECT '${id}', 'm', 'e', '{}', 'waiting', 0, 0, 9e15 FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${webhookLimits.waitingMax}) SELECT i FROM n)`,
  )
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  expect(query(listWebhooks, {})).toMatchObject([{ waiting: webhookLimits.waitingMax, missed: 1 }])
})

test('a round that was cut off by a crash is sent again, and a record counts once', async () => {
  const { must, database, jobs, runJobs, sent, log } = siteWith()
  const { number } = must(addWebhook, { url })
  must(testWebhook, { number })
  // As a kill -9 leaves it: the job is marked running, nothing was recorded.
  database.raw.exec("UPDATE jobs SET state = 'running', attempts = 1")
  const stop = new AbortController()
  const running = jobs.run(stop.signal)
  await jobs.settled()
  stop.abort()
  await running
  expect([sent.length, log()[0]!.state]).toEqual([1, 'delivered'])
  await runJobs()
  expect(sent).toHaveLength(1)
})

test('the log forgets what is old, and what is too much, but nothing that waits', async () => {
  const { must, database, clock, count, jobs } = siteWith()
  const { id, number } = must(addWebhook, { url })
  must(setWebhook, { number, status: 'off' })
  const put = (state: string, createdAt: number, rows: number) =>
    database.raw.exec(
      `INSERT INTO webhook_deliveries (endpoint_id, message_id, event, body, state, attempts, created_at, next_at)
       SELECT '${id}', 'm', 'e', '{}', '${state}', 1, ${createdAt}, 0 FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n)`,
    )
  put('delivered', clock.now() - webhookLimits.deliveriesKeptMs - 1, 3)
  put('waiting', clock.now(), 2)
  put('failed', clock.now(), webhookLimits.deliveriesKept + 700)
  const stop = new AbortController()
  const running = jobs.run(stop.signal)
  await jobs.settled()
  stop.abort()
  await running
  expect(count(webhookDeliveries)).toBe(webhookLimits.deliveriesKept + 2)
  expect(database.raw.prepare("SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting'").pluck().get()).toBe(2)
})

test('there is a limit to endpoints, and none is found by a wrong number', () => {
  const { must, dispatch, count } = siteWith()
  for (let n = 0; n < webhookLimits.endpointsMax; n++) must(addWebhook, { url })
  expect(dispatch(addWebhook, { url })).toMatchObject({ ok: false, error: { type: 'WebhooksTooMany' } })
  expect(count(webhookEndpoints)).toBe(webhookLimits.endpointsMax)
  for (const command of [setWebhook, removeWebhook, testWebhook, retryWebhook])
    expect(dispatch(command, { number: 99 })).toMatchObject({ error: { type: 'WebhookUnknown', number: 99 } })
  expect(dispatch(addWebhook, { url: 'https://user:pw@crm.example' })).toMatchObject({
    error: { type: 'InputInvalid' },
  })
})

test('secrets are sealed anew under a new key', async () => {
  const { must, vault, runJobs, sent } = siteWith()
  const { number, secret } = must(addWebhook, { url })
  vault.rotate()
  expect(must(resealWebhooks, {})).toEqual({ resealed: 1, unreadable: 0 })
  expect(must(resealWebhooks, {})).toEqual({ resealed: 0, unreadable: 0 })
  must(testWebhook, { number })
  await runJobs()
  const { headers, body } = sent[0]!
  const parts = { messageId: headers['webhook-id']!, timestampSec: Number(headers['webhook-timestamp']), body }
  expect(headers).toEqual(signedHeaders(secretBytes(secret)!, parts))
})

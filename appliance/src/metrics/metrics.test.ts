import { setImmediate } from 'node:timers/promises'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import { SharedState, sharedStateBytes } from '../aaa/shared-state.ts'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { createQueryRunner } from '../run-named.ts'
import { startWatch } from '../watch.ts'
import { createProviderTally } from './provider-tally.ts'
import { metricsHandler } from './handler.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

type Pair = { role: 'alone' | 'primary'; link: 'away' | 'in-sync' }
const watched = (pair: Pair = { role: 'alone', link: 'away' }) => {
  const runner = orThrow(createQueryRunner(box.folder))
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const log = collectingLog()
  const tally = createProviderTally(fakeClock())
  const watch = startWatch({
    folder: box.folder,
    reader: runner.sessions.raw,
    state,
    ports: { auth: 1, acct: 2 },
    clock: fakeClock(),
    every: () => () => {},
    loginP95MsMax: 100,
    more: () => [],
    provider: tally.read,
    pair: () => pair,
    onRaised: ({ id }) => log.warn(id),
    log,
  })
  return { state, watch, log, tally, close: runner.close }
}

/** Every line as the format wants it: HELP, TYPE, then samples of that metric and no other. */
const parsed = (text: string) => {
  const samples = new Map<string, number>()
  let metric = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name] = /^# (HELP|TYPE) ([a-z_]+) \S/.exec(line) ?? []
    if (kind === 'HELP') metric = name!
    if (kind !== undefined) {
      expect(name).toBe(metric)
      continue
    }
    const [, sample, labels = '', value] = /^([a-z_0-9]+)(\{[^{}]*\})? (\S+)$/.exec(line) ?? []
    expect(sample?.replace(/_(bucket|sum|count)$/, ''), line).toBe(metric.replace(/_(bucket|sum|count)$/, ''))
    samples.set(`${sample}${labels}`, Number(value))
  }
  return samples
}

test('every metric has its help, its type and figures', async () => {
  const { state, watch, close } = watched()
  state.count('accepts', 3)
  state.count('dropped')
  for (const micros of [150, 400, 2_000_000]) state.observe('login', micros)
  state.observe('commit', 4000)
  state.set('openSessions', 7)
  // A turn is told of when the next one has begun.
  for (let turn = 0; turn < 3; turn++) await setImmediate()
  const samples = parsed(watch.metrics())
  close()
  expect(Object.fromEntries(samples)).toMatchObject({
    'lango_radius_answers_total{outcome="accept"}': 3,
    'lango_radius_answers_total{outcome="reject"}': 0,
    lango_radius_dropped_packets_total: 1,
    'lango_login_latency_seconds_bucket{by="box",le="0.0002"}': 1,
    'lango_login_latency_seconds_bucket{by="box",le="0.0005"}': 2,
    'lango_login_latency_seconds_bucket{by="box",le="1"}': 2,
    'lango_login_latency_seconds_bucket{by="box",le="+Inf"}': 3,
    'lango_login_latency_seconds_count{by="home-server"}': 0,
    'lango_store_commit_seconds_bucket{le="0.005"}': 1,
    lango_store_commit_seconds_sum: 0.004,
    lango_sessions_open: 7,
    'lango_radius_receive_drops_total{port="auth"}': 0,
    'lango_radius_receive_queue_bytes{port="acct"}': 0,
    'lango_jobs{state="failed"}': 0,
    lango_store_failing: 0,
    lango_clock_sure: 1,
  })
  for (const positive of [
    'lango_event_loop_delay_seconds{quantile="1"}',
    'lango_disk_free_bytes',
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
  ])
    expect(samples.get(positive)).toBeGreaterThan(0)
  expect(samples.get('lango_database_size_bytes{database="site"}')).toBeGreaterThan(4096)
})

test('a box that has a standby tells whether it is in step; another tells nothing of one', () => {
  const told = (pair?: Pair) => {
    const { watch, close } = watched(pair)
    const samples = parsed(watch.metrics())
    close()
    return samples.get('lango_standby_in_sync')
  }
  expect([told(), told({ role: 'primary', link: 'away' }), told({ role: 'primary', link: 'in-sync' })]).toEqual([
    undefined,
    0,
    1,
  ])
})

test('what the box sees of itself is listed: a store that fails, logins that are slow', () => {
  const { state, watch, log, close } = watched()
  expect(watch.attention().map(({ id }) => id)).toEqual(['certificates', 'routers', 'backup'])
  expect(log.text()).toContain('routers')
  for (let n = 0; n < 50; n++) state.observe('login', 300_000)
  state.set('storeFailing', 1)
  watch.metrics()
  const { storeFailing, logins } = watch.serving()
  expect([storeFailing, logins.logins, logins.p95Ms! > 100]).toEqual([true, 50, true])
  close()
})

test('metrics are told to a token that may read them, and to nobody else', async () => {
  const actors: Record<string, Actor> = {
    reader: { kind: 'token', id: 'tok_reader' },
    till: { kind: 'token', id: 'tok_till' },
  }
  let reads = 0
  const app = new Hono().get(
    '/metrics',
    metricsHandler({
      holderOf: (token) => actors[token],
      may: (actor, permission) => permission === 'metrics.read' && actor.id === 'tok_reader',
      text: () => `a ${++reads}\n`,
    }),
  )
  const ask = async (authorization?: string, path = '/metrics') => {
    const { status, headers } = await app.request(path, {
      headers: authorization === undefined ? {} : { authorization },
    })
    return [status, headers.get('www-authenticate') ?? headers.get('content-type')]
  }
  expect(await ask()).toEqual([401, 'Bearer'])
  expect(await ask('Bearer nobody')).toEqual([401, 'Bearer'])
  expect(await ask(undefined, '/metrics?token=reader')).toEqual([401, 'Bearer'])
  expect((await ask('Bearer till'))[0]).toBe(403)
  expect(reads).toBe(0)
  expect(await ask('Bearer reader')).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
})

import { expect, test } from 'vitest'
import fc from 'fast-check'
import { judge, progressOf, reapAt, type AccountingRecord, type SessionFacts, type StoppedFacts } from './rules.ts'

const T0 = 1_800_000_000_000
const sec = (n: number): number => T0 + n * 1000
const MiB = 2 ** 20

const record = (
  status: AccountingRecord['status'],
  at: number,
  more: Partial<AccountingRecord> = {},
): AccountingRecord => ({
  status,
  receivedAt: sec(at),
  eventAt: sec(at),
  sessionTimeSec: undefined,
  input: undefined,
  output: undefined,
  userName: 'amina',
  device: 'AA:BB:CC:00:00:01',
  authenticator: `${status}-${at}`,
  terminateCause: undefined,
  ...more,
})
const octets = (low: number, gigawords?: number) => ({ low, gigawords })

const live = (more: Partial<SessionFacts> = {}): SessionFacts => ({
  userName: 'amina',
  device: 'AA:BB:CC:00:00:01',
  startedAt: sec(0),
  startAuthenticator: 'start-0',
  lastEventAt: sec(300),
  lastReceivedAt: sec(300),
  sessionTimeSec: 300,
  inputOctets: 10 * MiB,
  outputOctets: 100 * MiB,
  gigawords: false,
  ended: undefined,
  ...more,
})
const justStarted = live({
  lastEventAt: sec(0),
  lastReceivedAt: sec(0),
  sessionTimeSec: 0,
  inputOctets: 0,
  outputOctets: 0,
})

const stopped = (more: Partial<StoppedFacts> = {}): StoppedFacts => ({
  userName: 'amina',
  device: 'AA:BB:CC:00:00:01',
  startAuthenticator: 'start-0',
  sessionTimeSec: 600,
  inputOctets: 20 * MiB,
  outputOctets: 200 * MiB,
  endedAt: sec(600),
  stopReceivedAt: sec(600),
  ...more,
})

test('a Start opens a session at the time the NAS says it began', () => {
  expect(judge(undefined, undefined, record('start', 5, { eventAt: sec(2) }))).toMatchObject({
    kind: 'open',
    startedAt: sec(2),
  })
})

test('a Start retried with a new Acct-Delay-Time is a duplicate', () => {
  expect(judge(justStarted, undefined, record('start', 3, { eventAt: sec(0) }))).toEqual({
    kind: 'ignore',
    why: 'duplicate',
  })
})

test('a Start retried by a NAS without any account of time is a duplicate', () => {
  expect(judge(justStarted, undefined, record('start', 9, { eventAt: undefined }))).toEqual({
    kind: 'ignore',
    why: 'duplicate',
  })
})

test('a Start that arrives after the first interim does not begin the session again', () => {
  expect(judge(live({ startAuthenticator: '' }), undefined, record('start', 310, { eventAt: sec(0) }))).toMatchObject({
    kind: 'ignore',
  })
})

test('an interim whose Start was lost opens the session when it really began', () => {
  const verdict = judge(undefined, undefined, record('interim', 300, { sessionTimeSec: 300, output: octets(5 * MiB) }))
  expect(verdict).toMatchObject({
    kind: 'open',
    startedAt: sec(0),
    stopped: false,
    progress: { outputOctets: 5 * MiB },
  })
})

test('a Stop whose Start was lost is a whole session', () => {
  const verdict = judge(undefined, undefined, record('stop', 600, { sessionTimeSec: 600, input: octets(7) }))
  expect(verdict).toMatchObject({
    kind: 'open',
    startedAt: sec(0),
    stopped: true,
    progress: { inputOctets: 7, sessionTimeSec: 600 },
  })
})

test('a late interim never turns counters back', () => {
  const verdict = judge(
    live(),
    undefined,
    record('interim', 310, { eventAt: sec(240), sessionTimeSec: 240, input: octets(MiB), output: octets(MiB) }),
  )
  expect(verdict).toMatchObject({
    kind: 'update',
    progress: { sessionTimeSec: 300, inputOctets: 10 * MiB, outputOctets: 100 * MiB },
  })
})

test('the Stop ends the session with the larger counters', () => {
  const verdict = judge(
    live(),
    undefined,
    record('stop', 400, { sessionTimeSec: 400, input: octets(9 * MiB), output: octets(150 * MiB) }),
  )
  expect(verdict).toMatchObject({
    kind: 'stop',
    endedAt: sec(400),
    progress: { inputOctets: 10 * MiB, outputOctets: 150 * MiB },
  })
})

test('an interim after the Stop never reopens the session', () => {
  const late = record('interim', 605, { eventAt: sec(590), sessionTimeSec: 590, output: octets(190 * MiB) })
  expect(judge(undefined, stopped(), late)).toEqual({ kind: 'ignore', why: 'after-stop' })
  expect(judge(undefined, stopped(), { ...late, eventAt: undefined })).toEqual({ kind: 'ignore', why: 'after-stop' })
})

test('a second Stop changes nothing', () => {
  const again = record('stop', 610, { eventAt: sec(600), sessionTimeSec: 600, output: octets(200 * MiB) })
  expect(judge(undefined, stopped(), again)).toEqual({ kind: 'ignore', why: 'duplicate' })
  expect(judge(undefined, stopped(), { ...again, eventAt: undefined, output: octets(210 * MiB) })).toMatchObject({
    kind: 'ignore',
  })
})

test('a Start delayed past its own Stop does not reopen the session', () => {
  expect(judge(undefined, stopped(), record('start', 606, { eventAt: sec(0) }))).toEqual({
    kind: 'ignore',
    why: 'late-start',
  })
})

test('a Start replayed byte for byte after a restart of the box changes nothing', () => {
  const replay = record('start', 606, { eventAt: undefined, authenticator: 'start-0' })
  expect(judge(undefined, stopped(), replay)).toEqual({ kind: 'ignore', why: 'late-start' })
})

test('a session id used again after its Stop is a new session', () => {
  expect(judge(undefined, stopped(), record('start', 605))).toMatchObject({ kind: 'open', startedAt: sec(605) })
  expect(judge(undefined, stopped(), record('start', 605, { eventAt: undefined }))).toMatchObject({ kind: 'open' })
})

test('a session id used again by another device is a new session, whatever the times say', () => {
  const other = record('start', 600, { eventAt: sec(100), device: 'AA:BB:CC:00:00:02' })
  expect(judge(undefined, stopped(), other)).toMatchObject({ kind: 'open' })
  expect(judge(live(), undefined, other)).toMatchObject({ kind: 'replace' })
})

test('a session id used again after a reboot, its Stop lost, replaces the session', () => {
  expect(judge(live(), undefined, record('start', 900))).toMatchObject({ kind: 'replace', startedAt: sec(900) })
  expect(judge(live(), undefined, record('start', 900, { eventAt: undefined }))).toMatchObject({ kind: 'replace' })
})

test('an interim that began after the live session was last heard replaces it', () => {
  const fresh = record('interim', 1000, { sessionTimeSec: 60, output: octets(MiB) })
  expect(judge(live(), undefined, fresh)).toMatchObject({
    kind: 'replace',
    startedAt: sec(940),
    progress: { outputOctets: MiB },
  })
})

test('an interim that outlasts the stopped session is a new one whose Start was lost', () => {
  const longer = record('interim', 2000, { eventAt: undefined, sessionTimeSec: 900 })
  expect(judge(undefined, stopped(), longer)).toMatchObject({ kind: 'open' })
})

test('a reaped session lives on when it is heard of again; one whose NAS restarted does not', () => {
  const word = record('interim', 1500, { sessionTimeSec: 1500 })
  const silent = live({ ended: { at: sec(300), by: 'reaped' } })
  expect(judge(silent, undefined, word)).toMatchObject({ kind: 'update', revive: true })
  const rebooted = live({ ended: { at: sec(310), by: 'nas-restart' } })
  expect(judge(rebooted, undefined, record('interim', 312, { eventAt: sec(305), sessionTimeSec: 305 }))).toMatchObject({
    kind: 'update',
    revive: false,
  })
})

test('a late Stop after a reaping ends the session with its own figures', () => {
  const silent = live({ ended: { at: sec(300), by: 'reaped' } })
  expect(judge(silent, undefined, record('stop', 2000, { eventAt: sec(700), sessionTimeSec: 700 }))).toMatchObject({
    kind: 'stop',
    endedAt: sec(700),
  })
})

test('Gigawords count', () => {
  const { outputOctets } = progressOf(live(), record('interim', 4000, { sessionTimeSec: 4000, output: octets(5, 2) }))
  expect(outputOctets).toBe(2 * 2 ** 32 + 5)
})

test('without Gigawords a counter that falls while time goes on has wrapped', () => {
  const before = live({ outputOctets: 2 ** 32 - MiB })
  const { outputOctets } = progressOf(before, record('interim', 600, { sessionTimeSec: 600, output: octets(MiB) }))
  expect(outputOctets).toBe(2 ** 32 + MiB)
})

test('a counter that falls without time going on is not a wrap', () => {
  const before = live({ outputOctets: 2 ** 32 - MiB })
  const { outputOctets } = progressOf(before, record('interim', 301, { sessionTimeSec: 300, output: octets(MiB) }))
  expect(outputOctets).toBe(2 ** 32 - MiB)
})

test('what no line can carry is not believed, and said', () => {
  const absurd = record('interim', 360, { sessionTimeSec: 360, output: octets(0, 0xffff_ffff) })
  expect(progressOf(live(), absurd)).toMatchObject({ outputOctets: 100 * MiB, implausible: true })
})

test('a session is reaped by its last report, not by its age', () => {
  expect(reapAt(sec(10_000), 300)).toBe(sec(10_000 + 3 * 300 + 30))
})

test('counters never go back, in whatever order records come', () => {
  const report = fc.record({
    sessionTimeSec: fc.option(fc.nat(100_000), { nil: undefined }),
    low: fc.nat(2 ** 31 - 1),
    gigawords: fc.option(fc.nat(3), { nil: undefined }),
    status: fc.constantFrom('interim' as const, 'stop' as const),
  })
  fc.assert(
    fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
      let known = live()
      reports.forEach((r, i) => {
        const progress = progressOf(
          known,
          record(r.status, 301 + i, { sessionTimeSec: r.sessionTimeSec, output: octets(r.low, r.gigawords) }),
        )
        expect(progress.outputOctets).toBeGreaterThanOrEqual(known.outputOctets)
        expect(progress.sessionTimeSec).toBeGreaterThanOrEqual(known.sessionTimeSec)
        known = { ...known, ...progress, lastReceivedAt: sec(301 + i) }
      })
    }),
  )
})

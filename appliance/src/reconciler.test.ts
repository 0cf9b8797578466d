import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase } from '@lango/kernel/db'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import { sessions } from '@lango/modules/sessions'
import type {
  ControlAnswer,
  ControlOutcome,
  IdentifyingSet,
  NamedChanges,
  NasControl,
  NasSession,
} from '@lango/modules/sessions/port'
import { liveSessions, sessionOrders, type OrderStep } from '@lango/modules/sessions/tables'
import { createReconciler, type Order } from './reconciler.ts'

const ack: ControlOutcome = { type: 'ack' }
const notFound: ControlOutcome = { type: 'not-found' }
const nak: ControlOutcome = { type: 'nak', code: 404, cause: 'invalid-request' }
const unsupported: ControlOutcome = { type: 'nak', code: 401, cause: 'unsupported-attribute' }
const timeout: ControlOutcome = { type: 'timeout' }
const unreachable: ControlOutcome = { type: 'unreachable', cause: 'no route' }
const changes: NamedChanges = { 'Mikrotik-Rate-Limit': '2M/10M' }

/** A NAS that answers what it is told to answer, for each kind of packet and identifying set. */
class TestNas implements NasControl {
  readonly asked: string[] = []
  readonly given: NamedChanges[] = []
  readonly #answer: (asked: string, no: number) => ControlOutcome | ControlAnswer

  constructor(answer: (asked: string, no: number) => ControlOutcome | ControlAnswer) {
    this.#answer = answer
  }

  disconnect({ no }: NasSession, by: IdentifyingSet): Promise<ControlAnswer> {
    return this.#take(`disconnect ${by}`, no)
  }

  change({ no }: NasSession, by: IdentifyingSet, given: NamedChanges): Promise<ControlAnswer> {
    this.given.push(given)
    return this.#take(`coa ${by}`, no)
  }

  #take(asked: string, no: number): Promise<ControlAnswer> {
    this.asked.push(asked)
    const answer = this.#answer(asked, no)
    return Promise.resolve('way' in answer ? answer : { way: 'UDP', outcome: answer })
  }
}

const box = (answer: (asked: string, no: number) => ControlOutcome | ControlAnswer) => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  orThrow(migrate(database, { version: 1, tables: sessions.tables, changeLog: false }))
  const db = database.raw
  const clock = fakeClock()
  const log = collectingLog()
  const nas = new TestNas(answer)
  const ended: number[] = []
  const changed: string[] = []
  const disk = { isFull: false, refused: 0 }
  const addSession = db.prepare(insertSql(liveSessions))
  const addOrder = db.prepare(insertSql(sessionOrders))
  const finishOrder = db.prepare('UPDATE session_orders SET state = ?, steps = ?, finished_at = ? WHERE id = ?')
  const stopArrives = (no: number): void => {
    db.prepare('DELETE FROM live_sessions WHERE no = ?').run(no)
  }
  const reconciler = createReconciler({
    reader: db,
    control: nas,
    clock,
    log,
    changesFor: () => ({ changes, brings: { downKbps: 10_000, upKbps: 2000 } }),
    finish(order: Order, state, steps, speed) {
      if (speed) changed.push(`${order.sessionNo} ${speed.downKbps}/${speed.upKbps}`)
      if (disk.isFull) disk.refused += 1
      else finishOrder.run(state, JSON.stringify(steps), clock.now(), order.id)
    },
    endSession: (no) => ended.push(no),
    sleep: (ms) => clock.advanceAsync(ms),
  })
  const waiting = db.prepare("SELECT count(*) FROM session_orders WHERE state = 'waiting'").pluck()
  return {
    changed,
    clock,
    db,
    disk,
    ended,
    log,
    nas,
    reconciler,
    stopArrives,
    live(no: number, row: Partial<Record<'device' | 'endedAt' | 'routerNo', unknown>> = {}) {
      addSession.run({
        no,
        grantNo: 1,
        routerNo: 1,
        nas: '10.0.0.1',
        acctSessionId: `s${no}`,
        userName: 'amina',
        device: 'AA:00:00:00:00:01',
        calledStationId: '',
        framedIp: '100.64.0.9',
        framedIpv6Prefix: '',
        delegatedIpv6Prefix: '',
        nasPort: '',
        startedAt: clock.now(),
        startAuthenticator: '',
        lastEventAt: clock.now(),
        lastReceivedAt: clock.now(),
        sessionTimeSec: 0,
        inputOctets: 0,
        outputOctets: 0,
        gigawords: 0,
        implausible: 0,
        interimSec: 300,
        state: 'start',
        endedAt: null,
        endedBy: '',
        downKbps: null,
        upKbps: null,
        timeoutSec: null,
        hourAt: 0,
        hourInputOctets: 0,
        hourOutputOctets: 0,
        hourSessionTimeSec: 0,
        ...row,
      })
    },
    order(no: number, kind: Order['kind'] = 'end', reason = 'desk') {
      addOrder.run({
        id: `ord_${no}`,
        sessionNo: no,
        acctSessionId: `s${no}`,
        kind,
        reason,
        orderedAt: clock.now(),
        state: 'waiting',
        finishedAt: null,
        downKbps: null,
        upKbps: null,
        timeoutSec: null,
        overOctets: null,
        steps: '[]',
      })
    },
    /** Lets promises settle until nothing waits, or `turns` have gone by. */
    async settle(turns = 500) {
      for (let turn = 0; turn < turns && waiting.get() !== 0; turn++) await new Promise(setImmediate)
    },
    outcome: (no: number) => {
      const row = db
        .prepare<[string], { state: string; steps: string }>('SELECT state, steps FROM session_orders WHERE id = ?')
        .get(`ord_${no}`)!
      const steps = JSON.parse(row.steps) as OrderStep[]
      return {
        state: row.state,
        steps: steps.map(({ means, outcome }) => `${means}: ${outcome}`),
        at: steps.map(({ at }) => at),
      }
    },
  }
}

const carryOut = async (
  answer: (asked: string, no: number) => ControlOutcome | ControlAnswer,
  kind: Order['kind'] = 'end',
) => {
  const made = box((asked, no) => answer(asked, no))
  made.live(1)
  made.order(1, kind)
  made.reconciler.wake()
  await made.settle()
  return made
}

test('an acknowledged Disconnect whose Stop comes is done', async () => {
  const made = box((_asked, no) => {
    made.clock.after(1000, () => made.stopArrives(no))
    return ack
  })
  made.live(1)
  made.order(1)
  const from = made.clock.now()
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toEqual({
    state: 'done',
    steps: ['disconnect session+user+address over UDP: ack', 'accounting: ended'],
    // Seen at the next look.
    at: [from, from + 1100],
  })
  expect(made.ended).toEqual([])
})

test('an acknowledgement without a Stop is not believed: the next means is tried', async () => {
  const made = box((asked, no) => {
    if (asked === 'disconnect session') made.clock.after(600, () => made.stopArrives(no))
    return ack
  })
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({
    state: 'done',
    steps: [
      'disconnect session+user+address over UDP: ack',
      'accounting: still-open',
      'disconnect session+user over UDP: ack',
      'accounting: still-open',
      'disconnect session over UDP: ack',
      'accounting: ended',
    ],
  })
})

test('a NAS that acknowledges everything and ends nothing fails the order; the session stays on record', async () => {
  const { outcome, ended, nas } = await carryOut(() => ack)
  expect(outcome(1)).toMatchObject({ state: 'failed' })
  expect(nas.asked).toHaveLength(4)
  expect(ended).toEqual([])
})

test('a NAS that knows no such session by any name has none: it is ended here', async () => {
  const { outcome, ended } = await carryOut(() => notFound)
  expect(outcome(1)).toMatchObject({
    state: 'done',
    steps: [
      'disconnect session+user+address over UDP: not-found',
      'disconnect session+user over UDP: not-found',
      'disconnect session over UDP: not-found',
      'disconnect user+device over UDP: not-found',
      'accounting: ended here: the NAS has no such session',
    ],
  })
  expect(ended).toEqual([1])
})

test('a refused identification is followed by the next, barer one', async () => {
  const made = box((asked, no) => {
    if (asked === 'disconnect session+user+address') return nak
    if (asked === 'disconnect session+user') return timeout
    made.stopArrives(no)
    return ack
  })
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({
    state: 'done',
    steps: [
      'disconnect session+user+address over UDP: nak 404 invalid-request',
      'disconnect session+user over UDP: timeout',
      'disconnect session over UDP: ack',
      'accounting: ended',
    ],
  })
})

test('refusals and silence alone end nothing here', async () => {
  const { outcome, ended, nas } = await carryOut((asked) => (asked.endsWith('address') ? nak : timeout))
  expect(outcome(1)).toMatchObject({ state: 'failed' })
  expect(nas.asked).toHaveLength(4)
  expect(ended).toEqual([])
})

test('a NAS that cannot be reached fails the order at once, and why is on record', async () => {
  const { outcome, nas, ended } = await carryOut(() => unreachable)
  expect(outcome(1)).toMatchObject({
    state: 'failed',
    steps: ['disconnect session+user+address over UDP: unreachable: no route'],
  })
  expect(nas.asked).toHaveLength(1)
  expect(ended).toEqual([])
})

test('every way that was tried is on record, and the last one counts', async () => {
  const made = box((_asked, no) => {
    made.stopArrives(no)
    return { way: 'UDP', outcome: ack, before: { way: 'RadSec', outcome: timeout } }
  })
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({
    state: 'done',
    steps: [
      'disconnect session+user+address over RadSec: timeout',
      'disconnect session+user+address over UDP: ack',
      'accounting: ended',
    ],
  })
})

test('a session whose Stop came on its own while the NAS refused is done', async () => {
  const made = box((_asked, no) => {
    made.stopArrives(no)
    return timeout
  })
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({ state: 'done', steps: ['disconnect session+user+address over UDP: timeout'] })
})

test('a device without an address is not looked for by it', async () => {
  const made = box(() => timeout)
  made.live(1, { device: '' })
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.nas.asked).toEqual(['disconnect session+user+address', 'disconnect session+user', 'disconnect session'])
})

test('an accepted change is done, and nobody is disconnected', async () => {
  const { outcome, nas, changed } = await carryOut(() => ack, 'change')
  expect(outcome(1)).toMatchObject({ state: 'done', steps: ['coa session+user+address over UDP: ack'] })
  expect(nas.asked).toEqual(['coa session+user+address'])
  expect(nas.given).toEqual([changes])
  expect(changed).toEqual(['1 10000/2000'])
})

test('a change that the NAS refuses in every form is made by ending the session', async () => {
  const made = box((asked, no) => {
    if (asked.startsWith('coa')) return unsupported
    made.stopArrives(no)
    return ack
  })
  made.live(1)
  made.order(1, 'change')
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({
    state: 'done',
    steps: [
      'coa session+user+address over UDP: nak 401 unsupported-attribute',
      'coa session+user over UDP: nak 401 unsupported-attribute',
      'coa session over UDP: nak 401 unsupported-attribute',
      'disconnect session+user+address over UDP: ack',
      'accounting: ended',
    ],
  })
  expect(made.changed).toEqual([])
})

test('more time that the NAS refuses to take costs nobody their session', async () => {
  const made = box(() => unsupported)
  made.live(1)
  made.order(1, 'change', 'extended')
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1).state).toBe('failed')
  expect(made.nas.asked).toEqual(['coa session+user+address', 'coa session+user', 'coa session'])
  expect(made.ended).toEqual([])
})

test('a change that cannot be sent ends no session', async () => {
  const { outcome, nas } = await carryOut(() => unreachable, 'change')
  expect(outcome(1)).toMatchObject({ state: 'failed' })
  expect(nas.asked).toEqual(['coa session+user+address'])
})

test.each([
  ['is unknown', undefined],
  ['has ended', { endedAt: 1 }],
])('an order for a session that %s is done without a packet', async (_what, row) => {
  const made = box(() => ack)
  if (row) made.live(1, row)
  made.order(1)
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1)).toMatchObject({ state: 'done', steps: ['accounting: ended'] })
  expect(made.nas.asked).toEqual([])
})

test('many orders are carried out, a limited number at once, each once', async () => {
  const made = box((_asked, no) => {
    made.stopArrives(no)
    return ack
  })
  for (let no = 1; no <= 200; no++) {
    made.live(no)
    made.order(no)
  }
  made.reconciler.wake()
  expect(made.nas.asked).toHaveLength(100)
  made.reconciler.wake()
  await made.settle()
  expect(made.nas.asked).toHaveLength(200)
})

test('a router that does not answer keeps no other waiting', async () => {
  const silent = Promise.withResolvers<void>()
  const made = box((_asked, no) => {
    if (no > 1000) made.stopArrives(no)
    return ack
  })
  const disconnect = made.nas.disconnect.bind(made.nas)
  made.nas.disconnect = async (session, by) => {
    if (session.routerNo === 1) await silent.promise
    return disconnect(session, by)
  }
  // More than are read in one go, and all before those of the other router.
  for (let no = 1; no <= 700; no++) {
    made.live(no)
    made.order(no)
  }
  for (let no = 1001; no <= 1010; no++) {
    made.live(no, { routerNo: 2 })
    made.order(no)
  }
  made.reconciler.wake()
  await made.settle(20)
  const done = made.db.prepare("SELECT count(*) FROM session_orders WHERE state = 'done'").pluck()
  expect(done.get()).toBe(10)
  for (let no = 1; no <= 700; no++) made.stopArrives(no)
  silent.resolve()
  await made.settle()
  expect(done.get()).toBe(710)
})

test('an order whose end cannot be written is not tried again before the next look', async () => {
  const made = box(() => unreachable)
  made.disk.isFull = true
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle(50)
  expect([made.nas.asked.length, made.disk.refused]).toEqual([1, 1])
  made.disk.isFull = false
  made.reconciler.wake()
  await made.settle()
  expect(made.outcome(1).state).toBe('failed')
})

test('stopping leaves what is under way waiting, to be taken up by the next start', async () => {
  const made = box(() => {
    void made.reconciler.stop()
    return ack
  })
  made.live(1)
  made.order(1)
  made.reconciler.wake()
  await made.settle(50)
  made.reconciler.wake()
  await made.settle(50)
  expect(made.outcome(1)).toMatchObject({ state: 'waiting', steps: [] })
  expect(made.nas.asked).toHaveLength(1)
})

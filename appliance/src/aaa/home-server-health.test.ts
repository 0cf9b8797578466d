import { expect, test } from 'vitest'
import { ManualTime } from '../../../drivers/radius/testing/manual-time.ts'
import { HomeServerHealth } from './home-server-health.ts'

/** A server of which `answers` says whether it answers the next Status-Server. */
const start = () => {
  const time = new ManualTime()
  const server = { answers: false, probes: [] as number[], turns: [] as boolean[] }
  const health = new HomeServerHealth({
    probe: () => {
      server.probes.push(time.nowMs)
      return Promise.resolve(server.answers)
    },
    random: { unit: () => 0.5 },
    monotonicMs: time.monotonicMs,
    timers: time.timers,
    onTurn: (isUp) => server.turns.push(isUp),
  })
  const pass = async (ms: number): Promise<void> => {
    const until = time.nowMs + ms
    for (;;) {
      await new Promise(setImmediate)
      if (!time.pending) break
      const before = time.nowMs
      time.advance(Math.min(1000, until - before))
      if (time.nowMs === until) break
    }
    time.advance(until - time.nowMs)
    await new Promise(setImmediate)
  }
  const fall = async (): Promise<void> => {
    health.unanswered(time.nowMs)
    await pass(0)
  }
  return { fall, health, pass, server, time }
}

test('a login without an answer makes a server suspect, and a Status-Server that it answers clears it', async () => {
  const { health, pass, server } = start()
  server.answers = true
  health.unanswered(0)
  expect(health.rank).toBe(1)
  await pass(0)
  expect([health.rank, server.probes.length, server.turns]).toEqual([0, 1, []])
})

test('one that answers neither is down, and told of once', async () => {
  const { fall, health, server } = start()
  await fall()
  expect([health.rank, server.probes.length, server.turns]).toEqual([2, 2, [false]])
})

test('one that has answered others since the login was sent is not silent', async () => {
  const { health, pass, server, time } = start()
  time.advance(1000)
  health.answered()
  health.unanswered(500)
  await pass(0)
  expect([health.rank, server.probes]).toEqual([0, []])
})

test('one that is down is asked every 30 s, and is up after three answers in a row', async () => {
  const { fall, health, pass, server, time } = start()
  await fall()
  server.probes = []
  await pass(60_000)
  expect(server.probes).toEqual([30_000, 60_000])
  server.answers = true
  await pass(30_000)
  expect(health.rank).toBe(2)
  await pass(6000)
  server.answers = false
  await pass(6000)
  expect(server.turns).toEqual([false])
  server.answers = true
  await pass(30_000 + 6000 + 6000)
  expect([health.rank, server.turns]).toEqual([0, [false, true]])
  expect(server.probes.slice(2)).toEqual([90_000, 96_000, 102_000, 132_000, 138_000, 144_000])
  expect(time.pending).toBe(0)
})

test('one that knows no Status-Server is tried with a login, one every two minutes, and is up when that is answered', async () => {
  const { fall, health, pass, server } = start()
  await fall()
  await pass(119_000)
  expect(health.rank).toBe(2)
  await pass(1000)
  expect(health.rank).toBe(0)
  health.asked()
  expect(health.rank).toBe(2)
  health.unanswered(0)
  await pass(120_000)
  expect(health.rank).toBe(0)
  health.asked()
  health.answered()
  expect([health.rank, server.turns]).toEqual([0, [false, true]])
})

test('a login that is answered while a Status-Server is not counts more', async () => {
  const { health, pass, server } = start()
  health.unanswered(0)
  health.answered()
  await pass(0)
  expect([health.rank, server.turns]).toEqual([0, []])
})

test('one that is no longer asked is left alone', async () => {
  const { fall, health, pass, server, time } = start()
  await fall()
  health.close()
  await pass(300_000)
  expect([server.probes.length, time.pending]).toEqual([2, 0])
})

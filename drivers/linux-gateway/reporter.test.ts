import { expect, test } from 'vitest'
import { Reporter, type Ledger } from './reporter.ts'
import { begun, causes, ended, type Ended, type Session } from './sessions.ts'

const grant = { downKbps: 0, upKbps: 0, sessionSec: 0, quotaBytes: 0, idleSec: 0, interimSec: 60, className: '' }
const session = (id: string): Session =>
  begun(grant, { id, ip: '10.40.0.11', mac: '02:00:00:00:40:01', userName: 'u', minor: 16 }, 0)

/** A box that answers when it is told to, and the gateway's side as it is. */
const createScene = () => {
  const said: string[] = []
  const waiting: ((isAnswered: boolean) => void)[] = []
  const say = (what: string): Promise<boolean> => {
    said.push(what)
    return new Promise((resolve) => waiting.push(resolve))
  }
  const sessions = new Map<string, Session>()
  const stops = new Map<string, Ended>()
  const ledger: Ledger = {
    sessions,
    ended: stops,
    isOnReported: true,
    reported: (id, what) =>
      void (what === 'start' && sessions.set(id, { ...sessions.get(id)!, isStartReported: true })),
    stopReported: (id) => void stops.delete(id),
    save: () => undefined,
  }
  const link = {
    on: () => say('on'),
    start: ({ id }: Session) => say(`start ${id}`),
    interim: ({ id }: Session) => say(`interim ${id}`),
    stop: ({ session }: Ended) => say(`stop ${session.id}`),
  }
  const answer = async (isAnswered: boolean): Promise<void> => {
    waiting.shift()!(isAnswered)
    await Promise.resolve()
    await Promise.resolve()
  }
  return { said, sessions, stops, ledger, answer, reporter: new Reporter(link, ledger) }
}

test('what is not answered is said again, one report of a session at a time', async () => {
  const { said, sessions, answer, reporter } = createScene()
  sessions.set('a', session('a'))
  reporter.run(0)
  reporter.run(1000)
  expect(said).toEqual(['start a'])
  await answer(false)
  reporter.run(2000)
  expect(said).toEqual(['start a'])
  reporter.run(5000)
  expect(said).toEqual(['start a', 'start a'])
  await answer(true)
  reporter.run(59_000)
  reporter.run(60_000)
  expect(said.slice(2)).toEqual(['interim a'])
})

test('a stop waits for the start that is under way', async () => {
  const { said, sessions, stops, answer, reporter } = createScene()
  sessions.set('a', session('a'))
  reporter.run(0)
  sessions.delete('a')
  stops.set('a', ended(session('a'), causes.userRequest, 1000, 1000))
  reporter.run(1000)
  expect(said).toEqual(['start a'])
  await answer(true)
  reporter.run(2000)
  await answer(true)
  expect(said).toEqual(['start a', 'stop a'])
  expect(stops.size).toBe(0)
})

test('after a reboot: what ended before it, then that all has ended, then what is new', async () => {
  const { said, sessions, stops, ledger, answer, reporter } = createScene()
  ledger.isOnReported = false
  stops.set('old', ended(session('old'), causes.userRequest, 1000, 1000))
  sessions.set('new', session('new'))
  reporter.run(0)
  expect(said).toEqual(['stop old'])
  await answer(true)
  reporter.run(1000)
  expect(said).toEqual(['stop old', 'on'])
  await answer(true)
  reporter.run(2000)
  expect(said).toEqual(['stop old', 'on', 'start new'])
})

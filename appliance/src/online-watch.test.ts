import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog } from '@lango/kernel/testing'
import { testBox, type TestBox } from './cli/testing/box.ts'
import { putRow } from './cli/testing/put-row.ts'
import { watchOnline } from './online-watch.ts'
import { createQueryRunner } from './run-named.ts'
import { openSite } from './site.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

test('a purchase is online with the first session that is counted on it, once', () => {
  const log = collectingLog()
  const site = orThrow(openSite(box.folder, log))
  const runner = orThrow(createQueryRunner(box.folder))
  const sessions = orThrow(openDatabase({ file: box.folder.sessionsFile }))
  let look = () => {}
  const every = (_ms: number, run: () => void) => {
    look = run
    return () => {}
  }
  watchOnline({ site, reader: runner.sessions.raw, log, every })
  const now = site.clock.now()
  const give = (no: number, grantedAt: number) => {
    site.database.raw.pragma('foreign_keys = OFF')
    putRow(site.database.raw, 'grants', {
      id: `grant_${no}`,
      no,
      service_id: `pur_${no}`,
      login: `l${no}`,

      policy_id: 'p',
      devices: '[]',
    })
    putRow(site.database.raw, 'purchases', {
      id: `pur_${no}`,
      number: no,
      reference: `L${no}`,

      state: 'granted',
      granted_at: grantedAt,
      online_at: null,
    })
  }
  const onlineAt = () => site.database.raw.prepare('SELECT online_at FROM purchases ORDER BY number').pluck().all()
  give(1, now - 5000)
  give(2, now - 5000)
  give(3, now - 2 * 86_400_000)
  look()
  expect(onlineAt()).toEqual([null, null, null])
  putRow(sessions.raw, 'live_sessions', { no: 1, acct_session_id: 'a', grant_no: 1, started_at: now - 1000 })
  putRow(sessions.raw, 'session_history', {
    no: 1,
    acct_session_id: 'b',
    grant_no: 2,
    started_at: now - 3000,
    ended_at: now - 2000,
  })
  putRow(sessions.raw, 'live_sessions', { no: 2, acct_session_id: 'c', grant_no: 2, started_at: now - 1000 })
  putRow(sessions.raw, 'live_sessions', { no: 3, acct_session_id: 'd', grant_no: 3, started_at: now - 1000 })
  look()
  // Who comes two days later had kept it.
  expect(onlineAt()).toEqual([now - 1000, now - 3000, null])
  putRow(sessions.raw, 'session_history', {
    no: 2,
    acct_session_id: 'e',
    grant_no: 1,
    started_at: now - 4000,
    ended_at: now,
  })
  look()
  expect(onlineAt()).toEqual([now - 1000, now - 3000, null])
  expect(log.lines).toEqual([])
  for (const part of [sessions, runner, site]) part.close()
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog } from '@lango/kernel/testing'
import { alarmRaised, type AnyCommand } from '@lango/kernel/verbs'
import { addWebhook, listDeliveries, setWebhook } from '@lango/modules/webhooks'
import { testBox, type TestBox } from './cli/testing/box.ts'
import { putRow } from './cli/testing/put-row.ts'
import { createQueryRunner, runOwn } from './run-named.ts'
import { openSite } from './site.ts'
import { startWebhookFeed } from './webhook-feed.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const feeding = () => {
  const log = collectingLog()
  const site = orThrow(openSite(box.folder, log))
  const runner = orThrow(createQueryRunner(box.folder))
  let tick = () => {}
  const feed = startWebhookFeed({
    site,
    reader: runner.sessions.raw,
    log,
    every: (_ms, run) => {
      tick = run
      return () => {}
    },
  })
  const sessions = orThrow(openDatabase({ file: box.folder.sessionsFile }))
  const put = (table: string, row: Record<string, unknown>) => putRow(sessions.raw, table, row)
  const must = (command: AnyCommand, input: unknown) =>
    orThrow(runOwn(site, command.name, input, { actor: { kind: 'console', id: 'test' } })) as never
  const told = () =>
    (orThrow(runner.run(listDeliveries.name, {})) as { body: string }[])
      .map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown[]> })
      .toReversed()
  const close = () => {
    feed.stop()
    for (const part of [sessions, runner, site]) part.close()
  }
  return { site, feed, put, must, told, close, tick: () => tick(), log }
}

test('sessions are told from when somebody wants them, each once, also after a restart', () => {
  let { put, must, told, tick, close } = feeding()
  put('live_sessions', { no: 1, acct_session_id: 'old', user_name: 'amina' })
  tick()
  must(addWebhook, { url: 'https://crm.example', events: ['session.started', 'session.ended'] })
  tick()
  expect(told()).toEqual([])
  put('live_sessions', { no: 2, acct_session_id: 'new', user_name: 'amina', framed_ip: '10.0.0.2', started_at: 5 })
  put('session_history', { no: 1, acct_session_id: 'old', user_name: 'amina', input_octets: 7 })
  tick()
  tick()
  close()
  ;({ put, must, told, tick, close } = feeding())
  tick()
  put('session_history', { no: 2, acct_session_id: 'new', user_name: 'amina' })
  tick()
  expect(told().map(({ type, data }) => [type, data['sessions']])).toEqual([
    [
      'session.started',
      [{ login: 'amina', acctSessionId: 'new', router: '', device: '', framedIp: '10.0.0.2', startedAt: 5 }],
    ],
    ['session.ended', [expect.objectContaining({ acctSessionId: 'old', inputOctets: 7 })]],
    ['session.ended', [expect.objectContaining({ acctSessionId: 'new' })]],
  ])
  must(setWebhook, { number: 1, status: 'off' })
  tick()
  put('session_history', { no: 3, acct_session_id: 'unheard' })
  must(setWebhook, { number: 1, status: 'active' })
  tick()
  tick()
  expect(JSON.stringify(told())).not.toContain('unheard')
  close()
})

test('more than one event holds are told in the next', () => {
  const { put, must, told, tick, close } = feeding()
  must(addWebhook, { url: 'https://crm.example', events: ['session.started'] })
  tick()
  for (let no = 1; no <= 250; no++) put('live_sessions', { no, acct_session_id: `s${no}` })
  tick()
  tick()
  tick()
  expect(told().map(({ data }) => data['sessions']!.length)).toEqual([200, 50])
  close()
})

test('an alarm is told, and what goes wrong with webhooks is not told by webhooks', () => {
  const { site, feed, must, told, close } = feeding()
  must(addWebhook, { url: 'https://crm.example' })
  feed.alarm({ id: 'disk', sentence: 'Low.', remedy: 'Free some.' })
  const failed = { kind: 'JobFailed', id: 'job_1', message: 'its message may hold anything' } as const
  site.events.emit(alarmRaised, { ...failed, name: 'backup' })
  site.events.emit(alarmRaised, { ...failed, name: 'webhooks.deliver' })
  expect(told().map(({ data }) => data)).toEqual([
    { kind: 'disk', sentence: 'Low.', remedy: 'Free some.' },
    { kind: 'JobFailed', sentence: 'Work was given up: backup.', remedy: 'The log has it under job_1.' },
  ])
  close()
})

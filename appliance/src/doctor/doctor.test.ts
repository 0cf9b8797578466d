import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { seededRandom } from '@lango/kernel/testing'
import type { ControlStatus } from '@lango/modules/network'
import { LAST_BACKUP_FILE } from '../backup/index.ts'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { recorded } from '../machine/testing/recorded.ts'
import { RELEASED_AT } from '../site.ts'
import { loadTls } from '../tls/index.ts'
import type { BoxCounts, BoxStatus } from './check.ts'
import { checkCounts } from './counts.ts'
import { examine, type Check } from './index.ts'
import { checkClock, checkDisk, checkReceiveBuffer } from './machine.ts'
import { checkServing } from './serving.ts'

const DAY_MS = 86_400_000
const now = RELEASED_AT + 10 * DAY_MS
const random = seededRandom(1)

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const status: BoxStatus = {
  pid: 1,
  webListen: '127.0.0.1',
  listen: '0.0.0.0',
  ports: { auth: 1812, acct: 1813, radsec: 2083, web: 8080 },
  startedAt: now - DAY_MS,
  now,
  clockSure: true,
}
const look = (more: Partial<Parameters<typeof examine>[0]> = {}): readonly Check[] =>
  orThrow(examine({ folder: box.folder, status, now, full: false, random, root: recorded({}), ...more }))
const of = (checks: readonly Check[], name: string) => checks.filter((check) => check.name === name)
const states = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ name, state }) => [name, state]))
const write = (sql: string, file: 'siteFile' | 'sessionsFile' = 'sessionsFile') => {
  const database = orThrow(openDatabase({ file: box.folder[file] }))
  database.raw.exec(sql)
  database.close()
}

test('a box in order has nothing stopped, and each thing that is not says what to do', async () => {
  orThrow(await loadTls(box.folder, { now: () => now, sure: true, hostName: 'pop', random }))
  const checks = look({ full: true })
  expect(states(checks)).toMatchObject({
    box: 'ok',
    clock: 'ok',
    folder: 'ok',
    'site.db': 'ok',
    'sessions.db': 'ok',
    audit: 'ok',
    wal: 'ok',
    keys: 'ok',
    certificates: 'ok',
    routers: 'attention',
    'unknown-routers': 'ok',
    lockouts: 'ok',
    jobs: 'ok',
    backup: 'attention',
  })
  for (const { state, sentence, remedy } of checks) {
    expect(sentence).toMatch(/\.$/)
    expect(remedy === '').toBe(state === 'ok')
  }
})

test('a box that is down is stopped, and everything else is looked at all the same', () => {
  const checks = look({ status: undefined })
  expect(of(checks, 'box')).toMatchObject([{ state: 'stopped', remedy: `Start it: lango start --data ${box.dir}` }])
  expect(checks.length).toBeGreaterThan(10)
})

test('an unsure clock is told, by the box or, when it is down, by the year', () => {
  expect(checkClock({ ...status, clockSure: false }, now, RELEASED_AT)).toMatchObject({
    state: 'attention',
    sentence: expect.stringMatching(/unsure/) as string,
  })
  expect(checkClock(undefined, DAY_MS, RELEASED_AT).state).toBe('attention')
  expect(checkClock(undefined, now, RELEASED_AT).state).toBe('ok')
})

test('a disk that fills up is told before it is full', () => {
  expect(checkDisk(box.folder, { free: 5e9, size: 64e9 }).state).toBe('ok')
  expect(checkDisk(box.folder, { free: 5e8, size: 1e9 }).state).toBe('attention')
  expect(checkDisk(box.folder, { free: 5e9, size: 101e9 }).state).toBe('attention')
  expect(checkDisk(box.folder, { free: 1e6, size: 1e9 }).state).toBe('stopped')
})

test('a box that cannot store accounting, or is slow to answer, says so', () => {
  const serving = (more: Partial<BoxStatus>) =>
    checkServing({ ...status, ...more }).map(({ name, state }) => [name, state])
  expect(serving({})).toEqual([])
  expect(serving({ storeFailing: true })).toEqual([['accounting', 'stopped']])
  expect(serving({ logins: { logins: 3, p95Ms: null, p95MsMax: 100 } })).toEqual([['login-latency', 'ok']])
  expect(serving({ logins: { logins: 99, p95Ms: 100, p95MsMax: 100 } })).toEqual([['login-latency', 'ok']])
  expect(serving({ logins: { logins: 99, p95Ms: 101, p95MsMax: 100 } })).toEqual([['login-latency', 'attention']])
})

test('a receive buffer that the kernel keeps small is told with the line to type', () => {
  const limit = (octets: string) => recorded({ 'proc/sys/net/core/rmem_max': octets })
  expect(checkReceiveBuffer(limit('212992\n'))).toMatchObject({
    state: 'attention',
    remedy: expect.stringMatching(/rmem_max=8388608/) as string,
  })
  expect(checkReceiveBuffer(limit('8388608\n')).state).toBe('ok')
  expect(checkReceiveBuffer(recorded({})).state).toBe('ok')
})

const counts: BoxCounts = {
  dropped: 0,
  radsecUnknown: 0,
  radsecHandshakes: 0,
  radsecDropped: 0,
  decisionsLost: 0,
  statusRequests: 0,
}

test('what the box has counted is told in words, each with what to do; nothing is told of what is none', () => {
  const quiet = checkCounts({ ...status, counts })
  expect(quiet.map(({ name, state }) => [name, state])).toEqual([['status-server', 'ok']])
  expect(checkCounts(status)).toEqual([])
  const checks = checkCounts({
    ...status,
    counts: {
      dropped: 1,
      radsecUnknown: 2,
      radsecHandshakes: 1,
      radsecDropped: 3,
      decisionsLost: 12,
      statusRequests: 40,
    },
  })
  expect(checks.map(({ name, state, sentence }) => `${state} ${name}: ${sentence}`)).toEqual([
    'attention dropped-packets: 1 packet was dropped without an answer since the start.',
    'attention radsec-unknown: 2 RadSec connections were closed since the start: the certificate is good, but no router goes by its name.',
    'attention radsec-handshakes: 1 RadSec connection could not be made since the start.',
    'attention radsec-dropped: 3 packets or connections of RadSec were dropped since the start.',
    'attention decisions-lost: 12 decisions are missing from the log of decisions since the start: the disk did not take them. The logins were answered all the same.',
    'ok status-server: Asked 40 times by Status-Server whether this box is alive.',
  ])
  for (const { state, remedy } of checks) expect(remedy === '').toBe(state === 'ok')
})

test('routers that were never heard, or not for a day, and strangers are named', async () => {
  for (const [name, address] of [
    ['heard', '10.0.0.1'],
    ['silent', '10.0.0.2'],
    ['never', '10.0.0.3'],
  ] as const) {
    await box.json('router', 'add', name, '--address', address, '--secret', 'a-long-enough-secret')
  }
  write(`INSERT INTO router_health (router_no, last_packet_at, last_address, requests) VALUES (1, ${now - 60_000}, '10.0.0.1', 5), (2, ${now - 2 * DAY_MS}, '10.0.0.2', 5);
    INSERT INTO unknown_routers (address, nas_identifier, first_at, last_at, packets) VALUES ('10.0.0.3', '', 1, ${now}, 4), ('192.0.2.9', 'x', 1, ${now}, 7)`)
  const checks = look()
  expect(of(checks, 'routers').map(({ sentence }) => sentence)).toEqual([
    'Never heard: never.',
    'Not heard for a day: silent (2 d ago).',
  ])
  // 10.0.0.3 has been adopted since.
  expect(of(checks, 'unknown-routers')[0]).toMatchObject({
    state: 'attention',
    remedy: 'If it is yours: lango router add NAME --address 192.0.2.9 --secret S',
  })
  expect(of(checks, 'unknown-routers')[0]!.sentence).not.toContain('10.0.0.3')
})

test('messages that nobody takes any more are told, with why; one mistyped address is not', async () => {
  await box.json('message', 'mail', '--host', 'mail.isp.example', '--from', 'noreply@isp.example')
  const put = (no: number, state: string) =>
    write(
      `INSERT INTO messages (no, channel, kind, recipient, subject, state, attempts, created_at, next_at, expires_at, reason)
       VALUES (${no}, 'email', 'code', 'a@b.example', '', '${state}', 1, ${now - 1000}, ${now}, ${now}, 'no credit' || char(27))`,
      'siteFile',
    )
  for (const [no, state] of ['failed', 'accepted', 'failed', 'waiting', 'failed'].entries()) put(no + 1, state)
  expect(of(look(), 'messages')[0]!.state).toBe('ok')
  put(6, 'failed')
  expect(of(look(), 'messages')[0]).toMatchObject({
    state: 'attention',
    sentence: 'The last 3 messages were not taken: email (no credit\\u{1b}).',
  })
  expect(of(look({ status: { ...status, now: now + 2 * DAY_MS } }), 'messages')[0]!.state).toBe('ok')
})

test('names from outside are shown as they are, harmless', () => {
  write(
    `INSERT INTO lockouts (login, device, until, failures) VALUES ('evil' || char(27) || '[2J', '*', ${now + 1000}, 10), ('old', '*', ${now - 1}, 10)`,
  )
  const [lockouts] = of(look(), 'lockouts')
  expect(lockouts!.sentence).toContain('evil\\u{1b}[2J')
  expect(lockouts!.sentence).not.toContain('old')
})

test('a key file that is lost, exposed, or another’s is stopped', async () => {
  await box.json('router', 'add', 'tower', '--address', '10.0.0.1', '--secret', 'a-long-enough-secret')
  expect(of(look(), 'keys')[0]!.state).toBe('ok')
  chmodSync(box.folder.keyFile, 0o644)
  expect(of(look(), 'keys')[0]).toMatchObject({
    state: 'stopped',
    sentence: expect.stringMatching(/mode 644/) as string,
  })
  const other = testBox()
  writeFileSync(box.folder.keyFile, '')
  chmodSync(box.folder.keyFile, 0o600)
  expect(of(look(), 'keys')[0]!.state).toBe('stopped')
  rmSync(box.folder.keyFile)
  expect(of(look(), 'keys')[0]!.state).toBe('stopped')
  expect(
    of(
      orThrow(examine({ folder: { ...box.folder, keyFile: other.folder.keyFile }, status, now, full: false, random })),
      'keys',
    )[0],
  ).toMatchObject({
    state: 'stopped',
    sentence: expect.stringMatching(/keys that the key file lacks/) as string,
  })
  other.remove()
})

test('certificates and backups are held against the day', async () => {
  const { notAfter } = orThrow(await loadTls(box.folder, { now: () => now, sure: true, hostName: 'pop', random }))
  const at = (when: number) => of(look({ status: { ...status, now: when } }), 'certificates').map(({ state }) => state)
  expect(at(now)).toEqual(['ok', 'ok'])
  expect(at(notAfter - DAY_MS)).toEqual(['ok', 'attention'])
  expect(at(notAfter)).toEqual(['ok', 'stopped'])
  writeFileSync(
    join(box.dir, LAST_BACKUP_FILE),
    JSON.stringify({ at: now - DAY_MS, file: '/mnt/pop.backup', bytes: 1000 }),
  )
  expect(of(look(), 'backup')[0]).toMatchObject({
    state: 'ok',
    sentence: 'The last backup is from 1 d ago: /mnt/pop.backup, 1.0 kB.',
  })
  expect(of(look({ status: { ...status, now: now + 8 * DAY_MS } }), 'backup')[0]!.state).toBe('attention')
})

test('work that was given up, an altered audit log and an open folder are told', async () => {
  await box.json('router', 'add', 'tower', '--address', '10.0.0.1', '--secret', 'a-long-enough-secret')
  write("DROP TRIGGER IF EXISTS log_audit_update; UPDATE audit SET record = '{}'", 'siteFile')
  write(
    "INSERT INTO jobs (id, name, input, state, run_at, attempts, error) VALUES ('job_1', 'mail.send', '{}', 'failed', 1, 8, 'no route')",
    'siteFile',
  )
  chmodSync(box.dir, 0o755)
  const checks = look({ full: true })
  expect(of(checks, 'audit')[0]).toMatchObject({
    state: 'attention',
    sentence: expect.stringMatching(/^The audit log was altered at row 1:/) as string,
  })
  expect(of(checks, 'jobs')[0]!.sentence).toContain('mail.send (no route)')
  expect(of(checks, 'folder')[0]).toMatchObject({ state: 'attention', remedy: `chmod 700 ${box.dir}` })
})

test('a router that the box cannot log in to is told, and one that is only starting anew is not', () => {
  const controlled = { routerId: 'rtr_1', customers: 12, active: 11, troubles: [], troubleCount: 0 }
  const told = (more: Partial<ControlStatus>) =>
    of(look({ status: { ...status, controlled: [{ ...controlled, ...more }] } }), 'router-control')
  expect(of(look(), 'router-control')).toEqual([])
  expect(told({})).toMatchObject([{ state: 'ok', sentence: expect.stringMatching(/: 12\.$/) as string }])
  const away = { why: 'unreachable', detail: 'EHOSTUNREACH' } as const
  expect(told({ fault: away, failingSince: now - 60_000 })).toMatchObject([{ state: 'ok' }])
  expect(told({ fault: away, failingSince: now - 200_000 })).toMatchObject([{ state: 'stopped' }])
  expect(told({ fault: { why: 'login', detail: '' }, failingSince: now })).toMatchObject([{ state: 'stopped' }])
  expect(told({ troubleCount: 3 })).toMatchObject([{ state: 'attention' }])
  const trouble = { what: 'taken', menu: '/ip/hotspot', name: 'lango-hotspot', said: '' } as const
  const hotspot = { isLeaving: false, troubles: [trouble] }
  expect(told({ hotspot })).toMatchObject([
    { state: 'attention', sentence: expect.stringContaining('a row of the operator’s is in the way') as string },
  ])
  expect(told({ hotspot: { isLeaving: false, troubles: [] } })).toMatchObject([{ state: 'ok' }])
})

test('payments that cannot be read, or that wait for somebody, are told where customers can pay', () => {
  const told = () => of(look(), 'payments').map(({ sentence }) => sentence)
  const account = (changedAt: number, missing: string) =>
    write(
      `INSERT OR REPLACE INTO payment_accounts (id, config, missing, changed_at, changed_by)
       VALUES ('mpesa', '{}', '${missing}', ${changedAt}, 'x')`,
      'siteFile',
    )
  expect(told()).toEqual([])
  account(now - DAY_MS, '["passkey"]')
  expect(told()).toEqual([])
  account(now - 60_000, '[]')
  expect(told()).toEqual([])
  account(now - 20 * 60_000, '[]')
  expect(told()).toEqual([expect.stringMatching(/could not be read for 20 minutes/)])
  write(`INSERT INTO payment_marks (id, at) VALUES ('pulled', ${now})`, 'siteFile')
  write(
    `INSERT INTO payments (id, receipt, shortcode, amount_minor, currency, paid_at, account, phones, heard_at, state)
     VALUES ('p', 'R', '1', 100, 'KES', 0, '', '[]', 0, 'unmatched')`,
    'siteFile',
  )
  expect(told()).toEqual([expect.stringMatching(/^A payment waits/)])
  const posted = (arrivedAt: number, outcome: string) =>
    write(
      `INSERT INTO payment_inbox (arrived_at, origin, is_known_source, body, digest, outcome)
       VALUES (${arrivedAt}, '', 0, '', '${outcome}${arrivedAt}', '${outcome}')`,
      'siteFile',
    )
  posted(now - 1000, 'asked')
  posted(now - 2 * DAY_MS, 'mismatch')
  expect(told()).toHaveLength(1)
  posted(now - 1000, 'mismatch')
  expect(told()[1]).toMatch(/do not agree with M-Pesa: 0 of purchases that are not paid, 1 of another prompt, amount/)
  const refund = (number: number, state: string, at: number) =>
    write(
      `INSERT INTO refunds (id, number, payment_id, state, amount_minor, currency, asked_at, asked_by, unheard, sent_at, ended_at, claims)
       VALUES ('ref_${number}', ${number}, 'p', '${state}', 100, 'KES', ${at}, 'a', 0, ${at}, ${at}, '[]')`,
      'siteFile',
    )
  refund(1, 'sent', now - 60_000)
  refund(2, 'failed', now - 2 * DAY_MS)
  expect(told()).toHaveLength(2)
  for (const [number, state] of ['sent', 'failed', 'unknown', 'done'].entries())
    refund(number + 3, state, now - 3_600_000)
  expect(told()[1]).toMatch(/of 1 nobody knows whether it went, of 1 M-Pesa has not said so, 1 failed/)
  write(`UPDATE refunds SET disputed_at = ${now - 8 * DAY_MS} WHERE number = 1`, 'siteFile')
  expect(told()).toHaveLength(3)
  write(`UPDATE refunds SET disputed_at = ${now - DAY_MS} WHERE number = 1`, 'siteFile')
  expect(told()[2]).toMatch(/another end than stands here of 1/)
  const payout = (number: number, state: string, at: number, amountMinor = 100) =>
    write(
      `INSERT INTO payouts (id, number, state, phone, amount_minor, currency, reason, from_kind, from_code, requested_at,
         requested_by, tries, may_be_heard, claims, sent_at, ended_at)
       VALUES ('out_${number}', ${number}, '${state}', '+254712345678', ${amountMinor}, 'KES', 'r', 'expense', 'x', ${at},
         'a', 0, 0, '[]', ${at}, ${at})`,
      'siteFile',
    )
  payout(1, 'waiting', now - 60_000, 5000)
  payout(2, 'sent', now - 60_000)
  payout(3, 'done', now - 60_000)
  expect(told()).toHaveLength(4)
  payout(4, 'unknown', now - 60_000)
  expect(told()[2]).toMatch(
    /of 1 nobody knows whether it went, of 0 M-Pesa has not said so, 0 failed in the last day, 0 wait/,
  )
  const balance = (number: number, at: number, availableMinor: number) => {
    const account = { account: 'Utility', currentMinor: 9999, availableMinor, currency: 'KES', isPaying: true }
    const other = { ...account, account: 'Working', availableMinor: 99_999, isPaying: false }
    write(
      `INSERT INTO payment_questions (id, number, kind, is_by_receipt, state, asked_at, asked_by, early, ended_at, answer)
       VALUES ('qst_${number}', ${number}, 'balance', 0, 'answered', ${at}, 'a', '[]', ${at},
         '${JSON.stringify({ ref: 'x', failure: null, balances: [account, other] })}')`,
      'siteFile',
    )
  }
  // Said too long ago, it says nothing.
  balance(1, now - 4 * 3_600_000, 0)
  expect(told()).toHaveLength(5)
  balance(2, now - 60_000, 4999)
  expect(told()[3]).toMatch(/has KES 49.99 to pay out from, and KES 50.00 waits to go out/)
  balance(3, now - 30_000, 5000)
  expect(told()).toHaveLength(5)
})

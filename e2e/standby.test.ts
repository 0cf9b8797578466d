import Database from 'better-sqlite3'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { octetsOf, startAccountingLoad, type AccountingLoad, type State } from './accounting-load.ts'
import { newBox, type Box } from './box.ts'

// Issue 5: a take-over under load loses no acknowledged accounting record.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })
const secret = 'pair-test-secret'
const [first, second] = [newBox(), newBox()]
let load: AccountingLoad
const ports: string[] = []
const start = (box: Box) => box.start({ args: ['--pair-port', ports[box === first ? 0 : 1]!] })

type Status = {
  role: string
  term: number
  link: string
  completeUntil: number | null
  tookOver: { missingSince: number } | null
  setAside: { dir: string } | null
}
const statusOf = (box: Box): Promise<Status> => box.json<Status>('standby', 'status')
const until = async (what: string, isSo: () => Promise<boolean>): Promise<number> => {
  const beganAt = performance.now()
  while (!(await isSo().catch(() => false))) {
    if (performance.now() - beganAt > 120_000)
      throw new Error(`never: ${what}\n${first.output().slice(-3000)}\n----\n${second.output().slice(-3000)}`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return Math.round(performance.now() - beganAt)
}
const inSync = (box: Box) => until('in step', async () => (await statusOf(box)).link === 'in-sync')
/** One that nobody has: the boxes tell it each other. */
const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return `${port}`
}

type Stored = { state: State; inputOctets: number; outputOctets: number }

/** Every acknowledged state of every session is there, further or the same; none is there twice. */
const expectNothingLost = (box: Box, answered: ReadonlyMap<string, State>): void => {
  const db = new Database(join(box.data, 'sessions.db'), { readonly: true })
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    const rows = db
      .prepare<[], Stored & { id: string }>(
        `SELECT acct_session_id id, state, input_octets inputOctets, output_octets outputOctets FROM live_sessions
         UNION ALL SELECT acct_session_id, 'stop', input_octets, output_octets FROM session_history`,
      )
      .all()
    const stored = new Map(rows.map((row) => [row.id, row]))
    expect(stored.size).toBe(rows.length)
    const lost = [...answered].filter(
      ([id, state]) => octetsOf(stored.get(id)?.state ?? 'start') < octetsOf(state) || !stored.has(id),
    )
    if (lost.length > 0)
      console.log(lost.length, 'lost of', answered.size, first.output().slice(-1500), second.output().slice(-1500))
    expect(lost.slice(0, 3)).toEqual([])
    for (const { state, inputOctets, outputOctets } of rows)
      expect([inputOctets, outputOctets]).toEqual([octetsOf(state), octetsOf(state) * 2])
  } finally {
    db.close()
  }
}

beforeAll(async () => {
  ports.push(await freePort(), await freePort())
  await start(first)
  await start(second)
  await first.json('router', 'add', 'nas', '--address', '127.0.0.1', '--secret', secret)
  await first.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
  await first.json('subscriber', 'add', 'loaded', '--password', 'p', '--plan', 'Any')
  load = startAccountingLoad({ port: first.ports.acct, secret, userName: 'loaded', sockets: 2, prefix: 'p' })
  await load.moreAnswers(500)
})
afterAll(async () => {
  load?.close()
  await Promise.all([first.remove(), second.remove()])
})

test('a box joins by a code, which is good once; what it had is put aside', async () => {
  const { code, port } = await first.json<{ code: string; port: number }>('standby', 'pair')
  const witness = ['--witness', '127.0.0.1', '--after-sec', '3']
  const joining = (typed: string) => [
    'standby',
    'join',
    '127.0.0.1',
    '--host-port',
    `${port}`,
    ...witness,
    '--code',
    typed,
  ]
  expect((await second.cli(...joining('0000-0000-0000-0000-0000-0000'))).stderr).toMatch(/has not made this code/)
  await second.json(...joining(code))
  const tookMs = await inSync(second)
  console.log(`in step after ${tookMs} ms, under load`)
  expect(await statusOf(first)).toMatchObject({ role: 'primary', link: 'in-sync', term: 1 })
  // It answers no login, and would not have a release taken back for that.
  const health = await second.cli('health', '--wait', '20')
  expect(health.stdout).toContain('as a standby, and is fed')
  expect(health.code).toBe(0)
  expect((await statusOf(second)).setAside?.dir).toMatch(/set-aside-/)
  expect((await second.cli('plan', 'list')).stderr).toMatch(/is the standby of/)
})

/** Of the last time that it began to serve. */
const servedPorts = (box: Box): { acct: number; auth: number } =>
  (
    JSON.parse(
      box
        .output()
        .split('\n')
        .findLast((line) => line.startsWith('{"ready":true,"ports"'))!,
    ) as {
      ports: { acct: number; auth: number }
    }
  ).ports
const loadOn = (box: Box, prefix: string, window?: number): AccountingLoad =>
  startAccountingLoad({
    port: servedPorts(box).acct,
    secret,
    userName: 'loaded',
    sockets: 1,
    prefix,
    ...(window === undefined ? {} : { window }),
  })

test('the primary is killed under load: the standby takes over by itself, and nothing acknowledged is missing', async () => {
  await load.moreAnswers(3000)
  await first.kill()
  load.hush()
  const [killedAt, killedAtMs] = [performance.now(), Date.now()]
  await until('the standby serves', async () => (await statusOf(second)).role === 'primary')
  const probe = loadOn(second, 'q', 1)
  await probe.moreAnswers(1)
  console.log(
    `${load.answered.size} sessions; the standby answers ${Math.round(performance.now() - killedAt)} ms after the kill`,
  )
  await probe.drain()
  probe.close()
  expectNothingLost(second, new Map([...load.answered, ...probe.answered]))
  expect(await statusOf(second)).toMatchObject({ role: 'primary', term: 2, link: 'away' })
  // It was in step up to the kill, and says so.
  expect((await statusOf(second)).tookOver?.missingSince).toBeGreaterThan(killedAtMs - 1000)
  expect((await second.cli('doctor')).stdout).toMatch(/took over/)
  const login = await second.cli('test-auth', 'loaded', '--password', 'p')
  expect(login.stdout + login.stderr).toMatch(/accept/i)
})

test('the box that was killed comes back: it does not serve, puts aside what it had, and follows', async () => {
  await start(first)
  await inSync(first)
  const status = await statusOf(first)
  expect(status).toMatchObject({ role: 'standby', term: 2 })
  expect(status.setAside?.dir).toContain(first.data)
  await inSync(second)
})

test('a standby that hangs, or is killed, holds nobody up for long; the primary says so, and takes it in again', async () => {
  const next = loadOn(second, 'r')
  await next.moreAnswers(500)
  const pid = Number(readFileSync(`${first.data}.pid`, 'utf8'))
  process.kill(pid, 'SIGSTOP')
  const stoppedAt = performance.now()
  await until('alone', async () => (await statusOf(second)).link === 'away')
  await next.moreAnswers(500)
  console.log(`alone, and answering, ${Math.round(performance.now() - stoppedAt)} ms after the standby hung`)
  process.kill(pid, 'SIGCONT')
  await inSync(second)
  await first.kill()
  await next.moreAnswers(2000)
  expect((await statusOf(second)).link).toBe('away')
  await start(first)
  await inSync(second)
  await next.moreAnswers(500)
  await second.kill()
  next.hush()
  const killedAt = performance.now()
  await until('the standby knows', async () => (await statusOf(first)).link === 'away')
  await first.json('standby', 'promote')
  await until('the first serves', async () => (await statusOf(first)).role === 'primary')
  const probe = loadOn(first, 's', 1)
  await probe.moreAnswers(1)
  console.log(`said by hand, the standby answers ${Math.round(performance.now() - killedAt)} ms after the kill`)
  await probe.drain()
  probe.close()
  expectNothingLost(first, new Map([...load.answered, ...next.answered, ...probe.answered]))
  next.close()
})

test('two that serve sort it out when they meet: the lower term steps down', async () => {
  await start(second)
  await inSync(first)
  expect((await second.cli('standby', 'promote')).stderr).toMatch(/is there and serves/)
  await second.json('standby', 'promote', '--even-so')
  const tookMs = await until('the first steps down', async () => (await statusOf(first)).role === 'standby')
  console.log(`stepped down after ${tookMs} ms`)
  await inSync(first)
  expect(await statusOf(second)).toMatchObject({ role: 'primary', term: 4 })
})

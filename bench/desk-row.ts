/** The `desk` row: how soon the main pages are answered while the box holds all that a large POP has after years. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { costed } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { DESK_HISTORY_ROWS, fillDesk, personOf } from './desk-data.ts'
import { STAFF_LOGIN } from './desk-business.ts'
import { lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { SECRET, subscriber } from './policy.ts'
import { percentile, whole } from './stats.ts'
import { load } from './tools.ts'

const REQUIRED_MS = 100
/** Answers of a page in one round; the first of each page in the first round are for the compiler. */
const ANSWERS = 20
const WARM_UPS = 10
const STARTS = 3
const DAY_MS = 86_400_000

/** A page, and its address in one sample: what is looked for differs each time, so that no answer is warm from before. */
type PageUnderTest = { readonly name: string; readonly at: (sample: number) => string }

const query = (path: string, name: string, text: string): string => `${path}?${name}=${encodeURIComponent(text)}`

const batchPage = (search: string) => () => `/vouchers/1?${search}`

const voucherPages: readonly PageUnderTest[] = [
  { name: 'vouchers', at: () => '/vouchers' },
  { name: 'vouchers, a plan', at: () => '/vouchers?plan=day-pass' },
  { name: 'voucher batch', at: () => '/vouchers/1' },
  ...['made', 'given', 'sold', 'used', 'expired', 'revoked'].map((state) => ({
    name: `voucher batch, ${state}`,
    at: batchPage(`state=${state}`),
  })),
  ...['hand', 'print', 'revoke'].map((tab) => ({ name: `voucher batch, ${tab}`, at: batchPage(`tab=${tab}`) })),
  { name: 'voucher batch, a late page', at: (n) => `/vouchers/1?page=${1900 + (n % 100)}` },
  { name: 'voucher batch, a late page of the expired', at: (n) => `/vouchers/1?state=expired&page=${500 + (n % 50)}` },
  { name: 'voucher batch, a serial number', at: (n) => query('/vouchers/1', 'q', String(99_000 - n * 17)) },
  { name: 'voucher batch, an end of a code', at: (n) => query('/vouchers/1', 'q', `…WX${10 + (n % 90)}`) },
  { name: 'voucher batch, a seller', at: (n) => query('/vouchers/1', 'q', `Shop ${n % 100}`) },
  { name: 'voucher batch, nothing found', at: (n) => query('/vouchers/1', 'q', `nobody ${n}`) },
  { name: 'commission', at: () => '/vouchers/commission' },
  { name: 'commission, two months', at: () => `/vouchers/commission?from=${dayBefore(60)}&to=${dayBefore(0)}` },
  { name: 'stock', at: () => '/stock' },
  { name: 'stock, sales', at: () => `/stock/sales?from=${dayBefore(60)}&to=${dayBefore(0)}` },
]

/** `2026-11-26` */
const dayBefore = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

/** Half a year of sessions, and who had an address when. */
const pastPages = (users: number): readonly PageUnderTest[] => {
  const within = (search: string): string => `/reports/sessions?${search}&from=${dayBefore(179)}&to=${dayBefore(0)}`
  const ip = (n: number): string => `10.${n % 128}.${(n * 7) % 256}.${(n * 13) % 256}`
  return [
    { name: 'past sessions', at: () => '/reports/sessions' },
    { name: 'past sessions, a login', at: (n) => within(`login=${subscriber(users - 1 - n).login}`) },
    { name: 'past sessions, an address', at: (n) => within(`ip=${ip(n)}`) },
    { name: 'past sessions, a router', at: (n) => within(`router=${1 + (n % 20)}`) },
    { name: 'address', at: (n) => `/reports/address?ip=${ip(n)}&at=${dayBefore(1 + (n % 170))}T12:00` },
    { name: 'address, open now', at: (n) => `/reports/address?ip=10.200.${n % 70}.5&at=${dayBefore(0)}T00:00` },
  ]
}

const logPages: readonly PageUnderTest[] = [
  { name: 'audit log', at: () => '/audit' },
  { name: 'audit log, a person', at: (n) => `/audit?actor=stf_${String(1 + (n % 20)).padStart(4, '0')}` },
  { name: 'audit log, nobody', at: (n) => `/audit?actor=nobody-${n}` },
  { name: 'audit log, a command', at: () => '/audit?command=plans' },
  { name: 'audit log, commands', at: () => '/audit?command=s' },
  { name: 'audit log, refused', at: () => '/audit?outcome=refused' },
  { name: 'audit log, failed', at: () => '/audit?outcome=failed' },
  { name: 'registrations', at: () => '/registrations' },
  { name: 'messages', at: () => '/settings/messages' },
  { name: 'webhooks', at: () => '/settings/webhooks' },
  { name: 'webhook', at: () => '/settings/webhooks/1' },
  ...['', '/retention', '/certificates', '/backups', '/api'].map((path) => ({
    name: `settings${path}`,
    at: () => `/settings${path}`,
  })),
  { name: 'staff', at: () => '/staff' },
  { name: 'roles', at: () => '/staff/roles' },
  { name: 'tokens', at: () => '/staff/tokens' },
  { name: 'own account', at: () => '/me' },
]

const pagesOf = (users: number): readonly PageUnderTest[] => {
  /** Somebody late in the alphabet. */
  const late = (sample: number): number => users - 1 - ((sample * 37) % Math.floor(users / 100))
  const login = (sample: number): string => subscriber(late(sample)).login
  const miss = (sample: number): string => `nobody ${sample}`
  return [
    { name: 'home', at: () => '/' },
    { name: 'sessions', at: () => '/sessions' },
    { name: 'sessions, a login', at: (n) => query('/sessions', 'q', subscriber(late(n) - (late(n) % 5)).login) },
    { name: 'sessions, an address', at: (n) => query('/sessions', 'q', `10.200.${n % 250}.`) },
    { name: 'sessions, nothing found', at: (n) => query('/sessions', 'q', miss(n)) },
    { name: 'subscribers', at: () => '/subscribers' },
    { name: 'subscribers, late in the alphabet', at: (n) => query('/subscribers', 'q', login(n)) },
    { name: 'subscribers, a name', at: (n) => query('/subscribers', 'q', personOf(late(n)).name) },
    { name: 'subscribers, a telephone', at: (n) => query('/subscribers', 'q', personOf(late(n)).phone.slice(4)) },
    { name: 'subscribers, a MAC address', at: (n) => query('/subscribers', 'q', subscriber(late(n)).mac) },
    { name: 'subscribers, nothing found', at: (n) => query('/subscribers', 'q', miss(n)) },
    { name: 'subscribers, expired', at: () => '/subscribers?status=expired' },
    { name: 'subscribers, suspended', at: () => '/subscribers?status=suspended' },
    { name: 'subscriber', at: (n) => `/subscribers/${login(n)}` },
    ...['history', 'decisions', 'edit'].map((tab) => ({
      name: `subscriber, ${tab}`,
      at: (n: number) => `/subscribers/${login(n)}?tab=${tab}`,
    })),
    { name: 'search, a login', at: (n) => query('/search', 'q', login(n)) },
    { name: 'search, a telephone', at: (n) => query('/search', 'q', personOf(late(n)).phone) },
    { name: 'search, nothing found', at: (n) => query('/search', 'q', miss(n)) },
    { name: 'search, a MAC address', at: (n) => query('/search', 'q', subscriber(late(n)).mac) },
    { name: 'search, a code', at: (n) => query('/search', 'q', `WXYZ-${String(n % 10).repeat(4)}`) },
    ...voucherPages,
    ...pastPages(users),
    ...logPages,
    { name: 'plans', at: () => '/plans' },
    { name: 'routers', at: () => '/routers' },
    { name: 'router', at: (n) => `/routers/tower-${1 + (n % 19)}` },
    { name: 'router script', at: (n) => `/routers/tower-${1 + (n % 19)}/script` },
    { name: 'access log', at: () => '/access-log' },
    { name: 'access log, a login', at: (n) => query('/access-log', 'login', login(n)) },
    { name: 'reports', at: () => '/reports' },
    { name: 'reports, a month', at: () => '/reports?range=30d' },
    { name: 'reports, plans', at: () => '/reports/plans' },
    { name: 'reports, who used most', at: () => '/reports/users' },
    { name: 'reports, who used most in a month', at: () => '/reports/users?range=30d' },
  ]
}

type Visitor = { readonly get: (path: string) => Promise<{ readonly status: number; readonly ms: number }> }

const webOf = (box: Box): string => (JSON.parse(box.readyLine) as { web: string }).web

type Session = { readonly origin: string; readonly cookie: string }

/** A session of whoever holds the box's console. */
export async function openDesk(box: Box): Promise<Session> {
  const web = webOf(box)
  return sessionIn(web, await fetch(web, { redirect: 'manual' }))
}

/** A session of somebody of the staff, who has vouchers to sell. */
async function signIn(data: string, box: Box): Promise<Session> {
  const web = webOf(box)
  const { code } = JSON.parse(await lango(data, 'staff', 'reset', STAFF_LOGIN, '--json')) as { code: string }
  const password = 'of the bench, and long'
  const send = (path: string, fields: Record<string, string>) =>
    fetch(new URL(path, web), {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: new URL(web).origin },
      body: new URLSearchParams(fields),
    })
  await send('/welcome', { code, password, again: password })
  return sessionIn(web, await send('/sign-in', { login: STAFF_LOGIN, password, next: '/' }))
}

/** The session that this answer has opened. */
function sessionIn(web: string, opened: Response): Session {
  const cookie = opened.headers
    .getSetCookie()
    .map((each) => each.split(';')[0]!)
    .find((each) => !each.endsWith('='))
  if (cookie === undefined) throw new Error(`${opened.status} instead of a session`)
  return { origin: new URL(web).origin, cookie }
}

/** Every answer is read to its end. */
const visitorWith = ({ origin, cookie }: Session): Visitor => ({
  async get(path) {
    const started = performance.now()
    const answer = await fetch(new URL(path, origin), { headers: { cookie, accept: 'text/html' } })
    await answer.arrayBuffer()
    return { status: answer.status, ms: performance.now() - started }
  },
})

/** Every page in turn, so that what else happens on the machine meets all alike. */
async function measurePages(
  visitor: Visitor,
  pages: readonly PageUnderTest[],
  { from, count }: { readonly from: number; readonly count: number },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map(pages.map(({ name }) => [name, [] as number[]]))
  for (let sample = from; sample < from + count; sample++)
    for (const { name, at } of pages) {
      const { status, ms } = await visitor.get(at(sample))
      if (status !== 200) throw new Error(`${at(sample)} answered ${status}`)
      times.get(name)?.push(ms)
    }
  return times
}

/** The pages that this box has: one that is not there yet is left out, and said. */
async function presentPages(visitor: Visitor, pages: readonly PageUnderTest[]) {
  const statuses = await Promise.all(pages.map(({ at }) => visitor.get(at(0))))
  return {
    present: pages.filter((_, index) => statuses[index]?.status !== 404),
    absent: pages.filter((_, index) => statuses[index]?.status === 404).map(({ name }) => name),
  }
}

async function desk(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('desk')
  bench.say(`  making ${whole(DESK_HISTORY_ROWS)} sessions ...`)
  await fillDesk(data, bench.users, DESK_HISTORY_ROWS)
  await using box = await startBox({ data })
  await daysAreKnown(data)
  // Decisions, for the access log.
  await load(bench.tools, { secret: SECRET, users: bench.users, authPort: box.ports.auth, seconds: 2 })
  const visitor = visitorWith(await signIn(data, box))
  const { present, absent } = await presentPages(visitor, pagesOf(bench.users))
  await measurePages(visitor, present, { from: 0, count: WARM_UPS })
  const times = new Map<string, number[]>(present.map(({ name }) => [name, []]))
  const others: number[] = []
  for (let round = 0; round < bench.rounds; round++) {
    const measured = await costed([box.pid], async () => ({
      pages: await measurePages(visitor, present, { from: WARM_UPS + round * ANSWERS, count: ANSWERS }),
    }))
    others.push(measured.others)
    for (const [name, ms] of measured.pages) times.get(name)?.push(...ms)
  }
  const slowest = [...times].map(([name, ms]) => ({ name, p95: percentile(ms, 0.95), p50: percentile(ms, 0.5) }))
  slowest.sort((a, b) => b.p95 - a.p95)
  for (const { name, p50, p95 } of slowest)
    bench.say(`  ${name}: p95 ${p95.toFixed(0)} ms, median ${p50.toFixed(0)} ms`)
  await box.stop()
  const cold = await firstAnswers(data)
  const worst = slowest[0]!
  return {
    lango: `p95 ${worst.p95.toFixed(0)} ms (${worst.name})`,
    peer: '–',
    ratio: '–',
    required: `p95 ≤ ${REQUIRED_MS} ms`,
    met: worst.p95 <= REQUIRED_MS,
    notes: [
      `p95 by page: ${slowest.map(({ name, p95 }) => `${name} ${p95.toFixed(0)} ms`).join('; ')}`,
      `first page after hours without any: ${cold.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      `other work took ${others.map((share) => share.toFixed(2)).join(', ')} of a core`,
      ...(absent.length > 0 ? [`not there: ${absent.join(', ')}`] : []),
    ],
  }
}

/** In its first half minute a box looks at what was used on each day that is over. */
async function daysAreKnown(data: string): Promise<void> {
  const db = new DatabaseSync(join(data, 'sessions.db'), { readOnly: true })
  const until = db.prepare("SELECT row_no FROM usage_summed WHERE source = 'tops' AND row_no > ?")
  while (until.get(Date.now() - 2 * DAY_MS) === undefined) await setTimeout(500)
  db.close()
}

/** The thread that answers is let go when nobody asks for hours: whoever comes next waits for its start. */
async function firstAnswers(data: string): Promise<number[]> {
  const times: number[] = []
  for (let start = 0; start < STARTS; start++) {
    await using box = await startBox({ data })
    const visitor = visitorWith(await openDesk(box))
    // Draws without a question.
    await visitor.get('/menu')
    times.push((await visitor.get('/subscribers')).ms)
  }
  return times
}

export const deskRow: Row = {
  id: 'desk',
  work: `pages of the desk, 100,000 subscribers, ${whole(DESK_HISTORY_ROWS)} sessions`,
  beside: '–',
  run: desk,
}

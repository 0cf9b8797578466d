/** The `expiry` row: the validity of 10,000 who are online ends at once, or within a minute; how long until all are off. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { costed } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { startDisconnectingNas } from './disconnecting-nas.ts'
import type { DisconnectingNas } from './disconnecting-nas.ts'
import { fillBox, lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { PLAN, SECRET, subscriber } from './policy.ts'
import { percentile, whole } from './stats.ts'
import { load } from './tools.ts'

const SESSIONS = 10_000
const NASES = 4
const REQUIRED_MS = 10_000
/** Logins offered while sessions end. */
const LOGINS_PER_SECOND = 500
/** Logins of others, who stay. */
const OTHERS = 1000
/** Time to import the subscribers and to open their sessions. */
const LEAD_MS = 90_000
/** Logins are measured from just before the first expiry. */
const BEFORE_MS = 2000

export type Ends = 'in the same second' | 'over a minute'

const expiryOf = (number: number, at: number, ends: Ends): number =>
  at + (ends === 'over a minute' ? (number * 7919) % 60_000 : 0)

async function sell(data: string, name: string, first: number, expiresAt: (number: number) => number): Promise<void> {
  const lines = Array.from({ length: SESSIONS }, (_, index) => {
    const { login, password } = subscriber(first + index)
    return `${login},${password},${PLAN.name},${new Date(expiresAt(index)).toISOString()}`
  })
  const file = join(data, `bench-${name}.csv`)
  writeFileSync(file, `login,password,plan,expiresAt\n${lines.join('\n')}\n`)
  await lango(data, 'subscriber', 'import', file, '--yes')
}

type Ended = { readonly latest: number; readonly p99: number; readonly loginP99Ms: number; readonly lost: number }

async function once(bench: Bench, box: Box, nases: readonly DisconnectingNas[], round: Round): Promise<Ended> {
  const { data, first, ends } = round
  const at = Date.now() + LEAD_MS
  await sell(data, `ending-${first}`, first, (index) => expiryOf(index, at, ends))
  const users = Array.from({ length: SESSIONS }, (_, index) => subscriber(first + index))
  await Promise.all(nases.map((nas, n) => nas.open(users.filter((_, index) => index % NASES === n))))
  if (Date.now() > at) throw new Error('the sessions were not open before they should end')
  await new Promise((resolve) => setTimeout(resolve, at - BEFORE_MS - Date.now()))
  const seconds = ends === 'over a minute' ? 70 : 15
  const logins = { secret: SECRET, users: OTHERS, authPort: box.ports.auth, authRate: LOGINS_PER_SECOND, seconds }
  const [{ auth }] = await Promise.all([
    load(bench.tools, logins),
    ...nases.map((nas) => nas.offAre((round.index + 1) * (SESSIONS / NASES))),
  ])
  const late = users.map(({ login }, index) => {
    const stopped = nases.map((nas) => nas.stoppedAt.get(login)).find((found) => found !== undefined)
    return (stopped ?? Infinity) - expiryOf(index, at, ends)
  })
  if (late.some((ms) => ms < 0)) throw new Error('a session was ended before its time')
  if (!auth || auth.rejects + auth.bad > 0) throw new Error(`${auth?.rejects} logins were refused`)
  return { latest: Math.max(...late), p99: percentile(late, 0.99), loginP99Ms: auth.p99Ms, lost: auth.lost }
}

type Round = { readonly data: string; readonly index: number; readonly first: number; readonly ends: Ends }

async function expiry(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('expiry')
  await using box = await startBox({ data })
  await fillBox(data, OTHERS)
  await using stack = new AsyncDisposableStack()
  const nases: DisconnectingNas[] = []
  for (let n = 0; n < NASES; n++) {
    const address = `127.0.1.${n + 1}`
    const nas = stack.use(await startDisconnectingNas({ address, acctPort: box.ports.acct, secret: SECRET }))
    const port = ['--coa-port', String(nas.coaPort)]
    await lango(data, 'router', 'add', `nas-${n}`, '--address', `${address}/32`, '--secret', SECRET, ...port)
    nases.push(nas)
  }
  const rounds: (Ended & { ends: Ends; others: number })[] = []
  for (const ends of ['in the same second', 'over a minute'] as const)
    for (let round = 0; round < Math.max(1, Math.floor(bench.rounds / 2)); round++) {
      const first = OTHERS + rounds.length * SESSIONS
      const ended = await costed([box.pid], () => once(bench, box, nases, { data, index: rounds.length, first, ends }))
      rounds.push({ ...ended, ends })
      bench.say(
        `  ${ends}: the last after ${whole(ended.latest)} ms, 99 % after ${whole(ended.p99)} ms; ` +
          `login p99 ${ended.loginP99Ms} ms, ${ended.lost} lost; other work ${ended.others.toFixed(2)} of a core`,
      )
    }
  const latest = Math.max(...rounds.map((round) => round.latest))
  return {
    lango: `the last after ${(latest / 1000).toFixed(1)} s`,
    peer: '–',
    ratio: '–',
    required: `≤ ${REQUIRED_MS / 1000} s, no login lost`,
    met: latest <= REQUIRED_MS && rounds.every(({ lost }) => lost === 0),
    notes: rounds.map(
      ({ ends, latest: last, p99, loginP99Ms, others }) =>
        `${ends}: the last after ${whole(last)} ms, 99 % after ${whole(p99)} ms; p99 of ${LOGINS_PER_SECOND} logins ` +
        `a second meanwhile ${loginP99Ms} ms; other work ${others.toFixed(2)} of a core`,
    ),
  }
}

export const expiryRow: Row = {
  id: 'expiry',
  work: `${whole(SESSIONS)} sessions whose validity ends together, from its end to the Stop on disk`,
  beside: '–',
  run: expiry,
}

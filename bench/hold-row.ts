/**
 * The `hold` row: how long a turn of the control thread takes at most while the desk does its largest pieces of work.
 * Whoever comes meanwhile, a first login of a voucher or somebody at the desk, waits for its end. The figures are the
 * box's own (`/metrics`), from one piece of work to the next.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { costed } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { openDesk } from './desk-row.ts'
import { fillBox, lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { PLAN } from './policy.ts'
import { whole } from './stats.ts'

const REQUIRED_MS = 20
const VOUCHERS = 100_000
const HANDED = 10_000
const IMPORTED = 100_000
const LOOK_MS = 500
const LOOKS_MAX = 600

/** Milliseconds. */
type Turns = { readonly p999: number; readonly longest: number }
type Work = { readonly name: string; readonly run: () => Promise<void> }
type Measured = Turns & { readonly name: string; readonly sec: number; readonly others: number }

async function programOf({ ports }: Box, data: string) {
  const { token } = JSON.parse(await lango(data, 'token', 'create', '--role', 'owner', '--json')) as { token: string }
  const headers = { authorization: `Bearer ${token}` }
  const at = (path: string): string => `http://127.0.0.1:${ports.web}${path}`
  return {
    async command(name: string, input: object): Promise<object> {
      const answer = await fetch(at(`/api/commands/${name}`), { method: 'POST', headers, body: JSON.stringify(input) })
      if (!answer.ok) throw new Error(`${name} answered ${answer.status}: ${await answer.text()}`)
      return ((await answer.json()) as { value: object }).value
    },
    /** Since they were asked for last. */
    async turns(): Promise<Turns> {
      const text = await (await fetch(at('/metrics'), { headers })).text()
      const ms = (quantile: string): number =>
        Number(new RegExp(`lango_event_loop_delay_seconds\\{quantile="${quantile}"\\} (\\S+)`).exec(text)?.[1]) * 1000
      return { p999: ms('0.999'), longest: ms('1') }
    },
  }
}

type Program = Awaited<ReturnType<typeof programOf>>

const make = (program: Program) => async (): Promise<void> => {
  const opened = (await program.command('vouchers.openBatch', { plan: PLAN.name, count: VOUCHERS })) as {
    batch: number
  }
  for (let left = VOUCHERS; left > 0;)
    ({ left } = (await program.command('vouchers.make', { batch: opened.batch })) as { left: number })
}

const hand = (program: Program) => async (): Promise<void> => {
  const order = { batch: 1, from: 1, to: HANDED, state: 'given', holder: 'Mama Njeri' }
  const { moved } = (await program.command('vouchers.hand', order)) as { moved: number }
  if (moved !== HANDED) throw new Error(`${moved} of ${HANDED} vouchers were handed`)
}

/** As a browser does it: sends the file, waits until it is checked, has it loaded, and looks until it is. */
const importFrom =
  ({ origin, cookie }: { readonly origin: string; readonly cookie: string }) =>
  async (): Promise<void> => {
    const headers = { cookie, origin, accept: 'text/html' }
    const lines = Array.from({ length: IMPORTED }, (_, number) => `new${number},pw-${number},${PLAN.name}`)
    const file = new FormData()
    file.append('file1', new Blob([`login,password,plan\n${lines.join('\n')}\n`]), 'subscribers.csv')
    const path = `${origin}/settings/import`
    const sent = await fetch(`${path}/subscribers/file`, { method: 'POST', headers, body: file })
    if (!sent.ok) throw new Error(`the file was answered with ${sent.status}`)
    const until = async (isThere: (page: string) => boolean): Promise<void> => {
      for (let look = 0; look < LOOKS_MAX; look++) {
        if (isThere(await (await fetch(path, { headers })).text())) return
        await sleep(LOOK_MS)
      }
      throw new Error('the import came to no end')
    }
    await until((page) => page.includes('value="load"'))
    await fetch(path, { method: 'POST', headers, body: new URLSearchParams({ do: 'load' }) })
    await until((page) => !page.includes('http-equiv="refresh"'))
  }

async function measure(bench: Bench, box: Box, program: Program, { name, run }: Work): Promise<Measured> {
  await program.turns()
  const started = performance.now()
  const { others } = await costed([box.pid], async () => {
    await run()
    return {}
  })
  const sec = (performance.now() - started) / 1000
  const { p999, longest } = await program.turns()
  bench.say(
    `  ${name}: ${sec.toFixed(1)} s, p99.9 ${p999.toFixed(1)} ms, longest ${longest.toFixed(1)} ms; others ${others.toFixed(2)}`,
  )
  return { name, sec, others, p999, longest }
}

function requireRows(data: string, table: string, atLeast: number): void {
  const db = new DatabaseSync(join(data, 'site.db'), { readOnly: true })
  const { n } = db.prepare(`SELECT count(*) n FROM ${table}`).get() as { n: number }
  db.close()
  if (n < atLeast) throw new Error(`${n} ${table} instead of ${atLeast}`)
}

async function hold(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('hold')
  await using box = await startBox({ data })
  await fillBox(data, 0)
  const program = await programOf(box, data)
  const works: readonly Work[] = [
    { name: `making ${whole(VOUCHERS)} vouchers`, run: make(program) },
    { name: `handing ${whole(HANDED)}`, run: hand(program) },
    { name: `importing ${whole(IMPORTED)} subscribers`, run: importFrom(await openDesk(box)) },
  ]
  const measured: Measured[] = []
  for (const work of works) measured.push(await measure(bench, box, program, work))
  requireRows(data, 'vouchers', VOUCHERS)
  requireRows(data, 'services', IMPORTED)
  const p999 = Math.max(...measured.map((one) => one.p999))
  const longest = Math.max(...measured.map((one) => one.longest))
  return {
    lango: `p99.9 ${p999.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
    peer: '–',
    ratio: '–',
    required: `p99.9 ≤ ${REQUIRED_MS} ms`,
    met: p999 <= REQUIRED_MS,
    notes: measured.map(
      (one) =>
        `${one.name}: ${one.sec.toFixed(1)} s, p99.9 ${one.p999.toFixed(1)} ms, longest ${one.longest.toFixed(1)} ms, other work ${one.others.toFixed(2)} of a core`,
    ),
  }
}

export const holdRow: Row = {
  id: 'hold',
  work: `longest hold of the control thread during desk work: ${whole(VOUCHERS)} vouchers made, ${whole(HANDED)} handed, ${whole(IMPORTED)} subscribers imported`,
  beside: '–',
  run: hold,
}

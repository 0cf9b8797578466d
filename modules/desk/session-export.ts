/** Past sessions as a file: CSV that a spreadsheet opens safely, in a ZIP with the seal of the box. */
import { csvLine, zip } from '@lango/kernel'
import { fill, type DoingDesk, type Done } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { z } from 'zod'
import { sealExport, searchHistory, sha256Of } from '../sessions/index.ts'
import type { ReportWords } from './words-reports.ts'

type Session = ResultOf<typeof searchHistory>['rows'][number]
type Search = Omit<z.input<typeof searchHistory.input>, 'after' | 'limit'>

export const EXPORT_ROWS_MAX = 50_000
/** Small enough that others get their answers in between. */
const PAGE_ROWS = 2000

const CSV_FILE = 'sessions.csv'

/** Names for programs: they are the same in every language. Instants are UTC. */
const cells: readonly (readonly [name: string, value: (row: Session) => string])[] = [
  ['began_at', ({ startedAt }) => new Date(startedAt).toISOString()],
  ['ended_at', ({ endedAt }) => new Date(endedAt).toISOString()],
  ['login', ({ login }) => login],
  ['customer', ({ customer }) => customer ?? ''],
  ['ip', ({ framedIp }) => framedIp],
  ['mac', ({ device }) => device],
  ['router', ({ router }) => router ?? ''],
  ['nas', ({ nas }) => nas],
  ['session_id', ({ acctSessionId }) => acctSessionId],
  ['seconds', ({ sessionTimeSec }) => String(sessionTimeSec)],
  ['octets_from_subscriber', ({ inputOctets }) => String(inputOctets)],
  ['octets_to_subscriber', ({ outputOctets }) => String(outputOctets)],
  ['ended_because', ({ terminateCause }) => terminateCause],
]

/** CSV of every page that `ask` has, up to the most that one file holds. */
const collect = async (
  ask: (
    after: Search & { readonly after?: { endedAt: number; no: number } },
  ) => Promise<ResultOf<typeof searchHistory>>,
  search: Search,
): Promise<{ readonly csv: string; readonly rows: number; readonly isCut: boolean }> => {
  const lines = [csvLine(cells.map(([name]) => name))]
  let next: { endedAt: number; no: number } | null | undefined
  while (next !== null && lines.length <= EXPORT_ROWS_MAX) {
    const page = await ask({ ...search, ...(next === undefined ? {} : { after: next }) })
    for (const row of page.rows) lines.push(csvLine(cells.map(([, value]) => value(row))))
    next = page.next
  }
  return { csv: lines.join(''), rows: lines.length - 1, isCut: next !== null }
}

export const exportSessions = async (desk: DoingDesk, search: Search, words: ReportWords): Promise<Done> => {
  const { csv, rows, isCut } = await collect((one) => desk.ask(searchHistory, { ...one, limit: PAGE_ROWS }), search)
  const { fromAt, toAt, ...filters } = search
  const [from, to] = [new Date(fromAt).toISOString(), new Date(toAt).toISOString()]
  const sealed = await desk.tell(sealExport, {
    file: CSV_FILE,
    sha256: sha256Of(csv),
    rows,
    from,
    to,
    filters: Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, String(value)])),
    site: desk.siteName.slice(0, 253),
  })
  if (!sealed.ok) return { fault: sealed.error }
  const { manifest, seal } = sealed.value
  const about = [
    fill(words.sealNote, { file: CSV_FILE }),
    ...(isCut ? [fill(words.exportCut, { n: desk.locale.whole.format(rows) })] : []),
  ].join(' ')
  const name = `sessions-${from.slice(0, 10)}-${to.slice(0, 10)}.zip`
  const manifestText = `${JSON.stringify({ ...manifest, seal, about }, undefined, 2)}\n`
  const body = zip([
    { name: CSV_FILE, content: csv },
    { name: 'manifest.json', content: manifestText },
  ])
  return { file: { name, type: 'application/zip', body } }
}

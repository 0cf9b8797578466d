/** The audit log at the desk: who reads it is recorded, and it is given out, as much of it as a browser takes at once. */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { err, ok, type Clock, type Fault, type Result } from '@lango/kernel'
import { inputInvalid, type Actor, type AuditRow } from '@lango/kernel/verbs'
import { runOwn } from '../run-named.ts'
import type { Site } from '../site.ts'
import { exportFormats, ExportWriter, type Plain } from './export.ts'

/** About ten megabytes. The command line gives out all of it. */
const ROWS_MAX = 20_000
/** Rows of one question: opening what is sealed in as many keeps the thread for some milliseconds. */
const PAGE_ROWS = 500
const LINES_AT_ONCE = 100

const input = z.object({
  format: z.enum(exportFormats),
  actorId: z.string().max(253).optional(),
  command: z.string().max(100).optional(),
  outcome: z.enum(['done', 'refused', 'failed', 'forbidden']).optional(),
})

export type DeskAuditDeps = {
  readonly site: Pick<Site, 'dispatcher' | 'ids' | 'vault'> & { readonly clock: Pick<Clock, 'now'> }
  readonly ask: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  /** What a record says of people. */
  readonly plain: Plain
  readonly hostName: string
}

const HOUR_MS = 3_600_000

export const createDeskAudit = (deps: DeskAuditDeps) => ({
  /** Turning pages is one reading: an id is carried out once. */
  'audit.opened': (_: unknown, by: Actor): Result<unknown, Fault> => {
    const id = `audit.opened/${by.id}/${Math.floor(deps.site.clock.now() / HOUR_MS)}`
    return runOwn(deps.site, 'audit.opened', {}, { actor: by, id })
  },
  'audit.export': createExport(deps),
  /** The command line writes a copy of any length itself, and says so here. */
  'audit.exported': (input: unknown, by: Actor) => runOwn(deps.site, 'audit.exported', input, { actor: by }),
})

const createExport =
  ({ ask, plain, site: { vault, clock }, hostName }: DeskAuditDeps) =>
  async (asked: unknown, by: Actor): Promise<Result<unknown, Fault>> => {
    const parsed = input.safeParse(asked)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const signer = vault.signer()
    if (!signer) return err({ type: 'SigningKeyMissing' })
    const { format, ...filters } = parsed.data
    const newest: AuditRow[] = []
    for (let before: number | undefined; newest.length < ROWS_MAX;) {
      const page = await ask('audit.search', { ...filters, limit: PAGE_ROWS, ...(before ? { before } : {}) })
      if (!page.ok) return page
      const rows = page.value as readonly AuditRow[]
      newest.push(...rows)
      if (rows.length < PAGE_ROWS) break
      before = rows.at(-1)!.no
    }
    // What was left out is said, and signed with the rest.
    const told = newest.length >= ROWS_MAX ? { ...filters, fromNo: newest.at(-1)!.no } : filters
    const writer = new ExportWriter(format, plain)
    let body = writer.head()
    for (const [index, row] of newest.toReversed().entries()) {
      body += writer.line(row)
      if (index % LINES_AT_ONCE === 0) await setImmediate()
    }
    const sha256 = writer.sha256()
    const about = { site: hostName, exportedAt: clock.now(), exportedBy: `${by.kind} ${by.id}`, filters: told }
    // JSON has its signature at its end; a CSV, which spreadsheets read, beside it.
    const signature = writer.trailer(signer, about)
    const made = format === 'json' ? { body: body + signature } : { body, signature }
    return ok({ ...made, rows: writer.rows, sha256, filters: told })
  }

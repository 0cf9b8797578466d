import { err, type Result } from '../base/result.ts'
import type { Ids } from '../base/ids.ts'
import { insertSql, selectSql } from '../db/sql.ts'
import type { RawDatabase } from '../db/sqlite.ts'
import type { RowOf } from '../db/table.ts'
import type { Enqueue, JobKind } from './job.ts'
import { commands, jobs } from './tables.ts'

type CommandRow = RowOf<typeof commands>
/** A row as the driver gives it: JSON still as text. */
type StoredCommand = Omit<CommandRow, 'result'> & { readonly result: string }

/** The dispatcher's statements, prepared once. All run inside its transaction. */
export const createCommandStore = (raw: RawDatabase, ids: Ids) => {
  const find = raw.prepare<[string], StoredCommand>(`${selectSql(commands)} WHERE id = ?`)
  const insert = raw.prepare<[StoredCommand]>(insertSql(commands))
  const insertJob = raw.prepare(insertSql(jobs))
  const waiting = raw.prepare<[string, string]>(
    "SELECT 1 FROM jobs WHERE name = ? AND unique_key = ? AND state = 'ready'",
  )
  const bringForward = raw.prepare<[{ name: string; key: string; runAt: number }]>(
    `UPDATE jobs SET run_at = @runAt WHERE name = @name AND unique_key = @key AND state = 'ready' AND run_at > @runAt`,
  )
  const number = raw.prepare<[string], { value: number }>(
    'INSERT INTO counters (id, value) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET value = value + 1 RETURNING value',
  )
  const savepoint = raw.prepare('SAVEPOINT handler')
  const rollbackToSavepoint = raw.prepare('ROLLBACK TO handler')
  const releaseSavepoint = raw.prepare('RELEASE handler')

  return {
    find: (id: string): StoredCommand | undefined => find.get(id),
    /** The result of an id that was seen: its own for the same input, a fault for another. */
    answer: (seen: StoredCommand, name: string, inputHash: string): Result<unknown> =>
      seen.name === name && seen.inputHash === inputHash
        ? (JSON.parse(seen.result) as Result<unknown>)
        : err({ type: 'CommandIdReused', id: seen.id }),
    keep: (row: Omit<CommandRow, 'result'>, result: Result<unknown>): void => {
      insert.run({ ...row, result: JSON.stringify(result) })
    },
    /** False when a job with this key is waiting already, for no later time. */
    enqueue(job: JobKind, input: unknown, { runAt, key }: Enqueue & { runAt: number }): boolean {
      if (key !== undefined && waiting.get(job.name, key) !== undefined)
        return bringForward.run({ name: job.name, key, runAt }).changes > 0
      job.input.parse(input)
      const row = {
        id: ids.next('job'),
        name: job.name,
        input: JSON.stringify(input),
        state: 'ready',
        runAt,
        attempts: 0,
      }
      insertJob.run({ ...row, error: null, uniqueKey: key ?? null })
      return true
    },
    nextNumber: (series: string): number => number.get(series)!.value,
    savepoint: () => void savepoint.run(),
    rollbackToSavepoint: () => void rollbackToSavepoint.run(),
    releaseSavepoint: () => void releaseSavepoint.run(),
  }
}

export type CommandStore = ReturnType<typeof createCommandStore>

/** The last instant that was committed at this site: the clock's floor after a start. */
export const lastCommittedAt = (raw: RawDatabase): number =>
  raw
    .prepare<[], { at: number | null }>('SELECT max(at) AS at FROM (SELECT at FROM audit ORDER BY no DESC LIMIT 100)')
    .get()!.at ?? 0

/** Forgets results older than an instant, a bounded number at a time; answers how many are gone. */
export const pruneCommands = (raw: RawDatabase, { before, rowsMax }: { before: number; rowsMax: number }): number =>
  raw
    .prepare('DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE at < ? ORDER BY at LIMIT ?)')
    .run(before, rowsMax).changes

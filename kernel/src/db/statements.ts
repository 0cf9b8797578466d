import { defineLimits } from '../base/limits.ts'
import type { RawDatabase } from './raw.ts'

type Statement = ReturnType<RawDatabase['prepare']>

export const statementLimits = defineLimits({
  /** Kept of one connection, some ten kilobytes each. */
  keptMax: 200,
})

/**
 * What the query builder takes for a connection: it has every query prepared anew, which costs more than to run it, so
 * the statements that were used last are kept by their text.
 */
export const keepingStatements = (raw: RawDatabase): Pick<RawDatabase, 'prepare' | 'transaction'> => {
  const kept = new Map<string, Statement>()
  const keep = (sql: string, statement: Statement): Statement => {
    kept.set(sql, statement)
    for (const oldest of kept.keys()) {
      if (kept.size <= statementLimits.keptMax) break
      kept.delete(oldest)
    }
    return statement
  }
  return {
    prepare: ((sql: string) => {
      const known = kept.get(sql)
      if (known === undefined) return keep(sql, raw.prepare(sql))
      kept.delete(sql)
      // As a new one is: the builder says each time whether it wants rows as lists.
      return keep(sql, known.reader ? known.raw(false) : known)
    }) as RawDatabase['prepare'],
    transaction: raw.transaction.bind(raw),
  }
}

/** The audit log for whoever may read it: with what is sealed under a person's key, as long as there is that key. */
import type { Fault, Result, Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createPersonalReader, type AuditRow } from '@lango/kernel/verbs'

type Ask = (name: string, input: unknown) => Promise<Result<unknown, Fault>>

/** Queries run where no key is: what `audit.search` found is opened afterwards. `reader` knows site.db. */
export const withPlainAudit = (ask: Ask, reader: RawDatabase, vault: Pick<Vault, 'open'>): Ask => {
  const plain = createPersonalReader(reader, vault)
  return async (name, input) => {
    const found = await ask(name, input)
    if (name !== 'audit.search' || !found.ok) return found
    const rows = found.value as readonly AuditRow[]
    return { ok: true, value: rows.map((row) => ({ ...row, record: textOf(plain, row.record) })) }
  }
}

const textOf = (plain: (record: string) => unknown, record: string): string => {
  const told = plain(record)
  return told === undefined ? record : JSON.stringify(told)
}

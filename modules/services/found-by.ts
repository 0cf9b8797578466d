/** What a subscriber is found by at the desk. */
import type { RawDatabase } from '@lango/kernel/db'

type Known = {
  readonly login: string
  readonly name: string
  readonly phone: string | null
  readonly framedIp: string | null
  readonly mac: string | null
}

/**
 * All of it in one text, a line each and in lower case: a search by any part then reads one table and makes one
 * comparison a row (docs/decisions/0009).
 */
export const foundBy = ({ login, name, phone, framedIp, mac }: Known): string =>
  [login, name, phone, framedIp, mac]
    .filter((part) => part !== null)
    .join('\n')
    .toLowerCase()

const KNOWN = `SELECT s.id, s.login, c.name, c.phone, s.framed_ip framedIp, s.mac, s.found_by foundBy
  FROM services s JOIN customers c ON c.id = s.customer_id`

const writerOf = (raw: RawDatabase) => {
  const write = raw.prepare<[string, string]>('UPDATE services SET found_by = ? WHERE id = ?')
  return (rows: readonly (Known & { readonly id: string; readonly foundBy: string })[]): void => {
    for (const row of rows) {
      const now = foundBy(row)
      if (now !== row.foundBy) write.run(now, row.id)
    }
  }
}

/** Fills it in where a release that did not know it has written the row. */
export const fillFoundBy = (raw: RawDatabase): void => {
  const write = writerOf(raw)
  const rows = raw.prepare<[], Known & { id: string; foundBy: string }>(`${KNOWN} WHERE s.found_by = ''`)
  raw.transaction(() => write(rows.all()))()
}

/** Writes it anew for all services of a customer: after their name or telephone changed, or what is theirs. */
export const createFoundByWriter = (raw: RawDatabase): ((customerId: string) => void) => {
  const write = writerOf(raw)
  const rows = raw.prepare<[string], Known & { id: string; foundBy: string }>(`${KNOWN} WHERE s.customer_id = ?`)
  return (customerId) => write(rows.all(customerId))
}

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

/** Fills it in where a release that did not know it has written the row. */
export const fillFoundBy = (raw: RawDatabase): void => {
  const write = raw.prepare<[string, string]>('UPDATE services SET found_by = ? WHERE id = ?')
  const rows = raw.prepare<[], Known & { id: string }>(
    `SELECT s.id, s.login, c.name, c.phone, s.framed_ip framedIp, s.mac
     FROM services s JOIN customers c ON c.id = s.customer_id WHERE s.found_by = ''`,
  )
  raw.transaction(() => {
    for (const row of rows.all()) write.run(foundBy(row), row.id)
  })()
}

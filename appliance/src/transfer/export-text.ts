/** A list as text, to be kept or moved. */
import { orThrow } from '@lango/kernel'
import { csvLine } from './csv.ts'
import { filled, type OpenSheet, type Sheet } from './sheet.ts'

/** The text of an export, a page at a time. `onRows` is told how many rows each has. */
export async function* exportText(
  { columns, secret }: Sheet,
  open: OpenSheet,
  { json, withSecrets }: { readonly json: boolean; readonly withSecrets: boolean },
  onRows: (count: number) => void,
): AsyncGenerator<string> {
  const told = columns.filter((column) => withSecrets || column !== secret)
  if (!json) yield csvLine(told)
  for await (const page of open.pages()) {
    const rows = orThrow(page).map((cells) => told.map((column) => [column, cells[column] ?? ''] as const))
    onRows(rows.length)
    yield rows
      .map((cells) =>
        json ? `${JSON.stringify(filled(Object.fromEntries(cells)))}\n` : csvLine(cells.map(([, cell]) => cell)),
      )
      .join('')
  }
}

import { formatTimeOfDay, type Locale } from '@lango/kernel/ui'

/**
 * What the live page shows at one moment, as text to compare and markup to draw when the text has changed. Two
 * pictures make a patch; pure, so that a page can be brought up to date without a browser in the test.
 */
export type Picture = {
  readonly at: number
  readonly slots: readonly SlotPicture[]
  readonly lists: readonly ListPicture[]
}

/** One place with one value. */
export type SlotPicture = { readonly id: string; readonly value: string; html(): string }

/** Rows in the order in which they stand. */
export type ListPicture = { readonly name: string; readonly rows: readonly RowPicture[] }

export type RowPicture = { readonly key: string; readonly cells: readonly SlotPicture[]; html(): string }

/** Pairs rather than objects: a key may be called `__proto__`. Markup comes from the view layer alone. */
export type Patch = {
  readonly version: number
  /** Time of day, as the page says it when the connection is lost. */
  readonly at: string
  readonly slots: readonly (readonly [id: string, html: string])[]
  readonly lists: readonly ListPatch[]
}

export type ListPatch = {
  readonly name: string
  /** Keys in order; only when rows have come, gone or moved. */
  readonly order?: readonly string[]
  readonly rows: readonly (readonly [key: string, html: string])[]
  readonly cells: readonly (readonly [key: string, id: string, html: string])[]
}

/** What has to change on a page that shows `before`; without `before`, everything. Undefined when nothing has. */
export const patchOf = (
  before: Picture | undefined,
  after: Picture,
  version: number,
  locale: Locale,
): Patch | undefined => {
  const shown = new Map(before?.slots.map((slot) => [slot.id, slot.value]))
  const slots = after.slots
    .filter((slot) => shown.get(slot.id) !== slot.value)
    .map((slot) => [slot.id, slot.html()] as const)
  const lists = after.lists.flatMap((list) =>
    listPatch(
      before?.lists.find(({ name }) => name === list.name),
      list,
    ),
  )
  if (before && slots.length === 0 && lists.length === 0) return undefined
  return { version, at: formatTimeOfDay(after.at, locale), slots, lists }
}

const listPatch = (before: ListPicture | undefined, after: ListPicture): readonly ListPatch[] => {
  const shown = new Map(before?.rows.map((row) => [row.key, row.cells]))
  const rows = after.rows.filter((row) => !shown.has(row.key)).map((row) => [row.key, row.html()] as const)
  const cells = after.rows.flatMap((row) =>
    row.cells
      .filter((cell, index) => shown.has(row.key) && shown.get(row.key)?.[index]?.value !== cell.value)
      .map((cell) => [row.key, cell.id, cell.html()] as const),
  )
  const keys = after.rows.map((row) => row.key)
  const isSameOrder = before?.rows.length === keys.length && before.rows.every((row, index) => row.key === keys[index])
  if (isSameOrder && cells.length === 0) return []
  return [{ name: after.name, ...(isSameOrder ? {} : { order: keys }), rows, cells }]
}

/** Writes records of CSV as RFC 4180 has it, safe to open in a spreadsheet. */

/** What a spreadsheet takes for a formula when a cell begins with it (OWASP: CSV injection), also in full width. */
const FORMULA = '=+\\-@\t\r\n＝＋－＠'
const NEEDS_GUARD = new RegExp(`^['${FORMULA}]`)
const GUARDED = new RegExp(`^'['${FORMULA}]`)

// Less than nothing is an amount, and no formula.
const NEGATIVE = /^-\d{1,15}(?:\.\d{1,6})?$/

/** An apostrophe keeps a spreadsheet from reckoning; one goes before a cell that begins with one, so that it comes off again. */
const guarded = (cell: string): string => (NEEDS_GUARD.test(cell) && !NEGATIVE.test(cell) ? `'${cell}` : cell)
/** The cell as it was; a hand-made one that merely begins with an apostrophe stays as it is. */
export const unguarded = (cell: string): string => (GUARDED.test(cell) ? cell.slice(1) : cell)

/** A record with its end of line. Blanks at an end are quoted too: some programs would lose them. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells
    .map(guarded)
    .map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')}\r\n`

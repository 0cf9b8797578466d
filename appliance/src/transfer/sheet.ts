/** What an export and an import need to know of a kind of row: subscribers, plans, vouchers. */
import type { Fault, Result } from '@lango/kernel'
import type { Cells, Layout, Row } from './rows.ts'

/** Secrets of one command: opening a thousand keeps the control thread for too long. */
export const REVEALED_AT_ONCE = 250

export type Judged = {
  readonly line: number
  /** What people call it. */
  readonly name: string
  /** As it is sent. */
  readonly cells: Cells
  /** As an export would tell what is given. */
  readonly given: Cells
  /** Why it cannot be added, though one that is there may be changed to it. */
  readonly notNew?: Fault | undefined
  /** What no other line may have. */
  readonly claims: readonly { readonly what: string; readonly name: string }[]
}

/** What the lines of one customer have in common. */
export type Shared = {
  readonly name: string
  /** What this line says of it. */
  readonly told: Cells
  /** What holds once the line is written. */
  readonly whole: Cells
}

export type Looked = {
  /** The row that is there already. */
  readonly current?: Cells | undefined
  readonly fault?: Fault | undefined
  readonly shared?: Shared | undefined
}

/** `row` counts from 0 in what was sent. */
export type Refusal = { readonly row: number; readonly fault: Fault }
export type Put = { readonly refused: readonly Refusal[] }

/** A sheet on a box that is reached. */
export interface OpenSheet {
  /** The rules a row must keep by itself. */
  readonly judge: (row: Row) => Result<Judged, Fault>
  /** What the box has of each. */
  readonly look: (rows: readonly Judged[]) => Promise<Result<readonly Looked[], Fault>>
  readonly add: (rows: readonly Cells[]) => Promise<Result<Put, Fault>>
  /** Rows with only the cells that differ, and what names them. */
  readonly change: (rows: readonly Cells[]) => Promise<Result<Put, Fault>>
  /** All rows, a page at a time. */
  readonly pages: () => AsyncGenerator<Result<readonly Cells[], Fault>>
  /** Why a row that is there is refused. */
  readonly taken: (row: Judged) => Fault
}

/** The box that lists go into or come from, for whoever asks. */
export interface TransferBox {
  query<T>(name: string, input: unknown): Promise<Result<T, Fault>>
  command<T>(name: string, input: unknown): Promise<Result<T, Fault>>
  /** Network passwords by login, as far as they may be read here: a given one that is known is no change. */
  passwords(logins: readonly string[]): Promise<Result<ReadonlyMap<string, string>, Fault>>
}

export type SheetOptions = {
  readonly newPasswords: boolean
  readonly withSecrets: boolean
  /** Plans that will be there, by their kind. */
  readonly plansToCome?: ReadonlyMap<string, string>
}

export type Sheet = Layout & {
  readonly noun: string
  /** Told only with --with-secrets; its values are shown nowhere else. */
  readonly secret: string | undefined
  /** Columns that name a row. */
  readonly key: readonly string[]
  /** Rows of one command. */
  readonly chunkRows: number
  open(box: TransferBox, options: SheetOptions): Promise<Result<OpenSheet, Fault>>
}

/** A command's input drops cells that say nothing: absent and empty are the same to it. */
export const filled = (cells: Cells): Cells =>
  Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== ''))

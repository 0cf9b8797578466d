/**
 * Files that a router is to have, fetched by itself from where they are handed out: `/tool/fetch` is in every version,
 * and makes folders as it goes. What is there is known by its size, and by its contents where the router prints them.
 */
import { ok, type Result } from '@lango/kernel'
import type { RouterosClient } from './client.ts'
import type { RouterosFault } from './fault.ts'
import type { CallOptions, Row } from './request.ts'

export type DesiredPages = {
  /** What stands before each name. */
  readonly from: string
  readonly folder: string
  /** Contents by name. */
  readonly files: ReadonlyMap<string, string>
}

/** What was learned of one router's files, so that its flash is not worn out by writing again what it cannot have. */
export type PagesMemory = {
  /** Its print of contents is not what was written, although the size is. */
  printsOther: boolean
  /** What was fetched and is not what was expected: how often it was looked at since. */
  readonly inVain: Map<string, { readonly expected: string; looks: number }>
}

export const newPagesMemory = (): PagesMemory => ({ printsOther: false, inVain: new Map() })

export type PageTrouble = {
  readonly name: string
  /** In the router's words; '' where what it fetched is not what it should have got. */
  readonly said: string
}

export type PagesOutcome = { readonly fetched: number; readonly troubles: readonly PageTrouble[] }

/** Fetched again at once, and then at every so many looks, an hour of them. */
const TRIES_MAX = 3
const LOOKS_BETWEEN = 60
/** A download over a bad line takes longer than a command. */
const FETCH_TIMEOUT_MS = 30_000
const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KiB: 1024, MiB: 1024 * 1024 }

/** `1234`, or `1.2KiB`, which is rounded. */
export const isOfSize = (text: string, octets: number): boolean => {
  const [, amount, unit = ''] = /^([\d.]+) ?([KM]?i?B?)$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (amount === undefined || factor === undefined) return false
  return Math.abs(Number(amount) * factor - octets) <= (factor === 1 ? 0 : factor / 20)
}

/** Where files outlast a loss of power: the folder flash, where there is one (MikroTik "Files"). */
export const flashFolder = async (
  client: RouterosClient,
  call: CallOptions,
): Promise<Result<'' | 'flash/', RouterosFault>> => {
  const where = { name: 'flash' }
  const read = await client.perform({ kind: 'print', menu: '/file', where, properties: ['name'] }, call)
  return read.ok ? ok(read.value.rows.length > 0 ? 'flash/' : '') : read
}

const isRight = (row: Row | undefined, expected: string, memory: PagesMemory): boolean => {
  if (row === undefined || !isOfSize(row['size'] ?? '', Buffer.byteLength(expected))) return false
  const { contents = '' } = row
  return memory.printsOther || contents === '' || contents === expected
}

/** Whether this one is left as it is for now. */
const waits = ({ inVain }: PagesMemory, name: string, expected: string): boolean => {
  const tried = inVain.get(name)
  if (tried?.expected !== expected) return false
  tried.looks += 1
  return tried.looks > TRIES_MAX && tried.looks % LOOKS_BETWEEN > 0
}

class Files {
  readonly #client: RouterosClient
  readonly #memory: PagesMemory
  readonly #call: CallOptions
  readonly #from: string
  readonly #folder: string
  fetched = 0

  constructor(client: RouterosClient, desired: DesiredPages, flash: string, memory: PagesMemory, call: CallOptions) {
    this.#client = client
    this.#memory = memory
    this.#call = call
    this.#from = desired.from
    this.#folder = `${flash}${desired.folder}`
  }

  /** What is amiss with the file in the end; undefined when nothing is. */
  async ensure(name: string, expected: string): Promise<Result<PageTrouble | undefined, RouterosFault>> {
    const before = await this.#read(name)
    if (!before.ok) return before
    if (isRight(before.value, expected, this.#memory)) return ok(undefined)
    if (before.value && waits(this.#memory, name, expected)) return ok({ name, said: '' })
    const values = { url: `${this.#from}${name}`, 'dst-path': `${this.#folder}/${name}` }
    const done = await this.#client.perform(
      { kind: 'run', menu: '/tool', command: 'fetch', values },
      { ...this.#call, timeoutMs: FETCH_TIMEOUT_MS },
    )
    if (!done.ok) return done.error.type === 'Refused' ? ok({ name, said: done.error.message }) : done
    this.fetched += 1
    const after = await this.#read(name)
    return after.ok ? ok(this.#judge(name, expected, after.value)) : after
  }

  #judge(name: string, expected: string, row: Row | undefined): PageTrouble | undefined {
    const memory = this.#memory
    if (memory.inVain.get(name)?.expected !== expected) memory.inVain.set(name, { expected, looks: 1 })
    const isSized = isOfSize(row?.['size'] ?? '', Buffer.byteLength(expected))
    // Once may be a router that did not do what it said.
    if (isSized && memory.inVain.get(name)!.looks >= TRIES_MAX) memory.printsOther = true
    if (!isRight(row, expected, memory)) return { name, said: '' }
    memory.inVain.delete(name)
    return undefined
  }

  async #read(name: string): Promise<Result<Row | undefined, RouterosFault>> {
    const where = { name: `${this.#folder}/${name}` }
    const properties = ['.id', 'name', 'size', 'contents']
    const found = await this.#client.perform({ kind: 'print', menu: '/file', where, properties }, this.#call)
    return found.ok ? ok(found.value.rows[0]) : found
  }
}

export const ensurePages = async (
  client: RouterosClient,
  desired: DesiredPages,
  memory: PagesMemory,
  call: CallOptions = {},
): Promise<Result<PagesOutcome, RouterosFault>> => {
  const flash = await flashFolder(client, call)
  if (!flash.ok) return flash
  const files = new Files(client, desired, flash.value, memory, call)
  const troubles: PageTrouble[] = []
  for (const [name, expected] of desired.files) {
    const trouble = await files.ensure(name, expected)
    if (!trouble.ok) return trouble
    if (trouble.value) troubles.push(trouble.value)
  }
  return ok({ fetched: files.fetched, troubles })
}

/** Those of the folder, wherever they were brought to, and the folder. */
export const removePages = async (
  client: RouterosClient,
  { folder, files }: Pick<DesiredPages, 'folder'> & { readonly files: Iterable<string> },
  call: CallOptions = {},
): Promise<Result<number, RouterosFault>> => {
  let removed = 0
  const paths = [...files].map((name) => `${folder}/${name}`)
  for (const path of [...paths, folder].flatMap((one) => [one, `flash/${one}`])) {
    const where = { name: path }
    const found = await client.perform({ kind: 'print', menu: '/file', where, properties: ['.id'] }, call)
    if (!found.ok) return found
    for (const row of found.value.rows) {
      const gone = await client.perform({ kind: 'remove', menu: '/file', id: row['.id'] ?? '' }, call)
      if (!gone.ok && gone.error.type !== 'Refused') return gone
      removed += 1
    }
  }
  return ok(removed)
}

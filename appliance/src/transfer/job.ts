/** An import from the desk: what is asked of its thread, and what the thread tells. */
import { err, type Fault, type Result } from '@lango/kernel'
import { transferLists as lists, type TransferList, type TransferSource } from '@lango/modules/desk'
import type { Lost } from '../importers/moved.ts'
import { readMultipart, type Part } from './multipart.ts'
import { plansSheet } from './plans.ts'
import { KINDS, products, runBoth, textOf, type Product } from './products.ts'
import { memorySource } from './rows.ts'
import { runImport, type ImportOptions, type Preview } from './run-import.ts'
import type { Sheet, TransferBox } from './sheet.ts'
import { subscribersSheet } from './subscribers.ts'
import { vouchersSheet } from './vouchers.ts'

export const sheetOf: Readonly<Record<TransferList, () => Promise<Sheet>>> = {
  subscribers: subscribersSheet,
  plans: plansSheet,
  vouchers: vouchersSheet,
}

/** Rows of one command: others at the desk and the console wait no longer than for so many. */
const CHUNK_ROWS = 50
const LOST_SHOWN_MAX = 50

export type TransferOutcome = {
  readonly sheets: readonly ({ readonly noun: TransferList } & Preview)[]
  /** What cannot be carried over, by what it is, with the first line of each. */
  readonly lost: readonly (Lost & { readonly lines: number })[]
  /** Why nothing was, or will be, written; or where it stopped. */
  readonly fault: Fault | undefined
}

/** What was sent, ready to be gone through as often as is wanted. */
export type TransferJob = (
  box: TransferBox,
  options: Pick<ImportOptions, 'dryRun' | 'onProgress' | 'sentenceOf'>,
) => Promise<TransferOutcome>

const textIn = (parts: readonly Part[], name: string): string =>
  Buffer.from(parts.find((part) => part.name === name && part.fileName === undefined)?.octets ?? []).toString('utf8')

export const readJob = async (
  source: TransferSource,
  body: Uint8Array,
  contentType: string,
): Promise<Result<TransferJob, Fault>> => {
  const parts = readMultipart(body, contentType)
  const files = parts.filter(({ fileName, octets }) => fileName !== undefined && octets.length > 0)
  if (files.length === 0) return err({ type: 'UploadEmpty' })
  const options = { update: textIn(parts, 'update') !== '', newPasswords: textIn(parts, 'newPasswords') !== '' }
  const list = lists.find((name) => name === source)
  return list === undefined ? moveJob(source, parts, files, options) : listJob(list, files[0]!, options)
}

type Chosen = Pick<ImportOptions, 'update' | 'newPasswords'>

const listJob = async (noun: TransferList, { octets }: Part, chosen: Chosen): Promise<Result<TransferJob, Fault>> => {
  const sheet = { ...(await sheetOf[noun]()), chunkRows: CHUNK_ROWS }
  return {
    ok: true,
    value: async (box, options) => {
      const done = await runImport(box, sheet, memorySource(octets, sheet), { ...chosen, ...options })
      return outcomeOf(done.ok ? { ok: true, value: { [noun]: done.value } } : done, [], noun)
    },
  }
}

const moveJob = async (
  source: TransferSource,
  parts: readonly Part[],
  files: readonly Part[],
  chosen: Chosen,
): Promise<Result<TransferJob, Fault>> => {
  const product: Product = products.find(({ name }) => name === source)!
  const texts = files.map(({ fileName, octets }) => textOf(fileName!, octets))
  const unread = texts.find((text) => !text.ok)
  if (unread?.ok === false) return unread
  const kind = KINDS.find((one) => one === textIn(parts, 'kind')) ?? product.kind
  const moved = (await product.load())(
    texts.flatMap((text) => (text.ok ? [text.value] : [])),
    { planFor: planForIn(textIn(parts, 'plans')), kind },
  )
  if (moved.subscribers.length + moved.plans.length === 0)
    return err({ type: 'NothingFound', product: product.title } as Fault)
  return {
    ok: true,
    value: async (box, options) =>
      outcomeOf(await runBoth(box, moved, { ...chosen, ...options }, CHUNK_ROWS), moved.lost),
  }
}

/** `OLD=NEW`, one a line. */
const planForIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const at = line.lastIndexOf('=')
      return at === -1 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()]]
    }),
  )

const outcomeOf = (
  done: Result<Partial<Record<TransferList, Preview>>, Fault>,
  lost: readonly Lost[],
  noun?: TransferList,
): TransferOutcome => {
  const known = [...Map.groupBy(lost, ({ what }) => what).values()].map((all) => ({ ...all[0]!, lines: all.length }))
  const told = { lost: known.slice(0, LOST_SHOWN_MAX) }
  if (!done.ok) {
    const { preview } = done.error as Fault & { readonly preview?: Preview }
    return { ...told, sheets: preview && noun ? [{ noun, ...preview }] : [], fault: done.error }
  }
  const sheets = lists.flatMap((name) => (done.value[name] ? [{ noun: name, ...done.value[name] }] : []))
  return { ...told, sheets, fault: undefined }
}

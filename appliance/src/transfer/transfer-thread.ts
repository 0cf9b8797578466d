/** The thread of an import from the desk: takes what is sent, checks it, and is told to load it or to forget it. */
import { parentPort, workerData } from 'node:worker_threads'
import { orThrow, type Fault, type Result } from '@lango/kernel'
import type { TransferSource } from '@lango/modules/desk'
import { faultSentence } from '../cli/faults.ts'
import type { DataFolder } from '../data-folder.ts'
import { createQueryRunner } from '../run-named.ts'
import { standAside } from '../thread-priority.ts'
import { readJob, type TransferJob, type TransferOutcome } from './job.ts'
import type { TransferBox } from './sheet.ts'

export type TransferOrder = {
  readonly folder: Pick<DataFolder, 'siteFile' | 'sessionsFile'>
  readonly source: TransferSource
  readonly contentType: string
}
export type ToTransfer =
  | { readonly kind: 'piece'; readonly octets: Uint8Array }
  | { readonly kind: 'check' }
  | { readonly kind: 'load' }
  | { readonly kind: 'answer'; readonly result: Result<unknown, Fault> }
export type FromTransfer =
  | { readonly kind: 'progress'; readonly rows: number; readonly written: number }
  | { readonly kind: 'checked' | 'loaded'; readonly outcome: TransferOutcome }
  /** Control carries it out, in the name of whoever imports. */
  | { readonly kind: 'command'; readonly name: string; readonly input: unknown }

standAside()

const control = parentPort!
const { folder, source, contentType } = workerData as TransferOrder
const tell = (news: FromTransfer): void => control.postMessage(news)

const runner = orThrow(createQueryRunner(folder))
let answered: ((result: Result<unknown, Fault>) => void) | undefined

const box: TransferBox = {
  query: <T>(name: string, input: unknown) => Promise.resolve(runner.run(name, input) as Result<T, Fault>),
  // One at a time: the next is asked for when this one is answered.
  command: <T>(name: string, input: unknown) =>
    new Promise<Result<T, Fault>>((resolve) => {
      answered = resolve as typeof answered
      tell({ kind: 'command', name, input })
    }),
  // Whoever may write a password may not read it: a given one counts as another.
  passwords: () => Promise.resolve({ ok: true, value: new Map() }),
}

let pieces: Uint8Array[] = []
let job: TransferJob | undefined

const options = (dryRun: boolean) => ({
  dryRun,
  sentenceOf: faultSentence,
  onProgress: (rows: number, written: number) => tell({ kind: 'progress', rows, written }),
})

const check = async (): Promise<void> => {
  const read = await readJob(source, Buffer.concat(pieces), contentType)
  pieces = []
  if (read.ok) job = read.value
  const outcome = read.ok ? await read.value(box, options(true)) : { sheets: [], lost: [], fault: read.error }
  tell({ kind: 'checked', outcome })
}

control.on('message', (message: ToTransfer) => {
  if (message.kind === 'piece') pieces.push(message.octets)
  else if (message.kind === 'answer') answered?.(message.result)
  else if (message.kind === 'check') void check()
  else void job?.(box, options(false)).then((outcome) => tell({ kind: 'loaded', outcome }))
})

/**
 * Imports from the desk, one at a time. What is sent goes to a thread of its own, in memory: nothing of it is ever on a
 * disk, and it is gone when it was loaded, given up, or left alone for a while.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { err, ok, type Clock, type Fault, type Log, type Result } from '@lango/kernel'
import { langs, type Lang } from '@lango/kernel/ui'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import { importPermissions, type TransferSource } from '@lango/modules/desk'
import { z } from 'zod'
import type { DataFolder } from '../data-folder.ts'
import type { FromTransfer, ToTransfer, TransferOrder } from './transfer-thread.ts'
import type { FaultyLine } from './run-import.ts'
import type { TransferOutcome } from './job.ts'

/** Some 400,000 subscribers. The command line takes any size. */
export const UPLOAD_OCTETS_MAX = 64 * 1024 * 1024
/** What was checked and then forgotten by whoever sent it. */
export const ABANDONED_AFTER_MS = 30 * 60_000
const LOOK_MS = 60_000

type State = 'receiving' | 'checking' | 'checked' | 'loading' | 'loaded' | 'failed'

export type TransferFault =
  | { readonly type: 'UploadEmpty' }
  | { readonly type: 'UploadTooLarge'; readonly mebibytesMax: number }
  /** Somebody else imports, or this one is loading. */
  | { readonly type: 'TransferBusy' }
  /** It was left alone too long, or is loaded already. */
  | { readonly type: 'TransferGone' }

type ShownLine = { readonly line: number; readonly sentence: string }

export type ShownTransfer = {
  readonly source: TransferSource
  readonly state: State
  readonly rows: number
  readonly written: number
  readonly sheets: TransferOutcome['sheets']
  readonly lost: TransferOutcome['lost']
  /** Why nothing was written, or where it stopped: in words, and by line. */
  readonly fault: {
    readonly type: string
    readonly sentence: string
    readonly faulty: number
    readonly added: number
    readonly lines: readonly ShownLine[]
  } | null
}

type Current = {
  readonly by: Actor
  readonly source: TransferSource
  worker: Worker | undefined
  state: State
  rows: number
  written: number
  outcome: TransferOutcome | undefined
  touchedMs: number
}

export type TransfersDeps = {
  readonly folder: Pick<DataFolder, 'siteFile' | 'sessionsFile'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly may: (by: Actor, permission: string) => boolean
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  readonly every: (ms: number, run: () => void) => () => void
  /** A fault in the reader's language. */
  readonly sentenceOf: (lang: Lang, fault: Fault) => string
  readonly log: Log
}

const showInput = z.object({ lang: z.enum(langs).default('en') })

const shownOf = ({ source, state, rows, written, outcome }: Current, say: (fault: Fault) => string): ShownTransfer => ({
  source,
  state,
  rows,
  written,
  sheets: outcome?.sheets ?? [],
  lost: outcome?.lost ?? [],
  fault: outcome?.fault ? shownFault(outcome.fault, say) : null,
})

const shownFault = (fault: Fault, say: (fault: Fault) => string): NonNullable<ShownTransfer['fault']> => {
  const {
    lines = [],
    faulty = 0,
    added = 0,
  } = fault as Fault & {
    readonly lines?: readonly FaultyLine[]
    readonly faulty?: number
    readonly added?: number
  }
  // What stands in the lines is not said twice.
  const sentence = say(lines.length > 0 ? ({ ...fault, lines: [] } as Fault) : fault)
  return {
    type: fault.type,
    sentence,
    faulty,
    added,
    lines: lines.map((each) => ({ line: each.line, sentence: say(each.fault) })),
  }
}

/** What becomes of an import; `null` where there is none of this person's. */
export class Transfers {
  readonly #deps: TransfersDeps
  readonly #stopLooking: () => void
  #current: Current | undefined

  constructor(deps: TransfersDeps) {
    this.#deps = deps
    this.#stopLooking = deps.every(LOOK_MS, () => {
      if (this.#current && this.#isAbandoned(this.#current)) this.#forget()
    })
  }

  /** Takes what a browser sends, and has it checked. */
  async receive(
    source: TransferSource,
    contentType: string,
    body: AsyncIterable<Uint8Array>,
    by: Actor,
  ): Promise<Result<undefined, Fault>> {
    const lacking = importPermissions[source].find((permission) => !this.#deps.may(by, permission))
    if (lacking !== undefined) return err({ type: 'Forbidden', permission: lacking } as Fault)
    if (this.#isBusyFor(by)) return err({ type: 'TransferBusy' })
    this.#forget()
    const { one, worker } = this.#start(source, contentType, by)
    this.#current = one
    const octets = await passOn(body, worker)
    if (octets !== undefined && octets <= UPLOAD_OCTETS_MAX) {
      one.state = 'checking'
      worker.postMessage({ kind: 'check' } satisfies ToTransfer)
      return ok(undefined)
    }
    if (this.#current === one) this.#forget()
    if (octets === undefined) return err({ type: 'UploadEmpty' })
    return err({ type: 'UploadTooLarge', mebibytesMax: UPLOAD_OCTETS_MAX / 1024 / 1024 })
  }

  show(input: unknown, by: Actor): Result<ShownTransfer | null, Fault> {
    const parsed = showInput.safeParse(input)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const mine = this.#mineOf(by)
    return ok(mine ? shownOf(mine, (fault) => this.#deps.sentenceOf(parsed.data.lang, fault)) : null)
  }

  /** Loads what was checked and found in order. */
  load(by: Actor): Result<undefined, Fault> {
    const mine = this.#mineOf(by)
    if (mine?.state !== 'checked' || !mine.worker) return err({ type: 'TransferGone' })
    mine.state = 'loading'
    mine.rows = 0
    mine.worker.postMessage({ kind: 'load' } satisfies ToTransfer)
    return ok(undefined)
  }

  drop(by: Actor): Result<undefined, Fault> {
    const mine = this.#mineOf(by)
    if (mine && mine.state !== 'loading') this.#forget()
    return ok(undefined)
  }

  stop(): void {
    this.#stopLooking()
    this.#forget()
  }

  #start(source: TransferSource, contentType: string, by: Actor): { readonly one: Current; readonly worker: Worker } {
    const { folder, clock, log } = this.#deps
    const url = new URL(`./transfer-thread${extname(import.meta.url)}`, import.meta.url)
    const { siteFile, sessionsFile } = folder
    const workerData: TransferOrder = { folder: { siteFile, sessionsFile }, source, contentType }
    const worker = new Worker(url, { name: 'transfer', workerData })
    const touchedMs = clock.monotonicMs()
    const one: Current = { by, source, worker, state: 'receiving', rows: 0, written: 0, outcome: undefined, touchedMs }
    worker.unref()
    worker.on('message', (news: FromTransfer) => this.#hear(one, worker, news))
    worker.on('error', (error) => {
      log.error('an import failed', { error })
      one.state = 'failed'
      one.worker = undefined
    })
    return { one, worker }
  }

  #hear(one: Current, worker: Worker, news: FromTransfer): void {
    const { clock, command } = this.#deps
    one.touchedMs = clock.monotonicMs()
    if (news.kind === 'progress') [one.rows, one.written] = [news.rows, news.written]
    else if (news.kind === 'command')
      void command(news.name, news.input, one.by).then((result) =>
        worker.postMessage({ kind: 'answer', result } satisfies ToTransfer),
      )
    else {
      one.outcome = news.outcome
      one.state = news.kind
      if (news.kind === 'checked' && news.outcome.fault === undefined) return
      // There is nothing left to do with it.
      one.worker = undefined
      void worker.terminate()
    }
  }

  #forget(): void {
    void this.#current?.worker?.terminate()
    this.#current = undefined
  }

  #mineOf(by: Actor): Current | undefined {
    const current = this.#current
    return current?.by.kind === by.kind && current.by.id === by.id ? current : undefined
  }

  #isBusyFor(by: Actor): boolean {
    const current = this.#current
    if (!current || this.#isAbandoned(current)) return false
    return !this.#mineOf(by) || current.state === 'loading'
  }

  #isAbandoned({ state, touchedMs }: Current): boolean {
    return state !== 'loading' && this.#deps.clock.monotonicMs() - touchedMs >= ABANDONED_AFTER_MS
  }
}

/** How many octets came; undefined when the browser went away. */
const passOn = async (body: AsyncIterable<Uint8Array>, worker: Worker): Promise<number | undefined> => {
  let octets = 0
  try {
    for await (const piece of body) {
      octets += piece.length
      // What is too large is taken to its end and dropped: a browser reads no answer before it has sent all.
      if (octets <= UPLOAD_OCTETS_MAX) worker.postMessage({ kind: 'piece', octets: piece } satisfies ToTransfer)
    }
    return octets
  } catch {
    return undefined
  }
}

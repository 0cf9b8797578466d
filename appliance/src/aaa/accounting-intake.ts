/**
 * Accounting on its way to the disk: a front gathers what one turn of its loop brought, hands it to the writer as one
 * block, and answers when the writer says that the block is durable. Until then the NAS waits, and repeats if it must.
 */
import { codes, type RadiusRequest } from '@lango/drivers/radius'
import type { RouterFacts } from './clients.ts'
import { AccountingReader } from './accounting-record.ts'
import { BATCH_FLAG_SWAPPED, BATCH_HEADER_OCTETS, type AccountingBatch, type FromWriter } from './messages.ts'
import type { SharedState } from './shared-state.ts'

type Request = RadiusRequest<RouterFacts>

/** A block is handed over at this size, or at the end of the turn. */
const BLOCK_OCTETS = 256 * 1024
const NO_ATTRIBUTES = Buffer.alloc(0)

export class AccountingIntake {
  readonly #send: (batch: AccountingBatch, transfer: ArrayBuffer) => void
  readonly #state: SharedState
  readonly #now: () => number
  readonly #reader = new AccountingReader()
  readonly #block = Buffer.alloc(BLOCK_OCTETS)
  readonly #waiting = new Map<number, Request[]>()
  #requests: Request[] = []
  #length = 0
  #batch = 0
  #isScheduled = false

  constructor(deps: {
    readonly send: (batch: AccountingBatch, transfer: ArrayBuffer) => void
    readonly state: SharedState
    readonly now: () => number
  }) {
    this.#send = deps.send
    this.#state = deps.state
    this.#now = deps.now
  }

  /** Takes a checked Accounting-Request; one that says too little to be stored is never answered (RFC 2866 §4.1). */
  add(request: Request): void {
    this.#state.count('accountingRequests')
    const { bytes } = request.packet
    this.#reader.read(bytes, 0, bytes.length)
    if (!this.#reader.complete) {
      this.#state.count('dropped')
      request.ignore()
      return
    }
    if (this.#length + BATCH_HEADER_OCTETS + bytes.length > BLOCK_OCTETS) this.flush()
    const at = this.#length
    const { data } = request.client
    this.#block.writeUInt16LE(bytes.length, at)
    this.#block.writeUInt16LE(data.swapsOctets ? BATCH_FLAG_SWAPPED : 0, at + 2)
    this.#block.writeUInt32LE(data.no, at + 4)
    this.#block.writeDoubleLE(this.#now(), at + 8)
    this.#block.set(bytes, at + BATCH_HEADER_OCTETS)
    this.#length = at + BATCH_HEADER_OCTETS + bytes.length
    this.#requests.push(request)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    this.#isScheduled = false
    if (this.#requests.length === 0) return
    const octets = new Uint8Array(this.#length)
    octets.set(this.#block.subarray(0, this.#length))
    this.#batch += 1
    this.#waiting.set(this.#batch, this.#requests)
    this.#requests = []
    this.#length = 0
    this.#send({ kind: 'accounting', batch: this.#batch, octets }, octets.buffer)
  }

  /** The writer's word on a block: answer all of it, or none. */
  settle({ batch, stored }: FromWriter): void {
    const requests = this.#waiting.get(batch)
    this.#waiting.delete(batch)
    if (!requests) return
    if (!stored) {
      for (const request of requests) request.ignore()
      return
    }
    for (const request of requests) request.answer(codes.accountingResponse, NO_ATTRIBUTES)
    this.#state.count('accountingAnswers', requests.length)
  }
}

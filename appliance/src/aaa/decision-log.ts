/**
 * Decisions, packed. Every answer to a login is kept with its reason, at 60,000 a second: a row for each would cost
 * more than the login. A front packs them into a chunk, the writer stores a chunk as one row, and a question is
 * answered by reading chunks newest first.
 *
 * A record: length u16 (of all of it), at f64 (epoch ms), outcome u8, reason u8, method u8, routerNo u32, grantNo
 * u32, latency µs u32, then login and device as length-prefixed octets, then detail the same way.
 */
import type { Outcome, Reason } from './reasons.ts'
import { outcomes, reasons } from './reasons.ts'
import type { Method } from './methods.ts'
import { methods } from './methods.ts'

export type Decision = {
  readonly at: number
  readonly outcome: Outcome
  readonly reason: Reason
  readonly method: Method
  readonly routerNo: number
  readonly grantNo: number
  readonly latencyMicros: number
  readonly login: string
  readonly device: string
  readonly detail: string
}

const FIXED = 2 + 8 + 1 + 1 + 1 + 4 + 4 + 4
const TEXT_OCTETS_MAX = 255
const RECORD_OCTETS_MAX = FIXED + 3 * (TEXT_OCTETS_MAX + 1)
/** A chunk is handed over when it is this full, or when the flush timer says so. */
export const CHUNK_OCTETS = 64 * 1024

export type Chunk = {
  readonly fromAt: number
  readonly toAt: number
  readonly decisions: number
  readonly rejects: number
  readonly body: Uint8Array<ArrayBuffer>
}

/** Packs decisions into a chunk buffer that is used again and again. */
export class DecisionPacker {
  readonly #buffer = Buffer.alloc(CHUNK_OCTETS)
  #length = 0
  #decisions = 0
  #rejects = 0
  #fromAt = 0
  #toAt = 0

  /** True when the chunk should be taken before another decision is added. */
  get full(): boolean {
    return this.#length + RECORD_OCTETS_MAX > CHUNK_OCTETS
  }

  get size(): number {
    return this.#decisions
  }

  add(decision: Decision): void {
    const buffer = this.#buffer
    const start = this.#length
    buffer.writeDoubleLE(decision.at, start + 2)
    buffer[start + 10] = outcomes.indexOf(decision.outcome)
    buffer[start + 11] = reasonCode.get(decision.reason) ?? 0
    buffer[start + 12] = methodCode.get(decision.method) ?? 0
    buffer.writeUInt32LE(decision.routerNo, start + 13)
    buffer.writeUInt32LE(decision.grantNo, start + 17)
    buffer.writeUInt32LE(Math.min(decision.latencyMicros, 0xffff_ffff), start + 21)
    let end = this.#text(start + FIXED, decision.login)
    end = this.#text(end, decision.device)
    end = this.#text(end, decision.detail)
    buffer.writeUInt16LE(end - start, start)
    this.#length = end
    if (this.#decisions === 0) this.#fromAt = decision.at
    this.#toAt = decision.at
    this.#decisions += 1
    if (decision.outcome === 'reject') this.#rejects += 1
  }

  /** The chunk so far as a copy of its own, and an empty packer again. */
  take(): Chunk {
    const chunk = {
      fromAt: this.#fromAt,
      toAt: this.#toAt,
      decisions: this.#decisions,
      rejects: this.#rejects,
      body: new Uint8Array(this.#buffer.subarray(0, this.#length)),
    }
    this.#length = 0
    this.#decisions = 0
    this.#rejects = 0
    return chunk
  }

  #text(at: number, text: string): number {
    // Three octets are the most a UTF-16 unit becomes, so a short text always fits and needs no measuring.
    const room = at + 1
    const written =
      text.length === 0 ? 0 : this.#buffer.write(text, room, Math.min(TEXT_OCTETS_MAX, CHUNK_OCTETS - room), 'utf8')
    this.#buffer[at] = written
    return room + written
  }
}

const reasonCode = new Map(reasons.map((reason, code) => [reason, code]))
const methodCode = new Map(methods.map((method, code) => [method, code]))

/** Where the next record begins; the chunk's length after the last one. */
const recordEnd = (body: Buffer, at: number): number => at + body.readUInt16LE(at)

const readDecision = (body: Buffer, at: number): Decision => {
  const login = at + FIXED
  const device = login + 1 + body[login]!
  const detail = device + 1 + body[device]!
  const text = (from: number): string => body.toString('utf8', from + 1, from + 1 + body[from]!)
  return {
    at: body.readDoubleLE(at + 2),
    outcome: outcomes[body[at + 10]!]!,
    reason: reasons[body[at + 11]!]!,
    method: methods[body[at + 12]!]!,
    routerNo: body.readUInt32LE(at + 13),
    grantNo: body.readUInt32LE(at + 17),
    latencyMicros: body.readUInt32LE(at + 21),
    login: text(login),
    device: text(device),
    detail: text(detail),
  }
}

/** The decisions of one chunk, oldest first; with a login, only that login's. */
export const readChunk = (octets: Uint8Array, login?: string): Decision[] => {
  const body = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  const wanted = login === undefined ? undefined : Buffer.from(login, 'utf8').subarray(0, TEXT_OCTETS_MAX)
  const found: Decision[] = []
  for (let at = 0; at < body.length; at = recordEnd(body, at)) {
    const from = at + FIXED + 1
    if (
      wanted &&
      (body[at + FIXED] !== wanted.length || body.compare(wanted, 0, wanted.length, from, from + wanted.length) !== 0)
    )
      continue
    found.push(readDecision(body, at))
  }
  return found
}

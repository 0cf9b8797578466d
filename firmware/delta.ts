/**
 * A release made of the one that runs and what differs: librsync's delta format (librsync, `doc/formats.md`), as
 * `rdiff` writes it, big endian. What comes out is the very bundle that was signed, or is thrown away.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'

const MAGIC = 0x72730236
const END = 0
const LITERAL_SHORT_MAX = 0x40
const LITERAL_FIRST = 0x41
const COPY_FIRST = 0x45
const COPY_LAST = 0x54
/** Of the four widths a number may have. */
const widths = [1, 2, 4, 8] as const
const PIECE_BYTES = 1024 * 1024

export type DeltaFiles = {
  /** What runs: a slot's partition, or a file. It may be longer than what was compared. */
  readonly basis: string
  readonly delta: string
  readonly target: string
  /** No more is written than this. */
  readonly sizeBytesMax: number
}

/** Writes `target` and returns its SHA-256, in hex. Throws where the delta is none, or does not fit the basis. */
export function applyDelta({ basis, delta, target, sizeBytesMax }: DeltaFiles): string {
  const files: number[] = []
  const opened = (path: string, flags: 'r' | 'w'): number => {
    const file = openSync(path, flags, 0o600)
    files.push(file)
    return file
  }
  try {
    const from = opened(basis, 'r')
    const words = new Words(opened(delta, 'r'))
    const to = opened(target, 'w')
    const hash = createHash('sha256')
    let written = 0
    const write = (piece: Buffer): void => {
      written += piece.length
      if (written > sizeBytesMax) throw new Error('the delta makes more than was signed')
      for (let at = 0; at < piece.length;) at += writeSync(to, piece, at)
      hash.update(piece)
    }
    if (words.number(4) !== MAGIC) throw new Error('the file is no delta')
    for (let step = nextStep(words); step !== undefined; step = nextStep(words)) {
      if (step.copyFrom === undefined) words.each(step.bytes, write)
      else eachPiece(from, step.copyFrom, step.bytes, write)
    }
    fsyncSync(to)
    return hash.digest('hex')
  } finally {
    for (const file of files) closeSync(file)
  }
}

type Step = { readonly bytes: number; readonly copyFrom: number | undefined }

/** Undefined at the end. */
function nextStep(words: Words): Step | undefined {
  const code = words.number(1)
  if (code === END) return undefined
  if (code <= LITERAL_SHORT_MAX) return { bytes: code, copyFrom: undefined }
  if (code < COPY_FIRST) return { bytes: words.number(widths[code - LITERAL_FIRST]!), copyFrom: undefined }
  if (code > COPY_LAST) throw new Error(`the delta has a word ${code} that no version of its format knows`)
  const copyFrom = words.number(widths[(code - COPY_FIRST) >> 2]!)
  return { copyFrom, bytes: words.number(widths[(code - COPY_FIRST) & 3]!) }
}

/** A file from its beginning, in numbers and stretches. */
class Words {
  readonly #file: number
  #at = 0

  constructor(file: number) {
    this.#file = file
  }

  number(width: (typeof widths)[number]): number {
    const octets = Buffer.alloc(8)
    readAll(this.#file, octets.subarray(8 - width), this.#at)
    this.#at += width
    const value = octets.readBigUInt64BE()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('the delta has a number that no file is as long as')
    return Number(value)
  }

  each(bytes: number, use: (piece: Buffer) => void): void {
    eachPiece(this.#file, this.#at, bytes, use)
    this.#at += bytes
  }
}

function eachPiece(file: number, from: number, bytes: number, use: (piece: Buffer) => void): void {
  for (let done = 0; done < bytes; done += PIECE_BYTES) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes - done))
    readAll(file, piece, from + done)
    use(piece)
  }
}

function readAll(file: number, into: Buffer, position: number): void {
  for (let at = 0; at < into.length;) {
    const read = readSync(file, into, at, into.length - at, position + at)
    if (read === 0) throw new Error('the delta, or what it is laid over, ends too soon')
    at += read
  }
}

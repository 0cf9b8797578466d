/**
 * One file of named parts: a plain tar (POSIX.1-1988 ustar), so that it can be taken apart by hand, whose last member
 * is the SHA-256 of everything before it. The reader takes exactly what the writer writes: not one octet of a backup,
 * padding and headers included, can change unseen.
 */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { err, ok, type Result } from '@lango/kernel'

export type ArchiveFault =
  | { readonly type: 'FileUnreadable'; readonly file: string; readonly cause: string }
  /** No Lango backup, or no longer whole. */
  | { readonly type: 'BackupDamaged'; readonly file: string; readonly cause: string }

const BLOCK = 512
const DIGEST_NAME = 'SHA256'
const DIGEST_OCTETS = 64
/** Eleven octal digits are all that a ustar header has for a size. */
const PART_OCTETS_MAX = 8 * 1024 ** 3 - 1
const PARTS_MAX = 64
const READ_OCTETS = 1024 * 1024

/** The same for the same name and size, always: the reader compares it octet by octet. */
const header = (name: string, size: number): Buffer => {
  if (Buffer.byteLength(name) >= 100) throw new RangeError(`${name} is too long for a tar header`)
  if (size > PART_OCTETS_MAX) throw new RangeError(`${name} has ${size} octets, over ${PART_OCTETS_MAX}`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  block.write(name, 0, 'utf8')
  octal(0o600, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('0', 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  // The sum is taken with its own field as spaces.
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, octet) => total + octet, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

/** Writes an archive to a new file. What goes wrong is thrown: the caller removes the file. */
export class ArchiveWriter {
  readonly #file: string
  readonly #handle: number
  #length = 0
  #isOpen = true

  constructor(file: string) {
    this.#file = file
    this.#handle = openSync(file, 'wx', 0o600)
  }

  /** Adds a part as its octets come; its size is filled into the header afterwards. */
  async add(name: string, octets: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const at = this.#length
    this.#length += BLOCK
    for await (const piece of octets) this.#append(piece)
    const size = this.#length - at - BLOCK
    this.#append(Buffer.alloc(padded(size) - size))
    this.#writeAt(header(name, size), at)
  }

  /** Seals the archive and returns when it is on disk. */
  async end(): Promise<{ readonly bytes: number }> {
    const digest = await digestOf(this.#file, this.#length)
    await this.add(DIGEST_NAME, [Buffer.from(digest, 'latin1')])
    this.#append(Buffer.alloc(2 * BLOCK))
    fsyncSync(this.#handle)
    this.close()
    return { bytes: this.#length }
  }

  /** Harmless when it is closed already. */
  close(): void {
    if (this.#isOpen) closeSync(this.#handle)
    this.#isOpen = false
  }

  #append(octets: Uint8Array): void {
    this.#writeAt(octets, this.#length)
    this.#length += octets.length
  }

  #writeAt(octets: Uint8Array, at: number): void {
    for (let done = 0; done < octets.length;)
      done += writeSync(this.#handle, octets, done, octets.length - done, at + done)
  }
}

/** Hex SHA-256 of a file's first octets. */
const digestOf = async (file: string, length: number): Promise<string> => {
  const hash = createHash('sha256')
  if (length > 0)
    for await (const piece of createReadStream(file, { end: length - 1, highWaterMark: READ_OCTETS }))
      hash.update(piece as Buffer)
  return hash.digest('hex')
}

type Part = { readonly at: number; readonly size: number }

export type Archive = {
  readonly names: readonly string[]
  /** The octets of a part; throws when there is none of this name. */
  read(name: string): AsyncIterable<Uint8Array>
}

/** Opens an archive after checking all of it. */
export const openArchive = async (file: string): Promise<Result<Archive, ArchiveFault>> => {
  const damaged = (cause: string) => err({ type: 'BackupDamaged', file, cause } satisfies ArchiveFault)
  try {
    const parts = readParts(file)
    if (typeof parts === 'string') return damaged(parts)
    const sum = parts.get(DIGEST_NAME)
    if (sum === undefined || sum.size !== DIGEST_OCTETS) return damaged('its end is missing')
    const stored = await octetsOf(file, sum)
    if (stored.toString('latin1') !== (await digestOf(file, sum.at - BLOCK)))
      return damaged('its contents have changed since it was written')
    parts.delete(DIGEST_NAME)
    return ok({
      names: [...parts.keys()],
      read(name) {
        const part = parts.get(name)
        if (part === undefined) throw new RangeError(`${name} is no part of ${file}`)
        return stream(file, part)
      },
    })
  } catch (error) {
    return err({ type: 'FileUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

const stream = (file: string, { at, size }: Part): AsyncIterable<Uint8Array> =>
  size === 0
    ? (async function* () {})()
    : createReadStream(file, { start: at, end: at + size - 1, highWaterMark: READ_OCTETS })

const octetsOf = async (file: string, part: Part): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of stream(file, part)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The parts by name, the digest last; or what is wrong with the file. */
const readParts = (file: string): Map<string, Part> | string => {
  const handle = openSync(file, 'r')
  try {
    const { size: length } = fstatSync(handle)
    const parts = new Map<string, Part>()
    let at = 0
    while (!parts.has(DIGEST_NAME)) {
      if (parts.size === PARTS_MAX) return 'it has too many parts'
      const part = readPart(handle, at, length)
      if (typeof part === 'string') return part
      if (parts.has(part.name)) return `it has ${part.name} twice`
      parts.set(part.name, { at: at + BLOCK, size: part.size })
      at += BLOCK + padded(part.size)
    }
    if (length !== at + 2 * BLOCK) return 'its length is not what it should be'
    return isZero(readAt(handle, at, 2 * BLOCK)) ? parts : 'its end has changed'
  } finally {
    closeSync(handle)
  }
}

const readPart = (
  handle: number,
  at: number,
  length: number,
): { readonly name: string; readonly size: number } | string => {
  if (at + BLOCK > length) return at === 0 ? 'it is no Lango backup' : 'its end is missing'
  const block = readAt(handle, at, BLOCK)
  const name = block.toString('utf8', 0, block.indexOf(0))
  const octal = block.toString('latin1', 124, 135)
  const size = /^[0-7]{11}$/.test(octal) ? Number.parseInt(octal, 8) : -1
  const isOurs = size >= 0 && name !== '' && Buffer.byteLength(name) < 100 && header(name, size).equals(block)
  if (!isOurs) return at === 0 ? 'it is no Lango backup' : 'a header has changed'
  const end = at + BLOCK + padded(size)
  if (end > length) return 'its end is missing'
  const padding = readAt(handle, at + BLOCK + size, padded(size) - size)
  return isZero(padding) ? { name, size } : `the padding of ${name} has changed`
}

const readAt = (handle: number, at: number, size: number): Buffer => {
  const block = Buffer.alloc(size)
  let done = 0
  while (done < size) {
    const read = readSync(handle, block, done, size - done, at + done)
    if (read === 0) break
    done += read
  }
  return block.subarray(0, done)
}

const isZero = (octets: Buffer): boolean => octets.every((octet) => octet === 0)

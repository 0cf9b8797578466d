/** Files put together as one, as they are: what every desktop opens by a double click (PKWARE APPNOTE 6.3, method 0). Pure. */
import { crc32 } from 'node:zlib'

export type ZipEntry = { readonly name: string; readonly content: string }

const VERSION = 20
/** Names are UTF-8. */
const UTF8 = 0x0800
/** 1 January 1980: the format's first day. When the files were made stands in them. */
const FIRST_DAY = 0x0021

type Part = { readonly name: Buffer; readonly body: Buffer; readonly at: number }

/** What local and central records have in common. */
const common = ({ name, body }: Omit<Part, 'at'>): Buffer => {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(UTF8, 2)
  fields.writeUInt16LE(FIRST_DAY, 8)
  fields.writeUInt32LE(crc32(body), 10)
  fields.writeUInt32LE(body.length, 14)
  fields.writeUInt32LE(body.length, 18)
  fields.writeUInt16LE(name.length, 22)
  return fields
}

const central = (part: Part): Buffer => {
  const tail = Buffer.alloc(14)
  tail.writeUInt32LE(part.at, 10)
  const head = Buffer.from([0x50, 0x4b, 1, 2, VERSION, 0])
  return Buffer.concat([head, common(part), tail, part.name])
}

const end = (count: number, size: number, at: number): Buffer => {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x0605_4b50, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(size, 12)
  record.writeUInt32LE(at, 16)
  return record
}

export const zip = (entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> => {
  const pieces: Buffer[] = []
  const parts: Part[] = []
  let at = 0
  for (const { name: text, content } of entries) {
    const part = { name: Buffer.from(text), body: Buffer.from(content), at }
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common(part), part.name])
    pieces.push(local, part.body)
    parts.push(part)
    at += local.length + part.body.length
  }
  const directory = Buffer.concat(parts.map(central))
  return new Uint8Array(Buffer.concat([...pieces, directory, end(parts.length, directory.length, at)]))
}

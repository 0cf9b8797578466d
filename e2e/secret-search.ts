/** Looks for secrets in everything that a box has written or said, in every spelling that something may have given them. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

/** Where octets came from: `answer GET /staff`, `file site.db-wal`, `output`. */
export type Writing = { readonly where: string; readonly octets: Buffer }
export type KnownSecret = {
  readonly name: string
  readonly value: string | Buffer
  /** The only places where it may stand. */
  readonly allowed?: readonly RegExp[]
}

const WINDOW_MIN = 8
const TAR_BLOCK = 512

/** Base64 of the octets wherever they begin in a longer text: three ways, without the characters that others share. */
function base64s(octets: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + octets.length) * 8) / 6))
  })
}

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')

/** How a secret may be spelt. */
export function spellings(value: string | Buffer): Buffer[] {
  const octets = Buffer.from(value as string)
  const texts = base64s(octets).flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  const hex = octets.toString('hex')
  texts.push(hex, hex.toUpperCase(), hex.match(/../g)!.join(':'), hex.match(/../g)!.join(' '))
  if (typeof value === 'string') {
    texts.push(encodeURIComponent(value), encodeURIComponent(value).toLowerCase())
    texts.push(new URLSearchParams({ v: value }).toString().slice(2), JSON.stringify(value).slice(1, -1), html(value))
    // In a cell of CSV, and in a RouterOS script, which may stand in a page.
    const script = value.replaceAll(/["\\$]/g, (mark) => `\\${mark}`)
    texts.push(value.replaceAll('"', '""'), script, html(script))
    texts.push(value.toLowerCase(), value.toUpperCase(), value.split('').toReversed().join(''))
  }
  const found = [octets, ...texts.map((text) => Buffer.from(text))]
  if (typeof value === 'string') found.push(Buffer.from(value, 'utf16le'), Buffer.from(value, 'utf16le').swap16())
  return [...new Map(found.map((each) => [each.toString('latin1'), each])).values()].filter(
    ({ length }) => length >= WINDOW_MIN,
  )
}

/** Every place where a secret stands that may not: one line each. */
export function leaks(secrets: readonly KnownSecret[], writings: readonly Writing[]): string[] {
  const found = new Set<string>()
  for (const { name, value, allowed = [] } of secrets) {
    const ways = spellings(value)
    for (const { where, octets } of writings) {
      if (allowed.some((pattern) => pattern.test(where))) continue
      for (const way of ways) {
        const at = octets.indexOf(way)
        if (at < 0) continue
        const around = octets.subarray(Math.max(0, at - 60), at + way.length + 20).toString('latin1')
        found.add(`${name} in ${where}: ${JSON.stringify(around)}`)
        break
      }
    }
  }
  return [...found]
}

/** Secrets that are to be told somewhere and were not: then nothing is shown by their being nowhere else. */
export const untold = (secrets: readonly KnownSecret[], writings: readonly Writing[]): string[] =>
  secrets
    .filter(({ value, allowed = [] }) => {
      const ways = spellings(value)
      const places = writings.filter(({ where }) => allowed.some((pattern) => pattern.test(where)))
      return allowed.length > 0 && !places.some(({ octets }) => ways.some((way) => octets.includes(way)))
    })
    .map(({ name }) => name)

/** Every file of a folder. */
export const filesIn = (folder: string): Writing[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: `file ${path.slice(folder.length + 1)}`, octets: readFileSync(path) }))

/** The members of a backup, as they lie there and unpacked. */
export function partsOf(archive: string): Writing[] {
  const octets = readFileSync(archive)
  const parts: Writing[] = []
  for (let at = 0; at + TAR_BLOCK <= octets.length && octets[at] !== 0;) {
    const name = octets.toString('latin1', at, octets.indexOf(0, at))
    const size = Number.parseInt(octets.toString('latin1', at + 124, at + 135), 8)
    const body = octets.subarray(at + TAR_BLOCK, at + TAR_BLOCK + size)
    parts.push({ where: `backup ${name}`, octets: name.endsWith('.zst') ? zstdDecompressSync(body) : body })
    at += TAR_BLOCK + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  return parts
}

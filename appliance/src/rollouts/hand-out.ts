/** Files that routers fetch from the portal: each by an address that is good for one download. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Random } from '@lango/kernel'

const PATH = '/router-packages/'
const TOKEN_OCTETS = 24
/** More are never under way at once. */
const OFFERS_MAX = 64

export const packageFolder = (dir: string): string => join(dir, 'router-packages')

type Offer = { readonly token: Buffer; readonly name: string }

export class PackageHandOut {
  readonly #dir: string
  readonly #random: Pick<Random, 'bytes'>
  readonly #offers = new Set<Offer>()
  /** By name: what was found at which size and time of change. */
  readonly #hashed = new Map<string, { readonly of: string; readonly sha256: string }>()

  constructor(dir: string, random: Pick<Random, 'bytes'>) {
    this.#dir = packageFolder(dir)
    this.#random = random
  }

  /** Whether the file is what was put on record. Read in pieces: a router's package is some 15 MB. */
  async isUnaltered(name: string, sha256: string): Promise<boolean> {
    const file = join(this.#dir, name)
    const found = statSync(file, { throwIfNoEntry: false })
    if (!found) return false
    const of = `${found.size} ${found.mtimeMs}`
    let known = this.#hashed.get(name)
    if (known?.of !== of) {
      const hash = createHash('sha256')
      await pipeline(createReadStream(file), hash)
      known = { of, sha256: hash.digest('hex') }
      this.#hashed.set(name, known)
    }
    return known.sha256 === sha256
  }

  /** The path of an address, and what ends it. */
  offer(name: string): { readonly path: string; withdraw(): void } {
    const offer = { token: this.#random.bytes(TOKEN_OCTETS), name }
    this.#offers.add(offer)
    for (const oldest of this.#offers) if (this.#offers.size > OFFERS_MAX) this.#offers.delete(oldest)
    return {
      path: `${PATH}${offer.token.toString('base64url')}/${name}`,
      withdraw: () => void this.#offers.delete(offer),
    }
  }

  /** Undefined where the path is none of these. */
  answer(path: string): Response | undefined {
    if (!path.startsWith(PATH)) return undefined
    const [text = '', name = ''] = path.slice(PATH.length).split('/')
    const token = Buffer.from(text, 'base64url')
    const offer = [...this.#offers].find(
      (one) => one.name === name && one.token.length === token.length && timingSafeEqual(one.token, token),
    )
    const file = offer && join(this.#dir, offer.name)
    const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })
    if (!offer || file === undefined || !found) return new Response(null, { status: 404 })
    this.#offers.delete(offer)
    return new Response(Readable.toWeb(createReadStream(file)) as ReadableStream, {
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(found.size) },
    })
  }
}

/** The files of a simulated router: flat names with folders in them, the folders rows of their own. */
import { get } from 'node:http'
import type { Command, Outcome, SimulatedRow } from './router.ts'

const HELD = { message: 'no such item', category: 0 }
/** What is printed of a file with it; longer ones are told by their size alone. */
const CONTENTS_OCTETS_MAX = 4096

export class SimulatedFiles {
  readonly #files = new Map<string, string | undefined>()

  /** A folder where there are no contents. */
  put(name: string, contents: string | undefined): void {
    const parent = name.lastIndexOf('/')
    if (parent > 0 && !this.#files.has(name.slice(0, parent))) this.put(name.slice(0, parent), undefined)
    this.#files.set(name, contents)
  }

  has(name: string): boolean {
    return this.#files.has(name)
  }

  keys(): readonly string[] {
    return [...this.#files.keys()]
  }

  contents(name: string): string | undefined {
    return this.#files.get(name)
  }

  /** With all that is in it. */
  remove(name: string): void {
    for (const key of this.keys()) if (key === name || key.startsWith(`${name}/`)) this.#files.delete(key)
  }

  rows(): readonly SimulatedRow[] {
    return [...this.#files].map(([name, contents], at) => {
      const row = { '.id': idOf(at), name }
      if (contents === undefined) return { ...row, type: 'directory' }
      const size = Buffer.byteLength(contents)
      const shown = size < CONTENTS_OCTETS_MAX ? { contents } : {}
      return { ...row, type: `.${name.split('.').at(-1)} file`, size: String(size), ...shown }
    })
  }

  write({ name: verb, values }: Command): Outcome {
    const { '.id': id = '', numbers = id } = values
    const found = this.keys().find((name, at) => name === numbers || idOf(at) === numbers)
    if (found === undefined) return { trap: HELD }
    if (verb === 'remove') this.remove(found)
    else if (verb === 'set' && values['contents'] !== undefined) this.put(found, values['contents'])
    else return { trap: { message: 'no such command', category: 0 } }
    return {}
  }
}

const idOf = (at: number): string => `*F${at.toString(16).toUpperCase()}`

/** As a router does it: no redirects, and what is no 200 is a failure. */
export const fetched = (url: string): Promise<{ readonly contents: string } | { readonly failure: string }> =>
  new Promise((resolve) => {
    const { host } = URL.parse(url) ?? { host: '' }
    if (host === '') return resolve({ failure: 'invalid URL' })
    get(url, { agent: false }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        const { statusCode = 0, statusMessage = '' } = answer
        if (statusCode === 200) resolve({ contents: Buffer.concat(pieces).toString('utf8') })
        else resolve({ failure: `closing connection: <${statusCode} ${statusMessage}> ${host} (4)` })
      })
      answer.on('error', () => resolve({ failure: 'Connection reset' }))
    }).on('error', () => resolve({ failure: 'Connection refused' }))
  })

/** Somebody who uses a box over every way it has, and keeps all that it ever answered. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Box } from './box.ts'
import { filesIn, type Writing } from './secret-search.ts'

const PAGES_MAX = 400

export type Seen = { readonly status: number; readonly text: string; readonly to: string }

export class Witness {
  readonly #box: Box
  readonly #folder: string
  readonly writings: Writing[] = []
  readonly cookies = new Map<string, string>()

  constructor(box: Box, folder: string) {
    this.#box = box
    this.#folder = folder
  }

  note(where: string, octets: Buffer | string): void {
    this.writings.push({ where, octets: Buffer.from(octets as string) })
  }

  /** A command, by its first two words in what is kept; throws when it fails. */
  async cli(...args: string[]): Promise<string> {
    const said = await this.tried(...args)
    if (said.code !== 0) throw new Error(`lango ${args.join(' ')}: ${said.stderr}${said.stdout}`)
    return said.stdout
  }

  async tried(...args: string[]): ReturnType<Box['cli']> {
    const said = await this.#box.cli(...args)
    const what = [...args.slice(0, 2), ...args.filter((word) => word === '--with-secrets')].join(' ')
    this.note(`cli ${what}`, said.stdout + said.stderr)
    return said
  }

  /** The words of a line, and what has blanks in it. */
  async json<T>(line: string, ...more: string[]): Promise<T> {
    return JSON.parse(await this.cli(...line.split(' '), ...more, '--json')) as T
  }

  /** A file that hands a secret over. */
  given(name: string, secret: string): string {
    mkdirSync(join(this.#folder, 'given'), { recursive: true })
    const path = join(this.#folder, 'given', name)
    writeFileSync(path, `${secret}\n`)
    return path
  }

  /** As a browser that keeps cookies and follows nothing. */
  async browse(path: string, fields?: Record<string, string>): Promise<Seen> {
    const url = new URL(path, this.#box.web)
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const form = fields && { method: 'POST', body: new URLSearchParams(fields).toString() }
    const type = fields ? { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin } : {}
    const answer = await fetch(url, { ...form, redirect: 'manual', headers: { cookie, accept: 'text/html', ...type } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.cookies.set(name, value)
    }
    const text = await answer.text()
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
    const deed = fields?.['do'] === undefined ? '' : ` ${fields['do']}`
    this.note(`answer ${fields ? 'POST' : 'GET'} ${url.pathname}${deed}`, `${headers}\n\n${text}`)
    return { status: answer.status, text, to: answer.headers.get('location') ?? '' }
  }

  /** Every page that leads from one to another; how many they are. */
  async walk(): Promise<number> {
    const seen = new Set(['/'])
    for (const path of seen) {
      if (seen.size > PAGES_MAX) throw new Error('pages without end')
      const { text } = await this.browse(path)
      for (const [, link = ''] of text.matchAll(/ (?:href|src|action)="(\/[^"#]*)"/g))
        if (!link.includes('sort=')) seen.add(link.replaceAll('&amp;', '&'))
    }
    return seen.size
  }

  /** As a program. */
  async ask(path: string, token: string, body?: string): Promise<Seen> {
    const post = body === undefined ? {} : { method: 'POST', body }
    const url = new URL(path, this.#box.web)
    const answer = await fetch(url, { ...post, headers: { authorization: `Bearer ${token}` } })
    const text = await answer.text()
    this.note(`program ${url.pathname}`, text)
    return { status: answer.status, text, to: '' }
  }

  /** Every octet of the box's folder, as it lies there now. */
  files(when: string): void {
    for (const { where, octets } of filesIn(this.#box.data)) this.note(`${where} ${when}`, octets)
  }
}

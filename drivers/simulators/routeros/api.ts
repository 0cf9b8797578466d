/** The API of the simulated router: sessions on sockets. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Timers } from '@lango/kernel'
import { pacedWriter, type Pace } from './pace.ts'
import type { Command, Outcome, SimulatedRouter, SimulatedRow, SimulatedUser } from './router.ts'
import { sentenceOctets, sentenceReader } from './wire.ts'

export type ApiHost = {
  readonly router: SimulatedRouter
  readonly users: readonly SimulatedUser[]
  readonly pace: Pace
  readonly timers: Timers
  readonly random: { bytes(count: number): Buffer }
  /** Says whether one more may log in, and counts it. */
  readonly admit: (socket: Socket) => boolean
}

type Asked = { readonly path: string; readonly tag: string | undefined; readonly command: Command }

const askedOf = ([path = '', ...words]: readonly string[]): Asked => {
  const values: Record<string, string> = {}
  const query: string[] = []
  let tag: string | undefined
  for (const word of words) {
    const [, name, value] = /^=([^=]+)=(.*)$/s.exec(word) ?? []
    if (name !== undefined) values[name] = value!
    else if (word.startsWith('.tag=')) tag = word.slice(5)
    else if (word.startsWith('?')) query.push(word.slice(1))
  }
  const at = path.lastIndexOf('/')
  return { path, tag, command: { menu: path.slice(0, at), name: path.slice(at + 1), values, query } }
}

const attributes = (row: SimulatedRow): string[] => Object.entries(row).map(([name, value]) => `=${name}=${value}`)

export class ApiSession {
  readonly #host: ApiHost
  readonly #socket: Socket
  readonly #write: (octets: Buffer) => Promise<void>
  readonly #followed = new Map<string, () => void>()
  #user: SimulatedUser | undefined
  #challenge: Buffer | undefined
  #isDeaf = false

  constructor(host: ApiHost, socket: Socket) {
    this.#host = host
    this.#socket = socket
    this.#write = pacedWriter(host.pace, host.timers, (piece) => void (socket.writable && socket.write(piece)))
    const read = sentenceReader()
    socket.on('data', (chunk: Buffer) => {
      const sentences = read(chunk)
      if (sentences === undefined) socket.destroy()
      else for (const words of sentences) if (!this.#isDeaf) this.#take(askedOf(words))
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#stopFollowing())
  }

  #say(tag: string | undefined, ...words: readonly string[]): Promise<void> {
    return this.#write(sentenceOctets([...words, ...(tag === undefined ? [] : [`.tag=${tag}`])]))
  }

  #trap(tag: string | undefined, category: number, message: string): void {
    void this.#say(tag, '!trap', `=category=${category}`, `=message=${message}`)
  }

  /** Last words, after which the connection is closed. */
  #end(message: string): void {
    void this.#write(sentenceOctets(['!fatal', message])).then(() => this.#socket.end())
  }

  #take(asked: Asked): void {
    const { path, tag, command } = asked
    if (path === '/login') return this.#login(asked)
    if (this.#user === undefined) return this.#end('not logged in')
    if (path === '/cancel') return this.#cancel(tag, command.values['tag'] ?? '')
    if (command.name === 'listen') return this.#follow(tag, command.menu)
    this.#carryOut(this.#user, asked)
  }

  #carryOut(user: SimulatedUser, { tag, command }: Asked): void {
    const { router } = this.#host
    const fault = router.takeFault(command)
    switch (fault) {
      case 'silent':
        this.#isDeaf = true
        return
      case 'stuck':
        this.#followed.set(tag ?? '', () => {})
        return
      case 'cut':
        this.#socket.destroy()
        return
      case 'garbage':
        void this.#write(Buffer.from('f0ffffffffff', 'hex'))
        return
      case 'fatal':
        return this.#end('session terminated on request')
      default:
    }
    const tell = (outcome: Outcome): void => {
      if (fault === 'lost-answer') this.#socket.destroy()
      else this.#answer(tag, command, outcome)
    }
    if (command.menu === '/tool' && command.name === 'fetch') void router.fetch(user, command, fault).then(tell)
    else tell(router.execute(user, command, fault))
  }

  #answer(tag: string | undefined, { name }: Command, { rows, ret, trap }: Outcome): void {
    if (trap !== undefined) this.#trap(tag, trap.category, trap.message)
    for (const row of rows ?? []) void this.#say(tag, '!re', ...attributes(row))
    if (name === 'print' && rows?.length === 0 && this.#host.router.isAtLeast(7, 18)) void this.#say(tag, '!empty')
    void this.#say(tag, '!done', ...(ret === undefined ? [] : [`=ret=${ret}`]))
  }

  #follow(tag: string | undefined, menu: string): void {
    const stop = this.#host.router.watch(menu, (row) => void this.#say(tag, '!re', ...attributes(row)))
    this.#followed.set(tag ?? '', stop)
  }

  #cancel(tag: string | undefined, of: string): void {
    const stop = this.#followed.get(of)
    if (stop === undefined) this.#trap(tag, 0, 'unknown tag')
    else {
      stop()
      this.#followed.delete(of)
      this.#trap(of, 2, 'interrupted')
      void this.#say(of, '!done')
    }
    void this.#say(tag, '!done')
  }

  #stopFollowing(): void {
    for (const stop of this.#followed.values()) stop()
    this.#followed.clear()
  }

  #login({ tag, command: { values } }: Asked): void {
    const { router, users, random, admit } = this.#host
    const { name, password, response } = values
    if (response === undefined && (password === undefined || !router.isAtLeast(6, 43))) {
      this.#challenge = random.bytes(16)
      void this.#say(tag, '!done', `=ret=${this.#challenge.toString('hex')}`)
      return
    }
    const user = users.find((known) => known.name === name)
    const proof = response === undefined ? password! : response
    const expected = user && (response === undefined ? user.password : this.#expected(user))
    if (expected === undefined || !isEqual(proof, expected)) {
      this.#trap(tag, 5, 'invalid user name or password (6)')
      void this.#say(tag, '!done')
    } else if (!admit(this.#socket)) this.#end('too many sessions')
    else {
      this.#user = user
      void this.#say(tag, '!done')
    }
  }

  #expected({ password }: SimulatedUser): string | undefined {
    if (this.#challenge === undefined) return undefined
    const octets = Buffer.concat([Buffer.of(0), Buffer.from(password), this.#challenge])
    this.#challenge = undefined
    return `00${createHash('md5').update(octets).digest('hex')}`
  }
}

const isEqual = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * What Lango promises on the wire, as numbered cases against a whole box, each file with a box of its own.
 *
 * A case is named by its promise and its number, `P5-061`. The promises are P2 (one row per session), P3 (BlastRADIUS),
 * P4 (RadSec) and P5 (the RFCs). A number is given once and never gets another meaning; `suites` below says which file
 * has which, with room for more, and a number outside of its file's range fails. Packets are made and replies judged by
 * `packet.ts` and `proof.ts`, from the RFCs and with node:crypto alone: of the product's codec nothing is used here.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRpc } from '../../appliance/src/rpc/client.ts'
import type { Link } from '../../appliance/src/link.ts'
import { newBox, type Box } from '../box.ts'
import { Nas, type Ask, type Service } from './nas.ts'
import { codes, signature, type Draft, type Part, type Reply } from './packet.ts'

const suites = {
  'p2-sessions': { promise: 'P2', from: 1, to: 60, title: 'one row per session' },
  'p3-blastradius': { promise: 'P3', from: 1, to: 40, title: 'CVE-2024-3596' },
  'p4-radsec': { promise: 'P4', from: 1, to: 60, title: 'packets inside TLS' },
  'p4-tls': { promise: 'P4', from: 61, to: 120, title: 'TLS, certificates and connections' },
  'p5-vectors': { promise: 'P5', from: 1, to: 20, title: 'what the RFCs print' },
  'p5-pap': { promise: 'P5', from: 21, to: 60, title: 'logins by password' },
  'p5-answers': { promise: 'P5', from: 61, to: 100, title: 'answers, routers and repeats' },
  'p5-chap': { promise: 'P5', from: 101, to: 150, title: 'logins by challenge' },
  'p5-eap': { promise: 'P5', from: 151, to: 200, title: 'EAP' },
  'p5-accounting': { promise: 'P5', from: 201, to: 260, title: 'accounting' },
  'p5-malformed': { promise: 'P5', from: 261, to: 320, title: 'malformed packets' },
  'p5-names': { promise: 'P5', from: 321, to: 380, title: 'hostile names' },
} as const

export const SECRET = 'a-secret-of-the-tower'
export const PLAN = 'Wire'
/** All on one of two fronts: a chance of one in 32,768. */
const CROWD = 16
/** What a box writes when its own code has failed, whatever came in. */
const FAILED_INSIDE = /thread \S+ died|handler-failed|failed inside|the box ends/
/** Rows of one import command. */
const IMPORT_ROWS = 200

export type StoredSession = {
  readonly state: 'start' | 'interim' | 'stop'
  readonly inputOctets: number
  readonly outputOctets: number
  readonly sessionTimeSec: number
  readonly userName: string
  readonly terminateCause: string | null
  readonly startedAt: number
  readonly nas: string
  readonly routerNo: number
  readonly device: string
  readonly framedIp: string
}

export type Decision = {
  readonly outcome: string
  readonly reason: string
  readonly login: string
  readonly detail: string
}

/** What people do at a desk, over the command line's socket. */
export class Desk {
  readonly #link: Link

  constructor(link: Link) {
    this.#link = link
  }

  static async at(box: Box): Promise<Desk> {
    const link = await connectRpc(join(box.data, 'control.sock'))
    if (!link.ok || link.value === undefined) throw new Error('the box has no socket')
    return new Desk(link.value)
  }

  async command<T = unknown>(name: string, input: object): Promise<T> {
    return this.#must(name, await this.#link.command(name, input)) as T
  }

  async query<T>(name: string, input: object): Promise<T> {
    return this.#must(name, await this.#link.query(name, input)) as T
  }

  router(name: string, address: string, secret = SECRET, more: object = {}): Promise<unknown> {
    return this.command('routers.add', { name, address, secret, ...more })
  }

  async subscribers(
    rows: readonly { login: string; password?: string; plan?: string; mac?: string; ip?: string }[],
  ): Promise<void> {
    for (let at = 0; at < rows.length; at += IMPORT_ROWS) {
      const some = rows.slice(at, at + IMPORT_ROWS).map((row) => ({ plan: PLAN, ...row }))
      const { refused } = await this.command<{ refused: unknown[] }>('subscribers.import', { rows: some })
      if (refused.length > 0) throw new Error(`not imported: ${JSON.stringify(refused)}`)
    }
  }

  sessions(acctSessionId: string): Promise<StoredSession[]> {
    return this.query('sessions.show', { acctSessionId })
  }

  /** The latest decisions about a login. */
  async decisions(login: string): Promise<Decision[]> {
    return this.#must(
      'decisions.search',
      await this.#link.action('decisions.search', { login, limit: 10 }),
    ) as Decision[]
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #must(name: string, result: Awaited<ReturnType<Link['query']>>): unknown {
    if (!result.ok) throw new Error(`${name}: ${JSON.stringify(result.error)}`)
    return result.value
  }
}

/** A subscriber of the case's own, so that no wrong password of one case counts in another. */
export type Who = { readonly login: string; readonly password: string }

export class Lab {
  readonly box = newBox()
  readonly #nases: Nas[] = []
  readonly #ends: (() => unknown)[] = []
  #crowd: Promise<Nas[]> | undefined
  desk!: Desk
  /** The router `tower` at 127.0.0.1. */
  nas!: Nas

  async start(): Promise<void> {
    await this.box.start()
    this.desk = await Desk.at(this.box)
    await this.desk.router('tower', '127.0.0.1')
    await this.desk.command('plans.add', { name: PLAN, kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 2000 } })
    this.nas = await this.open()
  }

  /** The box again, after kill -9: on the same ports, with nothing but what was on disk. */
  async restart(): Promise<void> {
    await this.desk.close()
    await this.box.kill()
    await this.box.start()
    this.desk = await Desk.at(this.box)
    for (const nas of this.#nases) await nas.known()
  }

  /** Another socket; at 127.0.0.1 it is the same router on another port. */
  async open(address = '127.0.0.1', secret = SECRET): Promise<Nas> {
    return (await this.stranger(address, secret)).known()
  }

  /** A socket at an address that the box may not know. */
  async stranger(address: string, secret = SECRET): Promise<Nas> {
    const nas = await Nas.open(this.box, secret, address)
    this.#nases.push(nas)
    return nas
  }

  /** So many sockets of one router that every front has some: the kernel spreads them by their ports. */
  crowd(address = '127.0.0.1', secret = SECRET): Promise<Nas[]> {
    return Promise.all(Array.from({ length: CROWD }, () => this.open(address, secret)))
  }

  /** Resolves when every front has worked off what was sent to it before. */
  async settled(): Promise<void> {
    for (const nas of await (this.#crowd ??= this.crowd())) await nas.probe('auth')
  }

  /** Every answer that nobody had asked for, on any socket. */
  get strays(): string[] {
    return this.#nases.flatMap((nas) => nas.strays)
  }

  /** Something else that a file of cases has opened. */
  closes(end: () => unknown): void {
    this.#ends.push(end)
  }

  async end(): Promise<void> {
    for (const nas of this.#nases) nas.close()
    for (const end of this.#ends) await end()
    await this.desk?.close()
    await this.box.remove()
  }
}

const answers = {
  accept: codes.accessAccept,
  reject: codes.accessReject,
  challenge: codes.accessChallenge,
  recorded: codes.accountingResponse,
} as const

/** One packet and what must come of it. */
type Packet = {
  readonly send: (who: Who) => readonly Part[] | (Partial<Ask> & { readonly parts: readonly Part[] })
  readonly answer: keyof typeof answers | 'silence'
  /** What else is true of the answer. */
  readonly holds?: (reply: Reply, who: Who) => void
}
/** Several packets, or more than packets. */
type Play = { readonly play: (lab: Lab, who: Who) => Promise<void> }

/** A number that never changes its meaning, and the rule as a sentence. */
export type Case = { readonly no: number; readonly says: string } & (Packet | Play)

const draftOf = (sent: ReturnType<Packet['send']>): Draft & { to?: Service } =>
  'parts' in sent ? { code: codes.accessRequest, ...sent } : { code: codes.accessRequest, parts: [signature, ...sent] }

async function carryOut(one: Case, lab: Lab, who: Who): Promise<void> {
  if ('play' in one) return one.play(lab, who)
  const { to = 'auth', ...draft } = draftOf(one.send(who))
  if (one.answer === 'silence') return lab.nas.silent(lab.nas.packet(draft), to)
  const reply = await lab.nas.ask({ to, ...draft })
  expect(reply.code).toBe(answers[one.answer])
  one.holds?.(reply, who)
}

/** Every case as a test against one box; `prepare` adds what the cases need beside their own subscribers. */
export function wireSuite(
  name: keyof typeof suites,
  cases: readonly Case[],
  prepare: (lab: Lab) => Promise<void> = async () => {},
): void {
  const { promise, from, to, title } = suites[name]
  const lab = new Lab()
  const subscriberOf = ({ no }: Case): Who => ({ login: `case-${no}`, password: `right-${no}` })

  describe(`${promise} on the wire: ${title}`, () => {
    beforeAll(async () => {
      await lab.start()
      await lab.desk.subscribers(cases.map(subscriberOf))
      await prepare(lab)
    })
    afterAll(() => lab.end())

    for (const one of cases) {
      // oxlint-disable-next-line vitest/expect-expect -- what is expected stands in the case
      test(`${promise}-${String(one.no).padStart(3, '0')} ${one.says}`, () => carryOut(one, lab, subscriberOf(one)))
    }

    test('each number is given once and in its range; nothing came unasked, and nothing failed inside', () => {
      expect(new Set(cases.map(({ no }) => no)).size).toBe(cases.length)
      for (const { no } of cases) expect(no).toSatisfy((given: number) => given >= from && given <= to)
      expect(lab.strays).toEqual([])
      const lines = lab.box.output().split('\n')
      expect(lines.filter((line) => FAILED_INSIDE.test(line))).toEqual([])
    })
  })
}

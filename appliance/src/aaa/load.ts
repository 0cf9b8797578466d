/**
 * A load of RADIUS requests on one server: a window of unanswered packets, kept full. Packets are made beforehand, so
 * that little of the processor goes to the asking while the answering is measured.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Random } from '@lango/kernel'
import { codes, encodeNamed, encodeRequest, hidePassword, prepareSecret } from '@lango/drivers/radius'

export type LoadUser = { readonly login: string; readonly password: string; readonly mac: string }

/** By the order in which they are sent: the id of each is its place within its socket. */
export type Packets = readonly Buffer[]

export const SOCKETS = 4
const IDS = 256
const WINDOW = 64
/** One without an answer by then is lost, and its place is given to another. */
const LOST_AFTER_MS = 1000
const LOOK_MS = 100
const RECEIVE_BUFFER = 4 << 20

const idOf = (at: number): number => Math.floor(at / SOCKETS) % IDS

export const loginPackets = (count: number, users: readonly LoadUser[], secret: string, random: Random): Packets => {
  const prepared = prepareSecret(Buffer.from(secret))
  return Array.from({ length: count }, (_, at) => {
    const { login, password, mac } = users[at % users.length]!
    const authenticator = random.bytes(16)
    return encodeRequest({
      code: codes.accessRequest,
      id: idOf(at),
      secret: prepared,
      requestAuthenticator: authenticator,
      attributes: encodeNamed({
        'User-Name': login,
        'Attr-2': hidePassword(Buffer.from(password), authenticator, prepared),
        'NAS-IP-Address': '127.0.0.1',
        'NAS-Port-Type': 'Ethernet',
        'Calling-Station-Id': mac,
      }),
    })
  })
}

const KINDS = ['Start', 'Interim-Update', 'Stop'] as const
/** So many sessions begin before the first of them goes on: more than are ever unanswered. */
const TOGETHER = 256

/** Sessions with a start, an interim and a stop. `run` is of this load alone: a session is never of two. */
export const accountingPackets = (count: number, users: readonly LoadUser[], secret: string, run: string): Packets => {
  const prepared = prepareSecret(Buffer.from(secret))
  return Array.from({ length: count }, (_, at) => {
    const step = Math.floor(at / TOGETHER)
    const session = Math.floor(step / KINDS.length) * TOGETHER + (at % TOGETHER)
    const kind = KINDS[step % KINDS.length]!
    const { login, mac } = users[session % users.length]!
    const octets = kind === 'Start' ? {} : { 'Acct-Input-Octets': at * 10, 'Acct-Output-Octets': at * 100 }
    return encodeRequest({
      code: codes.accountingRequest,
      id: idOf(at),
      secret: prepared,
      attributes: encodeNamed({
        'User-Name': login,
        'Acct-Status-Type': kind,
        'Acct-Session-Id': `${run}-${session}`,
        'NAS-IP-Address': '127.0.0.1',
        'Calling-Station-Id': mac,
        'Acct-Session-Time': step,
        ...octets,
      }),
    })
  })
}

export type LoadResult = {
  readonly perSec: number
  readonly p95Ms: number
  readonly answered: number
  /** Answered with a reject. */
  readonly refused: number
  readonly lost: number
}

/** For so long, or until every packet was sent. */
export const runLoad = async (packets: Packets, port: number, forMs: number): Promise<LoadResult> => {
  const load = new Load(packets, port)
  await load.open()
  try {
    return await load.run(forMs)
  } finally {
    load.close()
  }
}

class Load {
  readonly #packets: Packets
  readonly #port: number
  readonly #sockets: Socket[] = []
  /** When what is unanswered was sent, by its socket and id; 0 for nothing. */
  readonly #sentAt = new Float64Array(SOCKETS * IDS)
  readonly #took: number[] = []
  #next = 0
  #waiting = 0
  #refused = 0
  #lost = 0
  #lastAt = 0
  #isOver = false
  #end = (): void => {}

  constructor(packets: Packets, port: number) {
    this.#packets = packets
    this.#port = port
  }

  async open(): Promise<void> {
    for (let at = 0; at < SOCKETS; at++) {
      const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER })
      socket.on('message', (reply) => this.#heard(at, reply))
      socket.on('error', () => {})
      socket.connect(this.#port, '127.0.0.1')
      await once(socket, 'connect')
      this.#sockets.push(socket)
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  async run(forMs: number): Promise<LoadResult> {
    const beganAt = performance.now()
    const ended = new Promise<void>((resolve) => (this.#end = resolve))
    const over = setTimeout(() => this.#over(), forMs)
    const look = setInterval(() => this.#giveUp(), LOOK_MS)
    this.#fill()
    await ended
    clearTimeout(over)
    clearInterval(look)
    const tookSec = (this.#lastAt - beganAt) / 1000
    const took = this.#took.toSorted((a, b) => a - b)
    return {
      perSec: took.length === 0 ? 0 : took.length / tookSec,
      p95Ms: took[Math.floor(took.length * 0.95)] ?? 0,
      answered: took.length,
      refused: this.#refused,
      lost: this.#lost,
    }
  }

  #over(): void {
    this.#isOver = true
    if (this.#waiting === 0) this.#end()
  }

  #fill(): void {
    while (!this.#isOver && this.#waiting < WINDOW) {
      const packet = this.#packets[this.#next]
      if (packet === undefined) return this.#over()
      const at = this.#next % SOCKETS
      this.#sentAt[at * IDS + packet[1]!] = performance.now()
      this.#sockets[at]!.send(packet)
      this.#next += 1
      this.#waiting += 1
    }
  }

  #heard(at: number, reply: Buffer): void {
    const place = at * IDS + reply[1]!
    const sentAt = this.#sentAt[place]!
    if (sentAt === 0) return
    this.#sentAt[place] = 0
    this.#lastAt = performance.now()
    this.#took.push(this.#lastAt - sentAt)
    if (reply[0] === codes.accessReject) this.#refused += 1
    this.#settled()
  }

  #giveUp(): void {
    const before = performance.now() - LOST_AFTER_MS
    for (const [place, sentAt] of this.#sentAt.entries()) {
      if (sentAt === 0 || sentAt > before) continue
      this.#sentAt[place] = 0
      this.#lost += 1
      this.#settled()
    }
  }

  #settled(): void {
    this.#waiting -= 1
    if (!this.#isOver) this.#fill()
    if (this.#isOver && this.#waiting === 0) this.#end()
  }
}

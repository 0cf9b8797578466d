import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'

/**
 * A closed-loop accounting client of its own, forty lines of RFC 2866 that share
 * nothing with the product's codec: what it counts as answered, a NAS would too.
 */
const accountingRequest = 4
const accountingResponse = 5
const idsPerSocket = 256
const retryMs = 100

const status = { start: 1, interim: 3, stop: 2 } as const
export type State = keyof typeof status
const nextState = { start: 'interim', interim: 'stop' } as const

/** One accounting record of a session; a session's octets grow with each state. */
type AccountingRecord = { sessionId: string; state: State }
type Outstanding = AccountingRecord & { packet: Buffer; sentAt: number }

export const octetsOf = (state: State): number => ({ start: 0, interim: 1_000, stop: 2_000 })[state]

const attribute = (type: number, value: Buffer) => Buffer.concat([Buffer.from([type, value.length + 2]), value])
const uint32 = (value: number) => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** RFC 2866 §4.1: the authenticator is MD5 over the packet with zeros in its place, and the secret. */
function encode(id: number, { sessionId, state }: AccountingRecord, userName: string, secret: string): Buffer {
  const attributes = Buffer.concat([
    attribute(40, uint32(status[state])),
    attribute(44, Buffer.from(sessionId)),
    attribute(1, Buffer.from(userName)),
    attribute(4, Buffer.from([127, 0, 0, 1])),
    attribute(42, uint32(octetsOf(state))),
    attribute(43, uint32(octetsOf(state) * 2)),
    attribute(46, uint32(octetsOf(state) / 100)),
  ])
  const header = Buffer.from([accountingRequest, id, 0, 0])
  header.writeUInt16BE(20 + attributes.length, 2)
  const authenticator = createHash('md5').update(header).update(Buffer.alloc(16)).update(attributes).update(secret)
  return Buffer.concat([header, authenticator.digest(), attributes])
}

function isAnswerTo(reply: Buffer, request: Buffer, secret: string): boolean {
  if (reply.length < 20 || reply[0] !== accountingResponse) return false
  const hash = createHash('md5').update(reply.subarray(0, 4)).update(request.subarray(4, 20)).update(reply.subarray(20))
  return hash.update(secret).digest().equals(reply.subarray(4, 20))
}

export type AccountingLoad = {
  /** The last state of each session that was answered. */
  readonly answered: ReadonlyMap<string, State>
  /** Sends nothing more, not even again: what is unanswered stays so until `speak`. */
  hush(): void
  speak(): void
  /** Resolves when this many more records have been answered. */
  moreAnswers(count: number): Promise<void>
  /** Begins no new session and resolves when everything sent is answered. */
  drain(): Promise<void>
  close(): void
}

export type LoadOptions = {
  port: number
  secret: string
  userName: string
  sockets: number
  prefix: string
  /** Records under way per socket, 256 at most: an Identifier is one octet. */
  window?: number
}

/**
 * Keeps a window of records per socket under way, each session as Start, Interim, Stop; what is
 * not answered is sent again unchanged for ever, as a router would, also over a restart.
 */
export function startAccountingLoad({
  port,
  secret,
  userName,
  sockets,
  prefix,
  window = idsPerSocket,
}: LoadOptions): AccountingLoad {
  const answered = new Map<string, State>()
  const waiting = new Set<{ until: number; resolve: () => void }>()
  const tables: (Outstanding | undefined)[][] = []
  let answers = 0
  let sessions = 0
  let isDraining = false
  let isHushed = false

  const outstanding = () => tables.reduce((sum, table) => sum + table.filter(Boolean).length, 0)
  const settle = () => {
    for (const entry of waiting) {
      const isDue = entry.until === Infinity ? outstanding() === 0 : answers >= entry.until
      if (!isDue) continue
      waiting.delete(entry)
      entry.resolve()
    }
  }
  const wait = (until: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.add({ until, resolve })
    settle()
    return promise
  }
  const following = ({ sessionId, state }: AccountingRecord): AccountingRecord | undefined => {
    if (state !== 'stop') return { sessionId, state: nextState[state] }
    return isDraining
      ? undefined
      : { sessionId: `${prefix}${(sessions++).toString(16).padStart(6, '0')}`, state: 'start' }
  }

  const open = (socket: Socket): void => {
    const table: (Outstanding | undefined)[] = []
    tables.push(table)
    const send = (id: number, record: AccountingRecord | undefined) => {
      table[id] = record && { ...record, packet: encode(id, record, userName, secret), sentAt: performance.now() }
      if (table[id] && !isHushed) socket.send(table[id].packet, port, '127.0.0.1', () => undefined)
    }
    socket.on('message', (reply) => {
      const id = reply[1] ?? 0
      const asked = table[id]
      if (asked === undefined || !isAnswerTo(reply, asked.packet, secret)) return
      answered.set(asked.sessionId, asked.state)
      answers += 1
      send(id, following(asked))
      settle()
    })
    // While the box is down the kernel answers with "port unreachable": a NAS tries again.
    socket.on('error', () => undefined)
    socket.bind(0, '127.0.0.1', () => {
      for (let id = 0; id < window; id++) send(id, following({ sessionId: '', state: 'stop' }))
    })
  }

  const clients = Array.from({ length: sockets }, () => createSocket('udp4'))
  for (const socket of clients) open(socket)
  const sendLateAgain = () => {
    if (isHushed) return
    const now = performance.now()
    for (const [index, table] of tables.entries()) {
      for (const asked of table) {
        if (asked === undefined || now - asked.sentAt < retryMs) continue
        asked.sentAt = now
        clients[index]?.send(asked.packet, port, '127.0.0.1', () => undefined)
      }
    }
  }
  const retry = setInterval(sendLateAgain, retryMs)

  return {
    answered,
    hush: () => {
      isHushed = true
    },
    speak: () => {
      isHushed = false
      sendLateAgain()
    },
    moreAnswers: (count) => wait(answers + count),
    drain: () => {
      isDraining = true
      return wait(Infinity)
    },
    close: () => {
      clearInterval(retry)
      for (const socket of clients) socket.close()
    },
  }
}

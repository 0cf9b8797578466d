/**
 * Guesses of voucher codes as fast as a box refuses them, from many devices behind several routers. Made with
 * node:crypto alone, each packet signed and its code spelt right, so that it goes as deep as a guess can.
 */
import { hash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { codes } from './wire/packet.ts'

const LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const IDS = 256
/** Where the values of a guess lie: Message-Authenticator, User-Name, User-Password, Calling-Station-Id. */
const AUTHENTICATOR_AT = 4
const SIGNATURE_AT = 22
const NAME_AT = 40
const DEVICE_OCTETS = 17
const PASSWORD_OCTETS = 16
/** A guess without an answer is given up, and what should have answered it counts as lost. */
const PATIENCE_MS = 5000
const SWEEP_MS = 500

const md5 = (octets: Uint8Array): Buffer => hash('md5', octets, 'buffer')

/** xorshift32: the guesses can be repeated by the seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** The check letter of docs: a weighted sum of the letters modulo their number. */
export function spelledRight(open: string): string {
  let sum = 0
  let weight = 1
  for (const character of open) {
    const value = LETTERS.indexOf(character)
    if (value >= 0) sum += ++weight * value
  }
  return open + LETTERS[(31 - (sum % 31)) % 31]!
}

export type Guessing = {
  readonly refused: number
  readonly accepted: readonly string[]
  readonly unanswered: number
  /** Resolves when so many guesses in all have had their answer, or never will. */
  reached(guesses: number): Promise<void>
  done(): Promise<void>
  close(): void
}

export type GuessingOptions = {
  readonly port: number
  readonly secret: string
  /** Of routers: each has `socketsEach`. */
  readonly addresses: readonly string[]
  readonly socketsEach: number
  /** Guesses under way from one socket. */
  readonly window: number
  readonly guesses: number
  readonly prefix: string
  readonly length: number
  /** Codes that are good: a guess that hits one is not sent. */
  readonly good: ReadonlySet<string>
  readonly seed: number
}

type Slot = { code: string; sentAt: number }

/** One packet after another in the same octets: what changes is written over, and signed anew. */
function packer(
  secret: string,
  nameOctets: number,
): (id: number, count: number, code: string, device: string) => Buffer {
  const passwordAt = NAME_AT + nameOctets + 2
  const deviceAt = passwordAt + PASSWORD_OCTETS + 2
  const packet = Buffer.alloc(deviceAt + DEVICE_OCTETS)
  packet[0] = codes.accessRequest
  packet.writeUInt16BE(packet.length, 2)
  packet.set([80, 18], SIGNATURE_AT - 2)
  packet.set([1, nameOctets + 2], NAME_AT - 2)
  packet.set([2, PASSWORD_OCTETS + 2], passwordAt - 2)
  packet.set([31, DEVICE_OCTETS + 2], deviceAt - 2)
  const hidden = Buffer.concat([Buffer.from(secret), Buffer.alloc(16)])
  const pad = (octet: number): Buffer =>
    Buffer.alloc(64, octet).map((value, i) => value ^ (Buffer.from(secret)[i] ?? 0)) as Buffer
  const inner = Buffer.concat([pad(0x36), packet])
  const outer = Buffer.concat([pad(0x5c), Buffer.alloc(16)])
  return (id, count, code, device) => {
    packet[1] = id
    packet.writeUInt32BE(count, AUTHENTICATOR_AT)
    packet.fill(0, SIGNATURE_AT, SIGNATURE_AT + 16)
    packet.write(code, NAME_AT, 'latin1')
    packet.write(device, deviceAt, 'latin1')
    packet.copy(hidden, secret.length, AUTHENTICATOR_AT, AUTHENTICATOR_AT + 16)
    const mask = md5(hidden)
    for (let i = 0; i < PASSWORD_OCTETS; i++) packet[passwordAt + i] = mask[i]! ^ (code.charCodeAt(i) || 0)
    packet.copy(inner, 64)
    md5(inner).copy(outer, 64)
    md5(outer).copy(packet, SIGNATURE_AT)
    return Buffer.from(packet)
  }
}

export async function startGuessing(options: GuessingOptions): Promise<Guessing> {
  const { port, secret, addresses, socketsEach, window, guesses, prefix, length, good, seed } = options
  const draw = randomFrom(seed)
  const accepted: string[] = []
  const waiting: { at: number; resolve: () => void }[] = []
  const pack = packer(secret, prefix.length + length)
  let sent = 0
  let refused = 0
  let unanswered = 0

  const nextCode = (): string => {
    let open = prefix
    let bits = draw()
    for (let i = 1; i < length; i++) {
      open += LETTERS[bits % 31]!
      bits = i % 5 === 0 ? draw() : Math.floor(bits / 31)
    }
    const code = spelledRight(open)
    return good.has(code) ? nextCode() : code
  }
  const nextDevice = (): string =>
    `02${draw().toString(16).padStart(8, '0')}${(draw() & 255).toString(16).padStart(2, '0')}`
      .match(/../g)!
      .join('-')
      .toUpperCase()
  const settle = (): void => {
    const answered = refused + accepted.length + unanswered
    for (const one of waiting.splice(0)) {
      if (answered >= one.at) one.resolve()
      else waiting.push(one)
    }
  }
  const guess = (socket: Socket, slots: (Slot | undefined)[], id: number): void => {
    if (sent >= guesses) return void (slots[id] = undefined)
    sent += 1
    const code = nextCode()
    slots[id] = { code, sentAt: performance.now() }
    socket.send(pack(id, sent, code, nextDevice()), port, '127.0.0.1')
  }
  const lanes = await Promise.all(
    addresses.flatMap((address) =>
      Array.from({ length: socketsEach }, async () => {
        const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
        socket.bind(0, address)
        await once(socket, 'listening')
        const slots: (Slot | undefined)[] = []
        // An Identifier rests as long as it can before it is used again.
        const free = Array.from({ length: IDS }, (_, id) => id)
        const go = (): void => guess(socket, slots, free.shift()!)
        const over = (id: number): void => {
          slots[id] = undefined
          free.push(id)
          go()
        }
        socket.on('message', (reply) => {
          const slot = slots[reply[1]!]
          if (slot === undefined) return
          if (reply[0] === codes.accessReject) refused += 1
          else accepted.push(slot.code)
          over(reply[1]!)
          settle()
        })
        return { socket, slots, go, over }
      }),
    ),
  )
  const sweep = setInterval(() => {
    const before = performance.now() - PATIENCE_MS
    for (const { slots, over } of lanes)
      for (const [id, slot] of slots.entries()) {
        if (slot === undefined || slot.sentAt > before) continue
        unanswered += 1
        over(id)
      }
    settle()
  }, SWEEP_MS)
  for (const { go } of lanes) for (let n = 0; n < window; n++) go()

  const reached = (at: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ at, resolve })
    settle()
    return promise
  }
  return {
    get refused() {
      return refused
    },
    get unanswered() {
      return unanswered
    },
    accepted,
    reached,
    done: () => reached(guesses),
    close() {
      clearInterval(sweep)
      for (const { socket } of lanes) socket.close()
    },
  }
}

/**
 * A name server on UDP: keeps TXT values, answers for them, and takes dynamic updates (RFC 2136) from who has its key
 * (TSIG, RFC 8945). It reads and writes DNS by itself, so that it finds what others do wrong.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createSocket } from 'node:dgram'

export type DnsSimulator = {
  readonly port: number
  /** TXT values by name, in lower case. */
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>
  /** Answers to updates are signed by another key from now on. */
  forge(secret: Buffer): void
  close(): Promise<void>
}

type Key = { readonly name: string; readonly secret: Buffer }
type Record = { name: string; type: number; class: number; data: Buffer; begins: number }

const TXT = 16
const TSIG = 250
const NOTAUTH = 9
const REFUSED = 5

class Reader {
  at = 0
  readonly message: Buffer

  constructor(message: Buffer) {
    this.message = message
  }

  u16(): number {
    this.at += 2
    return this.message.readUInt16BE(this.at - 2)
  }

  take(count: number): Buffer {
    this.at += count
    return this.message.subarray(this.at - count, this.at)
  }

  name(): string {
    const labels: string[] = []
    for (let length = this.take(1)[0]!; length > 0; length = this.take(1)[0]!) labels.push(this.take(length).toString())
    return labels.join('.').toLowerCase()
  }

  record(): Record {
    const begins = this.at
    const [name, type, klass] = [this.name(), this.u16(), this.u16()]
    this.take(4)
    return { name, type, class: klass, data: this.take(this.u16()), begins }
  }
}

const encodeName = (name: string): Buffer =>
  Buffer.from([...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0])

const words = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]))

/** Fields of a TSIG record. */
const readTsig = (data: Buffer) => {
  const reader = new Reader(data)
  const algorithm = reader.name()
  const time = reader.take(6)
  const fudge = reader.take(2)
  return { algorithm, time, fudge, mac: reader.take(reader.u16()) }
}

/** Reads and signs for one zone. */
class Zone {
  readonly texts = new Map<string, Set<string>>()
  answersBy: Buffer
  readonly #zone: string
  readonly #key: Key

  constructor(zone: string, key: Key) {
    this.#zone = zone
    this.#key = key
    this.answersBy = key.secret
  }

  put(name: string, value: string): void {
    this.texts.set(name.toLowerCase(), new Set([...(this.texts.get(name.toLowerCase()) ?? []), value]))
  }

  remove(name: string, value: string): void {
    this.texts.get(name.toLowerCase())?.delete(value)
  }

  answer(message: Buffer): Buffer {
    const reader = new Reader(message)
    const [id, flags] = [reader.u16(), reader.u16()]
    const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()]
    return ((flags >> 11) & 15) === 5 ? this.#update(reader, id, counts) : this.#question(reader, id)
  }

  #question(reader: Reader, id: number): Buffer {
    const begins = reader.at
    const [name, type] = [reader.name(), reader.u16()]
    reader.u16()
    const asked = reader.message.subarray(begins, reader.at)
    const values = type === TXT ? [...(this.texts.get(name) ?? [])] : []
    const answers = values.map((value) =>
      Buffer.concat([words(0xc00c, TXT, 1, 0, 0, value.length + 1), Buffer.from([value.length]), Buffer.from(value)]),
    )
    return Buffer.concat([words(id, 0x8580, 1, answers.length, 0, 0), asked, ...answers])
  }

  #update(reader: Reader, id: number, counts: readonly number[]): Buffer {
    const head = (rcode: number, additional = 0) => words(id, 0xa800 | rcode, 0, 0, 0, additional)
    const asked = reader.name()
    reader.take(4)
    const changes = Array.from({ length: counts[2]! }, () => reader.record())
    const last = Array.from({ length: counts[3]! }, () => reader.record()).at(-1)
    if (last?.type !== TSIG || last.name !== this.#key.name) return head(NOTAUTH)
    const told = readTsig(last.data)
    const plain = Buffer.from(reader.message.subarray(0, last.begins))
    plain.writeUInt16BE(counts[3]! - 1, 10)
    const wanted = hmac(this.#key.secret, plain, this.#variables(told))
    if (told.algorithm !== 'hmac-sha256' || told.mac.length !== 32 || !timingSafeEqual(told.mac, wanted))
      return head(NOTAUTH)
    const isHere = (name: string) => name === this.#zone || name.endsWith(`.${this.#zone}`)
    const rcode = asked === this.#zone && changes.every(({ name, type }) => type === TXT && isHere(name)) ? 0 : REFUSED
    for (const change of rcode === 0 ? changes : []) this.#change(change)
    const mac = hmac(this.answersBy, words(told.mac.length), told.mac, head(rcode), this.#variables(told))
    const { time, fudge } = told
    const data = Buffer.concat([encodeName('hmac-sha256'), time, fudge, words(mac.length), mac, words(id, 0, 0)])
    const signature = Buffer.concat([encodeName(this.#key.name), words(TSIG, 255, 0, 0, data.length), data])
    return Buffer.concat([head(rcode, 1), signature])
  }

  #change({ name, data, class: klass }: Record): void {
    const value = data.subarray(1, 1 + data[0]!).toString()
    if (klass === 1) this.put(name, value)
    else this.remove(name, value)
  }

  #variables({ time, fudge }: { time: Buffer; fudge: Buffer }): Buffer {
    const name = encodeName(this.#key.name)
    return Buffer.concat([name, words(255, 0, 0), encodeName('hmac-sha256'), time, fudge, words(0, 0)])
  }
}

const hmac = (secret: Buffer, ...parts: Buffer[]): Buffer =>
  createHmac('sha256', secret).update(Buffer.concat(parts)).digest()

export const startDnsSimulator = async (name: string, key: Key): Promise<DnsSimulator> => {
  const zone = new Zone(name, key)
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    socket.send(zone.answer(message), from.port, from.address)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.bind(0, '127.0.0.1', resolve)
  await promise
  return {
    port: socket.address().port,
    texts: zone.texts,
    forge: (secret) => void (zone.answersBy = secret),
    close: () => new Promise((closed) => socket.close(() => closed())),
  }
}

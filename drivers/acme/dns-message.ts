/**
 * A TXT value put to a name, or taken away, as a DNS server takes it from whoever has its key: dynamic update (RFC 2136)
 * signed with TSIG (RFC 8945, HMAC-SHA-256). Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const TYPE = { soa: 6, txt: 16, tsig: 250 } as const
const CLASS = { in: 1, none: 254, any: 255 } as const
const UPDATE = 5 << 11
const TTL_SEC = 60
const HEADER_OCTETS = 12
const ALGORITHM = 'hmac-sha256'
const FUDGE_SEC = 300
const RCODES = [
  '',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
]

export type TsigKey = { readonly name: string; readonly secret: Buffer }

export type DnsUpdate = {
  readonly zone: string
  readonly name: string
  readonly value: string
  readonly isRemoval: boolean
}

const u16 = (...values: readonly number[]): Buffer => {
  const octets = Buffer.alloc(values.length * 2)
  values.forEach((value, at) => octets.writeUInt16BE(value, at * 2))
  return octets
}
const u32 = (value: number): Buffer => u16(Math.floor(value / 65_536), value % 65_536)
const u48 = (value: number): Buffer =>
  Buffer.concat([u16(Math.floor(value / 4_294_967_296)), u32(value % 4_294_967_296)])

/** Uncompressed and in lower case, as TSIG hashes it. */
const nameOctets = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .toLowerCase()
      .split('.')
      .filter((label) => label !== '')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])

const record = (name: string, [type, klass]: readonly [number, number], ttl: number, data: Buffer): Buffer =>
  Buffer.concat([nameOctets(name), u16(type, klass), u32(ttl), u16(data.length), data])

const unsigned = (id: number, { zone, name, value, isRemoval }: DnsUpdate): Buffer => {
  const text = Buffer.from(value, 'latin1')
  const data = Buffer.concat([Buffer.from([text.length]), text])
  return Buffer.concat([
    u16(id, UPDATE, 1, 0, 1, 0),
    nameOctets(zone),
    u16(TYPE.soa, CLASS.in),
    // One value of several goes by class NONE (RFC 2136 section 2.5.4).
    record(name, [TYPE.txt, isRemoval ? CLASS.none : CLASS.in], isRemoval ? 0 : TTL_SEC, data),
  ])
}

/** What is hashed of the signature itself (RFC 8945 section 4.3.3). */
const variables = ({ name }: TsigKey, timeSec: number, error: number, other: Buffer): Buffer =>
  Buffer.concat([
    nameOctets(name),
    u16(CLASS.any),
    u32(0),
    nameOctets(ALGORITHM),
    u48(timeSec),
    u16(FUDGE_SEC, error, other.length),
    other,
  ])

const macOf = ({ secret }: TsigKey, ...parts: readonly Buffer[]): Buffer =>
  createHmac('sha256', secret).update(Buffer.concat(parts)).digest()

export const signedUpdate = (
  id: number,
  update: DnsUpdate,
  key: TsigKey,
  timeSec: number,
): { readonly message: Buffer; readonly mac: Buffer } => {
  const plain = unsigned(id, update)
  const mac = macOf(key, plain, variables(key, timeSec, 0, Buffer.alloc(0)))
  const data = Buffer.concat([nameOctets(ALGORITHM), u48(timeSec), u16(FUDGE_SEC, mac.length), mac, u16(id, 0, 0)])
  const message = Buffer.concat([plain, record(key.name, [TYPE.tsig, CLASS.any], 0, data)])
  message.writeUInt16BE(1, 10)
  return { message, mac }
}

const skipName = (message: Buffer, from: number): number => {
  let at = from
  for (;;) {
    const length = message.readUInt8(at)
    if (length >= 0xc0) return at + 2
    at += 1 + length
    if (length === 0) return at
  }
}

type Signature = {
  readonly at: number
  readonly mac: Buffer
  readonly timeSec: number
  readonly error: number
  readonly other: Buffer
}

/** The last record of an answer, if it is a signature. */
const signatureIn = (message: Buffer): Signature | undefined => {
  const [questions, ...others] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at)) as [number, number, number, number]
  const records = others.reduce((sum, count) => sum + count, 0)
  let at = HEADER_OCTETS
  for (let no = 0; no < questions; no++) at = skipName(message, at) + 4
  for (let no = 1; no <= records; no++) {
    const begins = at
    const head = skipName(message, at)
    const data = head + 10
    at = data + message.readUInt16BE(head + 8)
    if (no < records || message.readUInt16BE(head) !== TYPE.tsig) continue
    const time = skipName(message, data)
    const mac = message.subarray(time + 10, time + 10 + message.readUInt16BE(time + 8))
    const rest = time + 10 + mac.length
    return {
      at: begins,
      mac,
      timeSec: message.readUIntBE(time, 6),
      error: message.readUInt16BE(rest + 2),
      other: message.subarray(rest + 6, rest + 6 + message.readUInt16BE(rest + 4)),
    }
  }
  return undefined
}

/** '' when the server has done it; undefined for what is no answer of whoever has the key: it may be anybody's. */
export const updateOutcome = (message: Buffer, id: number, key: TsigKey, requestMac: Buffer): string | undefined => {
  try {
    if (message.readUInt16BE(0) !== id || message.readUInt16BE(2) >> 15 !== 1) return undefined
    const code = message.readUInt16BE(2) & 15
    const said = RCODES[code] ?? String(code)
    const signature = signatureIn(message)
    // A server that does not know the key cannot sign; it does nothing either.
    if (!signature || signature.mac.length === 0) return code === 0 ? undefined : said
    const plain = Buffer.from(message.subarray(0, signature.at))
    plain.writeUInt16BE(plain.readUInt16BE(10) - 1, 10)
    const { timeSec, error, other, mac } = signature
    const wanted = macOf(key, u16(requestMac.length), requestMac, plain, variables(key, timeSec, error, other))
    return mac.length === wanted.length && timingSafeEqual(mac, wanted) ? said : undefined
  } catch {
    return undefined
  }
}

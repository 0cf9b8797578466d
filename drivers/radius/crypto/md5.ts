// MD5 (RFC 1321) over a preallocated block. On the small inputs of RADIUS a call into node:crypto costs
// more than the hash: measured figures stand in bench/codec.ts. Everything here is synchronous and runs to
// its end before anyone else can use the block, so one block serves the whole thread.

/** Longest input of `hashMessage`: a packet of 65535 octets, its secret, and the padding. */
export const messageOctetsMax = 66 * 1024

const block = new ArrayBuffer(messageOctetsMax + 128)
/** Where callers place what is to be hashed; see `hashMessage`. */
export const message: Uint8Array = new Uint8Array(block)
const words = new Int32Array(block)

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) throw new Error('MD5 here reads words as little-endian')

/** The four words of a hash in progress. */
export type Md5State = Int32Array

const initialState: Md5State = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
const state: Md5State = new Int32Array(4)

/**
 * Hashes the first `length` octets of `message` and writes the 16 of the digest into `out` at `offset`. A hash
 * may be resumed: `from` is its state after `before` octets, a multiple of 64.
 */
export function hashMessage(length: number, out: Uint8Array, offset: number, from = initialState, before = 0): void {
  if (length > messageOctetsMax) throw new RangeError(`message of ${length} octets is over ${messageOctetsMax}`)
  const blocks = (length + 72) >>> 6
  const end = blocks << 6
  message[length] = 0x80
  message.fill(0, length + 1, end - 8)
  words[(end >>> 2) - 2] = (before + length) << 3
  words[(end >>> 2) - 1] = (before + length) >>> 29
  state.set(from)
  compress(blocks)
  for (let i = 0; i < 4; i++) {
    const word = state[i]!
    out[offset++] = word
    out[offset++] = word >>> 8
    out[offset++] = word >>> 16
    out[offset++] = word >>> 24
  }
}

/** MD5 of the parts joined. */
export function md5(...parts: readonly Uint8Array[]): Buffer {
  const digest = Buffer.allocUnsafe(16)
  hashMessage(join(parts), digest, 0)
  return digest
}

/** The states of both HMAC pads (RFC 2104 §4), so that a Message-Authenticator need not hash the key again. */
export type HmacKey = { readonly inner: Md5State; readonly outer: Md5State }

export function hmacKey(key: Uint8Array): HmacKey {
  const short = key.length > 64 ? md5(key) : key
  return { inner: padState(short, 0x36), outer: padState(short, 0x5c) }
}

function padState(key: Uint8Array, pad: number): Md5State {
  message.fill(pad, 0, 64)
  for (let i = 0; i < key.length; i++) message[i] = key[i]! ^ pad
  state.set(initialState)
  compress(1)
  return state.slice()
}

/** HMAC-MD5 over the first `length` octets of `message`; the digest goes into `out` at `offset`. */
export function hmacMessage(key: HmacKey, length: number, out: Uint8Array, offset: number): void {
  hashMessage(length, message, 0, key.inner, 64)
  hashMessage(16, out, offset, key.outer, 64)
}

/** HMAC-MD5 of the parts joined. */
export function hmacMd5(key: HmacKey, ...parts: readonly Uint8Array[]): Buffer {
  const digest = Buffer.allocUnsafe(16)
  hmacMessage(key, join(parts), digest, 0)
  return digest
}

/** Places the parts in `message` and answers their length. */
function join(parts: readonly Uint8Array[]): number {
  let length = 0
  for (const part of parts) {
    if (length + part.length > messageOctetsMax) throw new RangeError(`message is over ${messageOctetsMax} octets`)
    message.set(part, length)
    length += part.length
  }
  return length
}

// Runs `state` over the first blocks of `message`. The 64 steps of RFC 1321 §3.4 are written out, because
// loads from tables of constants and shifts would cost more than the arithmetic.
// oxlint-disable-next-line max-lines-per-function -- unrolled on purpose, see above
function compress(blocks: number): void {
  let a0 = state[0]!
  let b0 = state[1]!
  let c0 = state[2]!
  let d0 = state[3]!
  let t = 0
  for (let at = 0, end = blocks << 4; at < end; at += 16) {
    const x0 = words[at + 0]!
    const x1 = words[at + 1]!
    const x2 = words[at + 2]!
    const x3 = words[at + 3]!
    const x4 = words[at + 4]!
    const x5 = words[at + 5]!
    const x6 = words[at + 6]!
    const x7 = words[at + 7]!
    const x8 = words[at + 8]!
    const x9 = words[at + 9]!
    const x10 = words[at + 10]!
    const x11 = words[at + 11]!
    const x12 = words[at + 12]!
    const x13 = words[at + 13]!
    const x14 = words[at + 14]!
    const x15 = words[at + 15]!
    let a = a0
    let b = b0
    let c = c0
    let d = d0
    t = (a + ((b & c) | (~b & d)) + x0 - 680876936) | 0
    a = (((t << 7) | (t >>> 25)) + b) | 0
    t = (d + ((a & b) | (~a & c)) + x1 - 389564586) | 0
    d = (((t << 12) | (t >>> 20)) + a) | 0
    t = (c + ((d & a) | (~d & b)) + x2 + 606105819) | 0
    c = (((t << 17) | (t >>> 15)) + d) | 0
    t = (b + ((c & d) | (~c & a)) + x3 - 1044525330) | 0
    b = (((t << 22) | (t >>> 10)) + c) | 0
    t = (a + ((b & c) | (~b & d)) + x4 - 176418897) | 0
    a = (((t << 7) | (t >>> 25)) + b) | 0
    t = (d + ((a & b) | (~a & c)) + x5 + 1200080426) | 0
    d = (((t << 12) | (t >>> 20)) + a) | 0
    t = (c + ((d & a) | (~d & b)) + x6 - 1473231341) | 0
    c = (((t << 17) | (t >>> 15)) + d) | 0
    t = (b + ((c & d) | (~c & a)) + x7 - 45705983) | 0
    b = (((t << 22) | (t >>> 10)) + c) | 0
    t = (a + ((b & c) | (~b & d)) + x8 + 1770035416) | 0
    a = (((t << 7) | (t >>> 25)) + b) | 0
    t = (d + ((a & b) | (~a & c)) + x9 - 1958414417) | 0
    d = (((t << 12) | (t >>> 20)) + a) | 0
    t = (c + ((d & a) | (~d & b)) + x10 - 42063) | 0
    c = (((t << 17) | (t >>> 15)) + d) | 0
    t = (b + ((c & d) | (~c & a)) + x11 - 1990404162) | 0
    b = (((t << 22) | (t >>> 10)) + c) | 0
    t = (a + ((b & c) | (~b & d)) + x12 + 1804603682) | 0
    a = (((t << 7) | (t >>> 25)) + b) | 0
    t = (d + ((a & b) | (~a & c)) + x13 - 40341101) | 0
    d = (((t << 12) | (t >>> 20)) + a) | 0
    t = (c + ((d & a) | (~d & b)) + x14 - 1502002290) | 0
    c = (((t << 17) | (t >>> 15)) + d) | 0
    t = (b + ((c & d) | (~c & a)) + x15 + 1236535329) | 0
    b = (((t << 22) | (t >>> 10)) + c) | 0
    t = (a + ((d & b) | (~d & c)) + x1 - 165796510) | 0
    a = (((t << 5) | (t >>> 27)) + b) | 0
    t = (d + ((c & a) | (~c & b)) + x6 - 1069501632) | 0
    d = (((t << 9) | (t >>> 23)) + a) | 0
    t = (c + ((b & d) | (~b & a)) + x11 + 643717713) | 0
    c = (((t << 14) | (t >>> 18)) + d) | 0
    t = (b + ((a & c) | (~a & d)) + x0 - 373897302) | 0
    b = (((t << 20) | (t >>> 12)) + c) | 0
    t = (a + ((d & b) | (~d & c)) + x5 - 701558691) | 0
    a = (((t << 5) | (t >>> 27)) + b) | 0
    t = (d + ((c & a) | (~c & b)) + x10 + 38016083) | 0
    d = (((t << 9) | (t >>> 23)) + a) | 0
    t = (c + ((b & d) | (~b & a)) + x15 - 660478335) | 0
    c = (((t << 14) | (t >>> 18)) + d) | 0
    t = (b + ((a & c) | (~a & d)) + x4 - 405537848) | 0
    b = (((t << 20) | (t >>> 12)) + c) | 0
    t = (a + ((d & b) | (~d & c)) + x9 + 568446438) | 0
    a = (((t << 5) | (t >>> 27)) + b) | 0
    t = (d + ((c & a) | (~c & b)) + x14 - 1019803690) | 0
    d = (((t << 9) | (t >>> 23)) + a) | 0
    t = (c + ((b & d) | (~b & a)) + x3 - 187363961) | 0
    c = (((t << 14) | (t >>> 18)) + d) | 0
    t = (b + ((a & c) | (~a & d)) + x8 + 1163531501) | 0
    b = (((t << 20) | (t >>> 12)) + c) | 0
    t = (a + ((d & b) | (~d & c)) + x13 - 1444681467) | 0
    a = (((t << 5) | (t >>> 27)) + b) | 0
    t = (d + ((c & a) | (~c & b)) + x2 - 51403784) | 0
    d = (((t << 9) | (t >>> 23)) + a) | 0
    t = (c + ((b & d) | (~b & a)) + x7 + 1735328473) | 0
    c = (((t << 14) | (t >>> 18)) + d) | 0
    t = (b + ((a & c) | (~a & d)) + x12 - 1926607734) | 0
    b = (((t << 20) | (t >>> 12)) + c) | 0
    t = (a + (b ^ c ^ d) + x5 - 378558) | 0
    a = (((t << 4) | (t >>> 28)) + b) | 0
    t = (d + (a ^ b ^ c) + x8 - 2022574463) | 0
    d = (((t << 11) | (t >>> 21)) + a) | 0
    t = (c + (d ^ a ^ b) + x11 + 1839030562) | 0
    c = (((t << 16) | (t >>> 16)) + d) | 0
    t = (b + (c ^ d ^ a) + x14 - 35309556) | 0
    b = (((t << 23) | (t >>> 9)) + c) | 0
    t = (a + (b ^ c ^ d) + x1 - 1530992060) | 0
    a = (((t << 4) | (t >>> 28)) + b) | 0
    t = (d + (a ^ b ^ c) + x4 + 1272893353) | 0
    d = (((t << 11) | (t >>> 21)) + a) | 0
    t = (c + (d ^ a ^ b) + x7 - 155497632) | 0
    c = (((t << 16) | (t >>> 16)) + d) | 0
    t = (b + (c ^ d ^ a) + x10 - 1094730640) | 0
    b = (((t << 23) | (t >>> 9)) + c) | 0
    t = (a + (b ^ c ^ d) + x13 + 681279174) | 0
    a = (((t << 4) | (t >>> 28)) + b) | 0
    t = (d + (a ^ b ^ c) + x0 - 358537222) | 0
    d = (((t << 11) | (t >>> 21)) + a) | 0
    t = (c + (d ^ a ^ b) + x3 - 722521979) | 0
    c = (((t << 16) | (t >>> 16)) + d) | 0
    t = (b + (c ^ d ^ a) + x6 + 76029189) | 0
    b = (((t << 23) | (t >>> 9)) + c) | 0
    t = (a + (b ^ c ^ d) + x9 - 640364487) | 0
    a = (((t << 4) | (t >>> 28)) + b) | 0
    t = (d + (a ^ b ^ c) + x12 - 421815835) | 0
    d = (((t << 11) | (t >>> 21)) + a) | 0
    t = (c + (d ^ a ^ b) + x15 + 530742520) | 0
    c = (((t << 16) | (t >>> 16)) + d) | 0
    t = (b + (c ^ d ^ a) + x2 - 995338651) | 0
    b = (((t << 23) | (t >>> 9)) + c) | 0
    t = (a + (c ^ (b | ~d)) + x0 - 198630844) | 0
    a = (((t << 6) | (t >>> 26)) + b) | 0
    t = (d + (b ^ (a | ~c)) + x7 + 1126891415) | 0
    d = (((t << 10) | (t >>> 22)) + a) | 0
    t = (c + (a ^ (d | ~b)) + x14 - 1416354905) | 0
    c = (((t << 15) | (t >>> 17)) + d) | 0
    t = (b + (d ^ (c | ~a)) + x5 - 57434055) | 0
    b = (((t << 21) | (t >>> 11)) + c) | 0
    t = (a + (c ^ (b | ~d)) + x12 + 1700485571) | 0
    a = (((t << 6) | (t >>> 26)) + b) | 0
    t = (d + (b ^ (a | ~c)) + x3 - 1894986606) | 0
    d = (((t << 10) | (t >>> 22)) + a) | 0
    t = (c + (a ^ (d | ~b)) + x10 - 1051523) | 0
    c = (((t << 15) | (t >>> 17)) + d) | 0
    t = (b + (d ^ (c | ~a)) + x1 - 2054922799) | 0
    b = (((t << 21) | (t >>> 11)) + c) | 0
    t = (a + (c ^ (b | ~d)) + x8 + 1873313359) | 0
    a = (((t << 6) | (t >>> 26)) + b) | 0
    t = (d + (b ^ (a | ~c)) + x15 - 30611744) | 0
    d = (((t << 10) | (t >>> 22)) + a) | 0
    t = (c + (a ^ (d | ~b)) + x6 - 1560198380) | 0
    c = (((t << 15) | (t >>> 17)) + d) | 0
    t = (b + (d ^ (c | ~a)) + x13 + 1309151649) | 0
    b = (((t << 21) | (t >>> 11)) + c) | 0
    t = (a + (c ^ (b | ~d)) + x4 - 145523070) | 0
    a = (((t << 6) | (t >>> 26)) + b) | 0
    t = (d + (b ^ (a | ~c)) + x11 - 1120210379) | 0
    d = (((t << 10) | (t >>> 22)) + a) | 0
    t = (c + (a ^ (d | ~b)) + x2 + 718787259) | 0
    c = (((t << 15) | (t >>> 17)) + d) | 0
    t = (b + (d ^ (c | ~a)) + x9 - 343485551) | 0
    b = (((t << 21) | (t >>> 11)) + c) | 0
    a0 = (a0 + a) | 0
    b0 = (b0 + b) | 0
    c0 = (c0 + c) | 0
    d0 = (d0 + d) | 0
  }
  state[0] = a0
  state[1] = b0
  state[2] = c0
  state[3] = d0
}

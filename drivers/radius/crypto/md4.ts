// MD4 (RFC 1320), which OpenSSL 3 no longer offers and MS-CHAP needs. Its inputs are passwords: short.

const steps = [
  { constant: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], shifts: [3, 7, 11, 19] },
  { constant: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], shifts: [3, 5, 9, 13] },
  { constant: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], shifts: [3, 9, 11, 15] },
] as const

const constants = Int32Array.from(steps.map((step) => step.constant))
const order = Uint8Array.from(steps.flatMap((step) => step.order))
const shifts = Uint8Array.from(steps.flatMap((step) => step.shifts))
const state = new Int32Array(4)
const words = new Int32Array(16)

export function md4(input: Uint8Array): Buffer {
  const padded = Buffer.alloc(((input.length + 72) >>> 6) << 6)
  padded.set(input)
  padded[input.length] = 0x80
  padded.writeUInt32LE((input.length << 3) >>> 0, padded.length - 8)
  padded.writeUInt32LE(input.length >>> 29, padded.length - 4)
  state.set([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = padded.readInt32LE(at + i * 4)
    compress()
  }
  const digest = Buffer.allocUnsafe(16)
  for (let i = 0; i < 4; i++) digest.writeInt32LE(state[i]!, i * 4)
  return digest
}

function compress(): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  for (let i = 0; i < 48; i++) {
    const round = i >>> 4
    const mixed = round === 0 ? (b & c) | (~b & d) : round === 1 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
    const sum = (a + mixed + words[order[i]!]! + constants[round]!) | 0
    const shift = shifts[(round << 2) | (i & 3)]!
    a = d
    d = c
    c = b
    b = (sum << shift) | (sum >>> (32 - shift))
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
}

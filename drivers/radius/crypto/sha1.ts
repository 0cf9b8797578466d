// SHA-1 (FIPS 180-4) for the short inputs of MS-CHAPv2, where a call into node:crypto costs several times the hash.

import { hash } from 'node:crypto'

/** Two challenges and a name of 253 octets fit; nine octets of the last block are padding. */
const octetsMax = 64 * 8 - 9

const message = Buffer.alloc(64 * 8)
const schedule = new Int32Array(80)
const state = new Int32Array(5)

/** SHA-1 of the parts joined; longer ones than the block holds go to node:crypto. */
export function sha1(...parts: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const part of parts) {
    if (length + part.length > octetsMax) return hash('sha1', Buffer.concat(parts), 'buffer')
    message.set(part, length)
    length += part.length
  }
  const end = ((length + 72) >>> 6) << 6
  message[length] = 0x80
  message.fill(0, length + 1, end - 4)
  message.writeUInt32BE(length << 3, end - 4)
  state[0] = 0x67452301
  state[1] = 0xefcdab89
  state[2] = 0x98badcfe
  state[3] = 0x10325476
  state[4] = 0xc3d2e1f0
  for (let at = 0; at < end; at += 64) compress(at)
  const digest = Buffer.allocUnsafe(20)
  for (let i = 0; i < 5; i++) digest.writeInt32BE(state[i]!, i * 4)
  return digest
}

function compress(at: number): void {
  for (let i = 0; i < 16; i++) schedule[i] = message.readInt32BE(at + i * 4)
  for (let i = 16; i < 80; i++) {
    const mixed = schedule[i - 3]! ^ schedule[i - 8]! ^ schedule[i - 14]! ^ schedule[i - 16]!
    schedule[i] = (mixed << 1) | (mixed >>> 31)
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  for (let i = 0; i < 80; i++) {
    const mixed =
      i < 20
        ? ((b & c) | (~b & d)) + 0x5a827999
        : i < 40
          ? (b ^ c ^ d) + 0x6ed9eba1
          : i < 60
            ? ((b & c) | (b & d) | (c & d)) - 0x70e44324
            : (b ^ c ^ d) - 0x359d3e2a
    const sum = (((a << 5) | (a >>> 27)) + mixed + e + schedule[i]!) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = sum
  }
  state[0] = (state[0]! + a) | 0
  state[1] = (state[1]! + b) | 0
  state[2] = (state[2]! + c) | 0
  state[3] = (state[3]! + d) | 0
  state[4] = (state[4]! + e) | 0
}

import type { Random } from './random.ts'

/** Makes ids: UUIDv7 (RFC 9562 §5.7) with a prefix that names the kind, `sub_01kc…`; text order is order of making. */
export interface Ids {
  /** `prefix` is 2 to 12 lower-case letters. */
  readonly next: (prefix: string) => string
}

// The TypeID form: 128 bits as 26 Crockford base-32 digits, in lower case.
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_SHAPE = /^([a-z]{2,12})_([0-7][0-9a-hjkmnp-tv-z]{25})$/
const PREFIX_SHAPE = /^[a-z]{2,12}$/
const COUNTER_MAX = 0xfff

/**
 * Ids made within one millisecond, or while the clock stands still, keep their order: `rand_a` is a counter
 * (RFC 9562 §6.2, method 1) that starts in its lower half and borrows from the next millisecond when it is full.
 */
export const createIds = (deps: { now: () => number; random: Random }): Ids => {
  let lastMs = 0
  let counter = 0
  const bytes = new Uint8Array(16)

  const advance = () => {
    const nowMs = deps.now()
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = deps.random.below((COUNTER_MAX + 1) / 2)
      return
    }
    counter += 1
    if (counter <= COUNTER_MAX) return
    lastMs += 1
    counter = 0
  }

  return {
    next(prefix) {
      if (!PREFIX_SHAPE.test(prefix)) throw new TypeError(`'${prefix}' is no id prefix`)
      advance()
      bytes.set(deps.random.bytes(8), 8)
      for (let i = 5, rest = lastMs; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
      bytes[6] = 0x70 | (counter >> 8)
      bytes[7] = counter & 0xff
      bytes[8] = 0x80 | (bytes[8]! & 0x3f)
      return `${prefix}_${base32(bytes)}`
    },
  }
}

/** Whether `text` has the shape of an id, of this kind when a prefix is given. Says nothing about its existence. */
export const isId = (text: string, prefix?: string): boolean => {
  const match = ID_SHAPE.exec(text)
  return match !== null && (prefix === undefined || match[1] === prefix)
}

/** 16 octets are 128 bits; 26 digits hold 130: two zero bits lead. */
const base32 = (bytes: Uint8Array): string => {
  let text = ''
  let held = 0
  let heldBits = 2
  for (const byte of bytes) {
    held = (held << 8) | byte
    heldBits += 8
    while (heldBits >= 5) {
      heldBits -= 5
      text += DIGITS[(held >> heldBits) & 31]
    }
    held &= (1 << heldBits) - 1
  }
  return text
}

import { randomFillSync } from 'node:crypto'

/** Where randomness comes from: an argument, so that tests and the simulator repeat themselves. */
export interface Random {
  /** `count` fresh octets. */
  readonly bytes: (count: number) => Buffer
  /** A number in [0, 1). */
  readonly unit: () => number
  /** An integer in [0, below), without modulo bias. */
  readonly below: (limit: number) => number
}

// One system call fills many requests: a single 12-octet draw costs as much as 4 kB.
const POOL_BYTES = 4096

/** The operating system's randomness, fit for keys. */
export const systemRandom = (): Random => {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let used = POOL_BYTES
  return fromBytes((count) => {
    if (count > POOL_BYTES) return randomFillSync(Buffer.allocUnsafeSlow(count))
    if (used + count > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const drawn = Buffer.from(pool.subarray(used, used + count))
    // What was handed out must not stay behind in memory.
    pool.fill(0, used, used + count)
    used += count
    return drawn
  })
}

/** Repeatable numbers from one seed (sfc32). Never for keys. */
export const seededRandom = (seed: number): Random => {
  let a = seed >>> 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // The first words still resemble the seed.
  for (let i = 0; i < 12; i++) word()
  return fromBytes((count) => {
    const drawn = Buffer.alloc(count)
    for (let i = 0; i < count; i++) drawn[i] = word() & 0xff
    return drawn
  })
}

const fromBytes = (bytes: (count: number) => Buffer): Random => {
  const unit = () => bytes(6).readUIntBE(0, 6) / 2 ** 48
  const below = (limit: number): number => {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 2 ** 48) throw new RangeError(`no integer below ${limit}`)
    const fair = 2 ** 48 - (2 ** 48 % limit)
    // Drawn again with a probability below one half each time.
    for (;;) {
      const drawn = bytes(6).readUIntBE(0, 6)
      if (drawn < fair) return drawn % limit
    }
  }
  return { bytes, unit, below }
}

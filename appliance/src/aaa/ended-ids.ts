/**
 * Whether a session id may be that of a session which is over. Nearly every Start brings an id never seen before, and
 * asking the history of millions of rows about each costs as much as storing the record: a Bloom filter in memory
 * answers "no" for certain, and only a "maybe" is looked up.
 */

/** About 1 % of new ids are looked up in vain while a bit in ten is set per id (Bloom 1970: four probes). */
const BITS_PER_ID = 10
const PROBES = 4
const BITS_MIN = 2 ** 20
/** 32 MB: 27 million ids; beyond that more are looked up in vain, and nothing else changes. */
const BITS_MAX = 2 ** 28

export class EndedIds {
  #bits = new Uint32Array(0)
  #mask = 0
  #room = 0
  #added = 0
  /** Everything up to this id of the history is known; undefined when all of it is. */
  #learntTo: string | undefined = ''

  /** Starts over for a history of about this many ids: until `learn` has been through it, every answer is "maybe". */
  forget(expected: number): void {
    // Twice what there is, so that a growing history does not fill it at once.
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(expected * 2 * BITS_PER_ID, BITS_MIN)))
    const size = Math.min(wanted, BITS_MAX)
    this.#bits = new Uint32Array(size / 32)
    this.#mask = size - 1
    this.#room = size === BITS_MAX ? Infinity : size / BITS_PER_ID
    this.#added = 0
    this.#learntTo = ''
  }

  /** True when more has ended than the filter was made for. */
  get isFull(): boolean {
    return this.#added > this.#room
  }

  get isLearning(): boolean {
    return this.#learntTo !== undefined
  }

  /** Takes in the next page of the history; `page` answers the ids behind the given one, in their order. */
  learn(page: (after: string) => readonly string[]): void {
    if (this.#learntTo === undefined) return
    const ids = page(this.#learntTo)
    for (const id of ids) this.add(id)
    this.#learntTo = ids.at(-1)
  }

  add(id: string): void {
    const step = hash(id, 0x9747b28c) | 1
    let at = hash(id, 0x811c9dc5)
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = at & this.#mask
      this.#bits[bit >>> 5]! |= 1 << (bit & 31)
      at = (at + step) | 0
    }
    this.#added += 1
  }

  mayHave(id: string): boolean {
    if (this.#learntTo !== undefined) return true
    const step = hash(id, 0x9747b28c) | 1
    let at = hash(id, 0x811c9dc5)
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = at & this.#mask
      if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false
      at = (at + step) | 0
    }
    return true
  }
}

/** FNV-1a with MurmurHash3's last mix, so that ids which differ in their last digit fall far apart. */
const hash = (text: string, seed: number): number => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

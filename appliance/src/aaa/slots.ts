/**
 * Device slots: how many devices of a grant are online or about to be.
 *
 * One table in shared memory serves every AAA thread. An Accept reserves a slot,
 * the Start turns the reservation into an open session, the Stop frees it; a
 * reservation without a Start lapses. Two logins in the same millisecond on two
 * threads cannot both take the last slot, because a grant lives in exactly one
 * shard and a shard is changed under its lock.
 *
 * The table is a cache of `live_sessions` plus reservations: it is rebuilt from
 * the database at start and never written to disk.
 */

/** Shards: a lock is held for about a microsecond, so two threads rarely meet. */
const SHARDS = 256
/** Entries of a shard; 256 × 2,048 × 16 octets = 8 MB for half a million devices that are online or about to be. */
const SHARD_ENTRIES = 2048
/** A shard is refused new entries above this fill, so that probing stays short. */
const SHARD_ENTRIES_MAX = Math.floor(SHARD_ENTRIES * 0.9)
/** How long an Accept holds a slot before its Start must have arrived. */
export const RESERVATION_SEC = 60

const FIELDS = 4 // grantNo, device, open sessions, reserved until (s)
const GRANT = 0
const DEVICE = 1
const OPEN = 2
const UNTIL = 3

const LOCK = 0 // 0 free, 1 held, 2 held and somebody waits
const USED = 1
const HEADER = 2
const SHARD_INTS = HEADER + SHARD_ENTRIES * FIELDS

export const slotTableBytes = SHARDS * SHARD_INTS * 4

export type Reservation = 'reserved' | 'full' | 'table-full'

/** What a login reserves under when it tells nothing that could tell devices apart. */
export const ANONYMOUS_DEVICE = 0

/** A device's identity within a grant, as 32 bits (FNV-1a); two devices of one grant meet by a chance of 1 in 4 billion. */
export const deviceHash = (device: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < device.length; i++) hash = Math.imul(hash ^ device.charCodeAt(i), 0x01000193)
  return hash | 0
}

const spread = (grantNo: number): number => {
  let h = Math.imul(grantNo ^ (grantNo >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * A view of the shared table for one thread. `grantNo` is a positive integer,
 * `nowSec` epoch seconds; all calls are synchronous and exact across threads.
 */
export class SlotTable {
  readonly #ints: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.#ints = new Int32Array(buffer)
  }

  /** Takes a slot for a device, or keeps the one it has. `limit` 0 means unlimited: nothing is counted. */
  reserve(grantNo: number, device: number, limit: number, nowSec: number): Reservation {
    if (limit === 0) return 'reserved'
    const shard = this.#lock(grantNo)
    try {
      this.#lapse(shard, grantNo, nowSec)
      const known = this.#find(shard, grantNo, device)
      if (known >= 0) {
        this.#ints[known + UNTIL] = nowSec + RESERVATION_SEC
        return 'reserved'
      }
      if (this.#count(shard, grantNo) >= limit) return 'full'
      const entry = this.#insert(shard, grantNo, device)
      if (entry < 0) return 'table-full'
      this.#ints[entry + UNTIL] = nowSec + RESERVATION_SEC
      return 'reserved'
    } finally {
      this.#unlock(shard)
    }
  }

  /** Gives back a reservation that will not be used (the Accept was never sent). */
  release(grantNo: number, device: number): void {
    const shard = this.#lock(grantNo)
    try {
      const entry = this.#find(shard, grantNo, device)
      if (entry < 0) return
      this.#ints[entry + UNTIL] = 0
      if (this.#ints[entry + OPEN] === 0) this.#remove(shard, entry)
    } finally {
      this.#unlock(shard)
    }
  }

  /** Counts a session that has begun, whatever the limit says: the NAS has let it in. */
  open(grantNo: number, device: number): void {
    const shard = this.#lock(grantNo)
    try {
      const known = this.#find(shard, grantNo, device)
      const entry = known >= 0 ? known : this.#insert(shard, grantNo, device)
      if (entry < 0) return
      this.#ints[entry + OPEN]! += 1
      this.#ints[entry + UNTIL] = 0
    } finally {
      this.#unlock(shard)
    }
  }

  /** Counts a session that has ended. */
  close(grantNo: number, device: number): void {
    const shard = this.#lock(grantNo)
    try {
      const entry = this.#find(shard, grantNo, device)
      if (entry < 0 || this.#ints[entry + OPEN] === 0) return
      this.#ints[entry + OPEN]! -= 1
      if (this.#ints[entry + OPEN] === 0 && this.#ints[entry + UNTIL] === 0) this.#remove(shard, entry)
    } finally {
      this.#unlock(shard)
    }
  }

  /** Devices of a grant that are online or reserved now. */
  taken(grantNo: number, nowSec: number): number {
    const shard = this.#lock(grantNo)
    try {
      this.#lapse(shard, grantNo, nowSec)
      return this.#count(shard, grantNo)
    } finally {
      this.#unlock(shard)
    }
  }

  /** Removes the lapsed reservations of one grant. */
  #lapse(shard: number, grantNo: number, nowSec: number): void {
    let slot = this.#home(grantNo)
    for (;;) {
      const entry = shard + HEADER + slot * FIELDS
      if (this.#ints[entry + GRANT] === 0) return
      const stale = this.#ints[entry + OPEN] === 0 && this.#ints[entry + UNTIL]! <= nowSec
      // Removal shifts later entries back into this place, so it is looked at again.
      if (this.#ints[entry + GRANT] === grantNo && stale) this.#remove(shard, entry)
      else slot = (slot + 1) % SHARD_ENTRIES
    }
  }

  /** Removes every lapsed reservation; called now and then, so that grants never seen again cost nothing. */
  sweep(nowSec: number): void {
    for (let index = 0; index < SHARDS; index++) {
      const shard = this.#lockShard(index * SHARD_INTS)
      try {
        for (let slot = 0; slot < SHARD_ENTRIES;) {
          const entry = shard + HEADER + slot * FIELDS
          const lapsed =
            this.#ints[entry + GRANT] !== 0 && this.#ints[entry + OPEN] === 0 && this.#ints[entry + UNTIL]! <= nowSec
          if (lapsed) this.#remove(shard, entry)
          else slot += 1
        }
      } finally {
        this.#unlock(shard)
      }
    }
  }

  /** Forgets everything: the writer is about to count anew from the database. */
  clear(): void {
    for (let index = 0; index < SHARDS; index++) {
      const shard = this.#lockShard(index * SHARD_INTS)
      this.#ints.fill(0, shard + USED, shard + SHARD_INTS)
      this.#unlock(shard)
    }
  }

  #count(shard: number, grantNo: number): number {
    let n = 0
    for (let slot = this.#home(grantNo); ; slot = (slot + 1) % SHARD_ENTRIES) {
      const owner = this.#ints[shard + HEADER + slot * FIELDS + GRANT]
      if (owner === 0) return n
      if (owner === grantNo) n += 1
    }
  }

  #find(shard: number, grantNo: number, device: number): number {
    for (let slot = this.#home(grantNo); ; slot = (slot + 1) % SHARD_ENTRIES) {
      const entry = shard + HEADER + slot * FIELDS
      if (this.#ints[entry + GRANT] === 0) return -1
      if (this.#ints[entry + GRANT] === grantNo && this.#ints[entry + DEVICE] === device) return entry
    }
  }

  #insert(shard: number, grantNo: number, device: number): number {
    if (this.#ints[shard + USED]! >= SHARD_ENTRIES_MAX) return -1
    let slot = this.#home(grantNo)
    while (this.#ints[shard + HEADER + slot * FIELDS + GRANT] !== 0) slot = (slot + 1) % SHARD_ENTRIES
    const entry = shard + HEADER + slot * FIELDS
    this.#ints[entry + GRANT] = grantNo
    this.#ints[entry + DEVICE] = device
    this.#ints[entry + OPEN] = 0
    this.#ints[entry + UNTIL] = 0
    this.#ints[shard + USED]! += 1
    return entry
  }

  /** Backward-shift deletion: linear probing needs no tombstones this way. */
  #remove(shard: number, entry: number): void {
    const slotOf = (at: number): number => (at - shard - HEADER) / FIELDS
    let hole = slotOf(entry)
    for (let next = (hole + 1) % SHARD_ENTRIES; ; next = (next + 1) % SHARD_ENTRIES) {
      const from = shard + HEADER + next * FIELDS
      const owner = this.#ints[from + GRANT]!
      if (owner === 0) break
      const distance = (next - this.#home(owner) + SHARD_ENTRIES) % SHARD_ENTRIES
      const gap = (next - hole + SHARD_ENTRIES) % SHARD_ENTRIES
      if (distance < gap) continue
      this.#ints.copyWithin(shard + HEADER + hole * FIELDS, from, from + FIELDS)
      hole = next
    }
    this.#ints[shard + HEADER + hole * FIELDS + GRANT] = 0
    this.#ints[shard + USED]! -= 1
  }

  #home(grantNo: number): number {
    return Math.floor(spread(grantNo) / SHARDS) % SHARD_ENTRIES
  }

  /** The classic three-state futex mutex: nobody waits in the kernel unless two threads really meet. */
  #lock(grantNo: number): number {
    return this.#lockShard((spread(grantNo) % SHARDS) * SHARD_INTS)
  }

  #lockShard(shard: number): number {
    let state = Atomics.compareExchange(this.#ints, shard + LOCK, 0, 1)
    if (state === 0) return shard
    do {
      if (state === 2 || Atomics.compareExchange(this.#ints, shard + LOCK, 1, 2) !== 0) {
        Atomics.wait(this.#ints, shard + LOCK, 2)
      }
      state = Atomics.compareExchange(this.#ints, shard + LOCK, 0, 2)
    } while (state !== 0)
    return shard
  }

  #unlock(shard: number): void {
    if (Atomics.sub(this.#ints, shard + LOCK, 1) === 1) return
    Atomics.store(this.#ints, shard + LOCK, 0)
    Atomics.notify(this.#ints, shard + LOCK, 1)
  }
}

/** What a box knows of its pair: beside the databases, which are the same on both boxes, and never in a backup. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'

const peer = z.object({
  name: z.string(),
  /** SHA-256 of its certificate, as Node writes it. */
  fingerprint: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
})
export type Peer = z.output<typeof peer>

const pairSchema = z.object({
  role: z.enum(['primary', 'standby']),
  /** One more with each take-over: of two boxes that serve, the one with the lower steps down. */
  term: z.int().min(1),
  peer,
  /** Of a standby: takes over by itself, this long after the primary was lost, while the witness can be reached. */
  auto: z.object({ witness: z.string(), afterSec: z.int().min(1) }).optional(),
  /** Of a standby, epoch ms: until when it had all that was acknowledged; 0 for never, absent while it does. */
  completeUntil: z.int().optional(),
  /** It takes over: whatever happens, it will have. */
  promoting: z.object({ at: z.int(), missingSince: z.int() }).optional(),
  /** Of a box that took over, epoch ms: from when on the other may have acknowledged what is not here. */
  tookOver: z.object({ at: z.int(), missingSince: z.int() }).optional(),
  /** Of a box that came back and found another serving: where what it had lies. */
  setAside: z.object({ at: z.int(), dir: z.string() }).optional(),
})
export type Pair = z.output<typeof pairSchema>

export type LinkState = 'away' | 'catching-up' | 'in-sync'

/** What a box says of its pair; instants in epoch ms. */
export type PairStatus = {
  readonly role: Pair['role'] | 'alone'
  readonly term: number
  readonly peer: Pick<Peer, 'name' | 'host'> | null
  readonly link: LinkState
  readonly since: number
  readonly tookOver: NonNullable<Pair['tookOver']> | null
  readonly setAside: NonNullable<Pair['setAside']> | null
}
/** What a standby says besides: `completeUntil` is null while it has everything, 0 where it never had. */
export type StandbyStatus = PairStatus & {
  readonly isWhole: boolean
  readonly completeUntil: number | null
  readonly auto: NonNullable<Pair['auto']> | null
}

export const pairDir = ({ dir }: Pick<DataFolder, 'dir'>): string => join(dir, 'pair')
const stateFile = (folder: Pick<DataFolder, 'dir'>): string => join(pairDir(folder), 'state.json')

/** Undefined of a box that has no other. Throws where the file is not what this or an older release wrote. */
export const readPair = (folder: Pick<DataFolder, 'dir'>): Pair | undefined => {
  const file = stateFile(folder)
  return existsSync(file) ? pairSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
}

export const writePair = (folder: Pick<DataFolder, 'dir'>, pair: Pair): Pair => {
  mkdirSync(pairDir(folder), { recursive: true, mode: 0o700 })
  writeDurably(stateFile(folder), `${JSON.stringify(pairSchema.parse(pair), null, 2)}\n`, 0o600)
  return pair
}

/** The other box is no longer known, and this one is nobody's: its own identity stays. */
export const forgetPair = (folder: Pick<DataFolder, 'dir'>): void => rmSync(stateFile(folder), { force: true })

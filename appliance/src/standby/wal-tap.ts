/**
 * Takes what was committed out of a database's write-ahead log, frame by frame and nothing left out. It holds because
 * the log begins anew only after all of it was brought back into the file, and while a tap is on nobody but the tap
 * brings pages back: in the same turn as, and after, it has taken everything.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { databaseLimits, type RawDatabase } from '@lango/kernel/db'
import {
  FRAME_HEADER_OCTETS,
  frameAt,
  frameOctets,
  readWalHeader,
  sumOfFrame,
  WAL_HEADER_OCTETS,
  type WalHeader,
  type WalPosition,
} from './wal.ts'

/** Frames `from` to `to` (from 0, without `to`) of the log of this salt; the header stands before frame 0. */
export type WalRun = {
  readonly salt: string
  readonly from: number
  readonly to: number
  readonly octets: Uint8Array<ArrayBuffer>
}

/** A run has about four megabytes at most. */
export const RUN_FRAMES_MAX = 1000

type LogState = { readonly log: number; readonly checkpointed: number }

export type WalTap = {
  /** What was committed since the last time. */
  readonly take: () => WalRun[]
  /** Brings pages back where the log has grown long; only right after `take`. */
  readonly shorten: () => void
  readonly close: () => void
}

export type TapOptions = {
  /** The only connection that writes to the file. */
  readonly raw: RawDatabase
  readonly file: string
  /** Pages that are not in the file yet, from where on they are brought back. */
  readonly checkpointPages: number
  /** Frames in one run at most. */
  readonly runFrames: number
  /** The position that is there already; all of the log is taken where it is not of this log. */
  readonly after: WalPosition | undefined
}

/** `resumed` is false where `after` is not of the log that the database has now: then a base is needed. */
export const openTap = ({
  raw,
  file,
  checkpointPages,
  runFrames,
  after,
}: TapOptions): { readonly tap: WalTap; readonly resumed: boolean } => {
  const wal = openSync(`${file}-wal`, 'r')
  raw.pragma('wal_autocheckpoint = 0')
  const state = (): LogState => (raw.pragma('wal_checkpoint(NOOP)') as LogState[])[0]!
  const resumed = after !== undefined && isOfLog(wal, state().log, after)
  let salt = resumed ? after.salt : ''
  let next = resumed ? after.frames : 0

  return {
    resumed,
    tap: {
      take() {
        const { log } = state()
        const header = log > 0 ? headerOf(wal) : undefined
        if (header === undefined) return []
        if (header.salt !== salt) [salt, next] = [header.salt, 0]
        const runs: WalRun[] = []
        while (next < log) {
          const to = Math.min(log, next + runFrames)
          runs.push({ salt, from: next, to, octets: readRun(wal, header, next, to) })
          next = to
        }
        return runs
      },
      shorten() {
        const { log, checkpointed } = state()
        if (log - checkpointed >= checkpointPages) raw.pragma('wal_checkpoint(PASSIVE)')
      },
      close() {
        closeSync(wal)
        if (raw.open) raw.pragma(`wal_autocheckpoint = ${databaseLimits.walPagesBeforeCheckpoint}`)
      },
    },
  }
}

const headerOf = (wal: number): WalHeader | undefined => {
  const octets = Buffer.alloc(WAL_HEADER_OCTETS)
  readSync(wal, octets, 0, WAL_HEADER_OCTETS, 0)
  return readWalHeader(octets)
}

const readRun = (wal: number, header: WalHeader, from: number, to: number): Uint8Array<ArrayBuffer> => {
  const start = from === 0 ? 0 : frameAt(header, from)
  const octets = new Uint8Array(frameAt(header, to) - start)
  const read = readSync(wal, octets, 0, octets.length, start)
  if (read !== octets.length) throw new Error(`the write-ahead log ends at ${start + read}: it was cut from outside`)
  return octets
}

const isOfLog = (wal: number, log: number, { salt, frames, sum }: WalPosition): boolean => {
  const header = headerOf(wal)
  if (header?.salt !== salt || frames < 1 || frames > log) return false
  const frame = Buffer.alloc(FRAME_HEADER_OCTETS)
  readSync(wal, frame, 0, frame.length, frameAt(header, frames) - frameOctets(header))
  return sumOfFrame(frame) === sum
}

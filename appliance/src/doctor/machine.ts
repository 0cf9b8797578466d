/** The machine and the process: what can be seen without opening a database. */
import { statfsSync, statSync } from 'node:fs'
import { ago, octets } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { numberIn } from '../machine/kernel-files.ts'
import { fine, found, stopped, type BoxStatus, type Check } from './check.ts'

const MB = 1_000_000
/** Accounting stops when nothing is left; a day of a busy box fits into this. */
const FREE_LOW_OCTETS = 1000 * MB
const FREE_OUT_OCTETS = 50 * MB
const FREE_LOW_SHARE = 0.05
/** The box itself makes some dozens; a program that fills them makes thousands. */
const INODES_LOW = 5000
const INODES_OUT = 20
/** A reader that never ends keeps the WAL from being emptied. */
const WAL_HIGH_OCTETS = 256 * MB
/** What the box asks for (reliability: a socket's default holds under 256 small packets). */
const RECEIVE_BUFFER_WANTED = 4 * 1024 * 1024
const RMEM_FILE = 'proc/sys/net/core/rmem_max'

export const checkBox = (status: BoxStatus | undefined, dir: string, now: number): Check => {
  if (status === undefined)
    return stopped('box', 'No box runs on this folder: nobody is let in.', `Start it: lango start --data ${dir}`)
  const { auth, acct, radsec, web } = status.ports
  return fine(
    'box',
    `Runs since ${ago(status.startedAt, now)} on ${status.listen}: authentication ${auth}, accounting ${acct}, RadSec ${radsec}, page ${web}.`,
  )
}

/** `releasedAt`: a clock before the release is wrong, whoever vouches for it. */
export const checkClock = (
  status: Pick<BoxStatus, 'clockSure'> | undefined,
  now: number,
  releasedAt: number,
): Check => {
  const isSure = status?.clockSure ?? now >= releasedAt
  if (isSure) return fine('clock', 'The clock is trusted.')
  return found('clock', 'attention', { type: 'clock-unsure' })
}

export const checkFolder = ({ dir }: DataFolder): Check => {
  const mode = statSync(dir).mode & 0o777
  if ((mode & 0o077) !== 0) return found('folder', 'attention', { type: 'folder-open', dir, mode: mode.toString(8) })
  return fine('folder', `${dir} is closed to others.`)
}

/** Octets: of the file system, and left for this user; `inodes`: files that may still be made, where that is limited. */
export type DiskSpace = { readonly free: number; readonly size: number; readonly inodes?: number }

export const checkDisk = ({ dir }: DataFolder, { free, size } = diskSpace(dir)): Check => {
  const facts = { freeOctets: free, sizeOctets: size, dir }
  if (free < FREE_OUT_OCTETS) return found('disk', 'stopped', { type: 'disk-out', ...facts })
  const isLow = free < FREE_LOW_OCTETS || free < FREE_LOW_SHARE * size
  if (isLow) return found('disk', 'attention', { type: 'disk-low', ...facts })
  return fine('disk', `${octets(free)} of ${octets(size)} are free where ${dir} lies.`)
}

export const diskSpace = (dir: string): DiskSpace => {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(dir)
  return { free: bavail * bsize, size: blocks * bsize, ...(files > 0 && { inodes: ffree }) }
}

export const checkInodes = ({ dir }: DataFolder, { inodes } = diskSpace(dir)): Check[] => {
  if (inodes === undefined) return []
  if (inodes < INODES_OUT) return [found('inodes', 'stopped', { type: 'inodes-out', dir })]
  if (inodes < INODES_LOW) return [found('inodes', 'attention', { type: 'inodes-low', free: inodes, dir })]
  return [fine('inodes', `${inodes} more files can be made where ${dir} lies.`)]
}

export const checkWal = ({ siteFile, sessionsFile }: DataFolder): Check => {
  const octetsOf = (file: string): number => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  const [siteOctets, sessionsOctets] = [octetsOf(siteFile), octetsOf(sessionsFile)]
  if (Math.max(siteOctets, sessionsOctets) < WAL_HIGH_OCTETS)
    return fine('wal', `The write-ahead logs have ${octets(siteOctets)} and ${octets(sessionsOctets)}.`)
  return found('wal', 'attention', { type: 'wal-large', siteOctets, sessionsOctets })
}

/** Linux doubles what is set for its own bookkeeping; the limit is for what is asked (socket(7)). */
export const checkReceiveBuffer = (root: string): Check => {
  const granted = numberIn(root, RMEM_FILE)
  if (granted === undefined)
    return fine('receive-buffer', 'This system does not tell how large a receive buffer may be.')
  if (granted >= RECEIVE_BUFFER_WANTED) return fine('receive-buffer', `Receive buffers may have ${octets(granted)}.`)
  const facts = { grantedOctets: granted, wantedOctets: RECEIVE_BUFFER_WANTED }
  return found('receive-buffer', 'attention', { type: 'buffer-small', ...facts })
}

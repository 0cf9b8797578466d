/** The backup thread: copies, checks, compresses and seals, so that nobody else waits for it. Ends when that is done. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { ok, secret, systemRandom, type Fault, type Result } from '@lango/kernel'
import { backUp } from './backup/index.ts'
import type { DataFolder } from './data-folder.ts'
import { standAside } from './thread-priority.ts'

export type BackupOrder = {
  readonly folder: DataFolder
  readonly file: string
  readonly passphrase: string
  readonly now: number
  readonly hostName: string
}
export type BackupMade = Result<{ readonly path: string; readonly bytes: number; readonly sha256: string }, Fault>

standAside()

const { passphrase, ...order } = workerData as BackupOrder
const make = async (): Promise<BackupMade> => {
  const made = await backUp({ ...order, passphrase: secret(passphrase), random: systemRandom(), isNoted: false })
  if (!made.ok) return made
  const hash = createHash('sha256')
  await pipeline(createReadStream(order.file), hash)
  return ok({ path: order.file, bytes: made.value.bytes, sha256: hash.digest('hex') })
}
parentPort!.postMessage(await make())

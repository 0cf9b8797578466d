/** Checks and unpacks a backup beside a running box, so that nobody else waits for it. Ends when that is done. */
import { parentPort, workerData } from 'node:worker_threads'
import { secret, type Result } from '@lango/kernel'
import { unpackBackup, type Manifest, type RestoreFault } from '../backup/index.ts'
import { CONTROL_NICE, giveWay } from '../thread-priority.ts'

export type UnpackOrder = { readonly file: string; readonly dir: string; readonly passphrase: string }
export type Unpacked = Result<Manifest, RestoreFault>

// As the control thread: at a box that is new somebody waits for this, and next to nobody for logins.
giveWay(CONTROL_NICE)

const { passphrase, ...order } = workerData as UnpackOrder
const unpacked: Unpacked = await unpackBackup({ ...order, passphrase: secret(passphrase), withoutKeys: false })
parentPort!.postMessage(unpacked)

/** The audit thread: walks the whole log while nobody else wants the processor. Ends when that is done. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemRandom } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { standAside } from '../thread-priority.ts'
import { verifyFolder } from './verify-folder.ts'

standAside()
parentPort!.postMessage(verifyFolder(workerData as DataFolder, systemRandom()))

/** The thread that puts a support bundle together, while nobody else wants the processor, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemRandom } from '@lango/kernel'
import { standAside } from '../thread-priority.ts'
import { makeBundle, type BundleRequest } from './bundle.ts'

standAside()
const asked = workerData as Omit<BundleRequest, 'random' | 'lines'>
parentPort!.postMessage(await makeBundle({ ...asked, random: systemRandom() }))

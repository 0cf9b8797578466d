/** The doctor's thread: looks at everything, while nobody else wants the processor, and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemRandom } from '@lango/kernel'
import { standAside } from '../thread-priority.ts'
import { examineAll, type Examination } from './index.ts'

standAside()
const asked = workerData as Omit<Examination, 'random'>
parentPort!.postMessage(await examineAll({ ...asked, random: systemRandom() }))

/** The sentences about the box's measuring of itself. */
import type { BenchServiceFault } from '../bench-self/service.ts'
import { octets } from './format.ts'

export type { BenchServiceFault }

type Sentences = {
  readonly [T in BenchServiceFault['type']]: (fault: Extract<BenchServiceFault, { type: T }>) => string
}

export const benchSentences: Sentences = {
  BenchBusy: ({ perSec }) =>
    `The box is answering ${perSec} requests a second: it measures itself when there is less to do, at night for example.`,
  BenchNoRoom: ({ what, octets: wanted }) =>
    `Measuring takes a second box beside this one, which needs ${octets(wanted)} of ${what} that are not free.`,
  BenchFailed: ({ cause }) => `Nothing could be measured: ${cause}. The box itself goes on as before.`,
  BenchStopped: () => 'The measurement was stopped before its end: nothing was kept of it.',
}

/** The sentences about a file that sets a box up. */
import type { Fault } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type { applySetup, EntryFault } from '@lango/modules/setup'
import type { SetupFileFault } from '../setup/setup-file.ts'

export type SetupFault =
  | SetupFileFault
  // Of the staff: that somebody is there already.
  | Exclude<FaultOf<typeof applySetup>, { type: 'OwnerExists' }>
  | { readonly type: 'BundlesUnpriced'; readonly currency: string }

type Sentences = { readonly [T in SetupFault['type']]: (fault: Extract<SetupFault, { type: T }>) => string }

const listed = (entries: readonly { readonly path: string; readonly sentence: string }[]): string =>
  entries.map(({ path, sentence }) => `\n  ${path === '' ? 'the file' : path}: ${sentence}`).join('')

/** `sentenceOf` knows the faults of every part. */
export const setupSentences = (sentenceOf: (fault: Fault) => string): Sentences => ({
  SetupUnreadable: ({ file, where }) =>
    `${file} is no JSON object${where === '' ? '' : ` (${where})`}. What stands in it: docs/first-boot.md`,
  SetupInvalid: ({ problems }) =>
    `Nothing was applied:${listed(problems.map(({ path, message }) => ({ path, sentence: message })))}`,
  SetupFaulty: ({ faults }) =>
    `Nothing was applied:${listed(faults.map(({ path, fault }: EntryFault) => ({ path, sentence: sentenceOf(fault) })))}`,
  BundlesUnpriced: ({ currency }) =>
    `The bundles of the country have no prices in ${currency}. Leave the country's currency, or give plans of your own.`,
})

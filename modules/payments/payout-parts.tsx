/** What the pages of payouts have in common. */
import { Status, type Desk, type Meaning } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { listPayouts } from './payout-queries.ts'
import type { PayoutState } from './payout-rules.ts'
import { payoutWords } from './words-payout.ts'

export type PayoutRow = ResultOf<typeof listPayouts>['payouts'][number]

export const wordsOfPayouts = ({ locale }: Pick<Desk, 'locale'>) => payoutWords[locale.lang]
export const PAYOUTS_HREF = '/payouts'
export const payoutHref = (number: number): string => `${PAYOUTS_HREF}/${number}`

const meanings = {
  waiting: ['attention', 'waiting'],
  asked: ['info', 'asked-state'],
  sent: ['info', 'sent'],
  done: ['good', 'done'],
  failed: ['stopped', 'failed'],
  unknown: ['attention', 'unknown'],
  'turned-down': ['plain', 'turned-down'],
} as const satisfies Record<PayoutState, readonly [Meaning, keyof (typeof payoutWords)['en']]>

export const PayoutMark = ({ desk, state }: { desk: Pick<Desk, 'locale'>; state: PayoutState }) => {
  const [meaning, word] = meanings[state]
  return <Status meaning={meaning}>{wordsOfPayouts(desk)[word]}</Status>
}

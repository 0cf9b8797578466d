import { defineTable } from '@lango/kernel/db'
import { frequencies, type Failure } from './port.ts'
import { standingOrderStates, type OrderClaim } from './standing-rules.ts'

/** M-Pesa is to pay so much into a wallet, so often: one row for each time that somebody was asked to agree to that. */
export const standingOrders = defineTable(
  'standing_orders',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it, in its name on the handset, and in the address where the provider tells of it. */
    number: c.int(),
    walletId: c.ref('wallets'),
    /** E.164: who is asked. */
    phone: c.text(),
    state: c.oneOf(standingOrderStates),
    amountMinor: c.minor(),
    currency: c.text(),
    frequency: c.oneOf(frequencies),
    /** The first and the last day, `2026-12-31`, of East Africa. */
    startsOn: c.text(),
    endsOn: c.text(),
    askedAt: c.instant(),
    askedBy: c.text(),
    /** Set before the provider is asked: after a crash nobody knows whether it was, and it is not asked again. */
    begunAt: c.optInstant(),
    /** How often it could not be asked at all. */
    unheard: c.int(),
    /** The provider took it: it asks on the handset. */
    sentAt: c.optInstant(),
    /** What the provider calls it. */
    providerRef: c.optText(),
    /** What was posted of it before it was known what the provider calls it. */
    claims: c.json<OrderClaim[]>(),
    /** It was agreed to, or not. */
    answeredAt: c.optInstant(),
    failure: c.optText<Failure>(),
    /** When the latest money came that can be by it, as the provider says. */
    lastPaidAt: c.optInstant(),
    endedAt: c.optInstant(),
    /** Who said that it was stopped; null where its last day is over. */
    endedBy: c.optText(),
  }),
  {
    unique: { byNumber: ['number'] },
    indexes: { byWallet: ['walletId', 'number'], byState: ['state', 'sentAt'], byPhone: ['phone', 'askedAt'] },
  },
)

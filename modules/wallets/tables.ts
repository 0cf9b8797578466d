import { defineTable } from '@lango/kernel/db'
import { moveKinds, walletStatuses } from './rules.ts'

/**
 * Money that somebody has put in beforehand, known by their phone. What is in it stands in the ledger alone: the balance
 * of the account `wallet:<id>`.
 */
export const wallets = defineTable(
  'wallets',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What people call it. */
    number: c.int(),
    /** What is typed as the account where money is sent to it. */
    reference: c.text(),
    /** E.164: whoever holds it. */
    phone: c.text(),
    currency: c.text(),
    /** Sealed: what opens it, together with the phone. */
    code: c.secret(),
    /** Rises with each new code: what the one before has opened is shut. */
    codeNo: c.int({ before: 1 }),
    /** Wrong codes typed since an instant: a code is not guessed, from however many devices. */
    misses: c.int({ before: 0 }),
    missesSince: c.optInstant(),
    codeSentAt: c.optInstant(),
    status: c.oneOf(walletStatuses),
    createdAt: c.instant(),
    /** What the first money came by, whose buyer is told the code: the id of a purchase; null where it was otherwise. */
    openedBy: c.optText(),
  }),
  { unique: { byNumber: ['number'], byReference: ['reference'], byPhone: ['phone'] } },
)

/** What an entry of the ledger was about, for whoever reads the statement of a wallet; how much it was stands there. */
export const walletMoves = defineTable(
  'wallet_moves',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What a receipt is called by. */
    number: c.int(),
    walletId: c.ref('wallets'),
    entryId: c.ref('ledger_entries'),
    kind: c.oneOf(moveKinds),
    /** The number of a purchase, or the other wallet's; null where there is none. */
    about: c.optInt(),
    at: c.instant(),
  }),
  { unique: { byNumber: ['number'] }, indexes: { byWallet: ['walletId', 'at'], byEntry: ['entryId'] } },
)

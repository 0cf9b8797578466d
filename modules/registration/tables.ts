import { defineTable } from '@lango/kernel/db'
import { confirmations, type Refusal } from './rules.ts'

/** Each code that somebody who registers has asked for, and what came of it. */
export const registrations = defineTable(
  'registrations',
  { home: 'site', flow: 'never', onDelete: 'erase', key: 'no' },
  (c) => ({
    /** What the page of whoever registers knows it by. */
    token: c.text(),
    by: c.oneOf(confirmations),
    /** A number in E.164, or an e-mail address. */
    contact: c.text(),
    contactHash: c.text(),
    /** Whoever asked, as a keyed hash: it is only counted. */
    addressHash: c.text(),
    name: c.text(),
    language: c.oneOf(['en', 'sw']),
    planId: c.ref('plans'),
    state: c.oneOf(['waiting', 'done', 'refused']),
    /** Of one that was refused. */
    reason: c.optText<Refusal>(),
    /** Null where no code can be right: the phone or e-mail is known, which whoever asks is not told. */
    codeHash: c.optText(),
    codeExpiresAt: c.instant(),
    /** Wrong ones. */
    tries: c.int(),
    createdAt: c.instant(),
    endedAt: c.optInstant(),
    customerId: c.optRef('customers'),
    serviceId: c.optRef('services'),
  }),
  {
    unique: { byToken: ['token'] },
    indexes: { byContact: ['contactHash', 'createdAt'], byAddress: ['addressHash', 'createdAt'], byAge: ['createdAt'] },
  },
)

/**
 * Phones and e-mails that have had their one account, as keyed hashes: they stay when the customer is erased, and tell
 * nobody who it was.
 */
export const registeredContacts = defineTable(
  'registered_contacts',
  { home: 'site', flow: 'never', onDelete: 'keep', key: 'id' },
  (c) => ({ id: c.id(), at: c.instant() }),
)

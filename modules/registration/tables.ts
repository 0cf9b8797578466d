import { defineTable } from '@lango/kernel/db'
import { confirmations, purposes, type Agreed, type Refusal } from './rules.ts'

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
    /** Null for somebody who wants no account, and agrees to something. */
    planId: c.optRef('plans'),
    /** What they have ticked: it counts once the contact is confirmed. */
    agreed: c.json<Agreed[]>({ before: '[]' }),
    /** Where it was, as the router calls itself; null where nobody has said. */
    place: c.optText(),
    /** Of the device that the router tells, as a keyed hash. */
    deviceHash: c.optText(),
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

/** Words that somebody has agreed to, as they stood on the page: each version is kept for good. */
export const consentTexts = defineTable(
  'consent_texts',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    version: c.int(),
    purpose: c.oneOf(purposes),
    /** Of the words, as BCP 47 calls it. */
    language: c.text(),
    text: c.text(),
    firstAt: c.instant(),
  }),
  { unique: { byVersion: ['version'] }, indexes: { byPurpose: ['purpose', 'language'] } },
)

/** What the holder of a phone or e-mail has agreed to, and whether they still do. */
export const consents = defineTable(
  'consents',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    by: c.oneOf(confirmations),
    /** A number in E.164, or an e-mail address: a code that was sent there was typed. */
    contact: c.text(),
    purpose: c.oneOf(purposes),
    textId: c.ref('consent_texts'),
    givenAt: c.instant(),
    /** As the router calls itself; null where nobody has said. */
    place: c.optText(),
    customerId: c.optRef('customers'),
    withdrawnAt: c.optInstant(),
    /** `self`, `newer` where other words took their place, or who of the staff. */
    withdrawnBy: c.optText(),
  }),
  {
    indexes: {
      byContact: ['contact', 'purpose'],
      byCustomer: ['customerId'],
      byPurpose: ['purpose', 'withdrawnAt'],
    },
  },
)

/**
 * Phones, e-mails and devices that have had their one account, as keyed hashes: they stay when the customer is erased,
 * and tell nobody who it was.
 */
export const registeredContacts = defineTable(
  'registered_contacts',
  { home: 'site', flow: 'never', onDelete: 'keep', key: 'id' },
  (c) => ({ id: c.id(), at: c.instant() }),
)

import { beforeEach, expect, test } from 'vitest'
import { createPersonalReader } from '@lango/kernel/verbs'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { removeSender } from '../messages/index.ts'
import { addSubscriber, eraseCustomer, moveService } from '../services/index.ts'
import { emptyWallet, eraseWallet, topUpCash } from '../wallets/index.ts'
import { changeSettings } from '../settings/index.ts'
import { consentsToSend, countConsents } from './consent-queries.ts'
import {
  forgetConsents,
  listConsents,
  registrationLimits,
  registrationOffer,
  withdrawConsent,
  withdrawOwnConsent,
} from './index.ts'
import { consents, consentTexts, registrations } from './tables.ts'
import { PHONE, service, siteWith, type Site } from './testing/site.ts'

const MAIL = 'amina@example.net'
const offers = { purpose: 'offers', language: 'en', text: 'Lakeview may send me offers.' } as const

let site: Site
beforeEach(() => {
  site = siteWith()
  site.must(changeSettings, { consentOffers: true })
})
/** Somebody who wants messages alone. */
const wanted = (contact: string, more: object = {}) => ({
  plan: undefined,
  name: undefined,
  by: contact.includes('@') ? 'email' : 'phone',
  agreed: [offers],
  place: 'Cafe <router>',
  ...more,
})
const agrees = async (contact: string, more: object = {}) =>
  (await site.joined(contact, wanted(contact, more))).confirmed
const list = (more: object = {}) => site.query(listConsents, more)
const stop = (contact: string) => site.dispatch(withdrawOwnConsent, { contact })
const sending = () => site.query(consentsToSend, {}).map(({ contact }) => contact)

test('what somebody has agreed to is kept as they read it, with its version, when and where, once the code was typed', async () => {
  const begun = site.begun(PHONE, wanted(PHONE))
  const code = await site.codeTo(PHONE)
  expect(list()).toEqual([])
  site.clock.advance(60_000)
  expect(site.confirm(begun.token, code)).toEqual({ state: 'noted' })
  expect(site.confirm(begun.token, code)).toEqual({ state: 'noted' })
  expect(list()).toMatchObject([
    {
      ...offers,
      by: 'phone',
      contact: PHONE,
      version: 1,
      givenAt: site.clock.now(),
      place: 'Cafe <router>',
      withdrawnAt: null,
    },
  ])
  // Whoever agrees to messages has no account by that, and is no customer.
  expect([site.count(grants), site.count(customers)]).toEqual([0, 0])
  expect(site.query(countConsents, {})).toBe(1)
})

test('other words are another version, and take the place of those before; the same words are the same', async () => {
  await agrees(PHONE)
  await agrees(MAIL)
  await agrees(PHONE)
  expect([site.count(consents), site.count(consentTexts)]).toEqual([2, 1])
  site.clock.advance(3_600_000)
  await agrees(PHONE, { agreed: [{ ...offers, text: 'Lakeview may send me two offers a month.' }] })
  expect(list({ contact: PHONE })).toMatchObject([
    { version: 2, withdrawnAt: null },
    { version: 1, withdrawnBy: 'newer' },
  ])
  expect(sending()).toEqual([PHONE, MAIL])
})

test('an account takes that what it needs is kept, and nothing else: offers are as one likes', async () => {
  const missing = { ok: false, error: { type: 'ConsentMissing' } }
  for (const agreed of [[], [offers]]) expect(site.start(PHONE, { agreed })).toMatchObject(missing)
  expect(site.start(PHONE, wanted(PHONE, { agreed: [service] }))).toMatchObject(missing)
  expect([site.count(registrations), site.count(consents)]).toEqual([0, 0])
  await site.joined(PHONE)
  expect(list()).toMatchObject([{ purpose: 'service', contact: PHONE, text: service.text }])
  await site.joined(MAIL, { agreed: [service, offers] })
  expect(
    list({ contact: MAIL })
      .map(({ purpose }) => purpose)
      .toSorted(),
  ).toEqual(['offers', 'service'])
  expect(site.count(grants)).toBe(2)
  expect(sending()).toEqual([MAIL])
})

test('nobody is asked until the owner wants it, nor where nobody can send', async () => {
  const asked = () => site.query(registrationOffer, {}).offers
  expect(asked()).toMatchObject({ isAsked: true, by: ['phone', 'email'], mayStop: true })
  site.must(changeSettings, { consentOffers: false })
  expect(asked()).toMatchObject({ isAsked: false, mayStop: false })
  const closed = { ok: false, error: { type: 'RegistrationClosed' } }
  expect(site.start(PHONE, wanted(PHONE))).toMatchObject(closed)
  // A page that was open meanwhile: what it asked for is not kept, and the account is made all the same.
  await site.joined(MAIL, { agreed: [service, offers] })
  expect(list().map(({ purpose }) => purpose)).toEqual(['service'])
  site.must(changeSettings, { consentOffers: true, consentWordsEn: 'Our own words.' })
  expect(asked().words).toEqual({ en: 'Our own words.', sw: '' })
  for (const channel of ['sms', 'email'] as const) site.must(removeSender, { channel })
  expect(asked()).toMatchObject({ isAsked: false, by: [] })
  expect(site.start(PHONE, wanted(PHONE))).toMatchObject(closed)
})

test('whoever wants no more says so with their number alone, as they write it, and nobody learns who had agreed', async () => {
  await agrees(PHONE)
  await agrees(MAIL)
  const [known, unknown] = [stop('0712 345 678'), stop('0799 000 000')]
  expect([known.ok, unknown.ok]).toEqual([true, true])
  expect(stop('nothing').ok).toBe(false)
  expect(stop(' Amina@Example.net ').ok).toBe(true)
  expect(sending()).toEqual([])
  expect(list()).toMatchObject([{ withdrawnBy: 'self' }, { withdrawnBy: 'self' }])
  // They may change their mind.
  site.clock.advance(3_600_000)
  await agrees(PHONE)
  expect(sending()).toEqual([PHONE])
  expect(list({ contact: PHONE })).toHaveLength(2)
})

test('at the desk it is taken back too, by whom the row says; what an account takes is not, and stays', async () => {
  await site.joined(PHONE, { agreed: [service, offers] })
  const [of, kept] = ['offers', 'service'].map((purpose) => list({ purpose })[0]!)
  expect(site.dispatch(withdrawConsent, { id: kept!.id })).toMatchObject({ error: { type: 'ConsentUnknown' } })
  for (const id of ['', '__proto__', 'cns_gone'])
    expect(site.dispatch(withdrawConsent, { id })).toMatchObject({ error: { type: 'ConsentUnknown' } })
  expect(site.must(withdrawConsent, { id: of!.id })).toEqual({ contact: PHONE, consents: 1 })
  expect(list({ isWithdrawn: true })).toMatchObject([{ id: of!.id, withdrawnBy: 'test' }])
  expect(list({ isWithdrawn: false })).toMatchObject([{ id: kept!.id }])
  expect(site.must(withdrawConsent, { id: of!.id }).consents).toBe(0)
})

const everywhere = () =>
  JSON.stringify(
    site.database.raw
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'",
      )
      .all()
      .map(({ name }) => site.database.raw.prepare(`SELECT * FROM "${name}"`).all()),
  )

test('with a customer goes all that they had agreed to, also before they were one', async () => {
  await agrees(PHONE)
  site.clock.advance(3_600_000)
  await site.joined(PHONE, { agreed: [service] })
  await agrees(MAIL)
  expect(list()).toHaveLength(3)
  site.must(eraseCustomer, { login: '254712345678' })
  expect(list().map(({ contact }) => contact)).toEqual([MAIL])
  expect(everywhere().includes('712345678')).toBe(false)
})

test('whom a customer has taken over goes with them, however often that was', async () => {
  const added = (login: string) => site.must(addSubscriber, { login, plan: 'Trial', password: 'x' }).customerId
  await site.joined(PHONE)
  const [second, last] = [added('second'), added('last')]
  site.must(moveService, { login: '254712345678', customer: second })
  site.must(moveService, { login: '254712345678', customer: last })
  site.must(moveService, { login: 'second', customer: last })
  site.must(eraseCustomer, { login: 'last' })
  expect(list()).toEqual([])
})

test('whoever holds a wallet and is no customer takes along what they had agreed to', async () => {
  await agrees(PHONE)
  site.must(topUpCash, { phone: PHONE, amountMinor: 100 })
  site.must(emptyWallet, { wallet: 1, how: 'cash', reason: 'r' })
  site.must(eraseWallet, { wallet: 1 })
  expect(list()).toEqual([])
  expect(everywhere().includes('712345678')).toBe(false)
})

test('who agrees with the contact of a customer of the desk goes with them', async () => {
  site.must(addSubscriber, { login: 'amina', plan: 'Trial', password: 'x', phone: PHONE, name: 'Amina' })
  await agrees(PHONE)
  site.must(eraseCustomer, { login: 'amina' })
  expect(list()).toEqual([])
})

test('whoever is no customer is forgotten at the desk, and the audit log can tell no more who it was', async () => {
  await agrees(PHONE)
  await agrees(MAIL)
  expect(stop(PHONE).ok).toBe(true)
  const told = () => {
    const read = createPersonalReader(site.database.raw, site.vault)
    return site.database.raw
      .prepare<[], { record: string }>("SELECT record FROM audit WHERE command LIKE 'consents.%' ORDER BY no")
      .all()
      .map(({ record }) => JSON.stringify(read(record)))
      .join()
  }
  expect(told()).toContain(PHONE)
  const [{ id } = { id: '' }] = list({ contact: PHONE })
  expect(site.must(forgetConsents, { id })).toEqual({ consents: 1 })
  expect(told()).not.toContain(PHONE)
  expect(list().map(({ contact }) => contact)).toEqual([MAIL])
  expect(site.dispatch(forgetConsents, { id })).toMatchObject({ error: { type: 'ConsentUnknown' } })
})

test('proof that somebody had agreed is kept for three years after they do no more', async () => {
  await agrees(PHONE)
  await agrees(MAIL)
  expect(stop(PHONE).ok).toBe(true)
  const tidied = async () => {
    site.clock.advance(registrationLimits.tidyEveryMs)
    const stopping = new AbortController()
    const running = site.jobs.run(stopping.signal)
    await site.jobs.settled()
    stopping.abort()
    await running
  }
  const stoppedAgo = (ms: number) =>
    site.database.raw
      .prepare('UPDATE consents SET withdrawn_at = ? WHERE withdrawn_at IS NOT NULL')
      .run(site.clock.now() + registrationLimits.tidyEveryMs - ms)
  stoppedAgo(registrationLimits.withdrawnKeptMs - 1)
  await tidied()
  expect(site.count(consents)).toBe(2)
  stoppedAgo(registrationLimits.withdrawnKeptMs)
  await tidied()
  expect(list().map(({ contact }) => contact)).toEqual([MAIL])
})

test('messages have the limits of all codes, and what was typed reaches nobody else', async () => {
  for (let n = 0; n < registrationLimits.codesPerContactMax; n++)
    site.begun(PHONE, wanted(PHONE, { address: `192.0.2.${n}` }))
  expect(site.start(PHONE, wanted(PHONE, { address: '192.0.2.99' }))).toMatchObject({
    error: { type: 'RegistrationTooMany' },
  })
  expect(site.start('+4915112345678', wanted('+4915112345678'))).toMatchObject({ error: { type: 'ContactUnfit' } })
  expect(site.start(PHONE, { plan: undefined, by: undefined })).toMatchObject({ error: { type: 'RegistrationClosed' } })
  await site.runJobs()
  expect(JSON.stringify(site.sent)).not.toMatch(/offers|router/)
})

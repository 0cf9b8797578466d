import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { mpesaSecretsPurpose, setMpesa, showMpesa } from './index.ts'
import type { MpesaSecrets } from './mpesa-rules.ts'
import { forbiddenInUrls } from '../../drivers/mpesa/facts.ts'
import { forbiddenInCallbacks } from './mpesa-rules.ts'
import { paymentAccounts } from './tables.ts'
import { paymentModules } from './testing/modules.ts'

const shop = () => {
  const site = memorySite(paymentModules)
  return {
    ...site,
    secrets: (): MpesaSecrets => {
      const { secrets } = site.database.orm.select().from(paymentAccounts.site).get()!
      return JSON.parse(orThrow(site.vault.open(secrets!, mpesaSecretsPurpose)).reveal()) as MpesaSecrets
    },
  }
}
const whole = {
  shortcode: '174379',
  consumerKey: 'key-of-the-app',
  consumerSecret: 'secret-of-the-app',
  passkey: 'passkey-of-it',
  phone: '+254700000001',
}

test('what is missing is told until nothing is', () => {
  const { must, query } = shop()
  expect(query(showMpesa, {})).toBeUndefined()
  expect(must(setMpesa, { shortcode: '174379' }).missing).toEqual(['consumerKey', 'phone', 'consumerSecret', 'passkey'])
  expect(must(setMpesa, whole).missing).toEqual([])
  expect(must(setMpesa, { kind: 'till' }).missing).toEqual(['till'])
  expect(query(showMpesa, {})).toEqual({
    missing: ['till'],
    missingToPayBack: ['initiatorName', 'certificate', 'initiatorPassword'],
    registration: null,
    settings: {
      baseUrl: 'https://sandbox.safaricom.co.ke',
      kind: 'till',
      shortcode: '174379',
      till: '',
      consumerKey: 'key-of-the-app',
      phone: '+254700000001',
      initiatorName: '',
      certificate: '',
      callbackUrl: '',
      callbackFrom: 'any',
      trustUpTo: 0,
      payoutUpTo: 0,
      payoutDayUpTo: 0,
      payoutAloneUpTo: 0,
      standingOrders: 'off',
    },
  })
})

test('a secret that is left out stays; another server is not told it', () => {
  const { must, secrets } = shop()
  must(setMpesa, whole)
  must(setMpesa, { consumerKey: 'another-key', initiatorPassword: 'Initiator#1' })
  expect(secrets()).toMatchObject({ consumerSecret: 'secret-of-the-app', passkey: 'passkey-of-it' })
  expect(must(setMpesa, { baseUrl: 'https://mallory.example' }).missing).toEqual(['consumerSecret', 'passkey'])
  expect(secrets()).toEqual({ consumerSecret: '', passkey: '', initiatorPassword: '' })
})

test.each([
  { baseUrl: 'http://api.safaricom.co.ke' },
  { baseUrl: 'nonsense' },
  { shortcode: '12' },
  { till: 'x' },
  { phone: '0712345678' },
])('what cannot be is refused: %j', (input) => {
  const { dispatch, query } = shop()
  expect(dispatch(setMpesa, input)).toMatchObject({ error: { type: 'InputInvalid' } })
  expect(query(showMpesa, {})).toBeUndefined()
})

test('a simulator on this machine may be asked without TLS', () => {
  expect(shop().dispatch(setMpesa, { baseUrl: 'http://127.0.0.1:9000' }).ok).toBe(true)
})

test('no secret is in the audit log, in a row or in the answer', () => {
  const { must, database } = shop()
  const answer = JSON.stringify(must(setMpesa, whole))
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'")
    .all()
  const rows = tables.map(({ name }) => JSON.stringify(database.raw.prepare(`SELECT * FROM "${name}"`).all()))
  for (const secret of [whole.consumerSecret, whole.passkey]) expect([answer, ...rows].join()).not.toContain(secret)
})

test('what M-Pesa calls no address with is refused when the address is set, not when somebody pays', () => {
  expect([...forbiddenInCallbacks].toSorted()).toEqual([...forbiddenInUrls].toSorted())
  const { dispatch } = shop()
  for (const word of forbiddenInCallbacks)
    expect(dispatch(setMpesa, { callbackUrl: `https://${word}.example.com` })).toMatchObject({
      error: { type: 'InputInvalid' },
    })
  for (const callbackUrl of [
    'pop.example.com',
    'ftp://pop.example.com',
    'https://a:b@pop.example.com',
    'https://x.y/?z',
  ])
    expect(dispatch(setMpesa, { callbackUrl })).toMatchObject({ error: { type: 'InputInvalid' } })
})

test('plain http is taken where Daraja is a simulator on this machine, and only as long as it is', () => {
  const { dispatch, must } = shop()
  const callbackUrl = 'http://127.0.0.1:8080'
  expect(dispatch(setMpesa, { callbackUrl })).toMatchObject({ error: { type: 'CallbackPlain' } })
  must(setMpesa, { baseUrl: 'http://127.0.0.1:9000', callbackUrl })
  expect(dispatch(setMpesa, { baseUrl: 'https://api.safaricom.co.ke' })).toMatchObject({
    error: { type: 'CallbackPlain' },
  })
  must(setMpesa, { baseUrl: 'https://api.safaricom.co.ke', callbackUrl: 'https://pop.example.com' })
})

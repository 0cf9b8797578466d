import { constants, privateDecrypt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import type { Asked } from '@lango/modules/payments/port'
import { TestAuthority } from '../radius/eap/testing/certificates.ts'
import { amina, baraka, initiatorOf, shillings, startIsp, type Isp } from '../simulators/daraja/testing.ts'
import {
  accountBalancesOf,
  createMpesa,
  readResult,
  transactionStatusOf,
  type Mpesa,
  type MpesaConfig,
} from './index.ts'
import { securityCredentialOf } from './initiator.ts'

const never = new AbortController().signal
let isp: Isp
const mpesaOf = (more: Partial<MpesaConfig> = {}) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
let mpesa: Mpesa
beforeAll(async () => {
  isp = await startIsp()
  mpesa = mpesaOf(initiatorOf(isp))
})
afterAll(() => isp.close())

let results = 0
/** Addresses of their own for each request, as the module gives them. */
const urls = () => {
  results += 1
  return { resultUrl: isp.inbox.url(`/result/${results}`), timeoutUrl: isp.inbox.url(`/waited/${results}`) }
}
const resultOf = async (asked: Asked | 'asked-before') => {
  const { ref } = asked as Asked
  await isp.simulator.settled()
  const [body, ...others] = isp.inbox.bodies(`/result/${results}`)
  expect(others).toEqual([])
  const result = orThrow(readResult(body))
  expect(result.ref).toBe(ref)
  return result
}
const paid = async (amount: number): Promise<string> => {
  const outcome = await isp.simulator.pay({ msisdn: amina, shortcode: '600984', amount, account: 'a' })
  return outcome.paid ? outcome.receipt : expect.fail(outcome.code)
}
const payout = (more: object = {}) => ({
  id: 'payout-1',
  phone: '0112345678',
  amount: shillings(20),
  reason: 'Refund',
  ...urls(),
  ...more,
})

test('a password is sealed by RSA with PKCS#1 v1.5 for the key of a certificate', async () => {
  const authority = await TestAuthority.create('Safaricom’s')
  const { cert, key } = await authority.issue({ name: 'daraja', algorithm: 'rsa' })
  const sealed = Buffer.from(securityCredentialOf('Safaricom#1', cert), 'base64')
  expect(privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, sealed).toString()).toBe('Safaricom#1')
  expect(() => securityCredentialOf('Safaricom#1', authority.cert)).toThrow(/not supported/)
})

test('a payout is paid once: its id is not taken twice', async () => {
  const before = isp.simulator.balanceOf(baraka)!
  const result = await resultOf(orThrow(await mpesa.payOut(payout(), never)))
  expect(result).toMatchObject({ outcome: 'done', originatorId: 'payout-1', code: '0' })
  expect(result.parameters.get('TransactionReceipt')).toBe(result.receipt)
  const again = await mpesa.payOut(payout(), never)
  expect(again).toEqual({ ok: true, value: 'asked-before' })
  expect(isp.simulator.balanceOf(baraka)).toBe(before + 20)
})

test('a payout above what the shortcode has fails, and so does one to nobody', async () => {
  const poor = await resultOf(orThrow(await mpesa.payOut(payout({ id: 'p2', amount: shillings(9999) }), never)))
  expect(poor).toMatchObject({ outcome: { failure: 'balance' }, code: '1' })
  const nobody = await resultOf(orThrow(await mpesa.payOut(payout({ id: 'p3', phone: '0799999999' }), never)))
  expect(nobody).toMatchObject({ outcome: { failure: 'receiver' }, code: '2040' })
})

test('a payment is paid back once, and is no longer among what was received', async () => {
  await mpesa.registerPull({ phone: '0712345678', callbackUrl: undefined }, never)
  const receipt = await paid(40)
  const range = { fromAt: isp.clock.now() - 1000, toAt: isp.clock.now() + 1000 }
  const receipts = async () => orThrow(await mpesa.received(range, never)).payments.map((one) => one.receipt)
  expect(await receipts()).toContain(receipt)
  const before = isp.simulator.balanceOf(amina)!
  const request = { receipt, amount: shillings(40), reason: 'Paid twice' }
  expect(await resultOf(orThrow(await mpesa.reverse({ ...request, ...urls() }, never)))).toMatchObject({
    outcome: 'done',
  })
  const again = await resultOf(orThrow(await mpesa.reverse({ ...request, ...urls() }, never)))
  expect(again).toMatchObject({ outcome: 'done-before', code: 'R000001' })
  expect(isp.simulator.balanceOf(amina)).toBe(before + 40)
  expect(await receipts()).not.toContain(receipt)
  const unknown = await mpesa.reverse({ ...request, receipt: 'S000000000', ...urls() }, never)
  expect(await resultOf(orThrow(unknown))).toMatchObject({ code: 'R000002', outcome: { failure: 'system' } })
})

test('the status of a receipt says that it is completed, of how much and when', async () => {
  const receipt = await paid(41)
  const result = await resultOf(orThrow(await mpesa.transactionStatus({ receipt, ...urls() }, never)))
  const status = { receipt, status: 'Completed', state: 'done', amount: shillings(41), finalisedAt: isp.clock.now() }
  expect(transactionStatusOf(result)).toEqual(status)
  const none = await resultOf(orThrow(await mpesa.transactionStatus({ originatorId: 'x', ...urls() }, never)))
  expect(transactionStatusOf(none)).toBeUndefined()
})

test('what became of a request is told by its own name: a reversal, a payout with its fee, one that failed', async () => {
  const statusBy = async (originatorId: string) =>
    transactionStatusOf(await resultOf(orThrow(await mpesa.transactionStatus({ originatorId, ...urls() }, never))))
  const receipt = await paid(43)
  const reversed = orThrow(await mpesa.reverse({ receipt, amount: shillings(43), reason: 'r', ...urls() }, never))
  await isp.simulator.settled()
  expect(await statusBy(reversed.originatorId!)).toMatchObject({ state: 'done', amount: shillings(43), fee: undefined })
  const of = await resultOf(orThrow(await mpesa.transactionStatus({ receipt, ...urls() }, never)))
  expect(transactionStatusOf(of)).toMatchObject({ state: 'reversed', status: 'Reversed', receipt })
  await resultOf(orThrow(await mpesa.payOut(payout({ id: 'p-status' }), never)))
  expect(await statusBy('p-status')).toMatchObject({ state: 'done', amount: shillings(20), fee: shillings(22) })
  await resultOf(orThrow(await mpesa.payOut(payout({ id: 'p-poor', amount: shillings(9999) }), never)))
  expect(await statusBy('p-poor')).toMatchObject({ state: 'failed' })
  expect(await statusBy('nobody')).toBeUndefined()
})

test('balances come by one parameter that is no list', async () => {
  const result = await resultOf(orThrow(await mpesa.accountBalance(urls(), never)))
  const utility = shillings(isp.simulator.balanceOf('600984')!)
  const account = 'Utility Account'
  expect(accountBalancesOf(result)).toContainEqual({
    account,
    current: utility,
    available: utility,
    isPaying: true,
  })
})

test('a wrong password, a wrong name and a certificate that is none are for staff', async () => {
  const wrong = mpesaOf(initiatorOf(isp, 'hunter2'))
  expect(await resultOf(orThrow(await wrong.accountBalance(urls(), never)))).toMatchObject({
    code: '2001',
    outcome: { failure: 'configuration' },
  })
  const unknown = mpesaOf({ initiator: { name: 'nobody', credential: { sealed: secret('c2VhbGVk') } } })
  expect(await resultOf(orThrow(await unknown.accountBalance(urls(), never)))).toMatchObject({ code: '2001' })
  const credential = { password: secret('hunter2'), certificate: 'no PEM' }
  const unsealed = await mpesaOf({ initiator: { name: 'testapi', credential } }).accountBalance(urls(), never)
  expect(unsealed).toMatchObject({ error: { type: 'ProviderMisconfigured', code: 'certificate' } })
  expect(JSON.stringify(unsealed)).not.toContain('hunter2')
  expect(await mpesaOf().accountBalance(urls(), never)).toMatchObject({ error: { code: 'initiator' } })
})

test('a request that waited too long is told at its other address, and has no result yet', async () => {
  isp.simulator.failCallbacks('queue-timeout')
  orThrow(await mpesa.accountBalance(urls(), never))
  await isp.simulator.settled()
  expect(isp.inbox.bodies(`/result/${results}`)).toEqual([])
  expect(isp.inbox.bodies(`/waited/${results}`)).toHaveLength(1)
})

test('cents and foreign numbers are refused before anybody is asked', async () => {
  const asked = isp.simulator.asked.length
  const cents = { minor: 150, currency: 'KES' }
  const odd = { receipt: 'S1', amount: cents, reason: 'r', ...urls() }
  expect(await mpesa.reverse(odd, never)).toMatchObject({ error: { type: 'ProviderRefused', code: 'amount' } })
  expect(await mpesa.payOut(payout({ id: 'p4', amount: cents }), never)).toMatchObject({ error: { code: 'amount' } })
  expect(await mpesa.payOut(payout({ id: 'p5', phone: '+1555' }), never)).toMatchObject({ error: { failure: 'phone' } })
  expect(isp.simulator.asked).toHaveLength(asked)
})

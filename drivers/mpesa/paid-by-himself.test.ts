import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { amina, baraka, shillings, startIsp, tillConfig, until, type Isp } from '../simulators/daraja/testing.ts'
import { createMpesa, readC2bConfirmation, readC2bValidation, validationAnswer, type MpesaConfig } from './index.ts'

const never = new AbortController().signal
let isp: Isp
const mpesaOf = (more: Partial<MpesaConfig> = {}) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
afterEach(() => isp.close())

const urls = () => ({ confirmationUrl: isp.inbox.url('/confirm'), validationUrl: isp.inbox.url('/validate') })
const register = (version: 'v1' | 'v2' = 'v1', unanswered: 'Completed' | 'Cancelled' = 'Completed') =>
  mpesaOf().registerC2b({ version, unanswered, ...urls() }, never)
const payment = { msisdn: amina, shortcode: '600984', amount: 70, account: 'acc 17' }
const confirmations = () => isp.inbox.bodies('/confirm').map((body) => orThrow(readC2bConfirmation(body)))

describe('C2B', () => {
  test('addresses are registered once in production, which is told apart', async () => {
    isp = await startIsp({ environment: 'production' })
    expect(await register()).toEqual({ ok: true, value: 'registered' })
    expect(await register()).toEqual({ ok: true, value: 'registered-before' })
    const simulated = await mpesaOf().simulateC2b(
      { version: 'v2', phone: '0712345678', amount: shillings(5), account: 'x' },
      never,
    )
    expect(simulated).toMatchObject({ error: { type: 'ProviderMisconfigured' } })
  })

  test.each([
    ['v1', createHash('sha256').update(amina).digest('hex')],
    ['v2', '2547 ***** 678'],
  ] as const)('%s: a payment is validated and confirmed, with the payer’s number as %s', async (version, phoneHint) => {
    isp = await startIsp()
    await register(version)
    const outcome = await isp.simulator.pay(payment)
    await isp.simulator.settled()
    const [confirmed] = confirmations()
    expect(outcome).toEqual({ paid: true, receipt: confirmed?.receipt })
    expect(confirmed).toMatchObject({
      amount: shillings(70),
      account: 'acc 17',
      name: 'Amina Otieno',
      phone: undefined,
      phoneHint,
    })
    expect(mpesaOf().isHintOf(phoneHint, '+254712345678')).toBe(true)
    expect(mpesaOf().isHintOf(phoneHint, '+254112345679')).toBe(false)
    expect(orThrow(readC2bValidation(isp.inbox.bodies('/validate')[0]))).toMatchObject({ amount: shillings(70) })
    expect(isp.simulator.balanceOf('600984')).toBe(170)
  })

  test('a payment that validation rejects is not made', async () => {
    isp = await startIsp()
    await register()
    isp.inbox.answer = validationAnswer({ reject: 'account' })
    expect(await isp.simulator.pay(payment)).toMatchObject({ paid: false, code: 'C2B00012' })
    expect(isp.simulator.balanceOf(amina)).toBe(300_000)
    expect(confirmations()).toEqual([])
  })

  test.each(['Completed', 'Cancelled'] as const)(
    'where validation does not answer in 8 s it is %s',
    async (unanswered) => {
      isp = await startIsp()
      await register('v1', unanswered)
      isp.inbox.answer = 'silence'
      const paying = isp.simulator.pay(payment)
      await until(() => isp.inbox.bodies('/validate').length === 1)
      isp.inbox.answer = {}
      isp.clock.advance(8000)
      expect(await paying).toMatchObject({ paid: unanswered === 'Completed' })
      await isp.simulator.settled()
    },
  )

  test('the sandbox simulates payments to a paybill and to a till, which has no account', async () => {
    isp = await startIsp()
    await register()
    const simulation = { version: 'v1', phone: '0112 345 678', amount: shillings(9), account: 'x' } as const
    expect(await mpesaOf().simulateC2b(simulation, never)).toEqual({ ok: true, value: undefined })
    await until(() => confirmations().length === 1)
    expect(confirmations()[0]).toMatchObject({ account: 'x', amount: shillings(9), name: 'Baraka' })
    await mpesaOf(tillConfig).registerC2b({ version: 'v1', unanswered: 'Completed', ...urls() }, never)
    await mpesaOf(tillConfig).simulateC2b(simulation, never)
    await until(() => confirmations().length === 2)
    expect(confirmations()[1]).toMatchObject({ account: '', shortcode: '600997' })
    await isp.simulator.settled()
  })

  test('a forged confirmation names another shortcode', async () => {
    isp = await startIsp()
    await register()
    isp.simulator.failCallbacks('forged-shortcode')
    await isp.simulator.pay(payment)
    await isp.simulator.settled()
    expect(confirmations()).toMatchObject([{ shortcode: '999999' }])
  })
})

describe.each(['POST', 'GET'] as const)('pulled transactions, asked by %s', (pullMethod) => {
  test('all of a range are had over many pages, once each', async () => {
    isp = await startIsp({ pullMethod, pullPageRows: 4 })
    const mpesa = mpesaOf()
    const registration = { phone: '0712345678', callbackUrl: undefined }
    expect(await mpesa.registerPull(registration, never)).toEqual({ ok: true, value: 'registered' })
    expect(await mpesa.registerPull(registration, never)).toEqual({ ok: true, value: 'registered-before' })
    await isp.simulator.pay({ ...payment, amount: 1 })
    isp.clock.advance(60_000)
    const fromAt = isp.clock.now()
    for (let i = 0; i < 10; i++) {
      isp.clock.advance(1000)
      await isp.simulator.pay({ ...payment, msisdn: baraka, amount: 10 + i })
    }
    await isp.simulator.pay({ ...payment, shortcode: '5550001', amount: 30 })
    const { payments, unread } = orThrow(await mpesa.received({ fromAt, toAt: isp.clock.now() + 1 }, never))
    expect(unread).toBe(0)
    expect(payments.map(({ amount }) => amount.minor / 100)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    expect(new Set(payments.map(({ receipt }) => receipt)).size).toBe(10)
    expect(payments[0]).toMatchObject({ phone: `+${baraka}`, name: 'Baraka', account: 'acc 17', paidAt: fromAt + 1000 })
    isp.clock.advance(48 * 3_600_000)
    const later = orThrow(await mpesa.received({ fromAt, toAt: isp.clock.now() }, never))
    expect(later.payments.length).toBeLessThan(10)
  })

  test('a page that fails fails the whole: nobody takes a part for all', async () => {
    isp = await startIsp({ pullMethod, pullPageRows: 1 })
    const mpesa = mpesaOf()
    await mpesa.registerPull({ phone: '0712345678', callbackUrl: undefined }, never)
    await isp.simulator.pay(payment)
    await isp.simulator.pay({ ...payment, amount: 71 })
    const range = { fromAt: isp.clock.now() - 1000, toAt: isp.clock.now() + 1000 }
    expect(orThrow(await mpesa.received(range, never)).payments).toHaveLength(2)
    isp.simulator.fail({ slowMs: 0 }, 'http-500')
    const pulling = mpesa.received(range, never)
    await until(() => isp.clock.pending() === 2)
    isp.clock.advance(0)
    expect(await pulling).toMatchObject({ error: { type: 'ProviderSilent' } })
  })
})

test('a shortcode that was not registered for it pulls nothing', async () => {
  isp = await startIsp()
  expect(await mpesaOf().received({ fromAt: 0, toAt: 1 }, never)).toMatchObject({
    error: { type: 'ProviderRefused' },
  })
})

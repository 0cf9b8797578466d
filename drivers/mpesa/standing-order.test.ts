import { afterEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import type { StandingOrderRequest } from '@lango/modules/payments/port'
import type { DarajaSimulatorOptions } from '../simulators/daraja/index.ts'
import { amina, shillings, startIsp, tillConfig, type Isp } from '../simulators/daraja/testing.ts'
import { callbackReader, createMpesa, readC2bConfirmation, type MpesaConfig } from './index.ts'

const never = new AbortController().signal
let isp: Isp
const open = async (standingOrders: '2025' | '2026', more: Partial<DarajaSimulatorOptions> = {}) => {
  isp = await startIsp({ standingOrders, ...more })
  return createMpesa({ ...isp.config, standingOrders }, isp.dependencies)
}
const mpesaOf = (more: Partial<MpesaConfig>) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
afterEach(() => isp.close())

const day = (days: number): string => new Date(isp.clock.now() + days * 86_400_000).toISOString().slice(0, 10)
const order = (more: Partial<StandingOrderRequest> = {}): StandingOrderRequest => ({
  id: 'sto_1',
  name: 'Internet W2K7QPD3 1',
  phone: '+254712345678',
  amount: shillings(50),
  reference: 'W2K7QPD3',
  frequency: 'monthly',
  startsOn: day(1),
  endsOn: day(366),
  callbackUrl: isp.inbox.url('/order'),
  ...more,
})
const told = async () => {
  await isp.simulator.settled()
  return isp.inbox.bodies('/order').map((body) => callbackReader.standingOrder(body))
}

test.each(['2025', '2026'] as const)(
  'by the page of %s it is asked for on the handset, and what became of it is told with a name by which it is known',
  async (page) => {
    const mpesa = await open(page)
    const { ref } = orThrow(await mpesa.standingOrder(order(), never))
    expect(isp.simulator.openPrompts(amina)).toMatchObject([{ amount: 50, account: 'W2K7QPD3' }])
    isp.simulator.enterPin(amina)
    const [claim, ...others] = await told()
    expect(others).toEqual([])
    expect(claim).toEqual({ refs: [ref], failure: null, amount: page === '2026' ? shillings(50) : undefined })
    expect(isp.simulator.balanceOf(amina)).toBe(300_000)
    expect(isp.simulator.standingOrders(amina)).toMatchObject([{ every: 'monthly', amount: 50 }])
  },
)

test.each([
  ['cancel', 'cancelled'],
  ['wrong-pin', 'wrong-pin'],
  ['unreachable', 'unreachable'],
] as const)('where somebody does not agree (%s) nothing stands, and why is told', async (outcome, failure) => {
  const mpesa = await open('2025')
  isp.simulator.script(outcome)
  orThrow(await mpesa.standingOrder(order(), never))
  expect(await told()).toMatchObject([{ failure }])
  expect(isp.simulator.standingOrders(amina)).toEqual([])
})

test('what asks by the other page is turned away: the same number means another frequency there', async () => {
  await open('2026')
  const older = mpesaOf({ standingOrders: '2025' })
  expect(await older.standingOrder(order(), never)).toMatchObject({
    error: { type: 'ProviderRefused', code: '1051', failure: 'configuration' },
  })
  expect(isp.simulator.openPrompts(amina)).toEqual([])
})

test('each frequency is the same thing on both sides, by both pages', async () => {
  for (const page of ['2025', '2026'] as const) {
    const mpesa = await open(page)
    for (const frequency of ['daily', 'weekly', 'monthly', 'quarterly', 'half-yearly', 'yearly'] as const) {
      isp.simulator.script('approve')
      orThrow(await mpesa.standingOrder(order({ id: frequency, name: frequency, frequency }), never))
    }
    const standing = isp.simulator.standingOrders(amina)
    expect(standing.map(({ name, every }) => name === every)).toEqual(Array.from({ length: 6 }, () => true))
    if (page === '2025') await isp.close()
  }
})

test('a name is taken once of a phone; a field that is wrong and a till are refused, and nobody is asked', async () => {
  const mpesa = await open('2025')
  isp.simulator.script('approve')
  orThrow(await mpesa.standingOrder(order(), never))
  const refused = async (more: Partial<StandingOrderRequest>) => (await mpesa.standingOrder(order(more), never)).ok
  expect(await mpesa.standingOrder(order(), never)).toMatchObject({ error: { code: '1050' } })
  for (const wrong of [
    { startsOn: day(-1) },
    { endsOn: day(0) },
    { startsOn: '2026-02-30' },
    { reference: 'W2K7-QPD3' },
    { reference: 'W2K7QPD3W2K7Q' },
    { amount: { minor: 150, currency: 'KES' } },
    { phone: '0201234567' },
    { callbackUrl: 'https://mpesa.example.com' },
  ])
    expect([wrong, await refused({ name: 'another', ...wrong })]).toEqual([wrong, false])
  for (const config of [{ ...tillConfig, standingOrders: '2025' } as const, { standingOrders: undefined as never }])
    expect(await mpesaOf(config).standingOrder(order(), never)).toMatchObject({
      error: { type: 'ProviderMisconfigured' },
    })
  expect(isp.simulator.openPrompts(amina)).toEqual([])
})

test.each([
  ['http-500', 'ProviderSilent'],
  ['lost-answer', 'ProviderSilent'],
  ['garbage', 'ProviderSilent'],
  ['spike-arrest', 'ProviderBusy'],
] as const)('an answer that goes wrong (%s) is %s', async (fault, type) => {
  const mpesa = await open('2025')
  isp.simulator.fail(fault)
  expect(await mpesa.standingOrder(order(), never)).toMatchObject({ error: { type } })
})

test('with each due day the money comes in by itself, with the account that was asked for, until the last day', async () => {
  const mpesa = await open('2025')
  orThrow(
    await mpesa.registerC2b(
      {
        version: 'v2',
        confirmationUrl: isp.inbox.url('/paid'),
        validationUrl: isp.inbox.url('/may'),
        unanswered: 'Completed',
      },
      never,
    ),
  )
  isp.simulator.script('approve')
  orThrow(await mpesa.standingOrder(order({ frequency: 'weekly', startsOn: day(1), endsOn: day(8) }), never))
  const came: unknown[] = []
  for (let times = 0; times < 3; times++) {
    isp.clock.advance(7 * 86_400_000)
    came.push(...(await isp.simulator.dueDay()))
    await isp.simulator.settled()
  }
  expect(came).toMatchObject([{ paid: true }, { paid: true }])
  const paid = isp.inbox.bodies('/paid').map((body) => orThrow(readC2bConfirmation(body)))
  expect(paid.map(({ account, amount }) => [account, amount])).toEqual(
    Array.from({ length: 2 }, () => ['W2K7QPD3', shillings(50)]),
  )
  expect(isp.simulator.standingOrders(amina)).toEqual([])
})

test('it is seen on the handset, where its day is let come and it is stopped', async () => {
  const mpesa = await open('2025')
  isp.simulator.script('approve')
  orThrow(await mpesa.standingOrder(order(), never))
  const press = async (pressed: string) => {
    const body = new URLSearchParams({ phone: amina, name: 'Internet W2K7QPD3 1', do: pressed })
    return (await fetch(`${isp.simulator.handset}/order`, { method: 'POST', body })).text()
  }
  expect(await press('due')).toMatch(/Paid: receipt S\w{9}.*Standing orders.*KSh 50.*Paid 1 times/s)
  expect(await press('stop')).not.toContain('Standing orders')
  expect(await isp.simulator.dueDay()).toEqual([])
})

test.each([
  ['nothing', undefined],
  ['a text', 'x'],
  ['no name', { responseHeader: { responseCode: '0' } }],
  ['no code', { responseHeader: { requestRefID: 'a' }, responseBody: { responseData: [] } }],
  ['a prototype', JSON.parse('{"responseHeader":{"__proto__":{"requestRefID":"a","responseCode":"0"}}}')],
])('what cannot be read of a callback is not read: %s', async (_, body) => {
  await open('2025')
  expect(callbackReader.standingOrder(body)).toBeUndefined()
})

test('it is read as it is written in either way, and a failure by its number wherever that stands', async () => {
  await open('2025')
  const pairs = [
    { Name: 'ResponseCode', Value: '1032' },
    { Name: 'Status', Value: 'ERROR' },
  ]
  const header = { ResponseRefID: 'x', responseRefID: 'a', requestRefID: 'b', responseCode: 'Error' }
  expect(callbackReader.standingOrder({ ResponseHeader: header, ResponseBody: { responseData: pairs } })).toEqual({
    refs: ['b', 'a'],
    failure: 'cancelled',
    amount: undefined,
  })
})

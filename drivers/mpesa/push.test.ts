import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { money, orThrow } from '@lango/kernel'
import { amina, baraka, shillings, startIsp, tillConfig, until, type Isp } from '../simulators/daraja/testing.ts'
import { createMpesa, readC2bConfirmation, readStkCallback, type MpesaConfig } from './index.ts'

const never = new AbortController().signal
let isp: Isp
const mpesaOf = (more: Partial<MpesaConfig> = {}) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
beforeEach(async () => {
  isp = await startIsp()
})
afterEach(() => isp.close())

const request = (more: object = {}) => ({
  phone: '+254712345678',
  amount: shillings(50),
  reference: 'INV-000123',
  description: 'Internet, one week',
  callbackUrl: isp.inbox.url('/cb/1'),
  ...more,
})
const callbacks = () => isp.inbox.bodies('/cb/1').map((body) => orThrow(readStkCallback(body)))
const prompted = async (mpesa = mpesaOf(), more = {}) => orThrow(await mpesa.prompt(request(more), never)).ref
const stateOf = async (ref: string, mpesa = mpesaOf()) => orThrow(await mpesa.promptState(ref, never))
const codes: readonly unknown[] = ['1', '2', '3', '4', '8', '17', '26', '1001', '1019', '1025', '9999', '1032', '1037']

describe('a prompt', () => {
  test('is pending until it is approved with the PIN; then it is paid, by callback and by query', async () => {
    const mpesa = mpesaOf()
    const ref = await prompted(mpesa)
    expect(await stateOf(ref, mpesa)).toEqual({ state: 'pending' })
    expect(isp.simulator.openPrompts(amina)).toMatchObject([
      { amount: 50, account: 'INV-000123', description: 'Internet, one' },
    ])
    isp.simulator.enterPin(amina)
    await isp.simulator.settled()
    const [told] = callbacks()
    expect(told).toMatchObject({ ref, amount: shillings(50), paidAt: isp.clock.now(), phone: '+254712345678' })
    expect(told?.state).toEqual({ state: 'paid', receipt: expect.stringMatching(/^[A-Z0-9]{10}$/) as string })
    expect(await stateOf(ref, mpesa)).toEqual({ state: 'paid', receipt: undefined })
    expect(isp.simulator.balanceOf(amina)).toBe(299_950)
    expect(isp.simulator.balanceOf('600984')).toBe(150)
    expect(isp.simulator.asked.filter((asked) => asked.includes('oauth'))).toHaveLength(1)
  })

  test('of a till goes to its number', async () => {
    isp.simulator.script('approve')
    const mpesa = mpesaOf(tillConfig)
    const ref = await prompted(mpesa)
    await isp.simulator.settled()
    expect(await stateOf(ref, mpesa)).toMatchObject({ state: 'paid' })
    expect(isp.simulator.balanceOf('600997')).toBe(50)
  })

  test('of a till whose number is wrong ends as a fault of configuration', async () => {
    const mpesa = mpesaOf({ ...tillConfig, till: '5550002' })
    expect(await stateOf(await prompted(mpesa), mpesa)).toMatchObject({ failure: 'configuration', code: '2028' })
  })

  test.each([...codes, '2001', '2028', '8006', 'SFC_IC0003'])(
    'that ends by %s says so by callback and by query',
    async (code) => {
      isp.simulator.script({ code: String(code) })
      const ref = await prompted()
      await isp.simulator.settled()
      const state = await stateOf(ref)
      expect(state).toMatchObject({ state: 'failed', code })
      expect(callbacks()).toMatchObject([{ ref, state, amount: undefined }])
      expect(isp.simulator.balanceOf(amina)).toBe(300_000)
    },
  )

  test.each([
    ['cancel', 'cancelled', true],
    ['wrong-pin', 'wrong-pin', false],
    ['unreachable', 'unreachable', true],
  ] as const)('that its holder answers by %s is %s', async (outcome, failure, mayStillBePaid) => {
    isp.simulator.script(outcome)
    expect(await stateOf(await prompted())).toMatchObject({ failure, mayStillBePaid })
  })

  test.each([
    [{ amount: shillings(250_000), phone: baraka }, 'receiver', 2],
    [{ amount: shillings(200_000) }, 'balance', 2],
    [{ amount: shillings(50) }, 'busy', 2],
  ])('%j: rules of the customer’s own account: %s', async (more, failure, times) => {
    isp.simulator.script('approve', 'approve', 'approve')
    let ref = ''
    for (let i = 0; i < times; i++) {
      ref = await prompted(undefined, more)
      await isp.simulator.settled()
      if (failure !== 'busy') isp.clock.advance(120_000)
    }
    expect(await stateOf(ref)).toMatchObject({ failure })
  })

  test('that is ignored times out, and a success after that is told', async () => {
    isp.simulator.script('late-success')
    const ref = await prompted()
    isp.clock.advance(60_000)
    await isp.simulator.settled()
    expect(await stateOf(ref)).toEqual({ state: 'failed', failure: 'timeout', code: '1037', mayStillBePaid: true })
    isp.clock.advance(15_000)
    await isp.simulator.settled()
    expect(await stateOf(ref)).toMatchObject({ state: 'paid' })
    expect(callbacks().map(({ state }) => state.state)).toEqual(['failed', 'paid'])
  })

  test('that is approved late is pending until then', async () => {
    isp.simulator.script({ approveAfterMs: 30_000 })
    const ref = await prompted()
    isp.clock.advance(29_999)
    expect(await stateOf(ref)).toEqual({ state: 'pending' })
    isp.clock.advance(1)
    expect(await stateOf(ref)).toMatchObject({ state: 'paid' })
  })

  test('while another is open is refused: the customer is busy', async () => {
    await prompted()
    expect(await mpesaOf().prompt(request(), never)).toMatchObject({
      error: { type: 'ProviderRefused', failure: 'busy', code: '500.001.1001' },
    })
  })

  test('to a number nobody has is unreachable', async () => {
    expect(await stateOf(await prompted(undefined, { phone: '0799999999' }))).toMatchObject({ failure: 'unreachable' })
  })

  test('where nobody reaches the box tells nobody, and is asked about', async () => {
    isp.simulator.script('approve')
    const ref = await prompted(undefined, { callbackUrl: undefined })
    await isp.simulator.settled()
    expect(isp.simulator.delivered).toMatchObject([{ url: 'https://callback.invalid/none', status: undefined }])
    expect(await stateOf(ref)).toMatchObject({ state: 'paid' })
  })

  test.each([
    [{ phone: '+255712345678' }, 'phone'],
    [{ amount: money(5050, 'KES') }, 'configuration'],
    [{ amount: money(5000, 'UGX') }, 'configuration'],
    [{ amount: money(0, 'KES') }, 'below-minimum'],
    [{ amount: shillings(250_001) }, 'limit'],
    [{ reference: 'INV-000000123' }, 'configuration'],
    [{ reference: '' }, 'configuration'],
  ])('of %j is refused before anybody is asked: %s', async (more, failure) => {
    expect(await mpesaOf().prompt(request(more), never)).toMatchObject({
      error: { type: 'ProviderRefused', failure },
    })
    expect(isp.simulator.asked).toEqual([])
  })

  test.each(['https://isp.example/cb/MPESA', 'https://isp.example/cb/sql1', 'ftp://isp.example/cb', 'nowhere'])(
    'is not sent with the callback address %s',
    async (callbackUrl) => {
      const answer = await mpesaOf().prompt(request({ callbackUrl }), never)
      expect(answer).toMatchObject({ error: { type: 'ProviderMisconfigured', code: 'callback-url' } })
      expect(isp.simulator.asked).toEqual([])
    },
  )

  test('a query about another’s prompt is refused', async () => {
    const ref = await prompted()
    const other = await mpesaOf(tillConfig).promptState(ref, never)
    expect(other).toMatchObject({ error: { type: 'ProviderRefused' } })
  })
})

describe('callbacks that go wrong', () => {
  const approved = async () => {
    isp.simulator.script('approve')
    const ref = await prompted()
    await isp.simulator.settled()
    return ref
  }

  test('lost: the query knows', async () => {
    isp.simulator.failCallbacks('lost')
    expect(await stateOf(await approved())).toMatchObject({ state: 'paid' })
    expect(callbacks()).toEqual([])
  })

  test('duplicated: both have the one receipt', async () => {
    isp.simulator.failCallbacks('duplicated')
    await approved()
    const [first, second, ...others] = callbacks()
    expect(second).toEqual(first)
    expect(others).toEqual([])
  })

  test('late: it comes when it comes', async () => {
    isp.simulator.failCallbacks({ lateMs: 3_600_000 })
    await approved()
    expect(callbacks()).toEqual([])
    isp.clock.advance(3_600_000)
    await isp.simulator.settled()
    expect(callbacks()).toHaveLength(1)
  })

  test('reordered: the later one first', async () => {
    isp.simulator.failCallbacks('held')
    const first = await approved()
    isp.simulator.script('cancel')
    const second = await prompted()
    await isp.simulator.settled()
    expect(callbacks().map(({ ref }) => ref)).toEqual([second, first])
  })

  test('forged: another request, another amount', async () => {
    isp.simulator.failCallbacks('forged-ref')
    const ref = await approved()
    expect(callbacks()[0]?.ref).not.toBe(ref)
    isp.clock.advance(120_000)
    isp.simulator.failCallbacks({ amount: 1 })
    expect(callbacks()).toHaveLength(1)
    const other = await approved()
    expect(callbacks()[1]).toMatchObject({ ref: other, amount: shillings(1) })
    expect(isp.simulator.balanceOf(amina)).toBe(299_900)
  })

  test('a prompt that is paid is confirmed by C2B too, under the same receipt', async () => {
    const urls = { confirmationUrl: isp.inbox.url('/c2b'), validationUrl: isp.inbox.url('/v') }
    const registered = await mpesaOf().registerC2b({ version: 'v1', unanswered: 'Completed', ...urls }, never)
    expect(registered).toEqual({ ok: true, value: 'registered' })
    await approved()
    const confirmation = orThrow(readC2bConfirmation(isp.inbox.bodies('/c2b')[0]))
    expect(callbacks()[0]?.state).toEqual({ state: 'paid', receipt: confirmation.receipt })
    expect(isp.inbox.bodies('/v')).toEqual([])
    await until(() => isp.simulator.delivered.length === 2)
  })
})

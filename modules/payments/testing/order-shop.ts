/** A box with one wallet and a month for sale, and a provider that says of standing orders what the test has it say. */
import { expect } from 'vitest'
import type { z } from 'zod'
import { ok, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { checkEntries, ledgerBalances } from '../../ledger/index.ts'
import { addPlan } from '../../plans/index.ts'
import { showWallet, topUpCash } from '../../wallets/index.ts'
import {
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearPayments,
  hearStandingOrder,
  listStandingOrders,
  requestStandingOrder,
  setMpesa,
  type OrderClaim,
} from '../index.ts'
import type { PaymentProvider, ProviderFault, StandingOrderRequest } from '../port.ts'
import { dayOf } from '../standing-rules.ts'
import { deaf } from './deaf.ts'
import { paymentModules } from './modules.ts'

export const AMINA = '+254712345678'
const DAY_MS = 86_400_000
const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
const REACHED = 'https://pop.example.com'

type Answered = Result<{ readonly ref: string }, ProviderFault>
type Settings = z.input<(typeof setMpesa)['input']>

export const orderShop = (more: Settings = {}) => {
  const asked: StandingOrderRequest[] = []
  const says = { answer: (): Answered | Promise<Answered> => ok({ ref: `ref-${asked.length}` }) }
  const provider: PaymentProvider = {
    ...deaf,
    prompt: () => Promise.resolve(ok({ ref: 'ws_CO_1' })),
    promptState: () => Promise.resolve(ok({ state: 'pending' })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: () => Promise.resolve(ok({ ref: 'AG_r' })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    async standingOrder(request) {
      asked.push(request)
      return says.answer()
    },
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(paymentModules, { jobs })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const { must, query, clock, database, dispatch, runJobs } = site
  must(setMpesa, { ...account, standingOrders: '2026', callbackUrl: REACHED, ...more })
  const plan = { kind: 'hotspot', policy: {}, currency: 'KES' } as const
  must(addPlan, { ...plan, name: 'Month', validitySec: 30 * 86_400, priceMinor: 50_000 })
  must(topUpCash, { phone: AMINA, amountMinor: 50_000 })
  const wallet = () => query(showWallet, { number: 1 })!
  const day = (days: number) => dayOf(clock.now() + days * DAY_MS)
  const wish = (of: object = {}) => ({
    wallet: 1,
    amountMinor: 50_000,
    frequency: 'monthly' as const,
    startsOn: day(1),
    endsOn: day(366),
    ...of,
  })
  const request = (of: object = {}) => dispatch(requestStandingOrder, wish(of))
  const gate = createCallbackGate(database.raw, site.vault)
  let receipts = 0
  return {
    ...site,
    asked,
    says,
    wallet,
    day,
    request,
    ask: async (of: object = {}) => {
      must(requestStandingOrder, wish(of))
      await runJobs()
    },
    list: () => query(listStandingOrders, {}).orders,
    order: (number?: number) => {
      const { orders } = query(listStandingOrders, {})
      return number === undefined ? orders[0]! : orders.find((one) => one.number === number)!
    },
    pass: async (ms: number) => {
      clock.advance(ms)
      await runJobs()
    },
    /** Posted to the address that the provider was told. */
    post: (claim: OrderClaim | undefined, { at = asked.length - 1, token = '', body = '' } = {}) => {
      const to = token || asked[at]!.callbackUrl!.split('/').at(-1)!
      const text = body || (JSON.stringify(claim) ?? '')
      const subject = gate.subjectOf(to)
      if (subject?.kind !== 'standing-order') return 'stranger'
      const arrived = { origin: '1.2.3.4', isKnownSource: false, body: text, digest: callbackDigest(to, text) }
      const { standingOrderId } = subject
      return must(hearStandingOrder, { ...arrived, standingOrderId, ...(claim && { claim }) }).outcome
    },
    /** Money comes to the paybill, told so often. */
    pay: (amountMinor = 50_000, { account: typed = wallet().reference, times = 1 } = {}) => {
      receipts += 1
      const of = { receipt: `SJ4${receipts}`, amountMinor, currency: 'KES', shortcode: '174379', phones: [] }
      const payment = { ...of, paidAt: clock.now(), account: typed }
      for (let told = 0; told < times; told++) must(hearPayments, { payments: [payment] })
    },
    sound: () => expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0]),
  }
}

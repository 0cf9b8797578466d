import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { checkEntries, ledgerBalances } from '../ledger/index.ts'
import { addPlan } from '../plans/index.ts'
import { promptTold } from './commands.ts'
import { hearCallback } from './hear-callback.ts'
import {
  hearPayments,
  listPayments,
  listPurchases,
  refundPayment,
  requestPurchase,
  resolvePayment,
  setMpesa,
} from './index.ts'
import { paymentModules } from './testing/modules.ts'
import { certificate } from './testing/certificate.ts'

const AMINA = '+254712345678'
const account = { shortcode: '174379', consumerKey: 'k', consumerSecret: 's', passkey: 'p', phone: '+254700000001' }
const initiator = { initiatorName: 'testapi', initiatorPassword: 'x', certificate }

/** A till, where money names nothing: of two that a phone was asked for alike nobody knows which one was paid. */
const shop = () => {
  const site = memorySite(paymentModules)
  const { must, query, clock, database } = site
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  must(setMpesa, { ...account, ...initiator, callbackUrl: 'https://pop.example.com', trustUpTo: 20 })
  const ask = (ref: string): string => {
    const { id } = must(requestPurchase, { plan: 'Hour', phone: AMINA })
    must(promptTold, { purchaseId: id, told: { type: 'taken', ref } })
    return id
  }
  const hear = (receipt: string): void => {
    const of = { receipt, amountMinor: 2000, currency: 'KES', shortcode: '174379', paidAt: clock.now(), account: '' }
    must(hearPayments, { payments: [{ ...of, phone: AMINA, phones: [] }] })
  }
  const first = ask('ws_CO_1')
  must(promptTold, { purchaseId: first, told: { type: 'failed', failure: 'timeout', mayStillBePaid: true } })
  const second = ask('ws_CO_2')
  return {
    ...site,
    second,
    hear,
    payment: (receipt: string) => query(listPayments, { receipt }).payments[0],
    purchase: () => query(listPurchases, {}).find(({ id }) => id === second),
    paid: () => must(promptTold, { purchaseId: second, told: { type: 'paid' } }),
    active: () =>
      database.raw
        .prepare("SELECT count(*) FROM grants WHERE status = 'active' AND service_id = ?")
        .pluck()
        .get(second),
    mobileMoney: () => {
      expect([query(ledgerBalances, {}).broken, query(checkEntries, {}).broken]).toEqual([[], 0])
      return query(ledgerBalances, {}).accounts.find(({ code }) => code === 'mobile-money')?.balanceMinor
    },
  }
}
type Shop = ReturnType<typeof shop>

type How = Parameters<typeof resolvePayment.handle>[1]['how']
const saidToBe = (how: How) => (site: Shop) => site.must(resolvePayment, { receipt: 'R1', how })
const asPlan = saidToBe({ as: 'plan', plan: 'Hour', phone: AMINA })
const paidBack = (site: Shop) => site.must(refundPayment, { receipt: 'R1' })

test.each<[string, readonly ((site: Shop) => unknown)[]]>([
  ['given as a plan by somebody', [asPlan]],
  ['put into a wallet by somebody', [saidToBe({ as: 'wallet', phone: AMINA })]],
  ['said to be for the other', [saidToBe({ as: 'purchase', number: 1 })]],
  ['said to be paid back', [saidToBe({ as: 'refund' })]],
  ['sent back', [paidBack]],
  ['given by somebody and then sent back', [asPlan, paidBack]],
])(
  'money that could be for two and was %s is not given once more because a prompt says that it is paid; what comes besides is',
  (_, meanwhile) => {
    const site = shop()
    site.hear('R1')
    expect(site.payment('R1')).toMatchObject({ state: 'unmatched', doubt: 'several-fit' })
    for (const say of meanwhile) say(site)
    const hereMinor = site.mobileMoney()!
    site.paid()
    expect(site.purchase()).toMatchObject({ state: 'failed', failure: 'busy' })
    expect([site.active(), site.mobileMoney()]).toEqual([0, hereMinor])
    // It was other money after all; the prompt of before is over for good.
    site.must(promptTold, {
      purchaseId: site.query(listPurchases, {}).at(-1)!.id,
      told: { type: 'failed', failure: 'cancelled', mayStillBePaid: false },
    })
    site.hear('R2')
    expect([site.purchase()?.state, site.active(), site.mobileMoney()]).toEqual(['granted', 1, hereMinor + 2000])
    expect(site.payment('R2')).toMatchObject({ state: 'matched' })
  },
)

test('what was given ahead on such money is taken back', () => {
  const site = shop()
  site.hear('R1')
  paidBack(site)
  const claim = { ref: 'ws_CO_2', isPaid: true, amountMinor: 2000, currency: 'KES' }
  const arrived = { origin: '196.201.214.200', isKnownSource: true, body: '{}', digest: 'a'.repeat(64) }
  expect(site.must(hearCallback, { ...arrived, purchaseId: site.second, claim })).toMatchObject({ outcome: 'ahead' })
  expect(site.active()).toBe(1)
  site.paid()
  expect([site.active(), site.mobileMoney()]).toEqual([0, 2000])
})

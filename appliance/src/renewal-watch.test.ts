import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access, Calendar } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { messages } from '@lango/modules/messages'
import { offers } from '@lango/modules/offers'
import { buyFromWallet, payments, setRenewal } from '@lango/modules/payments'
import { people } from '@lango/modules/people'
import { addPlan, plans } from '@lango/modules/plans'
import { services } from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { settings } from '@lango/modules/settings'
import { showWallet, topUpCash, wallets } from '@lango/modules/wallets'
import { putRow } from './cli/testing/put-row.ts'
import { createEnforcement } from './enforcement.ts'
import { createRenewalWatch } from './renewal-watch.ts'
import { createStandings } from './standings.ts'

const modules = [
  people,
  settings,
  messages,
  access,
  plans,
  ledger,
  customers,
  wallets,
  services,
  offers,
  payments,
  sessions,
]

/** A bundle of 100 octets for 50, bought from a wallet and renewed by itself; two devices are online on it. */
const box = (paidInMinor: number) => {
  const { database, clock, log, must, query, dispatcher, ids } = memorySite(modules)
  const { raw } = database
  must(addPlan, { name: 'Data', kind: 'hotspot', policy: {}, quotaOctets: 100, priceMinor: 5000, currency: 'KES' })
  must(topUpCash, { phone: '+254712345678', amountMinor: paidInMinor })
  const wallet = () => query(showWallet, { number: 1 })!
  const { id, number } = must(buyFromWallet, { walletId: wallet().id, plan: 'Data' })
  must(setRenewal, { number, on: true })
  const grantNo = raw.prepare<[string], number>('SELECT no FROM grants WHERE service_id = ?').pluck().get(id)!
  const online = (no: number, outputOctets: number, endedAt: number | null = null) => {
    const counted = { output_octets: outputOctets, ended_at: endedAt }
    putRow(raw, 'live_sessions', { no, acct_session_id: `s${no}`, grant_no: grantNo, ...counted })
  }
  const standings = createStandings(raw, new Calendar('Africa/Nairobi'), clock)
  const renewals = createRenewalWatch({ dispatcher, ids }, raw, standings)
  const ended: string[] = []
  const order = renewals.unlessRenewed(({ no }, kind, reason) => ended.push(`${no} ${kind} ${reason}`))
  const calendar = new Calendar('Africa/Nairobi')
  const enforcement = createEnforcement({ reader: raw, clock, calendar, standings, log, order })
  return {
    online,
    order,
    ended,
    look: () => enforcement.look(grantNo),
    /** As the writer tells that a limit is reached. */
    reached: () => renewals.before(enforcement.look)(grantNo),
    balanceMinor: () => wallet().balanceMinor,
    grantNo,
  }
}

test('what is used up is paid for once, and nobody on it is cut off', () => {
  const { online, look, reached, ended, balanceMinor } = box(20_000)
  online(1, 60)
  online(2, 60)
  expect(balanceMinor()).toBe(15_000)
  for (let looks = 0; looks < 3; looks++) look()
  reached()
  expect([ended, balanceMinor()]).toEqual([[], 10_000])
})

test('it is paid for also where the router has ended the session by itself', () => {
  const { online, reached, ended, balanceMinor } = box(20_000)
  online(1, 100, 1)
  for (let told = 0; told < 3; told++) reached()
  expect([ended, balanceMinor()]).toEqual([[], 10_000])
})

test('without money for it both are cut off, and nothing is taken', () => {
  const { online, look, ended, balanceMinor } = box(6000)
  online(1, 60)
  online(2, 60)
  look()
  expect([ended, balanceMinor()]).toEqual([['1 end quota-used', '2 end quota-used'], 1000])
})

test('whatever else ends a session is paid for by nobody', () => {
  const { order, ended, balanceMinor, grantNo } = box(20_000)
  const session = { no: 1, grantNo } as Parameters<typeof order>[0]
  for (const reason of ['expired', 'suspended', 'device-freed']) order(session, 'end', reason)
  expect([ended.length, balanceMinor()]).toEqual([3, 15_000])
})

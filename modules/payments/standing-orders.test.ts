import { expect, test } from 'vitest'
import { err, ok } from '@lango/kernel'
import { firstUse } from '../access/index.ts'
import { addPlan } from '../plans/index.ts'
import { blockWallet, emptyWallet, eraseWallet, listWallets } from '../wallets/index.ts'
import {
  buyFromWallet,
  endStandingOrder,
  listPayments,
  requestPurchase,
  setMpesa,
  setOwnRenewal,
  standingOrderLimits,
  standingOrdersAtGate,
  type OrderClaim,
} from './index.ts'
import { paymentLimits } from './rules.ts'
import { AMINA, orderShop } from './testing/order-shop.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

const agreed = (ref = 'ref-1', more: object = {}): OrderClaim => ({ refs: [ref], failure: null, ...more })

test('it is off until somebody has switched it on: nobody is asked, and the portal offers nothing', () => {
  const { request, query, count, asked, must, wallet } = orderShop({ standingOrders: 'off' })
  expect(request()).toMatchObject({ error: { type: 'StandingOrdersOff' } })
  const offered = () => query(standingOrdersAtGate, { walletId: wallet().id }).isOn
  expect([count({ name: 'standing_orders' }), asked.length, offered()]).toEqual([0, 0, false])
  must(setMpesa, { standingOrders: '2025' })
  expect(offered()).toBe(true)
  must(setMpesa, { kind: 'till', till: '5550001' })
  expect(request()).toMatchObject({ error: { type: 'StandingOrdersForPaybill' } })
  expect(offered()).toBe(false)
})

test('order, agreement, and money that comes by itself: the wallet has it once however often it is told, and the bundle goes on month after month', async () => {
  const { must, ask, post, order, pay, wallet, pass, database, query, sound, asked, clock } = orderShop()
  const { id } = must(buyFromWallet, { walletId: wallet().id, plan: 'Month' })
  must(setOwnRenewal, { walletId: wallet().id, purchaseId: id, on: true })
  const grant = () =>
    database.raw
      .prepare<[string], { id: string; expiresAt: number; status: string }>(
        'SELECT id, expires_at expiresAt, status FROM grants WHERE service_id = ?',
      )
      .get(id)!
  must(firstUse, { grantId: grant().id, device: '', bind: false, deviceLimit: 1 })
  await ask()
  expect(asked).toMatchObject([
    { name: `Internet ${wallet().reference} 1`, reference: wallet().reference, frequency: 'monthly', phone: AMINA },
  ])
  expect(post(agreed('ref-1', { amountMinor: 50_000, currency: 'KES' }))).toBe('believed')
  expect([order().state, wallet().balanceMinor]).toEqual(['active', 0])
  const end = grant().expiresAt
  for (let month = 1; month <= 3; month++) {
    // A day before it ends the money is there, told by a confirmation and by the list, and again later.
    await pass(end + (month - 1) * 30 * DAY_MS - clock.now() - DAY_MS)
    pay(50_000, { times: 3 })
    expect(wallet().balanceMinor).toBe(50_000)
    await pass(DAY_MS - MINUTE_MS)
    await pass(2 * MINUTE_MS)
    expect([wallet().balanceMinor, grant().status, grant().expiresAt]).toEqual([0, 'active', end + month * 30 * DAY_MS])
  }
  expect(
    wallet()
      .moves.map(({ kind }) => kind)
      .toSorted(),
  ).toEqual(['bundle', 'cash', 'mpesa', 'mpesa', 'mpesa', 'renewal', 'renewal', 'renewal'].toSorted())
  expect([order().state, query(listWallets, {}).length]).toEqual(['active', 1])
  sound()
})

type Shop = ReturnType<typeof orderShop>

test.each<[string, (of: Shop) => unknown, string]>([
  ['another name', ({ post }) => post(agreed('ref-9')), 'mismatch'],
  ['another amount', ({ post }) => post(agreed('ref-1', { amountMinor: 100, currency: 'KES' })), 'mismatch'],
  ['another currency', ({ post }) => post(agreed('ref-1', { amountMinor: 50_000, currency: 'UGX' })), 'mismatch'],
  ['nothing that can be read', ({ post }) => post(undefined, { body: '{' }), 'unreadable'],
  ['a refusal by another name', ({ post }) => post({ refs: ['ref-9'], failure: 'cancelled' }), 'mismatch'],
  ['an address that nobody was told', ({ post }) => post(agreed(), { token: `0c${'a'.repeat(54)}` }), 'stranger'],
])('what is forged changes nothing: %s', async (_, forge, outcome) => {
  const of = orderShop()
  await of.ask()
  expect(forge(of)).toBe(outcome)
  expect([of.order().state, of.wallet().balanceMinor]).toEqual(['asked', 50_000])
  expect(of.post(agreed())).toBe('believed')
  expect(of.order().state).toBe('active')
})

test('the address of one order says nothing of another, and an address is of one shortcode', async () => {
  const { ask, post, order, pass, must } = orderShop()
  await ask()
  await pass(2 * MINUTE_MS)
  await ask({ amountMinor: 20_000 })
  expect(post(agreed('ref-2'), { at: 0 })).toBe('mismatch')
  expect([order(1).state, order(2).state]).toEqual(['asked', 'asked'])
  must(setMpesa, { shortcode: '600984' })
  expect(post(agreed('ref-2'))).toBe('stranger')
})

test('told twice it counts once; told otherwise later, what stands stays; a refusal that becomes an agreement is news', async () => {
  const { ask, post, order, pass } = orderShop()
  await ask()
  expect([post(agreed()), post(agreed()), post({ refs: ['ref-1'], failure: 'cancelled' })]).toEqual([
    'believed',
    undefined,
    'settled',
  ])
  expect(order()).toMatchObject({ state: 'active', failure: null })
  await pass(2 * MINUTE_MS)
  await ask({ amountMinor: 20_000 })
  expect(post({ refs: ['ref-2'], failure: 'timeout' })).toBe('believed')
  expect(order()).toMatchObject({ state: 'refused', failure: 'timeout' })
  expect(post({ refs: ['ref-2'], failure: 'cancelled' })).toBe('settled')
  expect(order()).toMatchObject({ state: 'refused', failure: 'timeout' })
  expect(post(agreed('ref-2'))).toBe('believed')
  expect(order()).toMatchObject({ state: 'active', failure: null })
})

test('a callback that comes before the answer to the request counts once that is there', async () => {
  const { ask, says, post, order } = orderShop()
  says.answer = () => {
    expect(post(agreed('ref-early'))).toBe('early')
    return ok({ ref: 'ref-early' })
  }
  await ask()
  expect(order()).toMatchObject({ state: 'active', providerRef: 'ref-early' })
})

test('a lost callback is not waited for for ever; late it counts all the same, and so does the first money', async () => {
  const { ask, order, pass, post, pay, wallet } = orderShop()
  await ask()
  await pass(standingOrderLimits.answerWithinMs)
  expect(order().state).toBe('asked')
  await pass(2 * MINUTE_MS)
  expect(order().state).toBe('unknown')
  expect(post(agreed())).toBe('believed')
  expect(order().state).toBe('active')
  await ask({ amountMinor: 20_000 })
  await pass(standingOrderLimits.answerWithinMs + 2 * MINUTE_MS)
  await pass(DAY_MS)
  pay(20_000)
  expect(order()).toMatchObject({ state: 'active', amountMinor: 20_000 })
  expect(wallet().balanceMinor).toBe(70_000)
})

test('without an address the answer is not known, and the first money of its amount by its reference says that it stands', async () => {
  const { ask, order, pass, pay, wallet, asked } = orderShop({ callbackUrl: '' })
  await ask()
  expect(asked[0]!.callbackUrl).toBeUndefined()
  expect(order()).toMatchObject({ state: 'unknown', providerRef: 'ref-1' })
  // Before its first day, of another amount, and for the wallet by its phone: that is money, and not this order's.
  pay(50_000)
  await pass(DAY_MS)
  pay(49_900)
  pay(50_000, { account: '0712 345 678' })
  expect([order().state, order().lastPaidAt, wallet().balanceMinor]).toEqual(['unknown', null, 50_000 * 3 + 49_900])
  pay(50_000, { account: wallet().reference.toLowerCase(), times: 2 })
  expect(order().state).toBe('active')
  expect(order().lastPaidAt).not.toBeNull()
  expect(wallet().balanceMinor).toBe(50_000 * 4 + 49_900)
})

test('a crash between asking and writing it down asks nobody twice: the answer is not known then', async () => {
  const { ask, says, asked, order, pass, post, pay } = orderShop()
  says.answer = () => {
    throw new Error('the plug was pulled')
  }
  await ask()
  for (let looks = 0; looks < 5; looks++) await pass(MINUTE_MS)
  expect(asked).toHaveLength(1)
  expect(order()).toMatchObject({ state: 'unknown', providerRef: null })
  // Nobody knows by which name it goes: what is posted is kept, and is no proof.
  expect(post(agreed('ref-1'))).toBe('noted')
  expect(order().state).toBe('unknown')
  await pass(DAY_MS)
  pay()
  expect(order().state).toBe('active')
})

test('one that is said to be stopped while it is asked for stays over, whatever is answered', async () => {
  const { ask, says, must, order, post } = orderShop()
  says.answer = () => {
    must(endStandingOrder, { number: 1 })
    return ok({ ref: 'ref-1' })
  }
  await ask()
  expect(post(agreed())).toBe('settled')
  expect(order()).toMatchObject({ state: 'ended', sentAt: null })
})

test('a provider that is not reached is asked again, and then it is said; what it refuses is refused', async () => {
  const { ask, says, asked, order, pass } = orderShop()
  says.answer = () => err({ type: 'ProviderUnreachable', reason: 'no route' })
  await ask()
  for (let looks = 0; looks < 20; looks++) await pass(1000)
  expect(asked).toHaveLength(paymentLimits.unheardMax)
  expect(order()).toMatchObject({ state: 'refused', failure: 'system' })
  says.answer = () => err({ type: 'ProviderRefused', code: '1051', failure: 'configuration', reason: 'no' })
  await ask()
  expect(order()).toMatchObject({ state: 'refused', failure: 'configuration' })
  says.answer = () => err({ type: 'ProviderSilent', reason: 'no answer' })
  await pass(MINUTE_MS)
  await ask()
  for (let looks = 0; looks < 3; looks++) await pass(MINUTE_MS)
  expect([order().state, asked.length]).toEqual(['unknown', paymentLimits.unheardMax + 2])
})

test('one phone is asked for one thing at a time, and not over and over', async () => {
  const { ask, request, dispatch, must, pass, post } = orderShop()
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor: 2000, currency: 'KES' })
  await ask()
  expect(request({ amountMinor: 100 })).toMatchObject({ error: { type: 'StandingOrderAsked', number: 1 } })
  const buy = () => dispatch(requestPurchase, { plan: 'Hour', phone: AMINA })
  expect(buy()).toMatchObject({ error: { type: 'StandingOrderAsked', number: 1 } })
  post({ refs: ['ref-1'], failure: 'cancelled' })
  expect(buy().ok).toBe(true)
  expect(request()).toMatchObject({ error: { type: 'PromptOpen' } })
  for (let more = 2; more < paymentLimits.unpaidPromptsMax; more++) {
    await pass(2 * MINUTE_MS)
    await ask({ amountMinor: more * 100 })
  }
  await pass(2 * MINUTE_MS)
  expect(request()).toMatchObject({ error: { type: 'PromptsMany' } })
  expect(buy()).toMatchObject({ error: { type: 'PromptsMany' } })
})

test.each<[string, (days: (n: number) => string) => object, object]>([
  ['cents', () => ({ amountMinor: 150 }), { type: 'AmountUnfit' }],
  ['more than M-Pesa moves', () => ({ amountMinor: 25_000_100 }), { type: 'AmountUnfit' }],
  ['a day that is over', (day) => ({ startsOn: day(-1) }), { type: 'StandingOrderDays', why: 'start-past' }],
  ['a far day', (day) => ({ startsOn: day(400) }), { type: 'StandingOrderDays', why: 'start-far' }],
  ['an end before the start', (day) => ({ endsOn: day(0) }), { type: 'StandingOrderDays', why: 'end-before' }],
  ['an end that is far', (day) => ({ endsOn: day(3000) }), { type: 'StandingOrderDays', why: 'end-far' }],
  ['no day', () => ({ startsOn: '2027-02-30' }), { type: 'InputInvalid' }],
  ['no such frequency', () => ({ frequency: '4' }), { type: 'InputInvalid' }],
  ['a wallet that is not there', () => ({ wallet: 9 }), { type: 'WalletUnknown' }],
])('nobody is asked for what cannot be: %s', (_, wrong, error) => {
  const { request, day, count } = orderShop()
  expect(request(wrong(day))).toMatchObject({ error })
  expect(count({ name: 'standing_orders' })).toBe(0)
})

test('not for a blocked wallet, nor for as much as one that stands, nor for ever more', async () => {
  const { ask, request, must, post, pass } = orderShop()
  await ask()
  post(agreed())
  expect(request()).toMatchObject({ error: { type: 'StandingOrderSame', number: 1 } })
  for (let more = 1; more < standingOrderLimits.openMax; more++) {
    await pass(DAY_MS / 24)
    await ask({ amountMinor: more * 100 })
  }
  await pass(DAY_MS / 24)
  expect(request({ amountMinor: 7700 })).toMatchObject({ error: { type: 'StandingOrdersMany' } })
  must(blockWallet, { wallet: 1, blocked: true })
  expect(request()).toMatchObject({ error: { type: 'WalletBlocked' } })
  must(emptyWallet, { wallet: 1, how: 'cash', reason: 'r' })
  must(eraseWallet, { wallet: 1 })
  expect(request()).toMatchObject({ error: { type: 'WalletUnknown' } })
})

test('the last day ends it, and somebody’s word does; money that still comes is the holder’s, and is seen', async () => {
  const { ask, post, order, pass, must, dispatch, pay, wallet, day, clock } = orderShop()
  await ask({ startsOn: day(0), endsOn: day(2) })
  post(agreed())
  await pass(2 * DAY_MS)
  expect(order().state).toBe('active')
  clock.setSure(false)
  await pass(DAY_MS)
  await pass(MINUTE_MS)
  expect(order().state).toBe('active')
  clock.setSure(true)
  await pass(MINUTE_MS)
  expect(order()).toMatchObject({ state: 'ended', endedBy: null })
  await ask({ startsOn: day(0), endsOn: day(90) })
  post(agreed('ref-2'))
  must(endStandingOrder, { number: 2 })
  expect(dispatch(endStandingOrder, { number: 2 })).toMatchObject({ error: { type: 'StandingOrderOver' } })
  expect(dispatch(endStandingOrder, { number: 9 })).toMatchObject({ error: { type: 'StandingOrderUnknown' } })
  await pass(DAY_MS)
  pay()
  expect(wallet().balanceMinor).toBe(100_000)
  expect(order().state).toBe('ended')
  expect(order().lastPaidAt).toBeGreaterThan(order().endedAt!)
  expect(post(agreed('ref-2', { amountMinor: 50_000, currency: 'KES' }))).toBe('settled')
})

test('callbacks of one order fill no disk, and where only known addresses count a stranger’s is kept and means nothing', async () => {
  const { ask, post, order, count, must } = orderShop()
  must(setMpesa, { callbackFrom: 'known' })
  await ask()
  expect(post(agreed())).toBe('unknown-source')
  expect(order().state).toBe('asked')
  for (let more = 0; more < 2 * standingOrderLimits.rowsOfOrderMax; more++) post({ refs: [`x${more}`], failure: null })
  expect(count({ name: 'payment_inbox' })).toBe(standingOrderLimits.rowsOfOrderMax)
})

test('with whoever is forgotten a standing order is over, and what still comes by it waits for somebody', async () => {
  const { must, ask, order, pay, wallet, database, query, post, sound } = orderShop()
  await ask()
  post(agreed())
  expect(order().state).toBe('active')
  must(emptyWallet, { wallet: 1, how: 'written-off', reason: 'r' })
  must(eraseWallet, { wallet: 1 })
  expect(order()).toMatchObject({ state: 'ended', endedBy: 'test' })
  const rows = database.raw.prepare('SELECT * FROM standing_orders').all()
  expect(JSON.stringify(rows).includes(AMINA.slice(1))).toBe(false)
  pay()
  expect(wallet().balanceMinor).toBe(0)
  expect(query(listPayments, {}).payments).toMatchObject([{ state: 'unmatched' }])
  sound()
})

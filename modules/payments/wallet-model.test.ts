import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { ok, seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import type { AnyCommand } from '@lango/kernel/verbs'
import { firstUse } from '../access/index.ts'
import { checkEntries, ledgerBalances } from '../ledger/index.ts'
import { addPlan } from '../plans/index.ts'
import { changeSettings } from '../settings/index.ts'
import { blockWallet, emptyWallet, eraseWallet, sendMoney, showWallet, topUpCash } from '../wallets/index.ts'
import {
  buyFromWallet,
  createPaymentWork,
  hearPayments,
  refundPayment,
  renewDue,
  renewUsedUp,
  requestPayout,
  requestTopUp,
  resolvePayment,
  sayPayout,
  sayRefund,
  setMpesa,
  setOwnRenewal,
} from './index.ts'
import type { PaymentProvider } from './port.ts'
import { deaf } from './testing/deaf.ts'
import { paymentModules } from './testing/modules.ts'
import { plans, WalletModel, type PlanName, type Renewing } from './testing/wallet-model.ts'
import { certificate } from './testing/certificate.ts'

const LOOK_MS = 15_000
const PAY_LATER_MAX = 30
const account = {
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
  initiatorName: 'x',
  initiatorPassword: 'x',
  certificate,
  payoutUpTo: 1000,
  payoutDayUpTo: 1_000_000,
  payoutAloneUpTo: 1000,
}

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'wallets-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const createProvider = (): PaymentProvider => {
  let asked = 0
  const ref = () => Promise.resolve(ok({ ref: `AG_${++asked}` }))
  return {
    ...deaf,
    prompt: ref,
    payOut: ref,
    reverse: () => Promise.resolve(ok({ ref: `AG_${++asked}`, originatorId: `own ${asked}` })),
    promptState: () => Promise.resolve(ok({ state: 'pending' })),
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
  }
}

/** What is due is looked for when the test says so, and no other time. */
const modules = paymentModules.map((module) => ({
  ...module,
  jobs: module.jobs.filter(({ name }) => name !== 'payments.renewing'),
}))

type Told = { readonly command: AnyCommand; readonly input: unknown; readonly id: string; readonly answer: unknown }

/** A box on its file, or in memory: pulled away and started again it goes on where it was. */
const createBox = (seed: number, file: string) => {
  const provider = createProvider()
  let passedMs = 0
  let told = 0
  const open = () => {
    const now = { of: () => 0 }
    const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
    const site = memorySite(modules, { seed, file, jobs })
    now.of = site.clock.now
    site.database.raw.pragma('synchronous = OFF')
    site.clock.advance(passedMs)
    void site.jobs.run(new AbortController().signal)
    return site
  }
  let site = open()
  const past: Told[] = []
  return {
    site: () => site,
    past,
    crash: () => {
      site.database.close()
      site = open()
    },
    wait: (ms: number) => {
      passedMs += ms
      site.clock.advance(ms)
    },
    tell: <C extends AnyCommand>(command: C, input: z.input<C['input']>) => {
      told += 1
      const id = `told-${told}`
      const answer = site.dispatch(command, input, { id })
      past.push({ command, input, id, answer })
      return answer
    },
  }
}

const PHONES = Array.from({ length: 5 }, (_, n) => `+25471234560${n}`)
/** Money that came by M-Pesa, and the wallet that it is in. */
type Receipt = { readonly receipt: string; readonly amountMinor: number; readonly wallet: number }
type Payout = { readonly number: number; readonly amountMinor: number; readonly wallet: number }

/** People, the desk, M-Pesa and the clock: each act is done here and in the model, and both say whether it was done. */
const live = (seed: number, file: string) => {
  const random = seededRandom(seed)
  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const box = createBox(seed, file)
  const model = new WalletModel()
  const { site, tell, past } = box
  const { must } = site()
  must(setMpesa, account)
  for (const [name, plan] of Object.entries(plans))
    must(addPlan, { kind: 'hotspot', policy: {}, currency: 'KES', name, ...plan })
  const receipts: Receipt[] = []
  const payouts: Payout[] = []
  const unpaid: { readonly reference: string; readonly amountMinor: number; readonly phone: string }[] = []
  let heard = 0

  const amount = (): number => 100 * (1 + random.below(30))
  const wallets = (): readonly number[] => [...model.balances.keys()]
  const idOf = (wallet: number): string => site().query(showWallet, { number: wallet })!.id
  const done = (answer: { readonly ok: boolean }, isDone: boolean): boolean => {
    expect(answer.ok).toBe(isDone)
    return isDone
  }
  /** Money with a receipt, for what is typed as the account; told twice it is heard once. */
  const pay = (accountTyped: string, amountMinor: number): string => {
    heard += 1
    const receipt = `SJ${String(heard).padStart(8, '0')}`
    const paidAt = site().clock.now()
    const of = { receipt, amountMinor, currency: 'KES', shortcode: '174379', paidAt, account: accountTyped, phones: [] }
    for (let times = 0; times < 2; times++) tell(hearPayments, { payments: [of] })
    return receipt
  }
  const mayBuy = (): { wallet: number; plan: PlanName; phone: string } | undefined => {
    const wallet = any(wallets())
    const own = model.phoneOf(wallet)
    if (own === undefined) return undefined
    return { wallet, plan: any(Object.keys(plans) as PlanName[]), phone: random.below(4) === 0 ? any(PHONES) : own }
  }
  const grantOf = (id: string) =>
    site()
      .database.raw.prepare<[string], { id: string; no: number; quotaOctets: number | null }>(
        'SELECT id, no, quota_octets quotaOctets FROM grants WHERE service_id = ?',
      )
      .get(id)!

  const empty = (wallet: number, how: 'cash' | 'written-off'): void => {
    const balance = model.balance(wallet)
    const isFit = how === 'cash' ? balance > 0 : balance !== 0
    if (done(tell(emptyWallet, { wallet, how, reason: 'r' }), isFit)) model.add(wallet, -balance)
  }
  const erase = (wallet: number): void => void done(tell(eraseWallet, { wallet }), model.erase(wallet))

  const acts: Readonly<Record<string, () => void>> = {
    cash() {
      const [phone, amountMinor] = [any(PHONES), amount()]
      done(tell(topUpCash, { phone, amountMinor }), true)
      model.putIn(phone, amountMinor)
    },
    mpesa() {
      const [phone, amountMinor] = [any(PHONES), amount()]
      const asked = tell(requestTopUp, { phone, amountMinor })
      if (!asked.ok) return
      // Some pay at once, some later, some never.
      unpaid.push({ reference: asked.value.reference, amountMinor, phone })
      if (random.below(2) === 0) acts['late']!()
    },
    late() {
      if (unpaid.length === 0) return
      const { reference, amountMinor, phone } = unpaid.splice(random.below(unpaid.length), 1)[0]!
      const receipt = pay(reference, amountMinor)
      receipts.push({ receipt, amountMinor, wallet: model.putIn(phone, amountMinor) })
    },
    byHand() {
      if (wallets().length === 0) return
      const [wallet, amountMinor] = [any(wallets()), amount()]
      const phone = model.phoneOf(wallet)
      const { reference } = site().query(showWallet, { number: wallet })!
      const receipt = pay(phone !== undefined && random.below(2) === 0 ? phone : reference, amountMinor)
      if (phone !== undefined) receipts.push({ receipt, amountMinor, wallet: model.putIn(phone, amountMinor) })
    },
    unmatched() {
      const [phone, amountMinor] = [any(PHONES), amount()]
      const receipt = pay('HOUSE 7', amountMinor)
      const resolve = () => tell(resolvePayment, { receipt, how: { as: 'wallet', phone } })
      done(resolve(), true)
      done(resolve(), false)
      receipts.push({ receipt, amountMinor, wallet: model.putIn(phone, amountMinor) })
    },
    buy() {
      const wish = wallets().length === 0 ? undefined : mayBuy()
      if (!wish) return
      const { wallet, plan, phone } = wish
      const bought = tell(buyFromWallet, { walletId: idOf(wallet), plan, phone })
      if (!done(bought, model.buy(wallet, plan, phone)) || !bought.ok) return
      const { no: grantNo, quotaOctets } = grantOf(bought.value.id)
      const bundle = { id: bought.value.id, wallet, plan, phone, grantNo, quotaOctets } as const
      model.bundles.push({ ...bundle, state: 'off', dueAt: null, expiresAt: null, isUsed: false })
    },
    send() {
      if (wallets().length === 0) return
      const [from, phone, amountMinor] = [any(wallets()), any(PHONES), amount()]
      done(tell(sendMoney, { walletId: idOf(from), phone, amountMinor }), model.send(from, phone, amountMinor))
    },
    use() {
      const unused = model.bundles.filter(({ isUsed }) => !isUsed)
      if (unused.length === 0) return
      const bundle = any(unused)
      tell(firstUse, { grantId: grantOf(bundle.id).id, device: '', bind: false, deviceLimit: 1 })
      model.use(bundle, site().clock.now())
    },
    renewal() {
      const held = model.bundles.filter(({ wallet }) => model.phoneOf(wallet) !== undefined)
      if (held.length === 0) return
      const [bundle, isOn] = [any(held), random.below(3) > 0]
      done(tell(setOwnRenewal, { walletId: idOf(bundle.wallet), purchaseId: bundle.id, on: isOn }), true)
      Object.assign(bundle, { state: isOn ? 'on' : 'off', dueAt: null })
    },
    usedUp() {
      const metered = model.bundles.filter(({ plan }) => plan === 'Data')
      if (metered.length === 0) return
      const bundle: Renewing = any(metered)
      const { grantNo, quotaOctets } = bundle
      const used = tell(renewUsedUp, { grantNo, quotaOctets, quotaSec: null })
      const isRenewed = bundle.state !== 'off' && model.renew(bundle, site().clock.now())
      expect(used).toEqual(ok({ renewed: isRenewed }))
      // Told late, of what was used up before: it is no second payment.
      if (isRenewed) expect(tell(renewUsedUp, { grantNo, quotaOctets, quotaSec: null })).toEqual(ok({ renewed: false }))
    },
    refund() {
      if (receipts.length === 0) return
      const [back] = receipts.splice(random.below(receipts.length), 1)
      done(tell(refundPayment, { receipt: back!.receipt }), true)
      model.takeBack(back!.wallet, back!.amountMinor)
      done(tell(refundPayment, { receipt: back!.receipt }), false)
    },
    refundSaid() {
      const open = site()
        .database.raw.prepare<[], string>(
          "SELECT p.receipt FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.state IN ('sent', 'unknown')",
        )
        .pluck()
        .all()
      if (open.length > 0) done(tell(sayRefund, { receipt: any(open), isDone: random.below(2) === 0 }), true)
    },
    payOut() {
      const [phone, amountMinor] = [any(PHONES), amount()]
      const wallet = model.walletOf(phone)
      const isThere = wallet !== undefined && model.mayTake(wallet, amountMinor)
      const asked = tell(requestPayout, { for: { as: 'wallet', phone, amountMinor }, reason: 'Wants it back' })
      if (!done(asked, isThere) || !asked.ok || wallet === undefined) return
      model.add(wallet, -amountMinor)
      payouts.push({ number: asked.value.number, amountMinor, wallet })
    },
    payOutSaid() {
      const [payout] = payouts
      if (!payout) return
      const isDone = random.below(2) === 0
      // Not before M-Pesa has been asked.
      if (!tell(sayPayout, { number: payout.number, isDone }).ok) return
      payouts.shift()
      if (!isDone) model.add(payout.wallet, payout.amountMinor)
    },
    empty() {
      if (wallets().length > 0) empty(any(wallets()), any(['cash', 'written-off']))
    },
    erase() {
      if (wallets().length > 0) erase(any(wallets()))
    },
    leave() {
      if (wallets().length === 0) return
      const wallet = any(wallets())
      empty(wallet, 'written-off')
      erase(wallet)
    },
    block() {
      if (wallets().length === 0) return
      const [wallet, blocked] = [any(wallets()), random.below(3) === 0]
      if (done(tell(blockWallet, { wallet, blocked }), model.phoneOf(wallet) !== undefined))
        model.block(wallet, blocked)
    },
    lend() {
      model.payLaterUpTo = any([0, 10, PAY_LATER_MAX])
      model.payLaterAfter = any([0, 2, 5])
      const { payLaterUpTo, payLaterAfter } = model
      tell(changeSettings, { payLaterUpTo, payLaterAfter })
    },
    /** Whatever was told before is told again, in any order: it is answered as it was, and nothing comes of it. */
    again() {
      if (past.length === 0) return
      const { command, input, id, answer } = past[past.length - 1 - random.below(Math.min(past.length, 40))]!
      expect(site().dispatch(command, input as never, { id })).toEqual(answer)
    },
  }
  const often = { buy: 4, cash: 3, renewal: 4, use: 4, again: 4, erase: 1, empty: 1, leave: 1 } as Readonly<
    Record<string, number>
  >
  const drawn = Object.keys(acts).flatMap((name) => Array.from({ length: often[name] ?? 2 }, () => name))
  return {
    box,
    model,
    act: (): string => {
      const name = any(drawn)
      box.wait(1)
      acts[name]!()
      return name
    },
    pass: async (): Promise<void> => {
      box.wait(LOOK_MS * (1 + random.below(4)))
      await site().runJobs()
      tell(renewDue, {})
      model.look(site().clock.now())
    },
    random,
  }
}

/** Each wallet is what the model says, as its statement adds up to, and no further below nothing than anybody may be. */
const expectSame = ({ box, model }: ReturnType<typeof live>): void => {
  for (const [number, balanceMinor] of model.balances) {
    const wallet = box.site().query(showWallet, { number, limit: 200 })!
    expect([number, wallet.balanceMinor]).toEqual([number, balanceMinor])
    expect(wallet.phone.startsWith('erased-')).toBe(model.phoneOf(number) === undefined)
    expect(balanceMinor).toBeGreaterThanOrEqual(-PAY_LATER_MAX * 100)
    if (wallet.moves.length < 200) expect(wallet.moves.reduce((sum, { minor }) => sum + minor, 0)).toBe(balanceMinor)
  }
}

const ACTS = 200
const days = Array.from({ length: 9 }, (_, n) => ({ seed: n + 1, isOnDisk: n % 3 === 0 }))

test.each(days)(
  'whatever people, the desk, M-Pesa and the clock do, each wallet is what a plain model says, and all entries balance: %j',
  async ({ seed, isOnDisk }) => {
    const day = live(seed, isOnDisk ? join(folder, `${seed}.db`) : ':memory:')
    const { box, random, act, pass } = day
    for (let step = 0; step < ACTS; step++) {
      act()
      if (random.below(4) === 0) await pass()
      if (isOnDisk && random.below(12) === 0) box.crash()
      expectSame(day)
    }
    const { query } = box.site()
    const { accounts, broken } = query(ledgerBalances, {})
    expect([broken, query(checkEntries, {}).broken]).toEqual([[], 0])
    expect(accounts.reduce((sum, { debitMinor, creditMinor }) => sum + debitMinor - creditMinor, 0)).toBe(0)
    box.site().database.close()
  },
)

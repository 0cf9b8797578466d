/** A day of a busy estate: people buy, pay twice, pay by themselves, and things go wrong. */
import { generateKeyPairSync } from 'node:crypto'
import { seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { addOffer } from '../../offers/index.ts'
import { addPlan } from '../../plans/index.ts'
import { listWallets, sendMoney } from '../../wallets/index.ts'
import {
  buyFromWallet,
  callbackDigest,
  createCallbackGate,
  createPaymentWork,
  hearAnswer,
  hearCallback,
  hearConfirmation,
  hearResult,
  refundPayment,
  registerCallbacks,
  requestPurchase,
  requestTopUp,
  sayRefund,
  setMpesa,
} from '../index.ts'
import { createPost, type Letter } from './post-office.ts'
import { createWorld } from './world.ts'
import { paymentModules } from './modules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const { publicKey: certificate } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const initiator = { initiatorName: 'testapi', initiatorPassword: 'x', certificate }
const account = {
  ...initiator,
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
}

export type Weather = {
  readonly isTill: boolean
  readonly isMasked: boolean
  readonly faults: number
  /** Whether callbacks reach the box; `forgeries`: how often somebody writes his own. */
  readonly isReached: boolean
  readonly forgeries: number
  /** Shillings. */
  readonly trustUpTo: number
  readonly crashes: number
  /** How often somebody of the staff has money paid back. */
  readonly refunds: number
  /** How often somebody types a code; one of them takes the whole price off, and there is a happy hour. */
  readonly codes: number
  /** How often money is put into a wallet instead, and something bought from one. */
  readonly wallets?: number
}

export type DayOptions = {
  readonly seed: number
  readonly weather: Weather
  /** Of the database, which outlives a crash. */
  readonly file: string
  readonly purchases: number
  readonly phones: number
  /** How many buy before time goes on. */
  readonly atOnce: number
}

type Site = ReturnType<typeof memorySite>

/** A box on its file. Whoever was being asked when it was pulled away is never heard of again. */
const createBox = (
  { file, seed }: DayOptions,
  provider: () => ReturnType<typeof createWorld>['provider'] | undefined,
) => {
  let site: Site | undefined
  const open = (): Site => {
    const passedMs = site?.clock.monotonicMs() ?? 0
    site?.database.close()
    const clock = { now: () => fresh.clock.now() }
    // The same keys as before: they lie in a file of their own.
    const fresh = memorySite(paymentModules, { seed, file, jobs: createPaymentWork({ provider, clock }) })
    // The process ends and not the machine: no sync is missed.
    fresh.database.raw.pragma('synchronous = OFF')
    fresh.clock.advance(passedMs)
    void fresh.jobs.run(new AbortController().signal)
    site = fresh
    return fresh
  }
  open()
  return { site: () => site!, reopen: open }
}

const deliver = ({ must, database, vault }: Site, { token, body, ...letter }: Letter): void => {
  const subject = createCallbackGate(database.raw, vault).subjectOf(token)
  const arrived = { origin: '196.201.214.200', isKnownSource: true, body, digest: callbackDigest(token, body) }
  if (subject?.kind === 'prompt' && letter.kind === 'prompt') {
    const { amount, ...claim } = letter.claim
    const of = amount && { amountMinor: amount.minor, currency: amount.currency }
    must(hearCallback, { ...arrived, purchaseId: subject.purchaseId, claim: { ...claim, ...of } })
  }
  if (subject?.kind === 'refund' && letter.kind === 'result') {
    const { refundId, isTimeout } = subject
    must(hearResult, { ...arrived, refundId, isTimeout, claim: letter.claim })
  }
  if (subject?.kind === 'question' && letter.kind === 'answer') {
    const { questionId, isTimeout } = subject
    must(hearAnswer, { ...arrived, questionId, isTimeout, claim: letter.answer })
  }
  if (subject?.kind === 'confirmation' && letter.kind === 'payment') {
    const { amount, ...payment } = letter.payment
    must(hearConfirmation, { ...arrived, payment: { ...payment, amountMinor: amount.minor } })
  }
}

/** What somebody is online on and has not paid for as far as the box knows: since when, and what it costs. */
const aheadOf = ({ database, clock }: Site) =>
  database.raw
    .prepare<[number], { aheadAt: number | null; amountMinor: number }>(
      `SELECT p.ahead_at aheadAt, p.amount_minor amountMinor FROM purchases p JOIN grants g ON g.service_id = p.id
       WHERE p.state IN ('requested', 'accepted', 'failed') AND p.requested_at > ?
         AND p.confirmed_at IS NULL AND g.status = 'active'`,
    )
    // Nothing older is given any more; all of it is looked at once the day is over.
    .all(clock.now() - HOUR_MS)

/** What has been under way since before then, and the provider has not told how it ended. */
const openRefunds = ({ database }: Site, before: number): readonly string[] =>
  database.raw
    .prepare<[number], string>(
      `SELECT p.receipt FROM refunds r JOIN payments p ON p.id = r.payment_id
       WHERE r.state IN ('sent', 'unknown') AND r.asked_at < ?`,
    )
    .pluck()
    .all(before)

const openOffers = (must: Site['must']): void => {
  const terms = { timeZone: 'Africa/Nairobi', usesPerPhoneMax: 2 }
  must(addOffer, { ...terms, name: 'Half', code: 'HALF', discount: { kind: 'percent', bp: 5000 } })
  must(addOffer, { ...terms, name: 'Free', code: 'FREE', discount: { kind: 'price', minor: 0 }, usesMax: 4 })
  const windows = [{ days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '12:00' }]
  must(addOffer, { ...terms, name: 'Morning', discount: { kind: 'amount', minor: 700 }, plans: ['Day'], windows })
}

/** Lives it, and looks after each step whether `mayBeAhead` of what is given and not confirmed. */
export const liveDay = async (
  options: DayOptions,
  mayBeAhead: (ahead: { readonly sinceMs: number; readonly amountMinor: number }) => void,
) => {
  const { seed, weather, purchases, atOnce } = options
  const random = seededRandom(seed)
  /** Of the staff, so that the same day is lived whether they pay anything back or not. */
  const chance = seededRandom(seed + 1)
  const known: { world?: ReturnType<typeof createWorld> } = {}
  const box = createBox(options, () => known.world?.provider)
  const now = (): number => box.site().clock.now()
  const post = createPost({ now, random, faults: weather.faults, forgeries: weather.forgeries })
  const world = createWorld({ now, random, post, ...weather })
  known.world = world
  let crashes = 0

  const work = async (): Promise<void> => {
    while ((await Promise.race([box.site().runJobs(), world.crashed()])) === 'crashed') {
      crashes += 1
      // Before the box is there again: it asks as soon as it is, and the plug may be pulled right then.
      world.mended()
      box.reopen()
    }
  }
  const pass = async (ms: number, stepMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      box.site().clock.advance(stepMs)
      await work()
      world.paid()
      for (const letter of post.arrived()) {
        deliver(box.site(), letter)
        if (random.below(2) === 0) await work()
      }
      await work()
      for (const { aheadAt, amountMinor } of aheadOf(box.site()))
        mayBeAhead({ sinceMs: aheadAt === null ? Infinity : now() - aheadAt, amountMinor })
    }
  }

  /** Somebody has money paid back, and looks now and then at the provider's own list for what nobody knows. */
  const staff = (): void => {
    const { database, dispatch } = box.site()
    if (chance.unit() < weather.refunds) {
      const rows = database.raw
        .prepare<[], string>("SELECT receipt FROM payments WHERE state NOT IN ('refunding', 'refunded')")
        .pluck()
        .all()
      if (rows.length > 0) dispatch(refundPayment, { receipt: rows[chance.below(rows.length)]! })
    }
    for (const receipt of openRefunds(box.site(), now() - HOUR_MS))
      dispatch(sayRefund, { receipt, isDone: world.paidBack().includes(receipt) })
  }

  const { must } = box.site()
  if (weather.refunds > 0) must(setMpesa, account)
  if (weather.isReached) {
    must(setMpesa, { ...account, callbackUrl: 'https://pop.example.com', trustUpTo: weather.trustUpTo })
    must(registerCallbacks, {})
    await work()
  }
  for (const [name, priceMinor] of [
    ['Hour', 2000],
    ['Day', 5000],
  ] as const)
    must(addPlan, { name, kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor, currency: 'KES' })
  if (weather.codes > 0) openOffers(must)
  const codes = ['HALF', 'FREE', 'NOBODYS']
  const typed = (): { code?: string } =>
    weather.codes > 0 && chance.unit() < weather.codes ? { code: codes[chance.below(3)]! } : {}
  const phones = Array.from({ length: options.phones }, (_, n) => `+2547${String(n + 12_345_600).padStart(8, '0')}`)
  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const refused = new Set<string>()
  const ask = () => {
    const { wallets = 0 } = weather
    if (wallets > 0 && chance.unit() < wallets)
      return box.site().dispatch(requestTopUp, { phone: any(phones), amountMinor: any([3000, 10_000]) })
    return box.site().dispatch(requestPurchase, { plan: any(['Hour', 'Day']), phone: any(phones), ...typed() })
  }
  /** Whoever has a wallet buys from it, sends of it, and sends money to it by hand: what is not there is refused. */
  const spend = (): void => {
    const wallets = box.site().query(listWallets, {})
    if (wallets.length === 0) return
    const { id: walletId, reference, phone } = wallets[chance.below(wallets.length)]!
    const { dispatch } = box.site()
    const once = { id: `spent-${chance.below(1_000_000_000)}` }
    for (let pressed = 0; pressed < 2; pressed++) dispatch(buyFromWallet, { walletId, plan: 'Hour' }, once)
    dispatch(sendMoney, { walletId, phone: phones[chance.below(phones.length)]!, amountMinor: 700 })
    if (chance.below(4) === 0) world.payByHand(1300, phone, chance.below(2) === 0 ? reference : phone)
  }
  for (let step = 0; step < purchases; step++) {
    const asked = ask()
    if (weather.wallets !== undefined) spend()
    if (!asked.ok) refused.add(asked.error.type)
    if (random.below(8) === 0) {
      const named = any([asked.ok ? asked.value.reference : 'HOUSE 7', 'jirani', ''])
      world.payByHand(any([2000, 5000, 700]), any(phones), named)
    }
    staff()
    if (step % atOnce === 0) await pass(random.below(120_000), 10_000)
  }
  await pass(30 * MINUTE_MS, 2 * MINUTE_MS)
  await pass(2 * HOUR_MS, 30 * MINUTE_MS)
  staff()
  await pass(14 * HOUR_MS, 30 * MINUTE_MS)
  if (weather.isReached) await pass(120 * HOUR_MS, 6 * HOUR_MS)
  return { world, site: box.site(), refused, crashes }
}

/** A day of a busy estate: people buy, pay twice, pay by themselves, and things go wrong. */
import { setImmediate } from 'node:timers/promises'
import { seededRandom } from '@lango/kernel'
import type { MemorySite } from '@lango/kernel/testing'
import { addOffer } from '../../offers/index.ts'
import { addPlan } from '../../plans/index.ts'
import { changeSettings } from '../../settings/index.ts'
import { registerCallbacks, setMpesa } from '../index.ts'
import { createBox, deliver, type Box, type BoxOptions } from './box.ts'
import { createPeople, noActs, type Habits } from './people.ts'
import { createPost } from './post-office.ts'
import { createStaff, type Duties } from './staff.ts'
import { createWorld, type World } from './world.ts'
import { certificate } from './certificate.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const initiator = { initiatorName: 'testapi', initiatorPassword: 'x', certificate }
const account = {
  ...initiator,
  shortcode: '174379',
  consumerKey: 'k',
  consumerSecret: 's',
  passkey: 'p',
  phone: '+254700000001',
}
/** Shillings: an expense of forty is released by a second person. */
const payingOut = { payoutUpTo: 100, payoutDayUpTo: 3000, payoutAloneUpTo: 30 }

export type Weather = Habits &
  Duties & {
    readonly isTill: boolean
    readonly isMasked: boolean
    readonly faults: number
    /** Whether callbacks reach the box; `forgeries`: how often somebody writes his own. */
    readonly isReached: boolean
    readonly forgeries: number
    /** Shillings: of claims that are believed for a minute, and of wallets that may go below nothing. */
    readonly trustUpTo: number
    readonly lendsUpTo: number
    readonly crashes: number
  }

export type DayOptions = BoxOptions & {
  readonly weather: Weather
  readonly purchases: number
  readonly phones: number
  /** How many buy before time goes on. */
  readonly atOnce: number
}

type Ahead = { readonly sinceMs: number; readonly amountMinor: number }

/** What somebody is online on and has not paid for as far as the box knows: since when, and what it costs. */
const aheadOf = ({ database, clock }: MemorySite): readonly Ahead[] =>
  database.raw
    .prepare<[number], { aheadAt: number | null; amountMinor: number }>(
      `SELECT p.ahead_at aheadAt, p.amount_minor amountMinor FROM purchases p JOIN grants g ON g.service_id = p.id
       WHERE p.state IN ('requested', 'accepted', 'failed') AND p.requested_at > ?
         AND p.confirmed_at IS NULL AND g.status = 'active'`,
    )
    // Nothing older is given any more; all of it is looked at once the day is over.
    .all(clock.now() - HOUR_MS)
    .map(({ aheadAt, amountMinor }) => ({ sinceMs: aheadAt === null ? Infinity : clock.now() - aheadAt, amountMinor }))

const openOffers = (must: MemorySite['must']): void => {
  const terms = { timeZone: 'Africa/Nairobi', usesPerPhoneMax: 2 }
  must(addOffer, { ...terms, name: 'Half', code: 'HALF', discount: { kind: 'percent', bp: 5000 } })
  must(addOffer, { ...terms, name: 'Free', code: 'FREE', discount: { kind: 'price', minor: 0 }, usesMax: FREE_USES })
  const windows = [{ days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '12:00' }]
  must(addOffer, { ...terms, name: 'Morning', discount: { kind: 'amount', minor: 700 }, plans: ['Day'], windows })
}

export const FREE_USES = 4
export const REWARDS_OF_MONTH = 2

/** What the box sells, and on what terms. */
const openShop = ({ must }: MemorySite, weather: Weather): void => {
  if (weather.refunds + weather.payouts > 0) must(setMpesa, { ...account, ...(weather.payouts > 0 && payingOut) })
  if (weather.isReached) {
    must(setMpesa, { ...account, callbackUrl: 'https://pop.example.com', trustUpTo: weather.trustUpTo })
    must(registerCallbacks, {})
  }
  for (const [name, priceMinor] of [
    ['Hour', 2000],
    ['Day', 5000],
  ] as const)
    must(addPlan, { name, kind: 'hotspot', policy: {}, validitySec: 3600, priceMinor, currency: 'KES' })
  if (weather.codes > 0) openOffers(must)
  const { lendsUpTo: payLaterUpTo, friends } = weather
  if (payLaterUpTo > 0) must(changeSettings, { payLaterUpTo, payLaterAfter: 1 })
  const referralMonthlyMax = REWARDS_OF_MONTH
  if (friends > 0) must(changeSettings, { referralPlan: 'Hour', referralFriendBp: 1000, referralMonthlyMax })
}

type Passing = {
  readonly box: Box
  readonly world: World
  readonly post: ReturnType<typeof createPost>
  readonly random: ReturnType<typeof seededRandom>
  readonly mayBeAhead: (ahead: Ahead) => void
}

/** Lets time go by: jobs run, the plug is pulled, letters arrive, and after each step it is looked who is ahead. */
const createTime = ({ box, world, post, random, mayBeAhead }: Passing) => {
  let crashes = 0
  const work = async (): Promise<void> => {
    while ((await Promise.race([box.site().runJobs(), world.crashed()])) === 'crashed') {
      crashes += 1
      // Before the box is there again: it asks as soon as it is, and the plug may be pulled right then.
      world.mended()
      box.reopen()
    }
  }
  const step = async (ms: number): Promise<void> => {
    // Statements that were collected give their memory back only in a turn of the event loop.
    await setImmediate()
    box.site().clock.advance(ms)
    await work()
    world.paid()
    for (const letter of post.arrived()) {
      deliver(box.site(), letter)
      if (random.below(2) === 0) await work()
    }
    await work()
    for (const ahead of aheadOf(box.site())) mayBeAhead(ahead)
  }
  return {
    work,
    pass: async (ms: number, stepMs: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += stepMs) await step(stepMs)
    },
    crashes: () => crashes,
  }
}

/** Lives it, and looks after each step whether `mayBeAhead` of what is given and not confirmed. */
export const liveDay = async (options: DayOptions, mayBeAhead: (ahead: Ahead) => void) => {
  const { seed, weather, purchases, atOnce } = options
  const random = seededRandom(seed)
  /** Of the staff and of wallets, so that the same day is lived whether they do anything or not. */
  const chance = seededRandom(seed + 1)
  const known: { world?: World } = {}
  const box = createBox(options, () => known.world?.provider)
  const now = (): number => box.site().clock.now()
  const post = createPost({ now, random, faults: weather.faults, forgeries: weather.forgeries })
  const world = createWorld({ now, random, post, ...weather })
  known.world = world
  const { work, pass, crashes } = createTime({ box, world, post, random, mayBeAhead })
  openShop(box.site(), weather)
  await work()

  const phones = Array.from({ length: options.phones }, (_, n) => `+2547${String(n + 12_345_600).padStart(8, '0')}`)
  const acts = noActs()
  const people = createPeople({ box, world, random, chance, phones, habits: weather, acts })
  const staff = createStaff({ box, world, chance, phones, duties: weather })
  for (let step = 0; step < purchases; step++) {
    people.come()
    staff.look()
    if (step % atOnce === 0) await pass(random.below(120_000), 10_000)
  }
  await pass(30 * MINUTE_MS, 2 * MINUTE_MS)
  await pass(2 * HOUR_MS, 30 * MINUTE_MS)
  staff.look()
  await pass(14 * HOUR_MS, 30 * MINUTE_MS)
  if (weather.isReached) await pass(120 * HOUR_MS, 6 * HOUR_MS)
  return { world, site: box.site(), acts, weather, refused: people.refused, crashes: crashes() }
}

export type Lived = Awaited<ReturnType<typeof liveDay>>

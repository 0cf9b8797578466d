/** What people do who buy: by prompt, by themselves, from a wallet, with a code of an offer or of a friend. */
import type { Random } from '@lango/kernel'
import { firstUse } from '../../access/index.ts'
import { ownReferralCode } from '../../offers/index.ts'
import { blockWallet, sendMoney, topUpCash } from '../../wallets/index.ts'
import { buyFromWallet, requestPurchase, requestTopUp, setOwnRenewal } from '../index.ts'
import type { Box } from './box.ts'
import type { World } from './world.ts'

/** How often each is done, from 0 to 1. */
export type Habits = {
  /** Somebody types a code of an offer; one of them takes the whole price off, and there is a happy hour. */
  readonly codes: number
  /** Somebody types the code of a friend. */
  readonly friends: number
  /** Money is put into a wallet instead; then wallets are spent from, sent from, renewed from, and topped up by hand. */
  readonly wallets: number
}

/** What was done and answered, for the accounts at the end. Minor units. */
export type Acts = {
  /** What somebody was told that they pay, by the purchase. */
  readonly asked: Map<string, number>
  readonly cash: { readonly phone: string; readonly amountMinor: number }[]
  readonly sent: { readonly from: string; readonly to: string; readonly amountMinor: number }[]
  /** Bought from a wallet, by the purchase: whose wallet. */
  readonly spent: Map<string, string>
}

export const noActs = (): Acts => ({ asked: new Map(), cash: [], sent: [], spent: new Map() })

type WalletRow = { readonly id: string; readonly number: number; readonly reference: string; readonly phone: string }

export type PeopleOptions = {
  readonly box: Box
  readonly world: World
  /** `chance`: of what is new here, so that the rest of a day is as it was without it. */
  readonly random: Random
  readonly chance: Random
  readonly phones: readonly string[]
  readonly habits: Habits
  readonly acts: Acts
}

const TALKERS = 3
const CODES = ['HALF', 'FREE', 'NOBODYS'] as const

export const createPeople = ({ box, world, random, chance, phones, habits, acts }: PeopleOptions) => {
  const any = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  const one = <T>(list: readonly T[]): T => list[chance.below(list.length)]!
  const isTime = (p: number): boolean => p > 0 && chance.unit() < p
  /** Few tell many of it: more than they are rewarded for. */
  const talkers = phones.slice(0, TALKERS)
  /** What stands on the page that they have open: it may be of before the happy hour ended. */
  const shown = new Map<string, number>()
  const refused = new Set<string>()

  const typed = (): { code?: string } => {
    if (isTime(habits.friends)) return { code: box.site().must(ownReferralCode, { phone: one(talkers) }).code }
    return isTime(habits.codes) ? { code: one(CODES) } : {}
  }

  const askForPlan = () => {
    const asked = { plan: any(['Hour', 'Day'] as const), phone: any(phones), ...typed() }
    const shownMinor = shown.get(asked.plan)
    const isOfPage = habits.codes > 0 && shownMinor !== undefined && chance.below(2) === 0
    const told = box.site().dispatch(requestPurchase, { ...asked, ...(isOfPage && { shownMinor }) })
    if (!told.ok) {
      refused.add(told.error.type)
      if (told.error.type === 'PriceChanged') shown.set(asked.plan, told.error.priceMinor)
      return undefined
    }
    const { id, amountMinor, reference } = told.value
    acts.asked.set(id, amountMinor)
    if (asked.code === undefined) shown.set(asked.plan, amountMinor)
    return reference
  }

  const topUp = () => {
    const amountMinor = any([3000, 10_000])
    const told = box.site().dispatch(requestTopUp, { phone: any(phones), amountMinor })
    if (!told.ok) return void refused.add(told.error.type)
    acts.asked.set(told.value.id, amountMinor)
    return told.value.reference
  }

  const someWallet = (): WalletRow | undefined => {
    const { raw } = box.site().database
    const count = raw.prepare<[], number>('SELECT count(*) FROM wallets').pluck().get()!
    if (count === 0) return undefined
    return raw
      .prepare<[number], WalletRow>('SELECT id, number, reference, phone FROM wallets WHERE number = ?')
      .get(1 + chance.below(count))
  }

  /** Pressed twice; now and then for somebody else, or with a code, and from then on by itself. */
  const buy = ({ id: walletId, phone }: WalletRow): void => {
    const { dispatch } = box.site()
    const once = { id: `spent-${chance.below(2 ** 31)}-${acts.spent.size}` }
    const input = { walletId, plan: 'Hour', ...(chance.below(4) === 0 && { phone: one(phones) }), ...typed() }
    const bought = [dispatch(buyFromWallet, input, once), dispatch(buyFromWallet, input, once)]
    for (const told of bought) if (told.ok) acts.spent.set(told.value.id, phone)
    const [told] = bought
    if (told?.ok !== true || chance.below(4) > 0) return
    const purchaseId = told.value.id
    if (dispatch(setOwnRenewal, { walletId, purchaseId, on: true }).ok) logIn('service_id = ?', purchaseId)
  }

  /** The time of a grant runs from its first login. */
  const logIn = (where: string, ...of: string[]): void => {
    const { database, dispatch } = box.site()
    const grantId = database.raw
      .prepare<string[], string>(`SELECT id FROM grants WHERE ${where} ORDER BY no DESC LIMIT 1`)
      .pluck()
      .get(...of)
    if (grantId !== undefined) dispatch(firstUse, { grantId, device: '', bind: false, deviceLimit: 1 })
  }

  /** Whoever has a wallet spends of it, and sends money to it by hand: what is not there is refused. */
  const spend = (): void => {
    const { dispatch, must } = box.site()
    if (chance.below(8) === 0) {
      const cash = { phone: one(phones), amountMinor: 2500 }
      must(topUpCash, cash)
      acts.cash.push(cash)
    }
    const wallet = someWallet()
    if (wallet === undefined) return
    buy(wallet)
    const sent = { phone: one(phones), amountMinor: 700 }
    if (dispatch(sendMoney, { walletId: wallet.id, ...sent }).ok)
      acts.sent.push({ from: wallet.phone, to: sent.phone, amountMinor: sent.amountMinor })
    if (chance.below(4) === 0)
      world.payByHand(1300, wallet.phone, chance.below(2) === 0 ? wallet.reference : wallet.phone)
    if (chance.below(20) === 0) must(blockWallet, { wallet: wallet.number, blocked: chance.below(2) === 0 })
  }

  return {
    /** Somebody comes and buys. */
    come(): void {
      const reference = isTime(habits.wallets) ? topUp() : askForPlan()
      if (isTime(habits.wallets)) spend()
      if (isTime(habits.wallets + habits.friends)) logIn("status = 'active' AND first_used_at IS NULL")
      if (random.below(8) === 0)
        world.payByHand(any([2000, 5000, 700]), any(phones), any([reference ?? 'HOUSE 7', 'jirani', '']))
    },
    /** What they were refused with. */
    refused: refused as ReadonlySet<string>,
  }
}

/** What wallets are, without a database: a sum for each, and what is paid for anew from it. */
export type Renewing = {
  readonly id: string
  readonly wallet: number
  readonly plan: PlanName
  /** Whose it is. */
  readonly phone: string
  readonly grantNo: number
  state: 'off' | 'on' | 'short'
  dueAt: number | null
  expiresAt: number | null
  quotaOctets: number | null
  isUsed: boolean
}

type Plan = { readonly priceMinor: number; readonly validitySec?: number; readonly quotaOctets?: number }

export const plans = {
  Short: { priceMinor: 500, validitySec: 120 },
  Long: { priceMinor: 2000, validitySec: 900 },
  Data: { priceMinor: 1000, quotaOctets: 100 },
} as const satisfies Readonly<Record<string, Plan>>
export type PlanName = keyof typeof plans
const planOf = (name: PlanName): Plan => plans[name]

const RENEWED_AHEAD_MS = 60_000

export class WalletModel {
  readonly balances = new Map<number, number>()
  readonly #walletOf = new Map<string, number>()
  readonly #blocked = new Set<number>()
  readonly #bought = new Map<string, number>()
  readonly bundles: Renewing[] = []
  payLaterUpTo = 0
  payLaterAfter = 2

  walletOf(phone: string): number | undefined {
    return this.#walletOf.get(phone)
  }

  phoneOf(wallet: number): string | undefined {
    return [...this.#walletOf].find(([, number]) => number === wallet)?.[0]
  }

  balance(wallet: number): number {
    return this.balances.get(wallet) ?? 0
  }

  /** Money comes in, from wherever; the first opens a wallet. */
  putIn(phone: string, minor: number): number {
    const wallet = this.#walletOf.get(phone) ?? this.balances.size + 1
    this.#walletOf.set(phone, wallet)
    this.add(wallet, minor)
    return wallet
  }

  add(wallet: number, minor: number): void {
    this.balances.set(wallet, this.balance(wallet) + minor)
  }

  block(wallet: number, isBlocked: boolean): void {
    if (isBlocked) this.#blocked.add(wallet)
    else this.#blocked.delete(wallet)
  }

  #floor(wallet: number, phone: string): number {
    const isOwn = this.#walletOf.get(phone) === wallet
    const hasBought = (this.#bought.get(phone) ?? 0) >= this.payLaterAfter
    return isOwn && hasBought ? this.payLaterUpTo * 100 : 0
  }

  /** `holds`: as far below nothing as may be, for whose it is. */
  mayTake(wallet: number, minor: number, holds?: string): boolean {
    if (this.#blocked.has(wallet) || this.phoneOf(wallet) === undefined) return false
    return this.balance(wallet) - minor >= -(holds === undefined ? 0 : this.#floor(wallet, holds))
  }

  send(from: number, phone: string, minor: number): boolean {
    if (!this.mayTake(from, minor) || this.phoneOf(from) === phone) return false
    this.add(from, -minor)
    this.putIn(phone, minor)
    return true
  }

  /** Whether it is paid for. */
  buy(wallet: number, plan: PlanName, phone: string): boolean {
    const { priceMinor } = plans[plan]
    if (!this.mayTake(wallet, priceMinor, phone)) return false
    this.add(wallet, -priceMinor)
    this.#bought.set(phone, (this.#bought.get(phone) ?? 0) + 1)
    return true
  }

  /** What goes back by M-Pesa is taken as far as there is any. */
  takeBack(wallet: number, minor: number): void {
    this.add(wallet, -Math.min(Math.max(this.balance(wallet), 0), minor))
  }

  erase(wallet: number): boolean {
    const phone = this.phoneOf(wallet)
    if (phone === undefined || this.balance(wallet) !== 0) return false
    this.#walletOf.delete(phone)
    for (const bundle of this.bundles) if (bundle.wallet === wallet) bundle.state = 'off'
    return true
  }

  use(bundle: Renewing, now: number): void {
    bundle.isUsed = true
    const { validitySec } = planOf(bundle.plan)
    if (validitySec !== undefined) bundle.expiresAt = now + validitySec * 1000
  }

  /** What is over within the minute, or waits for money. */
  look(now: number): void {
    const isDue = ({ expiresAt, dueAt }: Renewing): boolean =>
      (expiresAt !== null && expiresAt <= now + RENEWED_AHEAD_MS) || dueAt !== null
    const due = this.bundles.filter((bundle) => bundle.state !== 'off' && isDue(bundle))
    const order = ({ dueAt, expiresAt }: Renewing) => [dueAt ?? -1, expiresAt ?? -1] as const
    const before = (one: Renewing, other: Renewing): number => {
      const [[dueA, endA], [dueB, endB]] = [order(one), order(other)]
      return dueA - dueB || endA - endB || (one.id < other.id ? -1 : 1)
    }
    for (const bundle of due.toSorted(before)) this.renew(bundle, now)
  }

  renew(bundle: Renewing, now: number): boolean {
    const { wallet, plan: name, phone } = bundle
    if (!this.buy(wallet, name, phone)) {
      if (bundle.state === 'on') Object.assign(bundle, { state: 'short', dueAt: now })
      return false
    }
    const plan = planOf(name)
    if (bundle.expiresAt !== null && plan.validitySec !== undefined)
      bundle.expiresAt = Math.max(bundle.expiresAt, now) + plan.validitySec * 1000
    if (bundle.quotaOctets !== null) bundle.quotaOctets += plan.quotaOctets ?? 0
    Object.assign(bundle, { state: 'on', dueAt: null })
    return true
  }
}

import type { Allowance, Usage } from '@lango/modules/access/rules'

/** How much a grant may still move in a period until something changes for it. */
type Meter = { readonly fromAt: number; readonly toAt: number; octets: number; sec: number }

/**
 * Meters of the grants that are online: they tell, with the commit that a limit was reached in, that it was. A meter is
 * read from the databases when the first octets of its grant and period come, so that what is on disk is all there was.
 */
export class Meters {
  readonly #allowanceOf: (grantNo: number, at: number) => Allowance | undefined
  readonly #meters = new Map<number, Meter | undefined>()
  readonly #reached = new Set<number>()
  /** Their limit was told of when it was reached: it is no news again until they have something left. */
  readonly #spent = new Set<number>()
  /** To be read anew once everything counted so far is on disk. */
  readonly #stale = new Set<number>()

  constructor(allowanceOf: (grantNo: number, at: number) => Allowance | undefined) {
    this.#allowanceOf = allowanceOf
  }

  setUnlimited(grantNo: number): void {
    this.#meters.set(grantNo, undefined)
  }

  forget(grantNo: number): void {
    this.#meters.delete(grantNo)
    this.#spent.delete(grantNo)
  }

  clear(): void {
    this.#meters.clear()
    this.#reached.clear()
    this.#spent.clear()
    this.#stale.clear()
  }

  /** Counts what was moved in an hour. */
  count(grantNo: number, hourAt: number, moved: Usage): void {
    if (!this.#meters.has(grantNo)) this.#read(grantNo, hourAt)
    let meter = this.#meters.get(grantNo)
    if (!meter) return
    if (hourAt < meter.fromAt) {
      // A period that is over has used more than was known: less of it rolls over.
      this.#stale.add(grantNo)
      return
    }
    if (hourAt >= meter.toAt) {
      meter = this.#read(grantNo, hourAt)
      this.#stale.add(grantNo)
      if (!meter) return
    }
    meter.octets -= moved.octets
    meter.sec -= moved.sec
    if (meter.octets > 0 && meter.sec > 0) return
    this.#reached.add(grantNo)
    this.#spent.add(grantNo)
    // The next tier, if there is one, is counted to from what will be on disk.
    this.#stale.add(grantNo)
    meter.octets = Infinity
    meter.sec = Infinity
  }

  /** Which grants have reached a limit with what is on disk now. */
  committed(): readonly number[] {
    const reached = [...this.#reached]
    for (const grantNo of this.#stale) this.#meters.delete(grantNo)
    this.#reached.clear()
    this.#stale.clear()
    return reached
  }

  #read(grantNo: number, at: number): Meter | undefined {
    const allowance = this.#allowanceOf(grantNo, at)
    const meter = allowance && this.#meterOf(grantNo, allowance)
    this.#meters.set(grantNo, meter)
    return meter
  }

  #meterOf(grantNo: number, { period, octets, sec, fairUse }: Allowance): Meter {
    const [octetsLeft, secLeft] = [octets?.left ?? Infinity, sec?.left ?? Infinity]
    const span = { fromAt: period.fromAt, toAt: period.toAt ?? Infinity }
    if (octetsLeft > 0 && secLeft > 0) {
      this.#spent.delete(grantNo)
      return { ...span, octets: Math.min(octetsLeft, fairUse?.toNextTier ?? Infinity), sec: secLeft }
    }
    const isNews = !this.#spent.has(grantNo)
    this.#spent.add(grantNo)
    return { ...span, octets: isNews ? 0 : Infinity, sec: Infinity }
  }
}

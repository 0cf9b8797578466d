/** How often strangers may ask: counted by device, by address and in all, so that a made-up device does not get far. */
import { TryWindow, type Clock } from '@lango/kernel'
import { portalLimits } from './limits.ts'

export const deeds = ['buys', 'misses', 'coupons', 'codes', 'claims', 'handOvers'] as const
export type Deed = (typeof deeds)[number]

export type Visitor = {
  readonly address: string
  /** As the router tells it; '' where it does not. */
  readonly mac: string
}

const EVERYBODY = 'all'

const windowOf = (triesMax: number): TryWindow =>
  new TryWindow({ triesMax, windowMs: portalLimits.windowMs, keysMax: portalLimits.keysMax })

export class Guard {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #windows = Object.fromEntries(
    deeds.map((deed) => [
      deed,
      {
        device: windowOf(portalLimits[`${deed}PerDeviceMax`]),
        address: windowOf(portalLimits[`${deed}PerAddressMax`]),
        all: windowOf(portalLimits[`${deed}Max`]),
      },
    ]),
  ) as Record<Deed, { device: TryWindow; address: TryWindow; all: TryWindow }>

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Whether this visitor may do it once more now. */
  may(deed: Deed, visitor: Visitor): boolean {
    const now = this.#clock.monotonicMs()
    const { device, address, all } = this.#windows[deed]
    return (
      !all.isFull(EVERYBODY, now) && !address.isFull(visitor.address, now) && !device.isFull(deviceOf(visitor), now)
    )
  }

  add(deed: Deed, visitor: Visitor): void {
    const now = this.#clock.monotonicMs()
    const { device, address, all } = this.#windows[deed]
    device.add(deviceOf(visitor), now)
    address.add(visitor.address, now)
    all.add(EVERYBODY, now)
  }
}

const deviceOf = ({ address, mac }: Visitor): string => `${address} ${mac}`

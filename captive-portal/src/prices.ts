/** What each bundle costs whoever stands at the gate, with what is offered now. Pure. */
import type { ResultOf } from '@lango/kernel/db'
import { bestOffer } from '@lango/modules/offers'
import type { offersOpen } from '@lango/modules/payments'
import type { Bundle } from './terms.ts'

export type OpenOffer = ResultOf<typeof offersOpen>['open'][number]

export type Priced = Bundle & {
  /** What is paid; less than `priceMinor` where something is taken off. */
  readonly amountMinor: number
  /** When that ends, where it does. */
  readonly untilAt: number | null
  /** What takes it off. */
  readonly offerId: string | null
}

/** Of one bundle somebody was told another price: it is that, whatever is offered to everybody. */
export type ToldPrice = { readonly id: string; readonly amountMinor: number }

export const pricedWith = (
  bundles: readonly Bundle[],
  open: readonly OpenOffer[],
  told: ToldPrice | undefined,
): readonly Priced[] =>
  bundles.map((bundle) => {
    if (told?.id === bundle.id) return { ...bundle, amountMinor: told.amountMinor, untilAt: null, offerId: null }
    const best = bestOffer(bundle, open)
    if (!best) return { ...bundle, amountMinor: bundle.priceMinor, untilAt: null, offerId: null }
    const { offer, priceMinor: amountMinor } = best
    return { ...bundle, amountMinor, untilAt: offer.openUntilAt, offerId: offer.id }
  })

/** What a button sends: which bundle, and the price that it has shown. */
export const choiceOf = ({ id, amountMinor }: ToldPrice): string => `${id} ${amountMinor}`

/** No price where none was sent: it is looked up then, as for whoever has not seen one. */
export const readChoice = (sent: string): { readonly id: string; readonly shownMinor: number | undefined } => {
  const [id = '', shown = ''] = sent.split(' ')
  return { id, shownMinor: /^\d{1,15}$/.test(shown) ? Number(shown) : undefined }
}

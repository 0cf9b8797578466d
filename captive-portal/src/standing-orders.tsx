/** Standing orders as an open wallet shows them. */
import { fill, formatDay } from '@lango/kernel/ui'
import { middayOf, paymentLimits, stopsAt, type standingOrdersAtGate } from '@lango/modules/payments'
import type { ResultOf } from '@lango/kernel/db'
import { href, type View } from './page.tsx'
import { priceText } from './terms.ts'

export type Orders = ResultOf<typeof standingOrdersAtGate>
type Order = Orders['orders'][number]

export const ORDER_PATH = '/wallet/order'

const SHOWN_MS = 86_400_000

const stateText = ({ state, failure, lastPaidAt }: Order, { words, locale }: View): string => {
  if (state === 'refused') return words[`why.${failure ?? 'system'}`]
  if (lastPaidAt !== null) return fill(words.orderPaid, { day: formatDay(lastPaidAt, locale) })
  return words[`order.${state}`]
}

/** What was not agreed to is told for a day. */
const isShown = ({ state, askedAt }: Order, now: number): boolean => state !== 'refused' || now - askedAt < SHOWN_MS

export const HowToStop = ({ view }: { view: View }) => <p>{fill(view.words.orderStop, stopsAt)}</p>

/** Whoever has just asked for one is to look elsewhere. */
export const AskedNow = ({ view, standing: { orders } }: { view: View; standing: Orders }) => {
  const isNow = ({ state, askedAt }: Order): boolean =>
    (state === 'asked' || state === 'unknown') && view.now - askedAt < paymentLimits.promptLifeMs
  return orders.some(isNow) ? <p role="status">{view.words.orderNow}</p> : null
}

/** In the open wallet: nothing where none was asked for and none can be. */
export const StandingOrders = ({ view, standing: { isOn, orders } }: { view: View; standing: Orders }) => {
  const { words, locale, now } = view
  const shown = orders.filter((order) => isShown(order, now))
  if (shown.length === 0 && !isOn) return null
  const day = (text: string): string => formatDay(middayOf(text), locale)
  return (
    <>
      <h2>{words.orderTitle}</h2>
      {shown.map((order) => (
        <p key={order.id}>
          <b>
            {priceText(order)} {words[`every.${order.frequency}`]}
          </b>
          , {fill(words.orderSpan, { from: day(order.startsOn), to: day(order.endsOn) })}: {stateText(order, view)}
        </p>
      ))}
      {shown.some(({ state }) => state !== 'refused') ? <HowToStop view={view} /> : null}
      {isOn ? (
        <a class="button" href={href(view, ORDER_PATH)}>
          {words.orderAsk}
        </a>
      ) : null}
    </>
  )
}

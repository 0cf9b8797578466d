/** `/wallets/:number/standing-orders`: by which M-Pesa is to pay into one wallet, how each stands, and that one was stopped. */
import {
  Ago,
  beforeAsked,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatDay,
  formatExact,
  nothingKnown,
  Notice,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  type Desk,
  type DoingDesk,
  type Done,
  type Fact,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listStaff } from '../people/index.ts'
import { showWallet } from '../wallets/index.ts'
import { amountText, reasonsOf, ToMpesa } from './desk-parts.tsx'
import { endStandingOrder } from './standing-orders.ts'
import { listStandingOrders } from './standing-queries.ts'
import { middayOf, openStates, stopsAt, type StandingOrderState } from './standing-rules.ts'
import { standingWords } from './words-standing.ts'

type Order = ResultOf<typeof listStandingOrders>['orders'][number]
type Names = ReadonlyMap<string, string>

const PAGE_ROWS = 20

const wordsOf = ({ locale }: Pick<Desk, 'locale'>) => standingWords[locale.lang]
const walletHref = (number: number): string => `/wallets/${number}`

const meanings = {
  asked: 'info',
  active: 'good',
  refused: 'stopped',
  ended: 'plain',
  unknown: 'attention',
} as const satisfies Record<StandingOrderState, Meaning>

const standingText = (desk: Desk, { state, sentAt, failure, endedBy }: Order): string => {
  const words = wordsOf(desk)
  if (state === 'refused') return reasonsOf(desk)[`why.${failure ?? 'system'}`]
  if (state === 'ended') return endedBy === null ? words['what.over'] : words['what.said']
  return state === 'asked' && sentAt === null ? words['what.sending'] : words[`what.${state}`]
}

const whoText = (desk: Desk, id: string, names: Names): string =>
  names.get(id) ?? wordsOf(desk)[id === 'portal' ? 'portal' : 'console']

const factsOf = (desk: Desk, order: Order, names: Names): readonly Fact[] => {
  const words = wordsOf(desk)
  const { frequency, startsOn, endsOn, askedAt, askedBy, lastPaidAt, endedAt, endedBy } = order
  const day = (text: string): string => formatDay(middayOf(text), desk.locale)
  return [
    [words.amount, `${amountText(order)} ${words[`every.${frequency}`]}`],
    [words.days, fill(words.daysOf, { from: day(startsOn), to: day(endsOn) })],
    [words.askedWhen, formatExact(askedAt, desk.locale)],
    [words.askedBy, whoText(desk, askedBy, names)],
    [words.lastPaid, lastPaidAt === null ? words.never : formatExact(lastPaidAt, desk.locale)],
    ...(endedAt === null ? [] : [[words.endedWhen, formatExact(endedAt, desk.locale)] as const]),
    ...(endedBy === null ? [] : [[words.endedBy, whoText(desk, endedBy, names)] as const]),
  ]
}

/** It was said to be stopped, and money came by it since. */
const isStillPaid = ({ endedAt, endedBy, lastPaidAt }: Order): boolean =>
  endedBy !== null && lastPaidAt !== null && lastPaidAt > (endedAt ?? 0)

const OrderPanel = ({ desk, order, names }: { desk: Desk; order: Order; names: Names }) => {
  const words = wordsOf(desk)
  const { number, state, askedAt } = order
  const isOpen = openStates.some((one) => one === state)
  return (
    <Panel
      title={fill(words.order, { n: number })}
      note={<Ago at={askedAt} now={desk.now} locale={desk.locale} />}
      id={`order-${number}`}
    >
      <PanelBody>
        <p>
          <Status meaning={meanings[state]}>{words[state]}</Status> {standingText(desk, order)}
        </p>
        {isStillPaid(order) ? (
          <Notice meaning="attention" title={words.stillPaid}>
            <p>{words.stillPaidBody}</p>
          </Notice>
        ) : null}
        <Facts facts={factsOf(desk, order, names)} />
        {isOpen && desk.may('wallets.write') ? (
          <>
            <p class="muted">{words.endNote}</p>
            <DeedButton desk={desk} deed="end" fields={{ order: String(number) }}>
              {words.end}
            </DeedButton>
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const Nothing = ({ desk, isOn }: { desk: Desk; isOn: boolean }) => {
  const words = wordsOf(desk)
  return (
    <section class="panel">
      <EmptyState title={isOn ? words.none : words.off}>
        <p>{isOn ? words.noneBody : words.offBody}</p>
        {isOn ? null : <ToMpesa desk={desk} />}
      </EmptyState>
    </section>
  )
}

const end = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.tell(endStandingOrder, { number: Number(desk.fields.get('order')) })
  return done.ok ? { go: `${desk.here.split('?')[0]!}?said=ended` } : { fault: done.error }
}

export const standingOrdersPage = definePage({
  path: '/wallets/:number{[0-9]+}/standing-orders',
  permission: 'wallets.read',
  async show(desk) {
    const words = wordsOf(desk)
    const number = Number(desk.param('number'))
    const wallet = Number.isSafeInteger(number) ? await desk.ask(showWallet, { number, limit: 1 }) : undefined
    if (!wallet) return nothingKnown(words.noWallet, words.noWalletBody, { href: '/wallets', label: words.wallets })
    const { isOn, orders } = await desk.ask(listStandingOrders, {
      wallet: number,
      ...beforeAsked(desk),
      limit: PAGE_ROWS,
    })
    const staff = desk.may('people.read') ? await desk.ask(listStaff, {}) : []
    const names = new Map(staff.map(({ id, name }) => [id, name]))
    const title = fill(words.title, { n: number })
    return {
      title,
      content: (
        <>
          <PageHead title={title}>
            <a href={walletHref(number)}>{fill(words.back, { n: number })}</a>
          </PageHead>
          <Said desk={desk} words={{ ended: words.saidEnded }} />
          <RefusedNote desk={desk} />
          <p class="muted">{words.what}</p>
          <p class="muted">{fill(words.stop, stopsAt)}</p>
          {orders.length === 0 ? <Nothing desk={desk} isOn={isOn} /> : null}
          {orders.map((order) => (
            <OrderPanel key={order.number} {...{ desk, order, names }} />
          ))}
          <OlderPager desk={desk} words={words} next={orders.length < PAGE_ROWS ? undefined : orders.at(-1)?.number} />
        </>
      ),
    }
  },
  deeds: { end: { permission: 'wallets.write', run: end } },
})

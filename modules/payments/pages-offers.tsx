/** `/offers`: what takes something off the prices, and what that cost; and a new one. */
import {
  definePage,
  EmptyState,
  fill,
  formatExact,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  Status,
  StatStrip,
  Table,
  UNKNOWN,
  UserText,
  type Column,
  type Desk,
  type Done,
  type Meaning,
} from '@lango/kernel/ui'
import type { FaultOf } from '@lango/kernel/verbs'
import { addOffer, type OfferState, type setOffer } from '../offers/index.ts'
import { OfferForm } from './offer-form.tsx'
import { discountsGiven, listOffers } from './offer-queries.ts'
import { readOfferForm } from './offer-reading.ts'
import { offerHref, offerWordsOf, sumsText, takesText, usesText, type Offer } from './offer-text.ts'
import { OfferTabs } from './pages-friends.tsx'
import { plansForSale } from './queries.ts'

const LATELY_MS = 30 * 86_400_000

const meanings = {
  open: 'good',
  early: 'info',
  closed: 'info',
  over: 'plain',
  'used-up': 'attention',
  stopped: 'stopped',
} as const satisfies Record<OfferState, Meaning>

export const OfferMark = ({ desk, offer: { state, openUntilAt } }: { desk: Desk; offer: Offer }) => {
  const words = offerWordsOf(desk)
  return (
    <Status meaning={meanings[state]}>
      {openUntilAt === null ? words[state] : fill(words.openUntil, { time: formatExact(openUntilAt, desk.locale) })}
    </Status>
  )
}

const columns = (desk: Desk): readonly Column<Offer>[] => {
  const words = offerWordsOf(desk)
  return [
    {
      id: 'name',
      head: words.name,
      width: 'l',
      card: 'title',
      value: ({ name }) => name,
      render: ({ number, name }) => (
        <a href={offerHref(number)}>
          <UserText text={name} />
        </a>
      ),
    },
    { id: 'code', head: words.code, width: 'm', value: ({ code }) => code ?? UNKNOWN },
    { id: 'takes', head: words.discount, width: 'm', value: (offer) => takesText(offer, words) },
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: ({ state }) => words[state],
      render: (offer) => <OfferMark desk={desk} offer={offer} />,
    },
    { id: 'uses', head: words.uses, width: 'm', figures: true, value: (offer) => usesText(offer, words) },
    {
      id: 'cost',
      head: words.cost,
      width: 'm',
      figures: true,
      value: (offer) => sumsText(offer, ({ discountMinor }) => discountMinor),
    },
  ]
}

const NoOffers = ({ desk }: { desk: Desk }) => {
  const words = offerWordsOf(desk)
  return (
    <EmptyState title={words.none}>
      <p>{words.noneBody}</p>
      {desk.may('offers.write') ? (
        <p>
          <LinkButton kind="main" href="/offers/new">
            {words.makeFirst}
          </LinkButton>
        </p>
      ) : null}
    </EmptyState>
  )
}

/** By offers, and by codes of friends. */
const Lately = async (desk: Desk) => {
  const words = offerWordsOf(desk)
  const given = await desk.ask(discountsGiven, { fromAt: desk.now - LATELY_MS })
  if (given.length === 0) return null
  const all = { given, currency: desk.currency }
  const bought = given.reduce((sum, { purchases }) => sum + purchases, 0)
  return (
    <StatStrip
      label={words.lately}
      stats={[
        { id: 'bought', label: words.latelyBought, value: formatNumber(bought, desk.locale) },
        { id: 'off', label: words.latelyOff, value: sumsText(all, ({ discountMinor }) => discountMinor) },
        { id: 'paid', label: words.latelyPaid, value: sumsText(all, ({ paidMinor }) => paidMinor) },
      ]}
    />
  )
}

export const offersPage = definePage({
  path: '/offers',
  permission: 'offers.read',
  async show(desk) {
    const words = offerWordsOf(desk)
    const offers = await desk.ask(listOffers, { at: desk.now })
    return {
      title: words.offers,
      content: (
        <>
          <PageHead title={words.offers}>
            {desk.may('offers.write') && offers.length > 0 ? (
              <LinkButton kind="main" href="/offers/new">
                {words.newOffer}
              </LinkButton>
            ) : undefined}
          </PageHead>
          <OfferTabs desk={desk} current="offers" />
          <p class="muted">{words.what}</p>
          {await Lately(desk)}
          <section class="panel">
            {offers.length === 0 ? (
              <NoOffers desk={desk} />
            ) : (
              <Table
                name="offers"
                caption={words.offers}
                columns={columns(desk)}
                rows={offers}
                rowKey={({ number }) => String(number)}
              />
            )}
          </section>
        </>
      ),
    }
  },
})

/** What is wrong with a field is said beside it. */
export const refusedOffer = (desk: Desk, fault: FaultOf<typeof addOffer | typeof setOffer>): Done => {
  const words = offerWordsOf(desk)
  switch (fault.type) {
    case 'OfferCodeTaken':
      return { problems: { code: words.codeTaken } }
    case 'OfferEndless':
      return { problems: { usesMax: words.usesMissing } }
    case 'OfferTimesUnfit':
      return { problems: { until: words.timesUnfit } }
    case 'PlanUnknown':
      return { problems: { plans: words.planGone } }
    default:
      return { fault }
  }
}

export const newOfferPage = definePage({
  path: '/offers/new',
  permission: 'offers.write',
  async show(desk) {
    const words = offerWordsOf(desk)
    const plans = await desk.ask(plansForSale, {})
    return {
      title: words.newOffer,
      content: (
        <>
          <PageHead title={words.newOffer} />
          <Panel title={words.offer}>
            <PanelBody>
              <p class="muted">{words.what}</p>
              <OfferForm desk={desk} deed="add" offer={undefined} plans={plans} back="/offers" />
            </PanelBody>
          </Panel>
        </>
      ),
    }
  },
  deeds: {
    add: {
      permission: 'offers.write',
      async run(desk) {
        const { currency, locale } = desk
        const read = readOfferForm(desk.fields, { words: offerWordsOf(desk), currency, timeZone: locale.timeZone })
        if ('problems' in read) return read
        const added = await desk.tell(addOffer, read.input)
        if (added.ok) return { go: offerHref(added.value.number, '?said=added') }
        return refusedOffer(desk, added.error as FaultOf<typeof addOffer>)
      },
    },
  },
})

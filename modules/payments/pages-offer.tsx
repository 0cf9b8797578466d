/** One offer: how it stands, what was bought with it, and other terms for it. */
import {
  agoColumn,
  beforeAsked,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatExact,
  nothingKnown,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Table,
  Tabs,
  UserText,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { FaultOf } from '@lango/kernel/verbs'
import { setOffer, setOfferStatus } from '../offers/index.ts'
import { amountText, PhoneLink, purchaseHref, StateMark } from './desk-parts.tsx'
import { OfferForm } from './offer-form.tsx'
import { listOffers, purchasesOfOffer } from './offer-queries.ts'
import { readOfferForm } from './offer-reading.ts'
import { hoursText, offerHref, offerWordsOf, sumsText, takesText, usesText, type Offer } from './offer-text.ts'
import { OfferMark, refusedOffer } from './pages-offers.tsx'
import { plansForSale } from './queries.ts'

type Bought = ResultOf<typeof purchasesOfOffer>[number]

const PAGE_ROWS = 50

const offerOf = async (desk: Desk): Promise<Offer | undefined> => {
  const number = Number(desk.param('number'))
  return Number.isSafeInteger(number) ? (await desk.ask(listOffers, { at: desk.now, number }))[0] : undefined
}

const none = (desk: Desk): Shown => {
  const words = offerWordsOf(desk)
  return nothingKnown(words.unknown, words.unknownBody, { href: '/offers', label: words.all })
}

const OfferFacts = ({ desk, offer }: { desk: Desk; offer: Offer }) => {
  const words = offerWordsOf(desk)
  const instant = (at: number | null): string => (at === null ? '' : formatExact(at, desk.locale))
  const hours = offer.windows.map((window) => hoursText(window, words)).join('; ')
  const uses = <span title={words.usesHelp}>{usesText(offer, words)}</span>
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <Facts
          facts={[
            [words.code, offer.code ?? words.noCode],
            [words.kind, takesText(offer, words)],
            [
              words.plans,
              <UserText key="plans" text={offer.plans.map(({ name }) => name).join(', ') || words.allPlans} />,
            ],
            [words.from, instant(offer.fromAt)],
            [words.until, instant(offer.untilAt)],
            [words.dates, hours || words.anyTime],
            [words.uses, uses],
            [words.usesPerPhone, String(offer.usesPerPhoneMax ?? words.anyNumber)],
            [words.cost, sumsText(offer, ({ discountMinor }) => discountMinor)],
            [words.earned, sumsText(offer, ({ paidMinor }) => paidMinor)],
          ]}
        />
      </PanelBody>
    </Panel>
  )
}

const columns = (desk: Desk): readonly Column<Bought>[] => {
  const words = offerWordsOf(desk)
  return [
    {
      id: 'number',
      head: words.purchase,
      width: 's',
      card: 'title',
      value: ({ number }) => String(number),
      render: ({ number }) => <a href={purchaseHref(number)}>{number}</a>,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'm',
      value: ({ plan }) => plan,
      render: ({ plan }) => <UserText text={plan} />,
    },
    {
      id: 'phone',
      head: words.phone,
      width: 'l',
      digits: true,
      value: ({ phone }) => phone,
      render: ({ phone }) => <PhoneLink phone={phone} />,
    },
    { id: 'paid', head: words.paid, width: 'm', figures: true, value: amountText },
    {
      id: 'off',
      head: words.off,
      width: 'm',
      figures: true,
      value: ({ discountMinor, currency }) => amountText({ amountMinor: discountMinor, currency }),
    },
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <StateMark desk={desk} state={state} />,
    },
    agoColumn(desk, ({ requestedAt }) => requestedAt, { id: 'when', head: words.when, width: 'm' }),
  ]
}

const Purchases = async (desk: Desk, { number }: Offer) => {
  const words = offerWordsOf(desk)
  const rows = await desk.ask(purchasesOfOffer, { number, ...beforeAsked(desk), limit: PAGE_ROWS })
  return (
    <>
      <Panel title={words.bought}>
        {rows.length === 0 ? (
          <EmptyState title={words.noneBought}>
            <p>{words.noneBoughtBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="bought"
            caption={words.bought}
            columns={columns(desk)}
            rows={rows}
            rowKey={({ number: own }) => String(own)}
          />
        )}
      </Panel>
      <OlderPager desk={desk} words={words} next={rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.number} />
    </>
  )
}

const ChangePanel = async (desk: Desk, offer: Offer) => {
  const words = offerWordsOf(desk)
  const plans = await desk.ask(plansForSale, {})
  const isActive = offer.status === 'active'
  return (
    <>
      <Panel title={words.change}>
        <PanelBody>
          <p class="muted">{words.changeNote}</p>
          <OfferForm desk={desk} deed="save" offer={offer} plans={plans} back={offerHref(offer.number)} />
        </PanelBody>
      </Panel>
      <Panel title={isActive ? words.stop : words.resume}>
        <PanelBody>
          <p>{words.stopNote}</p>
          <DeedButton desk={desk} deed={isActive ? 'stop' : 'resume'} kind={isActive ? 'danger' : 'plain'}>
            {isActive ? words.stop : words.resume}
          </DeedButton>
        </PanelBody>
      </Panel>
    </>
  )
}

const SaidOf = ({ desk, offer }: { desk: Desk; offer: Offer }) => {
  const words = offerWordsOf(desk)
  const mayUndo = desk.search.get('said') === 'stopped' && offer.status === 'stopped' && desk.may('offers.write')
  return (
    <Said
      desk={desk}
      words={{
        added: words.saidAdded,
        saved: words.saidSaved,
        stopped: words.saidStopped,
        resumed: words.saidResumed,
      }}
    >
      {mayUndo ? (
        <DeedButton desk={desk} deed="resume">
          {words.undo}
        </DeedButton>
      ) : undefined}
    </Said>
  )
}

const setStatus = (status: 'active' | 'stopped', said: string) => ({
  permission: 'offers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const number = Number(desk.param('number'))
    const done = await desk.tell(setOfferStatus, { number, status })
    return done.ok ? { go: offerHref(number, `?said=${said}`) } : { fault: done.error }
  },
})

export const offerPage = definePage({
  path: '/offers/:number{[0-9]+}',
  permission: 'offers.read',
  async show(desk) {
    const words = offerWordsOf(desk)
    const offer = await offerOf(desk)
    if (!offer) return none(desk)
    const { number, name } = offer
    const title = fill(words.offerTitle, { n: number, name })
    const mayChange = desk.may('offers.write')
    const isChanging = mayChange && desk.search.get('tab') === 'change'
    return {
      title,
      content: (
        <>
          <PageHead title={<UserText text={title} />} beside={<OfferMark desk={desk} offer={offer} />} />
          <SaidOf desk={desk} offer={offer} />
          {desk.refused?.deed === 'save' ? null : <RefusedNote desk={desk} />}
          {mayChange ? (
            <Tabs
              label={words.offer}
              tabs={[
                { href: offerHref(number), label: words.facts, current: !isChanging },
                { href: offerHref(number, '?tab=change'), label: words.change, current: isChanging },
              ]}
            />
          ) : null}
          {isChanging ? (
            await ChangePanel(desk, offer)
          ) : (
            <>
              <OfferFacts desk={desk} offer={offer} />
              {desk.may('payments.read') ? await Purchases(desk, offer) : null}
            </>
          )}
        </>
      ),
    }
  },
  deeds: {
    save: {
      permission: 'offers.write',
      async run(desk) {
        const offer = await offerOf(desk)
        if (!offer) return { show: none(desk) }
        const { currency } = offer
        const place = { words: offerWordsOf(desk), currency, timeZone: desk.locale.timeZone }
        const read = readOfferForm(desk.fields, place)
        if ('problems' in read) return read
        const saved = await desk.tell(setOffer, { number: offer.number, ...read.input })
        if (saved.ok) return { go: offerHref(offer.number, '?said=saved') }
        return refusedOffer(desk, saved.error as FaultOf<typeof setOffer>)
      },
    },
    stop: setStatus('stopped', 'stopped'),
    resume: setStatus('active', 'resumed'),
  },
})

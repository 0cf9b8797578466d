import {
  CopyButton,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatDuration,
  formatExact,
  LinkButton,
  nothingKnown,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Table,
  UserText,
  type Column,
  type Desk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import {
  amountText,
  PaymentMark,
  PhoneLink,
  purchaseHref,
  reasonsOf,
  ReceiptLink,
  StateMark,
  ToMpesa,
  wordsOf,
} from './desk-parts.tsx'
import { revealPurchase } from './commands.ts'
import type { Failure } from './port.ts'
import { isBeingAsked, refundDeeds, RefundHistory, RefundOffer, refundSaid } from './refund-panel.tsx'
import { offerHref } from './offer-text.ts'
import { RenewalPanel, renewDeed } from './renewal-panel.tsx'
import { renewalOf } from './renewal-queries.ts'
import { listRefunds } from './refund-queries.ts'
import { showPurchase } from './queries.ts'
import type { PaymentWords } from './words.ts'

type Purchase = NonNullable<ResultOf<typeof showPurchase>>
type Receipt = Purchase['receipts'][number]

const LOOK_AGAIN_SEC = 3

const isOpen = ({ state }: Purchase): boolean => state === 'requested' || state === 'accepted'

/** Nobody can pay until the settings are mended. */
const settingsFailures: ReadonlySet<string> = new Set(['configuration', 'receiver'] satisfies Failure[])

/** Why it is where it is, and what to do. */
const Standing = ({ desk, purchase }: { desk: Desk; purchase: Purchase }) => {
  const words = wordsOf(desk)
  const { state, failure, mayStillBePaid, providerRef } = purchase
  const reasons = reasonsOf(desk)
  if (failure !== null)
    return (
      <Notice meaning="stopped" title={reasons[`why.${failure}`]}>
        <p>{reasons[`do.${failure}`]}</p>
        {settingsFailures.has(failure) ? <ToMpesa desk={desk} /> : null}
        {purchase.deniedAt === null ? null : <p>{words.wasDenied}</p>}
        {mayStillBePaid ? <p>{words.mayCome}</p> : null}
      </Notice>
    )
  if (state === 'confirmed') return <Notice meaning="attention" title={words.isConfirmed} />
  if (!isOpen(purchase)) return null
  if (purchase.aheadAt !== null)
    return <Notice meaning="attention" title={purchase.deniedAt === null ? words.isAhead : words.wasDenied} />
  const isUnanswered = state === 'accepted' && providerRef === null
  const title = state === 'requested' ? words.isRequested : isUnanswered ? words.isUnanswered : words.isAccepted
  return (
    <Notice meaning="info" title={title}>
      {isUnanswered ? <p>{words.isFound}</p> : null}
      <p>{words.looksAgain}</p>
    </Notice>
  )
}

const Discount = ({ desk, purchase }: { desk: Desk; purchase: Purchase }) => {
  const words = wordsOf(desk)
  const { discountMinor, currency, offer, referralId } = purchase
  const amount = amountText({ amountMinor: discountMinor, currency })
  if (offer === null) return <>{fill(referralId === null ? words.discountReward : words.discountFriend, { amount })}</>
  const text = <UserText text={`${fill(words.discountOf, { amount, n: offer.number })}: ${offer.name}`} />
  return desk.may('offers.read') ? <a href={offerHref(offer.number)}>{text}</a> : text
}

const PurchaseFacts = ({ desk, purchase }: { desk: Desk; purchase: Purchase }) => {
  const words = wordsOf(desk)
  const { planId, phone, reference, providerRef, expiresAt } = purchase
  const bought = purchase.plan ?? words.walletTopUp
  const discount = purchase.discountMinor === 0 ? '' : <Discount desk={desk} purchase={purchase} />
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <Facts
          facts={[
            [
              words.plan,
              planId !== null && desk.may('plans.read') ? (
                <a key="plan" href={`/plans/${planId}`}>
                  <UserText text={bought} />
                </a>
              ) : (
                <UserText key="plan" text={bought} />
              ),
            ],
            [words.amount, amountText(purchase)],
            [words.discount, discount],
            [words.paidFrom, purchase.paidBy === 'wallet' ? words.fromWallet : words.byMpesa],
            [words.phone, <PhoneLink key="phone" phone={phone} />],
            [words.reference, reference],
            [words.prompt, providerRef === null ? '' : <UserText key="prompt" text={providerRef} />],
            [words.goodUntil, expiresAt === null ? '' : formatExact(expiresAt, desk.locale)],
          ]}
        />
      </PanelBody>
    </Panel>
  )
}

type Step = { readonly id: string; readonly at: number; readonly what: string }

/** What became of it, in order of time: what failed may have been paid all the same. */
const stepsOf = (purchase: Purchase, words: PaymentWords): readonly Step[] => {
  const { requestedAt, acceptedAt, failedAt, confirmedAt, grantedAt, firstUsedAt, onlineAt, providerRef } = purchase
  const { claimedAt, aheadAt, deniedAt, amountMinor } = purchase
  const steps: readonly (Omit<Step, 'at'> & { readonly at: number | null })[] = [
    { id: 'asked', at: requestedAt, what: words.stepAsked },
    { id: 'on-phone', at: acceptedAt, what: providerRef === null ? words.stepUnanswered : words.stepOnPhone },
    { id: 'claimed', at: claimedAt, what: words.stepClaimed },
    { id: 'ahead', at: aheadAt, what: words.stepAhead },
    { id: 'denied', at: deniedAt, what: aheadAt === null ? words.stepDenied : words.stepTakenBack },
    { id: 'failed', at: failedAt, what: words.stepFailed },
    { id: 'confirmed', at: confirmedAt, what: amountMinor === 0 ? words.stepFree : words.stepConfirmed },
    { id: 'granted', at: grantedAt, what: words.stepGranted },
    { id: 'used', at: firstUsedAt, what: words.stepUsed },
    { id: 'online', at: onlineAt, what: words.stepOnline },
  ]
  return steps.flatMap(({ at, ...step }) => (at === null ? [] : [{ ...step, at }])).toSorted((a, b) => a.at - b.at)
}

const Way = ({ desk, purchase }: { desk: Desk; purchase: Purchase }) => {
  const words = wordsOf(desk)
  const steps = stepsOf(purchase, words)
  const since = (index: number): string => {
    const [before, step] = [steps[index - 1], steps[index]]
    return before && step ? fill(words.after, { duration: formatDuration(step.at - before.at, desk.locale) }) : ''
  }
  return (
    <Panel title={words.way}>
      <PanelBody>
        <ol class="chain">
          {steps.map((step, index) => (
            <li key={step.id} class={step.id === 'failed' || step.id === 'denied' ? 'chain-shut' : undefined}>
              {step.what}{' '}
              <span class="muted">{[formatExact(step.at, desk.locale), since(index)].filter(Boolean).join(', ')}</span>
            </li>
          ))}
        </ol>
      </PanelBody>
    </Panel>
  )
}

const receiptColumns = (desk: Desk): readonly Column<Receipt>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'receipt',
      head: words.receipt,
      width: 'l',
      card: 'title',
      value: ({ receipt }) => receipt,
      render: ({ receipt }) => <ReceiptLink receipt={receipt} />,
    },
    { id: 'amount', head: words.amount, width: 'm', figures: true, value: amountText },
    {
      id: 'paid',
      head: words.paidAt,
      width: 'xl',
      digits: true,
      value: ({ paidAt }) => formatExact(paidAt, desk.locale),
    },
    {
      id: 'name',
      head: words.name,
      width: 'l',
      value: ({ name }) => name ?? '',
      render: ({ name }) => <UserText text={name ?? ''} />,
    },
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: ({ state }) => <PaymentMark desk={desk} state={state} />,
    },
  ]
}

const Receipts = ({ desk, purchase: { receipts, confirmedAt } }: { desk: Desk; purchase: Purchase }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.receipts}>
      {receipts.length === 0 ? (
        <EmptyState title={words.noReceipts}>
          <p>{confirmedAt === null ? words.noReceiptsBody : words.noReceiptsPaid}</p>
        </EmptyState>
      ) : (
        <Table
          name="receipts"
          caption={words.receipts}
          columns={receiptColumns(desk)}
          rows={receipts}
          rowKey={({ receipt }) => receipt}
        />
      )}
    </Panel>
  )
}

const againHref = (plan: string, { phone }: Purchase): string =>
  `/payments?${new URLSearchParams({ plan, phone }).toString()}`

/** What logs in for it: told to whoever may tell codes. */
const CodePanel = ({ desk, purchase, code }: { desk: Desk; purchase: Purchase; code: string | undefined }) => {
  const words = wordsOf(desk)
  const hasCode = purchase.state === 'granted' && purchase.purpose === 'plan' && purchase.renewsId === null
  if (!hasCode || !desk.may('vouchers.reveal')) return null
  return (
    <Panel title={words.code}>
      <PanelBody>
        <p>{words.codeNote}</p>
        {code === undefined ? (
          <DeedButton desk={desk} deed="reveal">
            {words.codeShow}
          </DeedButton>
        ) : (
          <p class="pager">
            <code class="told" id="code">
              {code}
            </code>
            <CopyButton of="code" locale={desk.locale} />
          </p>
        )}
      </PanelBody>
    </Panel>
  )
}

/** It brought a grant of its own, from a wallet. */
const isRenewable = ({ paidBy, state, renewsId }: Purchase): boolean =>
  paidBy === 'wallet' && state === 'granted' && renewsId === null

const shown = async (desk: Desk, purchase: Purchase, code: string | undefined): Promise<Shown> => {
  const words = wordsOf(desk)
  const renewal = isRenewable(purchase) ? await desk.ask(renewalOf, { purchaseId: purchase.id }) : undefined
  const refunds = await desk.ask(listRefunds, { purchase: purchase.number })
  const paidBy = purchase.receipts.find(({ state }) => state === 'matched' || state === 'resolved')
  const title = fill(words.purchaseTitle, { n: purchase.number })
  return {
    title,
    ...(isOpen(purchase) || isBeingAsked(refunds) ? { refreshSec: LOOK_AGAIN_SEC } : {}),
    content: (
      <>
        <PageHead title={title} beside={<StateMark desk={desk} state={purchase.state} />}>
          {purchase.state === 'failed' && purchase.plan !== null && desk.may('payments.request') ? (
            <LinkButton href={againHref(purchase.plan, purchase)}>{words.askAgain}</LinkButton>
          ) : undefined}
        </PageHead>
        <Said desk={desk} words={refundSaid(desk)} />
        <RefusedNote desk={desk} deed="reveal" />
        <RefusedNote desk={desk} deed="renew" />
        <Standing desk={desk} purchase={purchase} />
        <PurchaseFacts desk={desk} purchase={purchase} />
        <CodePanel desk={desk} purchase={purchase} code={code} />
        {isRenewable(purchase) ? <RenewalPanel desk={desk} renewal={renewal} /> : null}
        <Way desk={desk} purchase={purchase} />
        {purchase.paidBy === 'wallet' || purchase.amountMinor === 0 ? null : (
          <Receipts desk={desk} purchase={purchase} />
        )}
        <RefundHistory desk={desk} refunds={refunds} />
        {paidBy ? <RefundOffer desk={desk} payment={paidBy} ends={purchase.number} /> : null}
      </>
    ),
  }
}

const purchaseOf = async (desk: Desk): Promise<Purchase | undefined> => {
  const number = Number(desk.param('number'))
  return Number.isSafeInteger(number) ? desk.ask(showPurchase, { number }) : undefined
}

const none = (desk: Desk): Shown => {
  const words = wordsOf(desk)
  return nothingKnown(words.noPurchase, words.noPurchaseBody, { href: '/payments', label: words.all })
}

export const purchasePage = definePage({
  path: '/payments/purchases/:number{[0-9]+}',
  permission: 'payments.read',
  async show(desk) {
    const purchase = await purchaseOf(desk)
    return purchase ? shown(desk, purchase, undefined) : none(desk)
  },
  deeds: {
    renew: renewDeed,
    ...refundDeeds((desk) => purchaseHref(Number(desk.param('number')))),
    reveal: {
      permission: 'vouchers.reveal',
      async run(desk) {
        const purchase = await purchaseOf(desk)
        if (!purchase) return { show: none(desk) }
        const told = await desk.tell(revealPurchase, { number: purchase.number })
        return told.ok ? { show: await shown(desk, purchase, told.value.code) } : { fault: told.error }
      },
    },
  },
})

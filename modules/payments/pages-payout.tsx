/** `/payouts/NUMBER`: one payout, step by step, and what is to be done about it. */
import {
  DeedButton,
  definePage,
  Facts,
  fill,
  formatExact,
  formatPhone,
  nothingKnown,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  UserText,
  visible,
  type Deed,
  type Desk,
  type Fact,
} from '@lango/kernel/ui'
import type { AnyCommand } from '@lango/kernel/verbs'
import { amountText, ReceiptLink } from './desk-parts.tsx'
import { releasePayout, sayPayout, turnDownPayout } from './payout-commands.ts'
import { payoutHref, PayoutMark, PAYOUTS_HREF, wordsOfPayouts, type PayoutRow } from './payout-parts.tsx'
import { listPayouts } from './payout-queries.ts'

const LOOK_AGAIN_SEC = 3
const NUMBER_MAX = 999_999_999

const whyOf = (desk: Desk, { failure }: PayoutRow): string => {
  const words = wordsOfPayouts(desk)
  if (failure === 'configuration' || failure === 'balance' || failure === 'receiver' || failure === 'system')
    return words[`why.${failure}`]
  return words['why.other']
}

const stepsOf = (desk: Desk, payout: PayoutRow): readonly (readonly [string, number | null])[] => {
  const words = wordsOfPayouts(desk)
  const who = (name: string | null, id: string | null): string =>
    visible(name ?? (id === null ? 'M-Pesa' : words.console))
  const { requester, requestedBy, releaser, releasedBy, sayer, saidBy, state } = payout
  const ended = { done: words.stepDone, failed: words.stepFailed, 'turned-down': words.stepTurnedDown } as const
  const end = state === 'done' || state === 'failed' || state === 'turned-down' ? ended[state] : ''
  return [
    [fill(words.stepAsked, { who: who(requester, requestedBy) }), payout.requestedAt],
    [fill(words.stepReleased, { who: who(releaser, releasedBy) }), payout.releasedAt],
    [words.stepSent, payout.sentAt],
    [words.stepUnknown, payout.unknownAt],
    [fill(end, { who: who(sayer, saidBy) }), payout.endedAt],
  ]
}

/** What is to be done about one that is not over. */
const Standing = ({ desk, payout }: { desk: Desk; payout: PayoutRow }) => {
  const words = wordsOfPayouts(desk)
  const { state } = payout
  if (state === 'failed') return <p>{whyOf(desk, payout)}</p>
  if (state === 'waiting')
    return (
      <Notice meaning="attention" title={words.waitingWhat}>
        <p>
          {desk.may('payouts.release') ? (
            <DeedButton desk={desk} deed="release">
              {words.release}
            </DeedButton>
          ) : null}{' '}
          {desk.may('payouts.request') ? (
            <DeedButton desk={desk} deed="turnDown">
              {words.turnDown}
            </DeedButton>
          ) : null}
        </p>
      </Notice>
    )
  if (state !== 'sent' && state !== 'unknown') return null
  return (
    <Notice
      meaning={state === 'unknown' ? 'attention' : 'info'}
      title={state === 'unknown' ? words.unknownWhat : words.sentWhat}
    >
      {desk.may('payouts.release') ? (
        <p>
          <DeedButton desk={desk} deed="say" fields={{ how: 'done' }}>
            {words.sayDone}
          </DeedButton>{' '}
          <DeedButton desk={desk} deed="say" fields={{ how: 'failed' }}>
            {words.sayFailed}
          </DeedButton>
        </p>
      ) : null}
    </Notice>
  )
}

const factsOf = (desk: Desk, payout: PayoutRow): readonly Fact[] => {
  const words = wordsOfPayouts(desk)
  const { phone, payeeName, reason, paysBack, receipt, feeMinor, currency, fromKind, fromCode } = payout
  const told = (head: string, value: string | null): readonly Fact[] =>
    value === null ? [] : [[head, <UserText key={head} text={value} />]]
  return [
    [words.to, formatPhone(phone)],
    ...told(words.name, payeeName),
    [words.amount, amountText(payout)],
    ...told(words.fee, feeMinor === null ? null : amountText({ amountMinor: feeMinor, currency })),
    ...told(words.reason, reason),
    ...(paysBack === null ? [] : ([[words.paysBack, <ReceiptLink key="back" receipt={paysBack} />]] as const)),
    ...told(words.account, `${fromKind} ${fromCode}`),
    ...told(words.receipt, receipt),
  ]
}

const numberIn = (desk: Pick<Desk, 'param'>): number => {
  const number = Number(desk.param('number'))
  return Number.isSafeInteger(number) && number <= NUMBER_MAX ? number : 0
}

const deed = (permission: string, command: AnyCommand, said: string): Deed => ({
  permission,
  async run(desk) {
    const number = numberIn(desk)
    const done = await desk.tell(command, { number })
    return done.ok ? { go: `${payoutHref(number)}?said=${said}` } : { fault: done.error }
  },
})

export const payoutPage = definePage({
  path: '/payouts/:number',
  permission: 'payments.read',
  async show(desk) {
    const words = wordsOfPayouts(desk)
    const { payouts } = await desk.ask(listPayouts, { number: numberIn(desk), limit: 1 })
    const [payout] = payouts
    const back = { href: PAYOUTS_HREF, label: words.toList }
    if (!payout) return nothingKnown(words.noPayout, words.noPayoutBody, back)
    const title = fill(words.one, { n: payout.number })
    return {
      title,
      ...(payout.state === 'asked' ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <PageHead title={title} beside={<PayoutMark desk={desk} state={payout.state} />} />
          <Said
            desk={desk}
            words={{
              asked: words.saidAsked,
              waiting: words.saidWaiting,
              released: words.saidReleased,
              turnedDown: words.saidTurnedDown,
              done: words.saidDone,
              failed: words.saidFailed,
            }}
          >
            <a href={back.href}>{back.label}</a>
          </Said>
          {(['release', 'turnDown', 'say'] as const).map((name) => (
            <RefusedNote key={name} desk={desk} deed={name} />
          ))}
          <Standing desk={desk} payout={payout} />
          {payout.disputedAs === null ? null : (
            <Notice meaning="attention" title={words[`disputed.${payout.disputedAs}`]}>
              <p>{words.disputedDo}</p>
            </Notice>
          )}
          <Panel title={words.facts}>
            <PanelBody>
              <Facts facts={factsOf(desk, payout)} />
              <ol class="chain">
                {stepsOf(desk, payout).map(([what, at]) =>
                  at === null ? null : (
                    <li key={what}>
                      {what} <span class="muted">{formatExact(at, desk.locale)}</span>
                    </li>
                  ),
                )}
              </ol>
            </PanelBody>
          </Panel>
        </>
      ),
    }
  },
  deeds: {
    release: deed('payouts.release', releasePayout, 'released'),
    turnDown: deed('payouts.request', turnDownPayout, 'turnedDown'),
    say: {
      permission: 'payouts.release',
      async run(desk) {
        const [number, isDone] = [numberIn(desk), desk.fields.get('how') === 'done']
        const said = await desk.tell(sayPayout, { number, isDone })
        return said.ok ? { go: `${payoutHref(number)}?said=${isDone ? 'done' : 'failed'}` } : { fault: said.error }
      },
    },
  },
})

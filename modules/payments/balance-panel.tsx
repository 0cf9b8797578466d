/** What the shortcode has, with its time, and the button that asks for it. */
import {
  Ago,
  DeedButton,
  fill,
  Panel,
  PanelBody,
  RefusedNote,
  UserText,
  type Deed,
  type Desk,
  type DoingDesk,
} from '@lango/kernel/ui'
import { amountText } from './desk-parts.tsx'
import { showBalance } from './question-queries.ts'
import { askBalance } from './questions.ts'
import { payoutWords } from './words-payout.ts'

export const BalancePanel = async ({ desk }: { desk: Desk }) => {
  const words = payoutWords[desk.locale.lang]
  const { at, balances, asked } = await desk.ask(showBalance, {})
  const ago = (when: number) => <Ago at={when} now={desk.now} locale={desk.locale} />
  return (
    <Panel title={words.balance}>
      <PanelBody>
        <RefusedNote desk={desk} deed="balance" />
        {at === undefined ? <p>{words.balanceNone}</p> : null}
        {balances.map(({ account, currentMinor, availableMinor, currency }) => (
          <p key={account}>
            <UserText text={account} /> <strong>{amountText({ amountMinor: currentMinor, currency })}</strong>{' '}
            <span class="muted">
              {fill(words.balanceAvailable, { amount: amountText({ amountMinor: availableMinor, currency }) })}
            </span>
          </p>
        ))}
        <p class="muted">
          {at === undefined ? null : (
            <>
              {words.balanceAt} {ago(at)}.{' '}
            </>
          )}
          {asked === undefined || asked.state === 'answered' ? null : (
            <>
              {asked.state === 'failed' ? words.balanceFailed : words.balanceAsking} {ago(asked.at)}.
            </>
          )}
        </p>
        <DeedButton desk={desk} deed="balance">
          {words.askBalance}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

export const balanceDeed = (href: string): Deed => ({
  permission: 'payments.read',
  async run(desk: DoingDesk) {
    const done = await desk.tell(askBalance, {})
    return done.ok ? { go: `${href}?said=balance` } : { fault: done.error }
  },
})

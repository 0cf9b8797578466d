/** The wallet of a subscriber's phone, and what is renewed from it. */
import { fill, formatPrice, Panel, PanelBody, Status, visible, type Desk } from '@lango/kernel/ui'
import { readPhone, renewalsOfWallet } from '../payments/index.ts'
import { listWallets } from '../wallets/index.ts'
import { walletWords } from './words-wallet.ts'

export const WalletPanel = async ({ desk, phone: typed }: { desk: Desk; phone: string | null }) => {
  const phone = readPhone(typed ?? '', desk.currency)
  if (!phone.ok || !desk.may('wallets.read')) return null
  const words = walletWords[desk.locale.lang]
  const [wallet] = await desk.ask(listWallets, { q: phone.value, phone: phone.value, limit: 1 })
  if (!wallet)
    return (
      <Panel title={words.wallet}>
        <PanelBody>
          <p class="muted">{words.none}</p>
          {desk.may('wallets.topUp') ? (
            <p>
              <a href="/wallets">{words.toWallets}</a>
            </p>
          ) : null}
        </PanelBody>
      </Panel>
    )
  const { id, number, status, balanceMinor, currency } = wallet
  const amount = formatPrice(Math.abs(balanceMinor), currency)
  const renewals = await desk.ask(renewalsOfWallet, { walletId: id })
  return (
    <Panel title={words.wallet} id="wallet">
      <PanelBody>
        <p>
          <a href={`/wallets/${number}`}>{fill(words.walletTitle, { n: number })}</a>
          {'. '}
          <b>{fill(balanceMinor < 0 ? words.owes : words.balance, { amount })}</b>{' '}
          {status === 'blocked' ? <Status meaning="stopped">{words.walletBlocked}</Status> : null}
        </p>
      </PanelBody>
      {renewals.length === 0 ? null : (
        <ul class="lines">
          {renewals.map((renewal) => (
            <li key={renewal.id}>
              <span>{fill(words[`renewal.${renewal.state}`], { plan: visible(renewal.plan) })}</span>
              {renewal.number === null ? null : (
                <a href={`/payments/purchases/${renewal.number}`}>{fill(words.purchase, { n: renewal.number })}</a>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

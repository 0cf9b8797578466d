/** What the pages of M-Pesa's settings have in common. */
import { Tabs, type Desk } from '@lango/kernel/ui'
import { mpesaWords } from './words-mpesa.ts'

export const MPESA_HREF = '/settings/mpesa'
export const PAYING_OUT_HREF = `${MPESA_HREF}/paying-out`
export const WALLET_SETTINGS_HREF = `${MPESA_HREF}/wallets`

type Words = (typeof mpesaWords)['en']
export const mpesaWordsOf = (desk: Pick<Desk, 'locale'>) => mpesaWords[desk.locale.lang]

/** Settings by the names that people know. */
export const missingNames = (missing: readonly string[], words: Record<keyof Words, string>): string =>
  missing.map((name) => words[name as keyof Words]).join(', ')

export const MpesaTabs = ({ desk, current }: { desk: Desk; current: 'account' | 'paying-out' | 'wallets' }) => {
  const words = mpesaWordsOf(desk)
  return (
    <Tabs
      label={words.title}
      tabs={[
        { href: MPESA_HREF, label: words.tabAccount, current: current === 'account' },
        { href: PAYING_OUT_HREF, label: words.tabPayingOut, current: current === 'paying-out' },
        { href: WALLET_SETTINGS_HREF, label: words.tabWallets, current: current === 'wallets' },
      ]}
    />
  )
}

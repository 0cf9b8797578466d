/** Money is in the wallet; whoever has opened one with it is told its code, for a while. */
import { Button, fill } from '@lango/kernel/ui'
import { spellCode } from '@lango/modules/access'
import { tellFirstCode, WALLET_CODE } from '@lango/modules/wallets'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { GateForm, href, Page, type View } from './page.tsx'
import { priceText } from './terms.ts'
import { WALLET_PATH } from './wallet.tsx'

type Filled = { readonly id: string; readonly phone: string; readonly amountMinor: number; readonly currency: string }

/** To open it is a deed of its own: nothing is opened by looking at an address. */
const Code = ({ view, phone, code }: { view: View; phone: string; code: string }) => (
  <>
    <p>{view.words.walletCodeKeep}</p>
    <p class="told">{spellCode(code, WALLET_CODE.prefix)}</p>
    <GateForm view={view} action={WALLET_PATH}>
      <input type="hidden" name="phone" value={phone} />
      <input type="hidden" name="code" value={code} />
      <Button kind="main">{view.words.walletOpen}</Button>
    </GateForm>
  </>
)

export const filledPage = (gate: Gate, c: Context, view: View, purchase: Filled): Response | Promise<Response> => {
  const { words } = view
  const told = gate.tell(c, tellFirstCode, { purchaseId: purchase.id })
  const code = told.ok ? told.value.code : undefined
  return gate.page(
    c,
    <Page view={view} title={words.walletFilled}>
      <p>{fill(words.walletFilledBody, { amount: priceText(purchase) })}</p>
      {code === undefined ? (
        <a class="button button-main" href={href(view, WALLET_PATH)}>
          {words.walletTitle}
        </a>
      ) : (
        <Code view={view} phone={purchase.phone} code={code} />
      )}
    </Page>,
  )
}

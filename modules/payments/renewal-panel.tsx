/** Whether a bundle that was bought from a wallet is paid for anew by itself, at the desk. */
import { DeedButton, fill, Panel, PanelBody, type Deed, type Desk, type DoingDesk, type Done } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { purchaseHref, wordsOf } from './desk-parts.tsx'
import type { renewalOf } from './renewal-queries.ts'
import { setRenewal } from './renewals.ts'
import type { PaymentWords } from './words.ts'

type Renewal = ResultOf<typeof renewalOf>

const standing = (renewal: Renewal, words: PaymentWords): string => {
  if (!renewal) return words.renewalOff
  if (renewal.state === 'on') return words.renewalOn
  if (renewal.state === 'short') return words.renewalShort
  return fill(words.renewalStopped, { why: words[`stop.${renewal.why ?? 'plan-gone'}`] })
}

export const RenewalPanel = ({ desk, renewal }: { desk: Desk; renewal: Renewal }) => {
  const words = wordsOf(desk)
  const isOn = renewal !== undefined && renewal.state !== 'stopped'
  return (
    <Panel title={words.renewal}>
      <PanelBody>
        <p>{standing(renewal, words)}</p>
        <p class="muted">{words.renewalNote}</p>
        {desk.may('wallets.write') ? (
          <DeedButton desk={desk} deed="renew" fields={{ on: isOn ? 'no' : 'yes' }}>
            {isOn ? words.renewalSwitchOff : words.renewalSwitchOn}
          </DeedButton>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const renew = async (desk: DoingDesk): Promise<Done> => {
  const number = Number(desk.param('number'))
  const done = await desk.tell(setRenewal, { number, on: desk.fields.get('on') === 'yes' })
  return done.ok ? { go: purchaseHref(number) } : { fault: done.error }
}

export const renewDeed: Deed = { permission: 'wallets.write', run: renew }

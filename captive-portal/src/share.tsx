/** What somebody who has paid may give to their friends, and what it has brought them. */
import { fill, visible } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { ownReferralCode } from '@lango/modules/offers'
import { referralAtGate } from '@lango/modules/payments'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { href, type View } from './page.tsx'

type Terms = NonNullable<ResultOf<typeof referralAtGate>>

export type Share = {
  readonly code: string
  /** Where the portal is, with the code in it. */
  readonly link: string
  readonly terms: Terms
  /** Of what waits for them, tickets to go online with. */
  readonly rewards: readonly string[]
}

/** Undefined where no rewards are promised, or nobody has paid for this. */
export const shareOf = async (gate: Gate, c: Context, grantNo: number): Promise<Share | undefined> => {
  const terms = await gate.ask(referralAtGate, { grantNo })
  if (!terms) return undefined
  // Made when it is first seen: until then nobody has one.
  const own = terms.code === null ? gate.tell(c, ownReferralCode, { phone: terms.phone }) : undefined
  const code = own?.ok === true ? own.value.code : terms.code
  if (code === null) return undefined
  const rewards = terms.rewards.map((no) => gate.tickets.write({ kind: 'grant', grantNo: no }))
  return { code, link: `${gate.origin(c)}/?${new URLSearchParams({ code })}`, terms, rewards }
}

export const ShareBox = ({ view, share }: { view: View; share: Share | undefined }) => {
  if (share === undefined) return null
  const { words, look } = view
  const { code, link, terms, rewards } = share
  const percent = String(terms.friendBp / 100)
  const text = encodeURIComponent(fill(words.shareText, { site: look.siteName, code, link }))
  return (
    <>
      <h2>{words.shareTitle}</h2>
      {rewards.map((ticket) => (
        <a key={ticket} class="button button-main" href={href(view, `/connect/${ticket}`)}>
          {words.useReward}
        </a>
      ))}
      <p>{fill(words.shareYou, { plan: visible(terms.plan) })}</p>
      {terms.friendBp === 0 ? null : <p>{fill(words.shareFriend, { percent })}</p>}
      <p class="told">{code}</p>
      <p>{link}</p>
      <a class="button" href={`sms:?body=${text}`}>
        {words.shareSms}
      </a>
      <a class="button" href={`https://wa.me/?text=${text}`}>
        {words.shareWhatsApp}
      </a>
    </>
  )
}

/** A code that somebody types to pay less: looked up before they pay, and carried in the address and the form. */
import { Button, Field, fill, visible } from '@lango/kernel/ui'
import { readOfferCode } from '@lango/modules/offers'
import { offersOpen, type CodeFault } from '@lango/modules/payments'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { writePlace } from './hand-off.ts'
import { href, tooMany, type View } from './page.tsx'
import type { OpenOffer } from './prices.ts'

export type Coupon = {
  readonly typed: string
  /** Good now. */
  readonly offer?: OpenOffer
  /** What to say where it is not. */
  readonly problem?: string
}

const TYPED_MAX = 40

export const codeProblem = (why: CodeFault['why'], { words }: View): string => words[`code.${why}`]

/** How a code stands: undefined where none is wanted. What nobody has made counts as a guess. */
export const couponOf = async (
  gate: Gate,
  c: Context,
  view: View,
  sent: string | null,
): Promise<Coupon | undefined> => {
  if (sent === null) return undefined
  const typed = sent.trim().slice(0, TYPED_MAX)
  if (typed === '') return { typed }
  const code = readOfferCode(typed)
  // Its spelling says so without looking anywhere: no try is counted, and nobody learns anything.
  if (code === undefined) return { typed, problem: codeProblem('unknown', view) }
  if (!gate.mayTry(c, 'coupons', view.place)) return { typed, problem: tooMany(view) }
  const { coded } = await gate.ask(offersOpen, { at: gate.now, code })
  if (!coded) gate.tries(c, 'coupons', view.place)
  if (coded?.state === 'open') return { typed: code, offer: coded }
  return { typed, problem: codeProblem(coded?.state ?? 'unknown', view) }
}

/** Above the bundles: that their prices are with it. */
export const CouponNote = ({ view, coupon, isLess }: { view: View; coupon: Coupon | undefined; isLess: boolean }) => {
  if (coupon?.offer === undefined) return null
  const { words } = view
  const { typed: code } = coupon
  return (
    <div class="notice" role="status">
      {isLess || !coupon.offer.isFriends ? <p>{fill(isLess ? words.codeOn : words.codeIdle, { code })}</p> : null}
      {coupon.offer.isFriends ? <p>{fill(words.codeFriend, { code })}</p> : null}
      <p>
        <a href={href(view, '/')}>{words.codeOff}</a>
      </p>
    </div>
  )
}

/** Below them: a link, and the form once it is asked for. */
export const CouponForm = ({ view, coupon }: { view: View; coupon: Coupon | undefined }) => {
  const { words, locale, place } = view
  if (coupon?.offer !== undefined) return null
  if (coupon === undefined)
    return (
      <p>
        <a href={href(view, '/', { code: '' })}>{words.haveCode}</a>
      </p>
    )
  const g = writePlace(place)
  return (
    <form class="form" method="get" action="/">
      {g === '' ? null : <input type="hidden" name="g" value={g} />}
      <Field
        locale={locale}
        label={words.codeField}
        name="code"
        value={visible(coupon.typed)}
        autoComplete="off"
        required
        {...(coupon.problem !== undefined && { error: coupon.problem })}
      />
      <Button>{words.codeUse}</Button>
    </form>
  )
}

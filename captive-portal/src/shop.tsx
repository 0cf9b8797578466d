/** What is sold, at what it costs whoever stands there, and how it is paid: by phone, or from an open wallet. */
import { Field, fill, visible } from '@lango/kernel/ui'
import { CouponForm, CouponNote, type Coupon } from './coupon.tsx'
import { Alert, countryCodes, GateForm, href, type View } from './page.tsx'
import { choiceOf, pricedWith, type OpenOffer, type Priced, type ToldPrice } from './prices.ts'
import { priceText, termsText, timeText, type Bundle } from './terms.ts'
import { balanceOf, type OpenWallet } from './wallet.tsx'

/** What there is to choose from. */
export type Offer = {
  readonly bundles: readonly Bundle[]
  /** What takes something off for everybody now. */
  readonly open: readonly OpenOffer[]
  /** Somebody may have a code that takes something off. */
  readonly hasCodes: boolean
  /** Whether anybody can be asked to pay by phone; a wallet pays all the same. */
  readonly isSetUp: boolean
  /** Nobody who tried in the last minutes reached the provider of money. */
  readonly isCut: boolean
  readonly hasFree: boolean
  /** People are asked if they want messages. */
  readonly hasNews: boolean
}

export type ShopProps = {
  view: View
  offer: Offer
  once: string
  /** What is chosen here is paid from it; undefined for by phone. */
  wallet?: OpenWallet | undefined
  pays?: 'friend' | undefined
  typed?: string
  problem?: string | undefined
  refused?: string | undefined
  /** A code that they have typed. */
  coupon?: Coupon | undefined
  /** A price that is another for them than for everybody. */
  told?: ToldPrice | undefined
  /** Also those bundles that have no room on the first screen. */
  showAll?: boolean
}

/** The usual price, where less is paid. */
const UsualPrice = ({ bundle, view }: { bundle: Priced; view: View }) => {
  const { words } = view
  const { amountMinor, priceMinor, untilAt } = bundle
  if (amountMinor >= priceMinor) return null
  return (
    <span>
      {words.insteadOf} <s>{priceText({ ...bundle, amountMinor: priceMinor })}</s>
      {untilAt === null ? '' : ` · ${fill(words.untilTime, { time: timeText(untilAt, view) })}`}
    </span>
  )
}

const BundleButton = ({ bundle, view }: { bundle: Priced; view: View }) => (
  <button class="button bundle" type="submit" name="plan" value={choiceOf(bundle)}>
    <b>{visible(bundle.name)}</b>
    <b class="bundle-price">{bundle.amountMinor === 0 ? view.words.isFree : priceText(bundle)}</b>
    <UsualPrice bundle={bundle} view={view} />
    <span>{termsText(bundle, view)}</span>
  </button>
)

const NothingForSale = ({ view: { words }, refused }: Pick<ShopProps, 'view' | 'refused'>) => (
  <>
    <Alert text={refused} />
    <p>
      <b>{words.nothingForSale}.</b> {words.nothingForSaleBody}
    </p>
  </>
)

const Cut = ({ view, offer }: Pick<ShopProps, 'view' | 'offer'>) =>
  offer.isCut ? (
    <div class="notice" role="status">
      <p>{view.words.noUplink}</p>
    </div>
  ) : null

const ByPhone = ({ view, offer, typed, problem }: ShopProps) => {
  const { words, locale, look } = view
  return (
    <>
      <Cut view={view} offer={offer} />
      <p>{words.choose}</p>
      <Field
        locale={locale}
        label={words.phone}
        name="phone"
        type="tel"
        inputMode="tel"
        autoComplete="tel"
        value={typed ?? countryCodes[look.currency] ?? ''}
        required
        {...(problem !== undefined && { error: problem })}
      />
    </>
  )
}

/** One press pays: nothing is typed, unless it is for somebody else. */
const FromWallet = ({ view, wallet, pays, coupon, offer: { isSetUp } }: ShopProps & { wallet: OpenWallet }) => {
  const { words, locale } = view
  const kept = codeOf(coupon)
  return (
    <>
      <input type="hidden" name="wallet" value="1" />
      <p>{fill(words.walletPays, { balance: balanceOf(wallet) })}</p>
      {pays === 'friend' ? (
        <Field
          locale={locale}
          label={words.walletFriend}
          name="friend"
          type="tel"
          inputMode="tel"
          autoComplete="off"
          value=""
          required
        />
      ) : (
        <p>
          <a href={href(view, '/', { ...kept, pay: 'friend' })}>{words.walletForFriend}</a>
          {isSetUp ? (
            <>
              {' · '}
              <a href={href(view, '/', { ...kept, pay: 'phone' })}>{words.walletNotNow}</a>
            </>
          ) : null}
        </p>
      )}
    </>
  )
}

/** The code in an address of this page. */
const codeOf = (coupon: Coupon | undefined): Readonly<Record<string, string>> =>
  coupon?.offer === undefined ? {} : { code: coupon.typed }

export const Shop = (props: ShopProps) => {
  const { view, offer, once, refused, coupon, told, wallet, showAll = false } = props
  const { words, look } = view
  if (offer.bundles.length === 0 || !(offer.isSetUp || wallet)) return <NothingForSale view={view} refused={refused} />
  const own = coupon?.offer
  const bundles = pricedWith(offer.bundles, own ? [...offer.open, own] : offer.open, told)
  const first = showAll ? bundles : bundles.slice(0, look.portal.bundlesMax)
  const isLess = own !== undefined && bundles.some((bundle) => bundle.offerId === own.id)
  return (
    <>
      <GateForm view={view} action="/buy" once={once}>
        <Alert text={refused} />
        <CouponNote view={view} coupon={coupon} isLess={isLess} />
        {own === undefined ? null : <input type="hidden" name="code" value={coupon!.typed} />}
        {wallet ? <FromWallet {...props} wallet={wallet} /> : <ByPhone {...props} />}
        {first.map((bundle) => (
          <BundleButton key={bundle.id} bundle={bundle} view={view} />
        ))}
        {first.length < bundles.length ? (
          <p>
            <a href={href(view, '/', { ...codeOf(coupon), all: '1' })}>{words.moreBundles}</a>
          </p>
        ) : null}
      </GateForm>
      {offer.hasCodes ? <CouponForm view={view} coupon={coupon} /> : null}
    </>
  )
}

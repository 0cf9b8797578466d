/** The pages of whoever registers by themselves. Light, for an old phone: no script, no font, no cookie needed. */
import {
  Button,
  Check,
  Choice,
  Document,
  Field,
  fill,
  formatDuration,
  formatQuota,
  formatSpeed,
  Notice,
  PlainPage,
  UserText,
  visible,
  type Problems,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { registrationOffer } from '@lango/modules/registration'
import type { ComponentChildren, VNode } from 'preact'
import type { DoorView } from './door-pages.tsx'
import { joinWords } from './join-words.ts'

export type Offer = ResultOf<typeof registrationOffer>
export type OfferedPlan = Offer['plans'][number]

const languages = [
  { value: 'en', label: 'English' },
  { value: 'sw', label: 'Kiswahili' },
]

const wordsOf = (view: DoorView) => joinWords[view.preferences.lang]

type PageProps = { view: DoorView; title: string; returnTo?: string; children: ComponentChildren }

const JoinPageFrame = ({ view, title, returnTo, children }: PageProps): VNode => (
  <Document
    title={`${title} · ${visible(view.look.siteName)}`}
    preferences={view.preferences}
    stylesheets={[view.assets.gate.address, view.look.address].filter((each) => each !== undefined)}
    icon={view.assets.icon.address}
  >
    <PlainPage>
      <p class="muted">
        <UserText text={view.look.siteName} />
      </p>
      <h1>{title}</h1>
      {children}
      {returnTo === undefined ? null : (
        <form method="post" action="/preferences">
          <input type="hidden" name="returnTo" value={returnTo} />
          <Choice label={wordsOf(view).language} name="lang" value={view.preferences.lang} options={languages} />
        </form>
      )}
    </PlainPage>
  </Document>
)

const Alert = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : <Notice meaning="stopped" title={text} />

const termsText = ({ policy, validitySec, quotaOctets }: OfferedPlan, view: DoorView): string => {
  const words = wordsOf(view)
  const terms = [
    words.free,
    formatSpeed(policy, words.unlimited),
    validitySec === null ? '' : fill(words.until, { time: formatDuration(validitySec * 1000, view.locale) }),
    quotaOctets === null ? '' : fill(words.data, { amount: formatQuota(quotaOctets) }),
  ]
  return terms.filter((term) => term !== '').join(' · ')
}

export const ChoosePage = ({ view, plans }: { view: DoorView; plans: readonly OfferedPlan[] }): VNode => {
  const words = wordsOf(view)
  return (
    <JoinPageFrame view={view} title={words.title} returnTo="/join">
      <p>{words.choose}</p>
      <ul class="offer">
        {plans.map((plan) => (
          <li key={plan.id}>
            <a class="button" href={`/join?plan=${encodeURIComponent(plan.id)}`}>
              <UserText text={plan.name} />
              <span>{termsText(plan, view)}</span>
            </a>
          </li>
        ))}
      </ul>
    </JoinPageFrame>
  )
}

export type JoinTyped = {
  readonly name: string
  readonly contact: string
  readonly accept: boolean
  /** They want messages about what is sold. */
  readonly offers: boolean
}

/** What is shown, and what was typed into it. */
export type JoinForm = { readonly offer: Offer; readonly plan: OfferedPlan; readonly typed: JoinTyped }

/** What they agree to, as they read it. */
export const serviceText = (view: DoorView): string => fill(wordsOf(view).accept, { site: view.look.siteName })

export const offersText = (view: DoorView, { offers: { words } }: Pick<Offer, 'offers'>): string =>
  words[view.preferences.lang] || words.en || words.sw || fill(wordsOf(view).offersAccept, { site: view.look.siteName })

type JoinProps = JoinForm & {
  view: DoorView
  once: string
  problems: Problems
  refused?: string | undefined
}

export const JoinPage = ({ view, offer, plan, once, typed, problems, refused }: JoinProps): VNode => {
  const words = wordsOf(view)
  const errorOf = (field: string) => (problems[field] === undefined ? {} : { error: problems[field] })
  const isPhone = plan.by === 'phone'
  return (
    <JoinPageFrame view={view} title={words.title} returnTo={`/join?plan=${encodeURIComponent(plan.id)}`}>
      <p>
        <b>
          <UserText text={plan.name} />
        </b>{' '}
        <span class="muted">{termsText(plan, view)}</span>
      </p>
      <Alert text={refused} />
      <form class="form" method="post" action="/join">
        <input type="hidden" name="plan" value={plan.id} />
        <input type="hidden" name="once" value={once} />
        <Field
          locale={view.locale}
          label={words.name}
          name="name"
          value={typed.name}
          required
          autoComplete="name"
          {...errorOf('name')}
        />
        <Field
          locale={view.locale}
          label={isPhone ? words.phone : words.email}
          help={isPhone ? words.phoneHelp : words.emailHelp}
          name="contact"
          value={typed.contact}
          type={isPhone ? 'tel' : 'email'}
          autoComplete={isPhone ? 'tel' : 'email'}
          required
          {...errorOf('contact')}
        />
        <Check
          label={visible(serviceText(view))}
          name="accept"
          checked={typed.accept}
          {...(problems['accept'] === undefined ? {} : { help: problems['accept'] })}
        />
        {offer.offers.isAsked ? (
          <Check
            label={visible(offersText(view, offer))}
            name="offers"
            checked={typed.offers}
            help={words.offersFree}
          />
        ) : null}
        <Button kind="main">{words.send}</Button>
      </form>
    </JoinPageFrame>
  )
}

type CodeProps = { view: DoorView; token: string; refused?: string | undefined }

export const JoinCodePage = ({ view, token, refused }: CodeProps): VNode => {
  const words = wordsOf(view)
  return (
    <JoinPageFrame view={view} title={words.codeTitle} returnTo={`/join/code?r=${encodeURIComponent(token)}`}>
      <p>{words.codeSent}</p>
      <Alert text={refused} />
      <form class="form" method="post" action="/join/code">
        <input type="hidden" name="r" value={token} />
        <Field
          locale={view.locale}
          label={words.code}
          name="code"
          help={words.codeHelp}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
        />
        <Button kind="main">{words.confirm}</Button>
      </form>
      <p class="muted">{words.noCode}</p>
      <a class="button" href="/join">
        {words.another}
      </a>
    </JoinPageFrame>
  )
}

/** How it ended, where it did not end well. */
export const JoinEndPage = ({ view, sentence }: { view: DoorView; sentence: string }): VNode => {
  const words = wordsOf(view)
  return (
    <JoinPageFrame view={view} title={words.title}>
      <Alert text={sentence} />
      <a class="button" href="/join">
        {words.another}
      </a>
    </JoinPageFrame>
  )
}

export const JoinClosedPage = ({ view }: { view: DoorView }): VNode => {
  const words = wordsOf(view)
  return (
    <JoinPageFrame view={view} title={words.closed} returnTo="/join">
      <p>{fill(words.closedBody, { site: visible(view.look.siteName) })}</p>
    </JoinPageFrame>
  )
}

type DoneProps = { view: DoorView; login: string; password: string }

export const JoinDonePage = ({ view, login, password }: DoneProps): VNode => {
  const words = wordsOf(view)
  return (
    <JoinPageFrame view={view} title={words.done}>
      <p>{words.doneBody}</p>
      <dl class="account">
        <dt>{words.login}</dt>
        <dd>
          <code class="told" id="login">
            {login}
          </code>
        </dd>
        <dt>{words.password}</dt>
        <dd>
          <code class="told" id="password">
            {password}
          </code>
        </dd>
      </dl>
    </JoinPageFrame>
  )
}

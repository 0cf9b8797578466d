/** A code that was sent by SMS or e-mail: the page that takes it, and what comes of it. */
import { Button, counted, Field } from '@lango/kernel/ui'
import { confirmRegistration, type Confirmed } from '@lango/modules/registration'
import type { Context } from 'hono'
import type { Field as Sent, Gate, Status } from './gate.tsx'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'

/** Whose code it is: of free access, or of messages. */
export type CodeOf = '/free' | '/news'

const TOKEN_CHARACTERS_MAX = 64

type Props = { view: View; of: CodeOf; token: string; refused?: string | undefined }

const CodePage = ({ view, of, token, refused }: Props) => {
  const { words, locale } = view
  return (
    <Page view={view} title={words.freeCodeTitle}>
      <p>{words.freeCodeSent}</p>
      <Alert text={refused} />
      <GateForm view={view} action={`${of}/code`}>
        <input type="hidden" name="r" value={token} />
        <Field
          locale={locale}
          label={words.freeCode}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
        />
        <Button kind="main">{of === '/free' ? words.connect : words.newsYes}</Button>
      </GateForm>
      <a class="button" href={href(view, of)}>
        {words.freeAnother}
      </a>
    </Page>
  )
}

export const openCode = (gate: Gate, c: Context, of: CodeOf): Response | Promise<Response> => {
  const token = (c.req.query('r') ?? '').slice(0, TOKEN_CHARACTERS_MAX)
  return gate.page(c, <CodePage view={gate.view(c)} of={of} token={token} />)
}

type Taken = Extract<Confirmed, { state: 'done' | 'noted' }>

/** What a right code brings; else the page says why it brings nothing. */
export const takeCode = async (
  gate: Gate,
  c: Context,
  { of, field, brings }: { of: CodeOf; field: Sent; brings: (taken: Taken, view: View) => Promise<Response> },
): Promise<Response> => {
  const place = gate.placeIn(field)
  const view = gate.view(c, place)
  const token = field('r').slice(0, TOKEN_CHARACTERS_MAX)
  const again = (refused: string, status: Status = 422) =>
    gate.page(c, <CodePage {...{ view, of, token, refused }} />, status)
  // A registration dies of wrong codes by itself; this bounds what strangers write into the log.
  if (!gate.tries(c, 'claims', place)) return again(tooMany(view), 429)
  const code = field('code').trim().slice(0, 64)
  const done = gate.tell(c, confirmRegistration, { token, code })
  if (!done.ok) return again(view.words.freeOver)
  const { outcome } = done.value
  return outcome.state === 'done' || outcome.state === 'noted' ? brings(outcome, view) : again(sayOf(outcome, view))
}

const sayOf = (outcome: Exclude<Confirmed, Taken>, { words, locale }: View): string => {
  switch (outcome.state) {
    case 'wrong':
      return counted(words.freeWrong, outcome.left, locale)
    case 'later':
      return words.freeLater
    case 'refused':
      if (outcome.reason === 'device') return words.freeDeviceKnown
      return outcome.reason === 'known' ? words.freeKnown : words.freeOver
    default:
      return words.freeOver
  }
}

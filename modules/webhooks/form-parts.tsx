import { Check, Field, Fold, FormReader, valuesFor, type Desk, type DoingDesk } from '@lango/kernel/ui'
import { secretBytes, urlFault, webhookEvents, webhookLimits, type WebhookEvent } from './rules.ts'
import { wordsOf, type WebhookWords } from './words.ts'

type FieldsProps = {
  desk: Desk
  deed: string
  url: string
  events: readonly string[]
  secret: { readonly title: string; readonly note: string }
}

/** The same fields for a new endpoint and for one that is changed. */
export const EndpointFields = ({ desk, deed, url, events, secret }: FieldsProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, deed)
  const refused = desk.refused?.deed === deed ? desk.refused : undefined
  const chosen = refused?.fields.all('event') ?? events
  const { error: eventsError } = form.error('event')
  return (
    <>
      <Field
        locale={desk.locale}
        label={words.address}
        name="url"
        value={form.value('url', url)}
        help={words.addHelp}
        autoComplete="off"
        required
        {...form.error('url')}
      />
      <fieldset class="checks" aria-describedby={eventsError === undefined ? undefined : 'event-error'}>
        <legend>{words.eventsWanted}</legend>
        {eventsError === undefined ? null : (
          <p class="field-error status status-stopped" id="event-error">
            {eventsError}
          </p>
        )}
        {webhookEvents.map((event) => (
          <Check
            key={event}
            label={event}
            help={words[event]}
            name="event"
            value={event}
            checked={chosen.includes(event)}
          />
        ))}
      </fieldset>
      <Fold title={secret.title} note={secret.note} open={form.error('secret').error !== undefined}>
        <Field
          locale={desk.locale}
          label={secret.title}
          name="secret"
          type="password"
          autoComplete="off"
          help={words.secretHelp}
          {...form.error('secret')}
        />
      </Fold>
    </>
  )
}

const urlSentence = (url: string, words: WebhookWords): string | undefined => {
  const fault = urlFault(url)
  return fault && { shape: words.urlShape, credentials: words.urlCredentials, fragment: words.urlFragment }[fault]
}

/** What was typed, or what is to be said beside each field. */
export const readEndpoint = (desk: DoingDesk) => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const url = form.needed('url', words.urlMissing)
  const fault = urlSentence(url, words)
  if (fault !== undefined) form.refuse('url', fault)
  if (url.length > webhookLimits.urlLengthMax)
    form.refuse('url', words.urlLong.replace('{n}', String(webhookLimits.urlLengthMax)))
  const events: WebhookEvent[] = webhookEvents.filter((event) => form.all('event').includes(event))
  if (events.length === 0) form.refuse('event', words.eventsMissing)
  const secret = form.text('secret')
  if (secret !== undefined && secretBytes(secret) === undefined) form.refuse('secret', words.secretWrong)
  // A secret is not shown again, and must not get lost unnoticed.
  if (secret !== undefined && !form.isGood) form.refuse('secret', words.secretAgain)
  return form.isGood
    ? { ok: true as const, input: { url, events, ...(secret === undefined ? {} : { secret }) } }
    : { ok: false as const, problems: form.problems }
}

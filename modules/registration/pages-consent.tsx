/** `/consents/:id`: what somebody has agreed to, and the end of it. */
import {
  Button,
  definePage,
  Facts,
  Field,
  Form,
  formatExact,
  FormReader,
  nothingKnown,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  UserText,
  valuesFor,
  visible,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { readPhone } from '../customers/index.ts'
import { listConsents, showConsent } from './consent-queries.ts'
import {
  CONSENTS_PATH,
  ConsentState,
  ConsentTable,
  contactText,
  versionText,
  wordsOf,
  type Consent,
} from './consent-parts.tsx'
import { forgetConsents, withdrawConsent } from './consents.ts'

const ID_MAX = 64
const HISTORY_ROWS = 20

const consentIn = (desk: Desk): Promise<Consent | undefined> => {
  const id = desk.param('id')
  return id.length > ID_MAX ? Promise.resolve(undefined) : desk.ask(showConsent, { id })
}

const Stop = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.stop}>
      <PanelBody>
        <p>{words.stopBody}</p>
        <Form action={desk.here.split('?')[0]!} deed="stop" once={desk.once()}>
          <Button>{words.stop}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const Forget = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'forget')
  return (
    <Panel title={words.forget}>
      <PanelBody>
        <p>{words.forgetBody}</p>
        <Form action={desk.here.split('?')[0]!} deed="forget" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={words.forgetType}
            name="contact"
            value={form.value('contact')}
            autoComplete="off"
            required
            {...form.error('contact')}
          />
          <Button kind="danger">{words.forgetDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const Ending = ({ desk, consent, isActive }: { desk: Desk; consent: Consent; isActive: boolean }) => {
  if (consent.purpose === 'service') return <p class="muted">{wordsOf(desk).serviceNote}</p>
  return (
    <div class="panels">
      {isActive && desk.may('subscribers.write') ? <Stop desk={desk} /> : null}
      {desk.may('customers.erase') ? <Forget desk={desk} /> : null}
    </div>
  )
}

const ConsentFacts = ({ desk, consent }: { desk: Desk; consent: Consent }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <Facts
          facts={[
            [words.purpose, words[consent.purpose]],
            [words.text, <UserText key="text" text={consent.text} />],
            [words.version, versionText(desk, consent)],
            [words.given, formatExact(consent.givenAt, desk.locale)],
            [words.place, <UserText key="place" text={consent.place ?? words.placeUnknown} />],
            [words.state, <ConsentState key="state" desk={desk} consent={consent} />],
          ]}
        />
      </PanelBody>
    </Panel>
  )
}

const stop = async (desk: DoingDesk): Promise<Done> => {
  const id = desk.param('id')
  const done = await desk.tell(withdrawConsent, { id })
  return done.ok ? { go: `${CONSENTS_PATH}/${encodeURIComponent(id)}?said=stopped` } : { fault: done.error }
}

const forget = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const typed = form.needed('contact', words.forgetType)
  const phone = readPhone(typed, desk.currency)
  const consent = await consentIn(desk)
  if (consent && consent.contact !== (phone.ok ? phone.value : typed.toLowerCase()))
    form.refuse('contact', words.forgetWrong)
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(forgetConsents, { id: desk.param('id') })
  return done.ok ? { go: `${CONSENTS_PATH}?said=forgotten` } : { fault: done.error }
}

export const consentPage = definePage({
  path: `${CONSENTS_PATH}/:id`,
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const consent = await consentIn(desk)
    const back = { href: CONSENTS_PATH, label: words.back }
    if (!consent) return nothingKnown(words.unknown, words.unknownBody, back)
    const { contact, purpose } = consent
    const history = await desk.ask(listConsents, { contact, limit: HISTORY_ROWS })
    const isActive = history.some((one) => one.purpose === purpose && one.withdrawnAt === null)
    const title = visible(contactText(consent))
    return {
      title,
      content: (
        <>
          <PageHead title={title} />
          <Said desk={desk} words={{ stopped: words.stopped1 }}>
            <a href={back.href}>{back.label}</a>
          </Said>
          <RefusedNote desk={desk} />
          <ConsentFacts desk={desk} consent={consent} />
          {history.length > 1 ? (
            <Panel title={words.history}>
              <ConsentTable desk={desk} rows={history} />
            </Panel>
          ) : null}
          <Ending desk={desk} consent={consent} isActive={isActive} />
        </>
      ),
    }
  },
  deeds: {
    stop: { permission: 'subscribers.write', run: stop },
    forget: { permission: 'customers.erase', run: forget },
  },
})

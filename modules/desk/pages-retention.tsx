/** How long things are kept. To keep them shorter removes some: how much is said first, and has to be meant. */
import {
  Button,
  counted,
  definePage,
  DeedButton,
  Field,
  fill,
  Form,
  formatDay,
  FormReader,
  LinkButton,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { AUDIT_KEPT_YEARS } from '@lango/kernel/verbs'
import { countOlder } from '../sessions/index.ts'
import {
  DECISION_DAYS_MAX,
  DECISION_DAYS_MIN,
  SESSION_DAYS_MAX,
  SESSION_DAYS_MIN,
  setRetention,
  showSettings,
  type Retention,
} from '../settings/index.ts'
import { SettingsHead } from './settings-tabs.tsx'
import { wordsOf } from './words-settings.ts'

const PATH = '/settings/retention'
const DAY_MS = 86_400_000

const FIELDS = [
  { name: 'sessionDays', range: [SESSION_DAYS_MIN, SESSION_DAYS_MAX] },
  { name: 'decisionDays', range: [DECISION_DAYS_MIN, DECISION_DAYS_MAX] },
] as const

const Terms = ({ desk, now }: { desk: Desk; now: Retention }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'save')
  const mayWrite = desk.may('settings.write')
  return (
    <Panel title={words.keptHowLong}>
      <PanelBody>
        <Form action={PATH} deed="save" once={desk.once()}>
          {FIELDS.map(({ name, range: [min, max] }) => (
            <Field
              key={name}
              locale={desk.locale}
              label={words[name]}
              name={name}
              value={form.value(name, String(now[name]))}
              unit={words.days}
              inputMode="numeric"
              help={fill(words[`${name}Help`], { min, max })}
              required
              disabled={!mayWrite}
              {...form.error(name)}
            />
          ))}
          {mayWrite ? <Button kind="main">{words.save}</Button> : null}
        </Form>
      </PanelBody>
    </Panel>
  )
}

const Fixed = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.keptAnyway}>
      <ul class="lines">
        <li>
          <span>{fill(words.auditKept, { years: AUDIT_KEPT_YEARS })}</span>
          <span class="muted">{words.auditKeptHelp}</span>
        </li>
        <li>
          <span>{words.usageKept}</span>
          <span class="muted">{words.usageKeptHelp}</span>
        </li>
      </ul>
    </Panel>
  )
}

/** What would go, before it goes. */
const confirmation = async (desk: Desk, wanted: Retention): Promise<Done> => {
  const words = wordsOf(desk)
  const [sessionsBefore, decisionsBefore] = [wanted.sessionDays, wanted.decisionDays].map(
    (days) => desk.now - days * DAY_MS,
  ) as [number, number]
  const { sessions, decisions } = await desk.ask(countOlder, { sessionsBefore, decisionsBefore })
  const before = (at: number) => ({ day: formatDay(at, desk.locale) })
  const fields = Object.fromEntries(FIELDS.map(({ name }) => [name, String(wanted[name])]))
  return {
    show: {
      title: words.keepShorter,
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Notice meaning="attention" title={words.goesForGood}>
            <ul class="plain-list">
              <li>{fill(counted(words.sessionsGo, sessions, desk.locale), before(sessionsBefore))}</li>
              <li>{fill(counted(words.decisionsGo, decisions, desk.locale), before(decisionsBefore))}</li>
            </ul>
            <p>{words.goesSlowly}</p>
          </Notice>
          <div class="button-row">
            <DeedButton desk={{ ...desk, here: PATH }} deed="shorten" kind="danger" fields={fields}>
              {words.keepShorterDo}
            </DeedButton>
            <LinkButton href={PATH}>{words.leaveIt}</LinkButton>
          </div>
        </>
      ),
    },
  }
}

const save = async (desk: DoingDesk, shorten: boolean): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const [sessionDays, decisionDays] = FIELDS.map(({ name, range: [min, max] }) =>
    form.text(name) === undefined
      ? form.refuse(name, fill(words.daysWrong, { min, max }))
      : form.whole(name, [min, max], fill(words.daysWrong, { min, max })),
  )
  if (!form.isGood || sessionDays === undefined || decisionDays === undefined) return { problems: form.problems }
  const wanted = { sessionDays, decisionDays }
  const done = await desk.tell(setRetention, { ...wanted, shorten })
  if (done.ok) return { go: `${PATH}?said=saved` }
  return done.error.type === 'RetentionShorter' ? confirmation(desk, wanted) : { fault: done.error }
}

export const retentionPage = definePage({
  path: PATH,
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const now = await desk.ask(showSettings, {})
    return {
      title: words.retention,
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Said desk={desk} words={{ saved: words.saved }} />
          <RefusedNote desk={desk} />
          <Terms desk={desk} now={now} />
          <Fixed desk={desk} />
        </>
      ),
    }
  },
  deeds: {
    save: { permission: 'settings.write', run: (desk) => save(desk, false) },
    shorten: { permission: 'settings.write', run: (desk) => save(desk, true) },
  },
})

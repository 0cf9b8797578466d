/** The desk's page of updates: what runs, what is offered and what it brings, and how the box updates. */
import {
  Ago,
  agoColumn,
  Button,
  DeedButton,
  definePage,
  Facts,
  Field,
  fill,
  Form,
  formatExact,
  FormReader,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  Table,
  valuesFor,
  visible,
  type Column,
  type Desk,
  type DeskPage,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { checkUpdates, denyUpdate, installUpdate, pauseUpdates, resumeUpdates, setUpdates } from './commands.ts'
import { rings } from './port.ts'
import { listUpdateRuns, showUpdates } from './queries.ts'
import { isPlace, modes } from './rules.ts'
import { wordsOf, type UpdateWords } from './words.ts'

const HERE = '/updates'
const RUNS_SHOWN = 20
const LOOK_AGAIN_SEC = 20
const PAUSE_DAYS = 7
const RATE_KBPS_MAX = 10_000_000
const WRITE = 'settings.write'

type Updates = ResultOf<typeof showUpdates>
type Run = ResultOf<typeof listUpdateRuns>[number]

const offeredText = ({ offered, file }: Updates, words: UpdateWords): string => {
  if (offered === null) return words.nothing
  return file === null ? offered.version : fill(words.onDisk, { version: offered.version })
}

/** A machine without slots: nothing here would do anything. */
const NoImage = ({ words }: { words: UpdateWords }) => (
  <Panel title={words.state}>
    <PanelBody>
      <p>{words.noImage}</p>
    </PanelBody>
  </Panel>
)

type Machine = NonNullable<Updates['machine']>

const phaseText = ({ phase, percent }: Machine, words: UpdateWords): string =>
  fill(words[phase], { percent: String(percent) })

const State = ({ desk, updates, machine }: { desk: Desk; updates: Updates; machine: Machine }) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const { checkedAt, settings } = updates
  return (
    <Panel title={words.state} note={<Status meaning="info">{phaseText(machine, words)}</Status>}>
      <PanelBody>
        <Facts
          facts={[
            [words.runs, machine.versions[machine.slot] ?? ''],
            [words.offered, offeredText(updates, words)],
            [
              words.looked,
              checkedAt === null ? words.never : <Ago key="looked" at={checkedAt} now={now} locale={locale} />,
            ],
            [words.pausedUntil, settings.pausedUntil === null ? '' : formatExact(settings.pausedUntil, locale)],
            [words.denied, settings.denied.join(', ')],
          ]}
        />
        {desk.may(WRITE) ? <Deeds desk={desk} updates={updates} /> : null}
      </PanelBody>
    </Panel>
  )
}

const Deeds = ({ desk, updates: { settings } }: { desk: Desk; updates: Updates }) => {
  const words = wordsOf(desk)
  return (
    <div class="button-row">
      <DeedButton desk={desk} deed="look">
        {words.look}
      </DeedButton>
      <DeedButton desk={desk} deed={settings.pausedUntil === null ? 'pause' : 'resume'}>
        {settings.pausedUntil === null ? words.pause : words.resume}
      </DeedButton>
      {settings.denied.map((version) => (
        <DeedButton key={version} desk={desk} deed="resume" fields={{ version }}>
          {fill(words.allow, { version })}
        </DeedButton>
      ))}
    </div>
  )
}

const Offer = ({ desk, offered }: { desk: Desk; offered: NonNullable<Updates['offered']> }) => {
  const words = wordsOf(desk)
  const { version, notes } = offered
  return (
    <Panel title={fill(words.brings, { version })}>
      <PanelBody>
        <p>{visible(notes[desk.locale.lang])}</p>
        {desk.may(WRITE) ? (
          <>
            <p class="muted">{words.installNote}</p>
            <div class="button-row">
              <DeedButton desk={desk} deed="install" kind="main">
                {fill(words.install, { version })}
              </DeedButton>
              <DeedButton desk={desk} deed="deny" fields={{ version }}>
                {words.deny}
              </DeedButton>
            </div>
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const hourText = (hour: number | null): string => (hour === null ? '' : String(hour))

const Change = ({ desk, settings }: { desk: Desk; settings: Updates['settings'] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'set')
  const line = (name: string, label: string, value: string) => ({
    locale: desk.locale,
    name,
    label,
    value: form.value(name, value),
    ...form.error(name),
  })
  return (
    <Panel title={words.change} id="set">
      <PanelBody>
        <RefusedNote desk={desk} deed="set" />
        <Form action={desk.here} deed="set" once={desk.once()}>
          <Select
            label={words.mode}
            name="mode"
            value={form.value('mode', settings.mode)}
            options={modes.map((value) => ({ value, label: words[value] }))}
          />
          <Select
            label={words.ring}
            name="ring"
            value={form.value('ring', settings.ring)}
            options={rings.map((value) => ({ value, label: words[value] }))}
          />
          <Field {...line('place', words.place, settings.place)} help={words.placeHelp} autoComplete="off" />
          <Field
            {...line('rate', words.rate, String(settings.rateKbps))}
            help={words.rateHelp}
            unit="kbit/s"
            inputMode="numeric"
          />
          <Field
            {...line('from', words.from, hourText(settings.windowFromHour))}
            help={words.windowHelp}
            inputMode="numeric"
          />
          <Field {...line('to', words.to, hourText(settings.windowToHour))} inputMode="numeric" />
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const columns = (desk: Desk): readonly Column<Run>[] => {
  const words = wordsOf(desk)
  return [
    agoColumn(desk, ({ at }) => at, { id: 'when', head: words.when, width: 'm', card: 'title' }),
    { id: 'version', head: words.version, width: 's', value: ({ version }) => version },
    {
      id: 'what',
      head: words.what,
      width: 'm',
      card: 'side',
      value: ({ outcome }) => words[outcome],
      render: ({ outcome }) => (
        <Status meaning={outcome === 'good' ? 'good' : outcome === 'handed-over' ? 'info' : 'stopped'}>
          {words[outcome]}
        </Status>
      ),
    },
    { id: 'why', head: words.why, width: 'xl', card: 'wide', value: ({ why }) => visible(why) },
  ]
}

const set = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const place = form.text('place') ?? ''
  if (place !== '' && !isPlace(place)) form.refuse('place', words.placeWrong)
  const rateKbps = form.whole('rate', [0, RATE_KBPS_MAX], words.rateWrong) ?? 0
  const [from, to] = [form.whole('from', [0, 23], words.windowWrong), form.whole('to', [0, 23], words.windowWrong)]
  if ((from === undefined) !== (to === undefined) || (from !== undefined && from === to))
    form.refuse('to', words.windowWrong)
  if (!form.isGood) return { problems: form.problems }
  const [mode, ring] = [form.choice('mode', modes), form.choice('ring', rings)]
  const before = await desk.ask(showUpdates, {})
  const input = { mode, ring, rateKbps, windowFromHour: from ?? null, windowToHour: to ?? null }
  // The same place is no other place: what was found there stays.
  const done = await desk.tell(setUpdates, { ...input, ...(place === before.settings.place ? {} : { place }) })
  return done.ok ? { go: `${HERE}?said=set` } : { fault: done.error }
}

type Told = Awaited<ReturnType<DoingDesk['tell']>>
const deed = (run: (desk: DoingDesk) => Promise<Told>) => ({
  permission: WRITE,
  async run(desk: DoingDesk): Promise<Done> {
    const done = await run(desk)
    return done.ok ? { go: `${HERE}?said=asked` } : { fault: done.error }
  },
})

const updatesPage = definePage({
  path: HERE,
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const updates = await desk.ask(showUpdates, {})
    const runs = await desk.ask(listUpdateRuns, { limit: RUNS_SHOWN })
    return {
      title: words.updates,
      ...(desk.search.has('said') ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <PageHead title={words.updates} beside={<span class="muted">{words.lead}</span>} />
          <Said desk={desk} words={{ set: words.saidSet, asked: words.saidAsked }} />
          {desk.refused?.deed === 'set' ? null : <RefusedNote desk={desk} />}
          {updates.machine === null ? (
            <NoImage words={words} />
          ) : (
            <State desk={desk} updates={updates} machine={updates.machine} />
          )}
          {updates.offered === null ? null : <Offer desk={desk} offered={updates.offered} />}
          {updates.machine !== null && desk.may(WRITE) ? <Change desk={desk} settings={updates.settings} /> : null}
          {runs.length === 0 ? null : (
            <Panel title={words.history}>
              <Table
                name="updates"
                caption={words.history}
                columns={columns(desk)}
                rows={runs}
                rowKey={({ no }) => String(no)}
              />
            </Panel>
          )}
        </>
      ),
    }
  },
  deeds: {
    set: { permission: WRITE, run: set },
    look: deed((desk) => desk.tell(checkUpdates, {})),
    install: deed((desk) => desk.tell(installUpdate, {})),
    deny: deed((desk) => desk.tell(denyUpdate, { version: desk.fields.get('version') })),
    pause: deed((desk) => desk.tell(pauseUpdates, { days: PAUSE_DAYS })),
    resume: deed((desk) =>
      desk.tell(resumeUpdates, desk.fields.get('version') === '' ? {} : { version: desk.fields.get('version') }),
    ),
  },
})

export const updatesPages: readonly DeskPage[] = [updatesPage]

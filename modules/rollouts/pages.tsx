/** The desk's page of what routers run: RouterOS and RouterBOOT of each, and the rollout that brings another. */
import {
  agoColumn,
  Button,
  Check,
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
import { cancelRollout, pauseRollout, resumeRollout, startRollout } from './commands.ts'
import { OVER, type DeviceState, type rolloutStates } from './progress.ts'
import { listRolloutDevices, listRollouts, listRouterPackages, listRouterSoftware } from './queries.ts'
import { stateWords, whyText } from './reason-words.ts'
import { channels } from './routeros-facts.ts'
import { sources } from './rules.ts'
import { compareRouteros, readPackageName, ROUTEROS_VERSION } from './versions.ts'
import { wordsOf, type RolloutWords } from './words.ts'

const HERE = '/rollouts'
const READ = 'routers.read'
const WRITE = 'routers.write'
const LOOK_AGAIN_SEC = 20
const VERSIONS_SHOWN = 5

type Rollout = ResultOf<typeof listRollouts>[number]
type Device = ResultOf<typeof listRolloutDevices>[number]
type Software = ResultOf<typeof listRouterSoftware>[number]
type Meaning = 'good' | 'attention' | 'stopped' | 'info'

const rolloutMeaning: Readonly<Record<(typeof rolloutStates)[number], Meaning>> = {
  running: 'info',
  paused: 'attention',
  halted: 'stopped',
  done: 'good',
  cancelled: 'attention',
}
const deviceMeaning = (state: DeviceState): Meaning => {
  if (state === 'good') return 'good'
  if (state === 'failed') return 'stopped'
  return state === 'skipped' ? 'attention' : 'info'
}

const whenText = ({ isAtOnce, windowFromHour: from, windowToHour: to }: Rollout, words: RolloutWords): string => {
  if (isAtOnce) return words.atOnce
  return from === null || to === null ? words.quiet : fill(words.window, { from: String(from), to: String(to) })
}

const tallyText = (devices: readonly Device[], words: RolloutWords): string => {
  const count = (isCounted: (state: DeviceState) => boolean) =>
    String(devices.filter(({ state }) => isCounted(state)).length)
  return fill(words.tallyText, {
    good: count((state) => state === 'good'),
    failed: count((state) => state === 'failed'),
    left: count((state) => !OVER.has(state)),
  })
}

const isOpen = ({ state }: Rollout): boolean => state !== 'done' && state !== 'cancelled'

const Deeds = ({ desk, rollout }: { desk: Desk; rollout: Rollout }) => {
  const words = wordsOf(desk)
  return (
    <div class="button-row">
      {rollout.state === 'running' ? (
        <DeedButton desk={desk} deed="pause">
          {words.pause}
        </DeedButton>
      ) : (
        <DeedButton desk={desk} deed="resume" kind="main">
          {words.resume}
        </DeedButton>
      )}
      {rollout.state === 'halted' ? (
        <DeedButton desk={desk} deed="resume" fields={{ retries: 'yes' }}>
          {words.retry}
        </DeedButton>
      ) : null}
      <DeedButton desk={desk} deed="cancel">
        {words.cancel}
      </DeedButton>
    </div>
  )
}

const deviceColumns = (desk: Desk): readonly Column<Device>[] => {
  const words = wordsOf(desk)
  const { lang } = desk.locale
  return [
    { id: 'router', head: words.router, width: 'm', card: 'title', value: ({ name }) => visible(name) },
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => stateWords[lang][state],
      render: ({ state }) => <Status meaning={deviceMeaning(state)}>{stateWords[lang][state]}</Status>,
    },
    { id: 'was', head: words.was, width: 's', value: ({ fromVersion }) => fromVersion },
    { id: 'runs', head: words.runs, width: 's', value: ({ version }) => version },
    { id: 'why', head: words.why, width: 'xl', card: 'wide', value: (device) => visible(whyText(lang, device)) },
  ]
}

const Current = ({ desk, rollout, devices }: { desk: Desk; rollout: Rollout; devices: readonly Device[] }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const { state, version, source, channel, startedAt, waitUntil } = rollout
  const title = fill(words.rollout, { version })
  return (
    <Panel title={title} note={<Status meaning={rolloutMeaning[state]}>{words[state]}</Status>}>
      <PanelBody>
        <Facts
          facts={[
            [words.tally, tallyText(devices, words)],
            [words.source, source === 'box' ? words.box : fill(words.mikrotik, { channel: words[channel] })],
            [words.when, whenText(rollout, words)],
            [words.begun, formatExact(startedAt, locale)],
            [words.waitUntil, isOpen(rollout) ? formatExact(waitUntil, locale) : ''],
          ]}
        />
        {isOpen(rollout) && desk.may(WRITE) ? <Deeds desk={desk} rollout={rollout} /> : null}
      </PanelBody>
      <Table name="rollout" caption={title} columns={deviceColumns(desk)} rows={devices} rowKey={({ id }) => id} />
    </Panel>
  )
}

const firmwareText = ({ firmware, firmwareOffered }: Software, words: RolloutWords): string => {
  if (firmware === null) return ''
  if (firmwareOffered === null || firmware === firmwareOffered) return firmware
  return fill(words.hasNewer, { current: firmware, offered: firmwareOffered })
}

const softwareColumns = (desk: Desk): readonly Column<Software>[] => {
  const words = wordsOf(desk)
  return [
    { id: 'router', head: words.router, width: 'm', card: 'title', value: ({ name }) => visible(name) },
    { id: 'routeros', head: words.routeros, width: 'm', card: 'side', value: ({ version }) => visible(version) },
    { id: 'routerboot', head: words.routerboot, width: 'm', value: (one) => visible(firmwareText(one, words)) },
    {
      id: 'board',
      head: words.board,
      width: 'l',
      value: ({ board, architecture }) => visible([board, architecture].filter((part) => part !== '').join(', ')),
    },
    agoColumn(desk, ({ seenAt }) => seenAt, { id: 'seen', head: words.seen, width: 's' }),
  ]
}

/** The newest first. */
const versionsIn = (packages: ResultOf<typeof listRouterPackages>): readonly string[] => {
  const read = packages.map(({ name }) => readPackageName(name)).filter((one) => one?.package === 'routeros')
  return [...new Set(read.map((one) => one!.version))].toSorted((a, b) => compareRouteros(b, a))
}

const Start = ({ desk, versions }: { desk: Desk; versions: readonly string[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'start')
  const line = (name: string, label: string, value: string) => ({
    locale: desk.locale,
    name,
    label,
    value: form.value(name, value),
    ...form.error(name),
  })
  const shown = versions.length === 0 ? words.noFiles : versions.slice(0, VERSIONS_SHOWN).join(', ')
  return (
    <Panel title={words.start} id="start">
      <PanelBody>
        <RefusedNote desk={desk} deed="start" />
        <p class="muted">{words.beginNote}</p>
        <Form action={desk.here} deed="start" once={desk.once()}>
          <Field
            {...line('version', words.version, versions[0] ?? '')}
            help={fill(words.versionHelp, { versions: shown })}
            autoComplete="off"
          />
          <Select
            label={words.source}
            name="source"
            value={form.value('source', 'box')}
            options={[
              { value: 'box', label: words.box },
              { value: 'mikrotik', label: fill(words.mikrotik, { channel: '' }).replace(' ()', '') },
            ]}
          />
          <Select
            label={words.channel}
            name="channel"
            value={form.value('channel', 'stable')}
            options={channels.map((value) => ({ value, label: words[value] }))}
          />
          <Field {...line('routers', words.names, '')} help={words.namesHelp} autoComplete="off" />
          <Check label={words.hours} name="now" checked={form.value('now', '') !== ''} />
          <Button kind="main">{words.begin}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const start = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const version = form.needed('version', words.versionWrong)
  if (version !== '' && !ROUTEROS_VERSION.test(version)) form.refuse('version', words.versionWrong)
  if (!form.isGood) return { problems: form.problems }
  const names = (form.text('routers') ?? '').split(',').map((name) => name.trim())
  const routers = names.filter((name) => name !== '')
  const done = await desk.tell(startRollout, {
    version,
    source: form.choice('source', sources),
    channel: form.choice('channel', channels),
    isAtOnce: form.checked('now'),
    ...(routers.length > 0 && { routers }),
  })
  return done.ok ? { go: `${HERE}?said=started` } : { fault: done.error }
}

type Told = Awaited<ReturnType<DoingDesk['tell']>>
const deed = (run: (desk: DoingDesk) => Promise<Told>) => ({
  permission: WRITE,
  async run(desk: DoingDesk): Promise<Done> {
    const done = await run(desk)
    return done.ok ? { go: `${HERE}?said=changed` } : { fault: done.error }
  },
})

const rolloutsPage = definePage({
  path: HERE,
  permission: READ,
  async show(desk) {
    const words = wordsOf(desk)
    const software = await desk.ask(listRouterSoftware, {})
    const [rollout] = await desk.ask(listRollouts, { limit: 1 })
    const devices = rollout ? await desk.ask(listRolloutDevices, { rolloutId: rollout.id }) : []
    const mayStart = desk.may(WRITE) && !(rollout && isOpen(rollout))
    const versions = mayStart ? versionsIn(await desk.ask(listRouterPackages, {})) : []
    return {
      title: words.title,
      ...(rollout && isOpen(rollout) && { refreshSec: LOOK_AGAIN_SEC }),
      content: (
        <>
          <PageHead title={words.title} beside={<span class="muted">{words.lead}</span>} />
          <Said desk={desk} words={{ started: words.saidStarted, changed: words.saidChanged }} />
          {desk.refused?.deed === 'start' ? null : <RefusedNote desk={desk} />}
          {rollout ? <Current desk={desk} rollout={rollout} devices={devices} /> : null}
          <Panel title={words.routers}>
            {software.length === 0 ? (
              <PanelBody>
                <p>{words.noRouters}</p>
              </PanelBody>
            ) : (
              <Table
                name="software"
                caption={words.routers}
                columns={softwareColumns(desk)}
                rows={software}
                rowKey={({ name }) => name}
              />
            )}
          </Panel>
          {mayStart ? <Start desk={desk} versions={versions} /> : null}
        </>
      ),
    }
  },
  deeds: {
    start: { permission: WRITE, run: start },
    pause: deed((desk) => desk.tell(pauseRollout, {})),
    resume: deed((desk) => desk.tell(resumeRollout, { retries: desk.fields.get('retries') === 'yes' })),
    cancel: deed((desk) => desk.tell(cancelRollout, {})),
  },
})

export const rolloutsPages: readonly DeskPage[] = [rolloutsPage]

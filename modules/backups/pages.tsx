/** The desk's page of backups: when and where, how they went, and how one is restored. */
import {
  Ago,
  agoColumn,
  CopyButton,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatAgo,
  formatBytes,
  formatDuration,
  formatExact,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Sentence,
  Status,
  Table,
  Tabs,
  UserText,
  visible,
  type Column,
  type Desk,
  type DeskPage,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { backUpNow, clearBackupSchedule, setBackupSchedule } from './commands.ts'
import type { Schedule } from './job.ts'
import { listBackupRuns, listShelves, showBackupSchedule } from './queries.ts'
import { causeOf } from './rules.ts'
import { readSchedule, ScheduleForm } from './schedule-form.tsx'
import { shelfDeeds, ShelvesPanel } from './shelf-panel.tsx'
import { shelfWordsOf } from './shelf-words.ts'
import { wordsOf, type BackupWords } from './words.ts'

const HERE = '/settings/backups'
const RUNS_SHOWN = 50
const LOOK_AGAIN_SEC = 10
/** Deeds of which the refusal is told in the form itself. */
const BESIDE_ITS_FORM: ReadonlySet<string> = new Set(['set', ...Object.keys(shelfDeeds)])

type Run = ResultOf<typeof listBackupRuns>[number]

const causeWords = {
  space: 'causeSpace',
  rights: 'causeRights',
  gone: 'causeGone',
  readOnly: 'causeReadOnly',
  disk: 'causeDisk',
  unreachable: 'causeUnreachable',
  forbidden: 'causeForbidden',
  region: 'causeRegion',
  bucket: 'causeBucket',
  stick: 'causeStick',
  noImage: 'causeNoImage',
  certificate: 'causeCertificate',
  clock: 'causeClock',
  passphrase: 'causePassphrase',
  other: 'causeOther',
} as const

const causeText = ({ error, place }: Run, words: BackupWords): string =>
  fill(words[causeWords[causeOf(error ?? '')]], { place: visible(place), cause: visible(error ?? '') })

const stateMark = (last: Run | undefined, words: BackupWords) => {
  if (last === undefined) return <Status meaning="attention">{words.stateFirst}</Status>
  if (last.state === 'failed') return <Status meaning="stopped">{words.stateFailed}</Status>
  return <Status meaning="good">{words.stateGood}</Status>
}

type StateProps = { desk: Desk; schedule: Schedule; last: Run | undefined }

const State = ({ desk, schedule, last }: StateProps) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const { nextAt } = schedule
  return (
    <Panel title={words.state} note={stateMark(last, words)}>
      <PanelBody>
        <Facts
          facts={[
            [words.place, <UserText key="place" text={schedule.place} />],
            [words.every, fill(words.everyValue, { duration: formatDuration(schedule.everySec * 1000, locale) })],
            [words.keep, formatNumber(schedule.keep, locale)],
            [words.last, last === undefined ? '' : <Ago key="last" at={last.endedAt} now={now} locale={locale} />],
            [
              words.next,
              <span key="next" title={formatExact(nextAt, locale)}>
                {nextAt <= now ? words.nextNow : formatAgo(nextAt, now, locale)}
              </span>,
            ],
            [words.setBy, <Ago key="set" at={schedule.changedAt} now={now} locale={locale} />],
          ]}
        />
        {last?.state === 'failed' ? (
          <p>
            {causeText(last, words)} {words.retried}
          </p>
        ) : null}
        {desk.may('backups.write') ? (
          <DeedButton desk={desk} deed="now" kind="main">
            {words.now}
          </DeedButton>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const columns = (desk: Desk): readonly Column<Run>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  const took = ({ startedAt, endedAt }: Run): string =>
    fill(words.tookUntil, { duration: formatDuration(endedAt - startedAt, locale) })
  return [
    agoColumn(desk, ({ startedAt }) => startedAt, {
      id: 'started',
      head: words.started,
      width: 'm',
      card: 'title',
    }),
    {
      id: 'result',
      head: words.result,
      width: 'l',
      card: 'side',
      value: ({ state }) => state,
      render: (run) => (
        <span title={took(run)}>
          <Status meaning={run.state === 'done' ? 'good' : 'stopped'}>{words[run.state]}</Status>
        </span>
      ),
    },
    {
      id: 'size',
      head: words.size,
      width: 's',
      figures: true,
      value: ({ bytes }) => (bytes === null ? '' : formatBytes(bytes, locale)),
    },
    {
      id: 'removed',
      head: words.removed,
      width: 's',
      figures: true,
      secondary: true,
      value: ({ removed }) => formatNumber(removed, locale),
    },
    {
      id: 'name',
      head: words.nameOrCause,
      width: 'xl',
      card: 'wide',
      value: (run) => (run.state === 'done' ? run.name : causeText(run, words)),
      render: (run) =>
        run.state === 'done' ? (
          <UserText text={run.name} />
        ) : (
          <span title={visible(run.error ?? '')}>{causeText(run, words)}</span>
        ),
    },
  ]
}

const Runs = ({ desk, runs }: { desk: Desk; runs: readonly Run[] }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.runs}>
      {runs.length === 0 ? (
        <EmptyState title={words.noRuns}>
          <p>{words.noRunsBody}</p>
        </EmptyState>
      ) : (
        <Table name="runs" caption={words.runs} columns={columns(desk)} rows={runs} rowKey={({ no }) => String(no)} />
      )}
    </Panel>
  )
}

const Recovery = ({ desk, schedule }: { desk: Desk; schedule: Schedule | undefined }) => {
  const words = wordsOf(desk)
  const place = schedule === undefined ? words.somewhere : visible(schedule.place)
  const steps = [words.recoveryOpen, fill(words.recoveryTake, { place }), words.recoveryRun]
  return (
    <Panel title={words.recovery} id="restore">
      <PanelBody>
        <p>{words.recoverySeal}</p>
        <ol class="plain-list">
          {steps.map((step) => (
            <li key={step}>
              <Sentence text={step} />
            </li>
          ))}
        </ol>
      </PanelBody>
    </Panel>
  )
}

const Stop = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.stop}>
      <PanelBody>
        <p>{words.stopBody}</p>
        <DeedButton desk={desk} deed="stop" kind="danger">
          {words.stop}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

/** Told this once. */
const keyShown = (desk: Desk, recoveryKey: string): Shown => {
  const words = wordsOf(desk)
  return {
    title: words.keyTitle,
    content: (
      <>
        <PageHead title={words.keyTitle} />
        <Panel title={words.backups}>
          <PanelBody>
            <p>{words.keyBody}</p>
            <p>
              <code class="told" id="recovery-key">
                {recoveryKey}
              </code>{' '}
              <CopyButton of="recovery-key" locale={desk.locale} />
            </p>
            <p>
              <LinkButton href={`${HERE}?said=set`} kind="main">
                {words.keyDone}
              </LinkButton>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

const set = async (desk: DoingDesk): Promise<Done> => {
  const typed = readSchedule(desk)
  if (!typed.ok) return { problems: typed.problems }
  const done = await desk.tell(setBackupSchedule, typed.input)
  if (!done.ok && done.error.type === 'StorageKeyMissing') return { problems: { secretKey: wordsOf(desk).keyMissing } }
  if (!done.ok) return { fault: done.error }
  const { recoveryKey } = done.value
  return recoveryKey === undefined ? { go: `${HERE}?said=set` } : { show: keyShown(desk, recoveryKey) }
}

const tabs = ['state', 'change', 'stop'] as const
type TabName = (typeof tabs)[number]

const tabAsked = (desk: Desk): TabName => tabs.find((name) => name === desk.search.get('tab')) ?? 'state'

const BackupTabs = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const labels: Readonly<Record<TabName, string>> = { state: words.state, change: words.change, stop: words.stopTab }
  return (
    <Tabs
      label={words.backups}
      tabs={tabs.map((name) => ({
        href: name === 'state' ? HERE : `${HERE}?tab=${name}`,
        label: labels[name],
        current: name === tabAsked(desk),
      }))}
    />
  )
}

type ContentProps = { desk: Desk; schedule: Schedule | undefined; runs: readonly Run[] }

/** Nothing is set: what that means, and the form to set it. */
const Unscheduled = ({ desk, runs }: Omit<ContentProps, 'schedule'>) => {
  const words = wordsOf(desk)
  const mayWrite = desk.may('backups.write')
  return (
    <>
      <section class="panel">
        <EmptyState title={words.none}>
          <p>{mayWrite ? words.noneBody : words.noneRead}</p>
        </EmptyState>
      </section>
      {mayWrite ? <ScheduleForm desk={desk} schedule={undefined} /> : null}
      {runs.length === 0 ? null : <Runs desk={desk} runs={runs} />}
    </>
  )
}

const Content = ({ desk, schedule, runs }: ContentProps) => {
  if (schedule === undefined) return <Unscheduled desk={desk} runs={runs} />
  const tab = desk.may('backups.write') ? tabAsked(desk) : 'state'
  if (tab === 'change') return <ScheduleForm desk={desk} schedule={schedule} />
  if (tab === 'stop') return <Stop desk={desk} />
  return (
    <>
      <State desk={desk} schedule={schedule} last={runs[0]} />
      <Runs desk={desk} runs={runs} />
    </>
  )
}

const backupsPage = definePage({
  path: HERE,
  permission: 'backups.read',
  async show(desk) {
    const words = wordsOf(desk)
    const schedule = await desk.ask(showBackupSchedule, {})
    const runs = await desk.ask(listBackupRuns, { limit: RUNS_SHOWN })
    const shelves = await desk.ask(listShelves, {})
    const { saidLent: lent, saidEnded: ended, saidResized: resized } = shelfWordsOf(desk)
    // Somebody who has just asked for one waits for what becomes of it.
    const isWaitedFor = schedule !== undefined && schedule.nextAt <= desk.now && desk.search.has('said')
    return {
      title: words.backups,
      ...(isWaitedFor ? { refreshSec: LOOK_AGAIN_SEC } : {}),
      content: (
        <>
          <PageHead title={words.backups} beside={<span class="muted">{words.lead}</span>} />
          <Said
            desk={desk}
            words={{ set: words.saidSet, now: words.saidNow, stopped: words.saidStopped, lent, ended, resized }}
          />
          {BESIDE_ITS_FORM.has(desk.refused?.deed ?? '') ? null : <RefusedNote desk={desk} />}
          {schedule !== undefined && desk.may('backups.write') ? <BackupTabs desk={desk} /> : null}
          <Content desk={desk} schedule={schedule} runs={runs} />
          <Recovery desk={desk} schedule={schedule} />
          <ShelvesPanel desk={desk} shelves={shelves} />
        </>
      ),
    }
  },
  deeds: {
    ...shelfDeeds,
    set: { permission: 'backups.write', run: set },
    now: {
      permission: 'backups.write',
      async run(desk) {
        const done = await desk.tell(backUpNow, {})
        return done.ok ? { go: `${HERE}?said=now` } : { fault: done.error }
      },
    },
    stop: {
      permission: 'backups.write',
      async run(desk) {
        const done = await desk.tell(clearBackupSchedule, {})
        return done.ok ? { go: `${HERE}?said=stopped` } : { fault: done.error }
      },
    },
  },
})

export const backupsPages: readonly DeskPage[] = [backupsPage]

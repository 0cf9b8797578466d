/** How the box does: every check of the doctor with what to do, the machine now and over the last day. */
import {
  Ago,
  Bars,
  DeedButton,
  definePage,
  fill,
  formatDuration,
  formatNumber,
  formatPerSec,
  formatTimeOfDay,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Sentence,
  StatStrip,
  Status,
  Table,
  UNKNOWN,
  visible,
  type Column,
  type Desk,
  type DeskPage,
  type Done,
  type DoingDesk,
  type Meaning,
  type Stat,
} from '@lango/kernel/ui'
import { orThrow } from '@lango/kernel'
import type { BenchState } from '../../bench-self/service.ts'
import type { Check } from '../../doctor/check.ts'
import type { Examined, HealthState } from '../../doctor/service.ts'
import type { Hour } from '../../machine/day-history.ts'
import type { SupportBundle } from '../../support/service.ts'
import { attentionIn } from '../attention-words.ts'
import type { Machine } from '../feed.ts'
import { CeilingPanel, MEASURE } from './ceiling.tsx'
import { groups, titleOf, wordsOf, type Group } from './words.ts'

const HERE = '/doctor'
const SUPPORT = 'settings.read'
const LOOK_AGAIN_SEC = 3

const RANK = { stopped: 0, attention: 1, ok: 2 } as const
const meanings: Readonly<Record<Check['state'], Meaning>> = { ok: 'good', attention: 'attention', stopped: 'stopped' }
const worstFirst = (a: Check, b: Check): number => RANK[a.state] - RANK[b.state]

const percent = (share: number | undefined, { locale }: Desk): string =>
  share === undefined ? UNKNOWN : `${formatNumber(share * 100, locale)} %`

const Line = ({ check, desk }: { check: Check; desk: Desk }) => {
  const { name, state } = check
  const { title } = titleOf(name, desk)
  const told = state === 'ok' ? undefined : attentionIn(desk.locale, { ...check, id: name, severity: state, since: 0 })
  // What is in order is told by its name; its figures stand above, or in English only.
  const note = state === 'ok' && desk.locale.lang === 'en' ? check.sentence : undefined
  return (
    <li>
      <span>
        <Status meaning={meanings[state]}>
          {title}
          {told === undefined ? '' : `: ${visible(told.sentence)}`}
        </Status>
      </span>
      {note === undefined ? null : <span class="muted">{visible(note)}</span>}
      {told === undefined || told.remedy === '' ? null : (
        <span class="muted">
          <Sentence text={visible(told.remedy)} />
        </span>
      )}
    </li>
  )
}

/** The group with the worst comes first, and in it the worst. */
const grouped = (checks: readonly Check[], desk: Desk): readonly (readonly [Group, readonly Check[]])[] =>
  groups
    .map(
      (group) =>
        [group, checks.filter(({ name }) => titleOf(name, desk).group === group).toSorted(worstFirst)] as const,
    )
    .filter(([, of]) => of.length > 0)
    .toSorted(([, a], [, b]) => worstFirst(a[0]!, b[0]!))

const Checks = ({ examined: { checks }, desk }: { examined: Examined; desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <>
      {grouped(checks, desk).map(([group, of]) => {
        const worst = of[0]!.state
        return (
          <Panel key={group} title={words[group]} note={<Status meaning={meanings[worst]}>{words[worst]}</Status>}>
            <ul class="lines">
              {of.map((check, at) => (
                <Line key={`${check.name}-${at}`} check={check} desk={desk} />
              ))}
            </ul>
          </Panel>
        )
      })}
    </>
  )
}

/** When it looked, what came of it, and the buttons to look again. */
const Look = ({ state: { examined, looking, fault }, desk }: { state: HealthState; desk: Desk }) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const count = (state: Check['state']): string =>
    formatNumber(examined?.checks.filter((check) => check.state === state).length ?? 0, locale)
  return (
    <Panel
      title={words.checkedAt}
      note={examined === undefined ? undefined : <Ago at={examined.at} now={now} locale={locale} />}
    >
      <PanelBody>
        {looking === undefined ? null : <p role="status">{looking.full ? words.lookingWhole : words.looking}</p>}
        {fault === undefined ? null : <Notice meaning="stopped" title={words.failed} />}
        {examined === undefined ? null : (
          <p>
            {examined.checks.every(({ state }) => state === 'ok')
              ? words.allGood
              : fill(words.counts, { stopped: count('stopped'), attention: count('attention'), ok: count('ok') })}
            {'; '}
            {fill(words.took, { duration: formatDuration(Math.max(1000, examined.tookMs), locale) })}
            {examined.full ? `. ${words.wasWhole}` : '.'}
          </p>
        )}
        {looking === undefined ? (
          <>
            <div class="button-row">
              <DeedButton desk={desk} deed="look" kind="main">
                {words.again}
              </DeedButton>
              <DeedButton desk={desk} deed="whole">
                {words.whole}
              </DeedButton>
            </div>
            <p class="muted">{words.wholeHelp}</p>
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const machineStats = (machine: Machine, desk: Desk): readonly Stat[] => {
  const words = wordsOf(desk)
  const { cpuShare, memoryUsedShare, diskUsedShare, temperatureC, clockSure, upSec } = machine
  return [
    { id: 'cpu', label: words.cpu, value: percent(cpuShare, desk) },
    { id: 'memory', label: words.memory, value: percent(memoryUsedShare, desk) },
    ...(diskUsedShare === undefined ? [] : [{ id: 'disk', label: words.disk, value: percent(diskUsedShare, desk) }]),
    ...(temperatureC === undefined
      ? []
      : [{ id: 'temperature', label: words.temperature, value: `${formatNumber(temperatureC, desk.locale)} °C` }]),
    { id: 'clock', label: words.clock, value: clockSure ? words.clockSure : words.clockUnsure },
    { id: 'up', label: words.upFor, value: formatDuration(upSec * 1000, desk.locale) },
  ]
}

const columns = (desk: Desk): readonly Column<Hour>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  const figure = (id: string, head: string, value: (hour: Hour) => string): Column<Hour> => ({
    id,
    head,
    width: 's',
    figures: true,
    value,
  })
  return [
    { id: 'hour', head: words.hour, width: 's', card: 'title', value: ({ at }) => formatTimeOfDay(at, locale) },
    figure('cpu', words.cpu, ({ cpuShare }) => percent(cpuShare, desk)),
    figure('memory', words.memory, ({ memoryUsedShare }) => percent(memoryUsedShare, desk)),
    figure('temperature', words.temperature, ({ temperatureC }) =>
      temperatureC === undefined ? UNKNOWN : `${formatNumber(temperatureC, locale)} °C`,
    ),
    figure('logins', words.loginsPerSec, ({ loginsPerSec }) => formatPerSec(loginsPerSec, locale)),
    figure('accounting', words.accountingPerSec, ({ accountingPerSec }) => formatPerSec(accountingPerSec, locale)),
  ]
}

const Day = ({ hours, desk }: { hours: readonly Hour[]; desk: Desk }) => {
  const words = wordsOf(desk)
  const most = Math.max(...hours.map(({ cpuShare }) => cpuShare ?? 0))
  const scale = fill(words.dayScale, { most: percent(most, desk) })
  return (
    <Panel title={words.day}>
      <PanelBody>
        {hours.length === 0 ? (
          <p class="muted">{words.dayNone}</p>
        ) : (
          <>
            <p class="legend">
              <span class="muted">{scale}</span>
            </p>
            <Bars
              title={`${words.day}. ${scale}`}
              bars={hours.map(({ at, cpuShare }) => ({
                label: `${formatTimeOfDay(at, desk.locale)}: ${percent(cpuShare, desk)}`,
                parts: [(cpuShare ?? 0) * 100],
              }))}
              classes={['count']}
            />
            <details class="more">
              <summary>{words.figures}</summary>
              <Table
                name="hours"
                caption={words.day}
                columns={columns(desk)}
                rows={hours.toReversed()}
                rowKey={({ at }) => String(at)}
              />
            </details>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}

const tell = async (desk: DoingDesk, name: string, input: object = {}): Promise<Done> => {
  const asked = await desk.box<unknown>(name, input)
  return asked.ok ? { go: HERE } : { fault: asked.error }
}

const Support = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.support}>
      <PanelBody>
        <p>{words.supportBody}</p>
        <DeedButton desk={desk} deed="support">
          {words.supportMake}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

const support = async (desk: DoingDesk): Promise<Done> => {
  const made = await desk.box<SupportBundle>('support.bundle', {})
  if (!made.ok) return { fault: made.error }
  const { name, zip } = made.value
  return { file: { name, type: 'application/zip', body: new Uint8Array(Buffer.from(zip, 'base64')) } }
}

const healthPage = definePage({
  path: HERE,
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const state = orThrow(await desk.box<HealthState>('doctor.show', {}))
    const bench = orThrow(await desk.box<BenchState>('bench.show', {}))
    const isWaitedFor = state.looking !== undefined || bench.running !== undefined
    return {
      title: words.title,
      ...(isWaitedFor && { refreshSec: LOOK_AGAIN_SEC }),
      content: (
        <>
          <PageHead title={words.title} beside={<span class="muted">{words.lead}</span>} />
          <RefusedNote desk={desk} />
          <StatStrip stats={machineStats(state.machine, desk)} label={words.now} />
          <Look state={state} desk={desk} />
          {state.examined === undefined ? null : <Checks examined={state.examined} desk={desk} />}
          <Day hours={state.hours} desk={desk} />
          <CeilingPanel state={bench} desk={desk} />
          {desk.may(SUPPORT) ? <Support desk={desk} /> : null}
        </>
      ),
    }
  },
  deeds: {
    measure: { permission: MEASURE, run: (desk) => tell(desk, 'bench.start') },
    stop: { permission: MEASURE, run: (desk) => tell(desk, 'bench.stop') },
    look: { permission: 'sessions.read', run: (desk) => tell(desk, 'doctor.look') },
    support: { permission: SUPPORT, run: support },
    whole: { permission: 'sessions.read', run: (desk) => tell(desk, 'doctor.look', { full: true }) },
  },
})

export const healthPages: readonly DeskPage[] = [healthPage]

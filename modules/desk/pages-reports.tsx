import {
  definePage,
  EmptyState,
  fill,
  counted,
  formatBytes,
  formatDuration,
  formatNumber,
  formatRate,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  StatStrip,
  Table,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { heaviestIn, topOfDays, topUsers, usageByPlan, usageHoursOfAll, type Moved } from '../sessions/index.ts'
import { askedRange, Chart, dayLabel, RangeForm, ReportTabs, Who, wordsOf, type ChartBar } from './report-parts.tsx'
import { daysIn, hourOfDay, type TimeRange } from './time-range.ts'
import { byDay, byHour, peakHours, totalOf, type Hour, type PeakHour, type Period } from './usage-figures.ts'

const DAY_MS = 86_400_000
/** Up to this long a stretch is drawn by the hour. */
const BY_HOUR_MS = 2 * DAY_MS
const DAYS_MAX = 92
const TOP_ROWS = 20
/** Of each piece so many are looked at once more over the whole stretch. */
const CANDIDATES = 50

type Range = Pick<TimeRange, 'fromAt' | 'toAt'>

/** A stretch cut at each midnight of UTC, each piece with the day that it is of. */
const piecesByDay = ({ fromAt, toAt }: Range): readonly (Range & { readonly dayAt: number })[] => {
  const found: (Range & { readonly dayAt: number })[] = []
  for (let at = fromAt; at < toAt;) {
    const dayAt = at - (at % DAY_MS)
    const end = Math.min(toAt, dayAt + DAY_MS)
    found.push({ dayAt, fromAt: at, toAt: end })
    at = end
  }
  return found
}

/** The stretch that is asked for, up to now, and no longer than reports reach. */
const reportRange = (range: TimeRange, now: number): Range & { readonly isCut: boolean } => {
  // The hour that has just begun is in it.
  const toAt = Math.min(range.toAt, now + 1)
  const earliest = toAt - DAYS_MAX * DAY_MS
  return { fromAt: Math.max(range.fromAt, earliest), toAt, isCut: range.fromAt < earliest }
}

/** What the queries are asked for. */
const spanOf = ({ fromAt, toAt }: Range) => ({ fromAt, toAt })
const NO_HOURS: ResultOf<typeof usageHoursOfAll> = { hours: [], isWhole: true }
const NO_PLANS: ResultOf<typeof usageByPlan> = { plans: [], isWhole: true }

const movedOf = ({ inputOctets, outputOctets }: Moved): number => inputOctets + outputOctets

const movedColumns = <Row extends Moved>(desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  const octets = (id: string, head: string, value: (row: Row) => number): Column<Row> => ({
    id,
    head,
    width: 's',
    figures: true,
    value: (row) => formatBytes(value(row), locale),
  })
  return [
    octets('down', words.down, ({ outputOctets }) => outputOctets),
    octets('up', words.up, ({ inputOctets }) => inputOctets),
    octets('total', words.total, movedOf),
    {
      id: 'online',
      head: words.online,
      width: 'm',
      figures: true,
      value: ({ sessionTimeSec }) => formatDuration(sessionTimeSec * 1000, locale),
    },
  ]
}

const Totals = ({ desk, total }: { desk: Desk; total: Moved }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const stats = [
    { id: 'down', label: words.down, value: formatBytes(total.outputOctets, locale) },
    { id: 'up', label: words.up, value: formatBytes(total.inputOctets, locale) },
    { id: 'total', label: words.total, value: formatBytes(movedOf(total), locale) },
    { id: 'online', label: words.online, value: formatDuration(total.sessionTimeSec * 1000, locale) },
  ]
  return <StatStrip label={words.total} stats={stats} />
}

const two = (hour: number): string => String(hour).padStart(2, '0')

const UsageChart = ({ desk, hours, range }: { desk: Desk; hours: readonly Hour[]; range: Range }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const isByHour = range.toAt - range.fromAt <= BY_HOUR_MS
  const periods = isByHour ? byHour(hours, range) : byDay(hours, range, locale.timeZone)
  const labelOf = ({ key }: Period) =>
    isByHour ? `${two(hourOfDay(Number(key), locale.timeZone))}:00` : dayLabel(key, desk)
  const bars = periods.map((period): ChartBar => {
    const [down, up] = [formatBytes(period.outputOctets, locale), formatBytes(period.inputOctets, locale)]
    const label = labelOf(period)
    return {
      label,
      says: `${label}: ${words.down} ${down}, ${words.up} ${up}`,
      parts: [period.outputOctets, period.inputOctets],
    }
  })
  const most = periods.reduce((best, each) => (movedOf(each) > movedOf(best) ? each : best))
  const title = isByHour ? words.byHour : words.byDay
  return (
    <Panel title={title}>
      <PanelBody>
        <Chart
          desk={desk}
          title={title}
          bars={bars}
          legend={[
            ['down', words.down],
            ['up', words.up],
          ]}
          scale={fill(words.most, { value: formatBytes(movedOf(most), locale), when: labelOf(most) })}
          columns={[
            { id: 'when', head: isByHour ? words.hour : words.day, width: 'm', card: 'title', value: labelOf },
            ...movedColumns<Period>(desk),
          ]}
          rows={periods}
          rowKey={({ key }) => key}
        />
      </PanelBody>
    </Panel>
  )
}

const peakColumns = (desk: Desk): readonly Column<PeakHour>[] => {
  const words = wordsOf(desk)
  const { locale } = desk
  return [
    { id: 'hour', head: words.hour, width: 'm', card: 'title', value: ({ hour }) => `${two(hour)}:00` },
    {
      id: 'online',
      head: words.onlineAtOnce,
      width: 'm',
      figures: true,
      value: ({ online }) => onlineText(online, desk),
    },
    { id: 'down', head: words.down, width: 'm', figures: true, value: (row) => formatRate(row.downKbps, locale) },
    { id: 'up', head: words.up, width: 'm', figures: true, value: (row) => formatRate(row.upKbps, locale) },
  ]
}

/** Averages of a small site are below ten. */
const onlineText = (online: number, { locale }: Desk): string =>
  online > 0 && online < 9.95 ? locale.tenths.format(online) : formatNumber(online, locale)

const PeakCharts = ({ desk, hours, range }: { desk: Desk; hours: readonly Hour[]; range: Range }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const peaks = peakHours(hours, range, locale.timeZone)
  const days = counted(words.days, daysIn(range, locale.timeZone).length, locale)
  const note = fill(words.average, { days })
  const chart = { desk, columns: peakColumns(desk), rows: peaks, rowKey: ({ hour }: PeakHour) => String(hour) }
  const mostBy = (value: (peak: PeakHour) => number) => peaks.reduce((a, b) => (value(b) > value(a) ? b : a))
  const [online, speed] = [mostBy((peak) => peak.online), mostBy((peak) => peak.downKbps + peak.upKbps)]
  const scale = (value: string, { hour }: PeakHour) => fill(words.most, { value, when: `${two(hour)}:00` })
  return (
    <div class="panels">
      <Panel title={words.peakOnline} note={note}>
        <PanelBody>
          <Chart
            {...chart}
            title={words.peakOnline}
            bars={peaks.map((peak) => {
              const label = `${two(peak.hour)}:00`
              return { label, says: `${label}: ${onlineText(peak.online, desk)}`, parts: [peak.online] }
            })}
            legend={[['count', words.onlineAtOnce]]}
            scale={scale(onlineText(online.online, desk), online)}
          />
        </PanelBody>
      </Panel>
      <Panel title={words.peakSpeed} note={note}>
        <PanelBody>
          <Chart
            {...chart}
            title={words.peakSpeed}
            bars={peaks.map(({ hour, downKbps, upKbps }) => {
              const label = `${two(hour)}:00`
              const says = `${label}: ${words.down} ${formatRate(downKbps, locale)}, ${words.up} ${formatRate(upKbps, locale)}`
              return { label, says, parts: [downKbps, upKbps] }
            })}
            legend={[
              ['down', words.down],
              ['up', words.up],
            ]}
            scale={scale(formatRate(speed.downKbps + speed.upKbps, locale), speed)}
          />
        </PanelBody>
      </Panel>
    </div>
  )
}

const Nothing = ({ desk }: { desk: Desk }) => (
  <section class="panel">
    <EmptyState title={wordsOf(desk).nothing}>
      <p>{wordsOf(desk).nothingBody}</p>
    </EmptyState>
  </section>
)

const Cut = ({ desk, isCut }: { desk: Desk; isCut: boolean }) =>
  isCut ? <Notice meaning="info" title={fill(wordsOf(desk).rangeCut, { n: DAYS_MAX })} /> : null

/** After an update from a release that kept no sums. */
const StillAdding = ({ desk, isWhole }: { desk: Desk; isWhole: boolean }) =>
  isWhole ? null : <Notice meaning="info" title={wordsOf(desk).stillAdding} />

export const usageReportPage = definePage({
  path: '/reports',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = askedRange(desk)
    const range = reportRange(asked.range, desk.now)
    const { hours, isWhole } = asked.fault === undefined ? await desk.ask(usageHoursOfAll, spanOf(range)) : NO_HOURS
    return {
      title: words.reports,
      content: (
        <>
          <PageHead title={words.reports} />
          <ReportTabs desk={desk} current="usage" />
          <RangeForm desk={desk} asked={asked} />
          <Cut desk={desk} isCut={range.isCut} />
          <StillAdding desk={desk} isWhole={isWhole} />
          {hours.length === 0 ? (
            <Nothing desk={desk} />
          ) : (
            <>
              <Totals desk={desk} total={totalOf(hours)} />
              <UsageChart desk={desk} hours={hours} range={range} />
              <PeakCharts desk={desk} hours={hours} range={range} />
            </>
          )}
        </>
      ),
    }
  },
})

type PlanUse = ResultOf<typeof usageByPlan>['plans'][number]
type UserUse = ResultOf<typeof topUsers>[number]

/**
 * Whoever used most of the whole is among those who used most of a day, unless fifty outdid them on each; those are
 * asked for once more over the whole stretch, and are exact. Days that are over have been looked at already.
 */
const usersOf = async (desk: Desk, range: Range): Promise<readonly UserUse[]> => {
  const candidates = new Map<string, number>()
  const add = (login: string, octets: number) => candidates.set(login, (candidates.get(login) ?? 0) + octets)
  const pieces = piecesByDay(range)
  const whole = { fromAt: pieces[0]?.dayAt ?? 0, toAt: (pieces.at(-1)?.dayAt ?? 0) + DAY_MS }
  const days = Map.groupBy(await desk.ask(topOfDays, whole), ({ dayAt }) => dayAt)
  for (const { dayAt, ...piece } of pieces) {
    const heaviest = days.get(dayAt) ?? (await desk.ask(heaviestIn, { ...piece, top: CANDIDATES }))
    for (const { login, octets } of heaviest) add(login, octets)
  }
  const heaviest = [...candidates].toSorted(([, a], [, b]) => b - a)
  const logins = heaviest.slice(0, CANDIDATES).map(([login]) => login)
  return desk.ask(topUsers, { ...spanOf(range), top: TOP_ROWS, logins })
}

const PlansPanel = ({ desk, plans }: { desk: Desk; plans: readonly PlanUse[] }) => {
  const words = wordsOf(desk)
  const all = Math.max(1, movedOf(totalOf(plans)))
  const name = ({ plan }: PlanUse) => (plan === '' ? words.noPlan : plan)
  return (
    <Panel title={words.byPlan}>
      <Table
        name="plans"
        caption={words.byPlan}
        columns={[
          {
            id: 'plan',
            head: words.plan,
            width: 'l',
            card: 'title',
            value: name,
            render: (row) => <UserText text={name(row)} />,
          },
          ...movedColumns<PlanUse>(desk),
          {
            id: 'share',
            head: words.share,
            width: 'm',
            figures: true,
            value: (row) => `${desk.locale.whole.format((movedOf(row) / all) * 100)} %`,
          },
        ]}
        rows={plans}
        rowKey={({ plan }) => plan}
      />
    </Panel>
  )
}

const userName = ({ login, voucherTail }: UserUse): string => (voucherTail === null ? login : `voucher …${voucherTail}`)

const UsersPanel = ({ desk, users }: { desk: Desk; users: readonly UserUse[] }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.topUsers}>
      <Table
        name="users"
        caption={words.topUsers}
        columns={[
          {
            id: 'login',
            head: words.person,
            width: 'l',
            card: 'title',
            value: userName,
            render: (row) => (
              <Who desk={desk} login={userName(row)} service={row.voucherTail === null ? row.login : null} />
            ),
          },
          {
            id: 'plan',
            head: words.plan,
            width: 'm',
            value: ({ plan }) => plan ?? words.noPlan,
            render: ({ plan }) => <UserText text={plan ?? words.noPlan} />,
          },
          ...movedColumns<UserUse>(desk),
        ]}
        rows={users}
        rowKey={(row) => String(users.indexOf(row))}
      />
    </Panel>
  )
}

export const plansReportPage = definePage({
  path: '/reports/plans',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = askedRange(desk)
    const range = reportRange(asked.range, desk.now)
    const { plans, isWhole } = asked.fault === undefined ? await desk.ask(usageByPlan, spanOf(range)) : NO_PLANS
    return {
      title: words.plans,
      content: (
        <>
          <PageHead title={words.reports} />
          <ReportTabs desk={desk} current="plans" />
          <RangeForm desk={desk} asked={asked} />
          <Cut desk={desk} isCut={range.isCut} />
          <StillAdding desk={desk} isWhole={isWhole} />
          {plans.length === 0 ? <Nothing desk={desk} /> : <PlansPanel desk={desk} plans={plans} />}
        </>
      ),
    }
  },
})

export const usersReportPage = definePage({
  path: '/reports/users',
  permission: 'sessions.read',
  async show(desk) {
    const words = wordsOf(desk)
    const asked = askedRange(desk)
    const range = reportRange(asked.range, desk.now)
    const users = asked.fault === undefined ? await usersOf(desk, range) : []
    return {
      title: words.topUsers,
      content: (
        <>
          <PageHead title={words.reports} />
          <ReportTabs desk={desk} current="topUsers" />
          <RangeForm desk={desk} asked={asked} />
          <Cut desk={desk} isCut={range.isCut} />
          {users.length === 0 ? <Nothing desk={desk} /> : <UsersPanel desk={desk} users={users} />}
        </>
      ),
    }
  },
})

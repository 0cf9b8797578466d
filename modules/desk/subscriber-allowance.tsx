/** What a subscriber may still use, more of it, and the devices that take its slots. */
import {
  Button,
  DeedButton,
  Facts,
  Field,
  Form,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  Panel,
  PanelBody,
  valuesFor,
  type Desk,
  type DoingDesk,
  type Done,
  type Fact,
} from '@lango/kernel/ui'
import { parseDurationMs, parseSizeBytes } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { freeDevice, topUp } from '../access/index.ts'
import { showAllowance } from '../sessions/index.ts'
import { subscriberHref } from './links.ts'
import { wordsOf } from './words.ts'

export type Allowance = ResultOf<typeof showAllowance>

export const allowanceOf = (desk: Desk, login: string): Promise<Allowance> =>
  desk.ask(showAllowance, { login, at: desk.now, timeZone: desk.locale.timeZone })

type Measure = NonNullable<NonNullable<Allowance>['octets']>

/** What is not there (nothing rolled over, nothing over) says nothing. */
const measureFacts = (
  desk: Desk,
  name: string,
  measure: Measure,
  format: (value: number) => string,
): readonly Fact[] => {
  const words = wordsOf(desk)
  const parts = [
    [words.used, measure.used],
    [words.rolledOver, measure.rolledOver],
    [words.toppedUp, measure.toppedUp],
    [words.over, measure.over],
  ] as const
  return [
    [`${name}: ${words.left.toLowerCase()}`, format(measure.left)],
    ...parts
      .filter(([, value], at) => at === 0 || value > 0)
      .map(([what, value]) => [`${name}: ${what.toLowerCase()}`, format(value)] as const),
  ]
}

const TopUpForm = ({ desk, allowance }: { desk: Desk; allowance: NonNullable<Allowance> }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'topUp')
  const isData = allowance.octets !== null || allowance.fairUse !== null
  return (
    <Form action={desk.here} deed="topUp" once={desk.once()} inline>
      {isData ? (
        <Field
          locale={desk.locale}
          label={words.topUpData}
          name="octets"
          value={form.value('octets')}
          help={words.topUpDataHelp}
          bare
          {...form.error('octets')}
        />
      ) : null}
      {allowance.sec === null ? null : (
        <Field
          locale={desk.locale}
          label={words.topUpTime}
          name="sec"
          value={form.value('sec')}
          help={words.topUpTimeHelp}
          bare
          {...form.error('sec')}
        />
      )}
      <Button>{words.topUp}</Button>
    </Form>
  )
}

/** Nothing where nothing is limited. */
export const AllowancePanel = ({ desk, allowance }: { desk: Desk; allowance: Allowance }) => {
  if (!allowance || (allowance.octets === null && allowance.sec === null && allowance.fairUse === null)) return null
  const words = wordsOf(desk)
  const { locale } = desk
  const at = (instant: number | null): string => (instant === null ? '' : formatExact(instant, locale))
  const { octets, sec, periodFromAt, nextResetAt } = allowance
  return (
    <Panel title={words.allowance}>
      <PanelBody>
        <Facts
          facts={[
            ...(octets ? measureFacts(desk, words.data, octets, (value) => formatBytes(value, locale)) : []),
            ...(sec ? measureFacts(desk, words.time, sec, (value) => formatDuration(value * 1000, locale)) : []),
            ...(periodFromAt === null ? [] : [[words.period, at(periodFromAt)] as const]),
            ...(nextResetAt === null ? [] : [[words.resetsAt, at(nextResetAt)] as const]),
          ]}
        />
        {desk.may('subscribers.write') ? <TopUpForm desk={desk} allowance={allowance} /> : null}
      </PanelBody>
    </Panel>
  )
}

/** Devices that hold the login for themselves; taking one off makes room for another. */
export const DevicesPanel = ({ desk, devices }: { desk: Desk; devices: readonly string[] }) => {
  const words = wordsOf(desk)
  return devices.length === 0 ? null : (
    <Panel title={words.boundDevices}>
      <ul class="lines">
        {devices.map((device) => (
          <li key={device} class="line-row">
            <span>{formatMac(device)}</span>
            {desk.may('subscribers.write') ? (
              <DeedButton desk={desk} deed="freeDevice" fields={{ device }}>
                {words.freeDevice}
              </DeedButton>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

export const topUpDeed = {
  permission: 'subscribers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const words = wordsOf(desk)
    const { fields } = desk
    const login = desk.param('login')
    const [size, time] = [fields.get('octets').trim(), fields.get('sec').trim()]
    const octets = size === '' ? undefined : parseSizeBytes(size)
    const ms = time === '' ? undefined : parseDurationMs(time)
    if (octets === undefined && ms === undefined)
      return { problems: { [fields.has('octets') ? 'octets' : 'sec']: words.topUpNothing } }
    if (octets && !octets.ok) return { problems: { octets: words.topUpFault } }
    if (ms && !ms.ok) return { problems: { sec: words.topUpTimeFault } }
    const done = await desk.tell(topUp, {
      login,
      ...(octets ? { octets: octets.value } : {}),
      ...(ms ? { sec: Math.floor(ms.value / 1000) } : {}),
    })
    return done.ok ? { go: `${subscriberHref(login)}?said=topped` } : { fault: done.error }
  },
}

export const freeDeviceDeed = {
  permission: 'subscribers.write',
  async run(desk: DoingDesk): Promise<Done> {
    const login = desk.param('login')
    const done = await desk.tell(freeDevice, { login, device: desk.fields.get('device') || '-' })
    return done.ok ? { go: `${subscriberHref(login)}?said=freed` } : { fault: done.error }
  },
}

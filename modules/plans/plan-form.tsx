import { durationText, rateText, sizeText, speedText } from '@lango/kernel'
import {
  Button,
  Check,
  currencySign,
  Field,
  FieldGroup,
  fill,
  Fold,
  Form,
  LinkButton,
  RefusedNote,
  Select,
  valuesFor,
  type Desk,
} from '@lango/kernel/ui'
import { INTERIM_SEC_DEFAULT, serviceKinds, type Policy } from '../access/index.ts'
import { clocks, expiries, idleSecOf, quotaPeriods, secondsText, TIERS_MAX, WINDOWS_MAX } from './plan-reading.ts'
import { selfRegistrations } from './rules.ts'
import { clockWords, dayText, periodWord, selfWords, weekdays, type Plan } from './plan-text.ts'
import { planWords, type PlanWords } from './words.ts'

type Typed = Readonly<Record<string, string>>

const speedOrNone = (speed: { readonly downKbps: number; readonly upKbps: number }): string =>
  speed.downKbps === 0 && speed.upKbps === 0 ? '' : speedText(speed)

/** An amount without its sign, as the field takes it back: 1,500.00. */
const amountText = ({ priceMinor, currency }: Plan): string => {
  if (priceMinor === 0) return ''
  const { maximumFractionDigits: decimals = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return (priceMinor / 10 ** decimals).toLocaleString('en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })
}

const tierFields = (tiers: Policy['fairUse'] = []): Typed =>
  Object.fromEntries(
    tiers.flatMap((tier, at) => [
      [`tierAfter${at}`, sizeText(tier.afterOctets)],
      [`tierSpeed${at}`, speedText(tier)],
    ]),
  )

const windowFields = (windows: Policy['windows'] = []): Typed =>
  Object.fromEntries(
    windows.flatMap(({ from, to, downKbps, upKbps }, at) => [
      [`windowFrom${at}`, from],
      [`windowTo${at}`, to],
      [`windowSpeed${at}`, downKbps === undefined || upKbps === undefined ? '' : speedText({ downKbps, upKbps })],
    ]),
  )

const burstFields = (burst: Policy['burst']): Typed =>
  burst === undefined
    ? {}
    : {
        burst: speedText(burst),
        burstUnder: speedText({ downKbps: burst.thresholdDownKbps, upKbps: burst.thresholdUpKbps }),
        burstTime: durationText(burst.timeSec),
      }

const expiryFields = (onExpiry: Policy['onExpiry']): Typed => {
  if (onExpiry.kind === 'reject') return {}
  const common = { expired: onExpiry.kind, expiredSpeed: rateText(onExpiry.kbps) }
  return onExpiry.kind === 'pool' ? { ...common, expiredPool: onExpiry.pool } : { ...common, expiredUrl: onExpiry.url }
}

const routerFields = ({ policy, kind }: Plan): Typed => ({
  ...burstFields(policy.burst),
  priority: String(policy.priority ?? ''),
  sessionTime: secondsText(policy.sessionTimeoutSec),
  idleTime: policy.idleTimeoutSec === idleSecOf(kind) ? '' : durationText(policy.idleTimeoutSec),
  interim: policy.interimSec === INTERIM_SEC_DEFAULT ? '' : durationText(policy.interimSec),
  pool: policy.pool ?? '',
  ipv6Pool: policy.ipv6Pool ?? '',
  delegatedPool: policy.delegatedIpv6Pool ?? '',
  vlan: String(policy.vlan ?? ''),
  group: policy.group ?? '',
  addressList: policy.addressList ?? '',
  redirectUrl: policy.redirectUrl ?? '',
  ...expiryFields(policy.onExpiry),
})

/** A plan as its form shows it. */
const typedOf = (plan: Plan): Typed => ({
  name: plan.name,
  kind: plan.kind,
  speed: speedOrNone(plan.policy),
  price: amountText(plan),
  validity: secondsText(plan.validitySec),
  data: plan.quotaOctets === null ? '' : sizeText(plan.quotaOctets),
  time: secondsText(plan.quotaSec),
  clock: plan.policy.clock ?? 'wall',
  period: plan.policy.quotaPeriod ?? 'none',
  rollover: plan.policy.rolloverOctets === undefined ? '' : sizeText(plan.policy.rolloverOctets),
  selfRegistration: plan.selfRegistration,
  devices: plan.policy.deviceLimit === 0 ? '' : String(plan.policy.deviceLimit),
  ...tierFields(plan.policy.fairUse),
  ...windowFields(plan.policy.windows),
  ...routerFields(plan),
})

type Filling = {
  readonly desk: Desk
  readonly words: PlanWords
  readonly value: (name: string) => string
  readonly days: (at: number) => readonly string[]
  readonly isBound: boolean
  readonly bindsSerial: boolean
  readonly error: (name: string) => { error?: string }
}

/** What stands in the fields: what was typed when it was refused, else the plan. */
const fillingOf = (desk: Desk, deed: string, plan: Plan | undefined): Filling => {
  const form = valuesFor(desk, deed)
  const typed: Typed = plan === undefined ? { devices: '1' } : typedOf(plan)
  const refused = desk.refused?.deed === deed ? desk.refused.fields : undefined
  return {
    desk,
    words: planWords[desk.locale.lang],
    value: (name) => form.value(name, typed[name] ?? ''),
    days: (at) => refused?.all(`windowDays${at}`) ?? plan?.policy.windows?.[at]?.days.map(String) ?? [],
    isBound: refused?.has('bind') ?? plan?.policy.bindDevices === 'first',
    bindsSerial: refused?.has('bindSerial') ?? plan?.policy.bindSerial === 'first',
    error: (name) => form.error(name),
  }
}

type LineProps = {
  filling: Filling
  name: string
  label: string
  help?: string
  unit?: string
  required?: boolean
  type?: 'time'
}

const Line = ({ filling, name, ...rest }: LineProps) => (
  <Field locale={filling.desk.locale} name={name} value={filling.value(name)} {...rest} {...filling.error(name)} />
)

const Basics = ({ filling, currency }: { filling: Filling; currency: string }) => {
  const { words } = filling
  const kinds = ['hotspot', ...serviceKinds.filter((kind) => kind !== 'hotspot')] as const
  return (
    <>
      <Line filling={filling} name="name" label={words.name} help={words.nameHelp} required />
      <Select
        label={words.kind}
        name="kind"
        value={filling.value('kind')}
        options={kinds.map((kind) => ({ value: kind, label: words[kind] }))}
      />
      <Line filling={filling} name="speed" label={words.speed} help={words.speedHelp} />
      <Line filling={filling} name="price" label={words.price} help={words.priceHelp} unit={currencySign(currency)} />
      <Line filling={filling} name="validity" label={words.validity} help={words.validityHelp} />
      <Select
        label={words.clock}
        name="clock"
        value={filling.value('clock')}
        options={clocks.map((value) => ({ value, label: words[clockWords[value]] }))}
        {...filling.error('clock')}
      />
      <Line filling={filling} name="devices" label={words.devices} help={words.devicesHelp} />
      <Check label={words.bind} name="bind" checked={filling.isBound} />
      <Check label={words.bindSerial} name="bindSerial" checked={filling.bindsSerial} />
      <Line filling={filling} name="data" label={words.data} help={words.dataHelp} />
      <Line filling={filling} name="time" label={words.time} help={words.timeHelp} />
      <Select
        label={words.period}
        name="period"
        value={filling.value('period')}
        options={quotaPeriods.map((value) => ({ value, label: words[periodWord(value)] }))}
        {...filling.error('period')}
      />
      <Line filling={filling} name="rollover" label={words.rollover} help={words.rolloverHelp} />
      <Select
        label={words.selfRegistration}
        name="selfRegistration"
        value={filling.value('selfRegistration')}
        options={selfRegistrations.map((value) => ({ value, label: words[selfWords[value]] }))}
        help={words.selfHelp}
        {...filling.error('selfRegistration')}
      />
    </>
  )
}

/** Those that are filled in, and one more. */
const slots = (filling: Filling, names: readonly string[], max: number): readonly number[] => {
  const isUsed = (at: number): boolean =>
    names.some((name) => filling.value(`${name}${at}`) !== '') || filling.days(at).length > 0
  const all = Array.from({ length: max }, (_, at) => at)
  const used = all.findLastIndex(isUsed)
  return all.slice(0, Math.min(used + 2, max))
}

const hasError = (filling: Filling, names: readonly string[]): boolean =>
  names.some((name) => filling.error(name).error !== undefined)

const FairUse = ({ filling }: { filling: Filling }) => {
  const { words } = filling
  const shown = slots({ ...filling, days: () => [] }, ['tierAfter', 'tierSpeed'], TIERS_MAX)
  return (
    <Fold title={words.fairUse} note={words.fairUseNote} open={shown.length > 1 || hasError(filling, ['tierAfter0'])}>
      <p class="muted">{words.clearHelp}</p>
      {shown.map((at) => (
        <FieldGroup key={at} title={fill(words.tier, { n: at + 1 })}>
          <Line filling={filling} name={`tierAfter${at}`} label={words.tierAfter} />
          <Line filling={filling} name={`tierSpeed${at}`} label={words.tierSpeed} />
        </FieldGroup>
      ))}
    </Fold>
  )
}

const Days = ({ filling, at }: { filling: Filling; at: number }) => {
  const { words } = filling
  const { error } = filling.error(`windowDays${at}`)
  return (
    <fieldset class="checks" aria-describedby={error === undefined ? undefined : `windowDays${at}-error`}>
      <legend>{words.days}</legend>
      {weekdays.map((day) => (
        <Check
          key={day}
          label={dayText(day, words)}
          name={`windowDays${at}`}
          value={String(day)}
          checked={filling.days(at).includes(String(day))}
        />
      ))}
      {error === undefined ? null : (
        <p class="field-error status status-stopped" id={`windowDays${at}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  )
}

const Windows = ({ filling }: { filling: Filling }) => {
  const { words } = filling
  const shown = slots(filling, ['windowFrom', 'windowTo', 'windowSpeed'], WINDOWS_MAX)
  return (
    <Fold title={words.windows} note={words.windowsNote} open={shown.length > 1}>
      <p class="muted">{words.windowsHelp}</p>
      <p class="muted">{words.clearHelp}</p>
      {shown.map((at) => (
        <FieldGroup key={at} title={fill(words.window, { n: at + 1 })}>
          <Days filling={filling} at={at} />
          <Line filling={filling} name={`windowFrom${at}`} label={words.from} type="time" />
          <Line filling={filling} name={`windowTo${at}`} label={words.to} help={words.toHelp} type="time" />
          <Line filling={filling} name={`windowSpeed${at}`} label={words.windowSpeed} />
        </FieldGroup>
      ))}
    </Fold>
  )
}

const routerLines = [
  ['burst', 'burst', 'burstHelp'],
  ['burstUnder', 'burstUnder', 'burstUnderHelp'],
  ['burstTime', 'burstTime', 'burstTimeHelp'],
  ['priority', 'priority', 'priorityHelp'],
  ['sessionTime', 'sessionTime', 'sessionTimeHelp'],
  ['idleTime', 'idleTime', 'idleTimeHelp'],
  ['interim', 'interim', 'interimHelp'],
  ['pool', 'pool', 'poolHelp'],
  ['ipv6Pool', 'ipv6Pool', 'poolHelp'],
  ['delegatedPool', 'delegatedPool', 'poolHelp'],
  ['vlan', 'vlan', 'vlanHelp'],
  ['group', 'group', 'groupHelp'],
  ['addressList', 'addressList', 'addressListHelp'],
] as const
const expiredLines = ['expiredPool', 'expiredUrl', 'expiredSpeed'] as const

const RouterTerms = ({ filling }: { filling: Filling }) => {
  const { words } = filling
  const names = [...routerLines.map(([name]) => name), 'redirectUrl', ...expiredLines]
  const isUsed = names.some((name) => filling.value(name) !== '') || hasError(filling, names)
  const expiredWords = { reject: words.expiredReject, pool: words.expiredPool, redirect: words.expiredRedirect }
  return (
    <Fold title={words.network} note={words.networkNote} open={isUsed}>
      {routerLines.map(([name, label, help]) => (
        <Line key={name} filling={filling} name={name} label={words[label]} help={words[help]} />
      ))}
      <Line filling={filling} name="redirectUrl" label={words.redirectUrl} />
      <Select
        label={words.expired}
        name="expired"
        value={filling.value('expired')}
        options={expiries.map((value) => ({ value, label: expiredWords[value] }))}
      />
      <Line filling={filling} name="expiredPool" label={words.expiredPoolName} help={words.poolHelp} />
      <Line filling={filling} name="expiredUrl" label={words.expiredUrl} />
      <Line filling={filling} name="expiredSpeed" label={words.expiredSpeed} help={words.expiredSpeedHelp} />
    </Fold>
  )
}

type PlanFormProps = {
  desk: Desk
  deed: 'add' | 'save'
  /** What stands in it at first. */
  plan: Plan | undefined
  currency: string
  back: string
}

export const PlanForm = ({ desk, deed, plan, currency, back }: PlanFormProps) => {
  const filling = fillingOf(desk, deed, plan)
  const { words } = filling
  return (
    <>
      <RefusedNote desk={desk} deed={deed} />
      <Form action={desk.here} deed={deed} once={desk.once()}>
        <Basics filling={filling} currency={currency} />
        <FairUse filling={filling} />
        <Windows filling={filling} />
        <RouterTerms filling={filling} />
        <div class="button-row">
          <Button kind="main">{deed === 'add' ? words.add : words.save}</Button>
          <LinkButton href={back}>{words.cancel}</LinkButton>
        </div>
      </Form>
    </>
  )
}

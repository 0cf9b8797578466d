import {
  Ago,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatBytes,
  formatDuration,
  formatExact,
  formatMac,
  formatQuota,
  formatSpeed,
  nothingKnown,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Table,
  Tabs,
  UserText,
  visible,
  type Column,
  type Desk,
  type Fact,
  type Shown,
} from '@lango/kernel/ui'
import { placeText, stateMark, untilText, whoText, wordsOf } from './desk-parts.tsx'
import { oneVoucher } from './one.ts'
import { ChangeForms, type Voucher } from './one-forms.tsx'
import { oneDeeds } from './one-deeds.tsx'
import { voucherState, type VoucherState } from './rules.ts'
import type { VoucherWords } from './words.ts'

/** A device that was seen with a grant: what the box's sessions say. */
type DeviceSeen = {
  readonly device: string
  readonly lastAt: number
  readonly octets: number
  readonly online: number
}
type Device = Partial<DeviceSeen> & { readonly device: string; readonly isBound: boolean }

/** Those that are bound to the voucher, and those that were seen with it. */
const devicesOf = async (desk: Desk, voucher: Voucher): Promise<readonly Device[]> => {
  const asked = desk.may('sessions.read')
    ? await desk.box<readonly DeviceSeen[]>('grants.devices', { grantNo: voucher.grantNo })
    : undefined
  const seen = asked?.ok === true ? asked.value : []
  const unseen = voucher.devices.filter((device) => !seen.some((each) => each.device === device))
  return [
    ...seen.map((each) => ({ ...each, isBound: voucher.devices.includes(each.device) })),
    ...unseen.map((device) => ({ device, isBound: true })),
  ]
}

/** Why it is in its state, in a sentence. */
const stateText = (voucher: Voucher, desk: Desk): string => {
  const words = wordsOf(desk)
  const time = (at: number | null): string => (at === null ? '' : formatExact(at, desk.locale))
  const { firstUsedAt, expiresAt, changedAt } = voucher
  const until = time(expiresAt)
  const texts: Readonly<Record<VoucherState, string>> = {
    made: words.stateMade,
    given: words.stateGiven,
    sold: words.stateSold,
    used: expiresAt === null ? words.stateUsedEndless : words.stateUsed,
    expired: firstUsedAt === null ? words.stateExpiredUnused : words.stateExpired,
    revoked: words.stateRevoked,
    away: words.stateAway,
  }
  const state = voucherState(voucher, voucher, desk.now)
  const at = time(state === 'revoked' ? changedAt : firstUsedAt)
  return fill(texts[state], { holder: visible(voucher.holder ?? ''), time: at, until })
}

const speedFact = (voucher: Voucher, words: VoucherWords): string => {
  const [own, plan] = [voucher.policy, voucher.planPolicy].map((policy) => formatSpeed(policy, words.noLimit))
  return own === plan ? own! : `${own} (${fill(words.ownSpeed, { speed: plan! })})`
}

const VoucherFacts = ({ desk, voucher }: { desk: Desk; voucher: Voucher }) => {
  const words = wordsOf(desk)
  const { policy, quotaOctets, quotaSec } = voucher
  const facts: readonly Fact[] = [
    [
      words.plan,
      desk.may('plans.read') ? (
        <a key="plan" href={`/plans/${voucher.planId}`}>
          <UserText text={voucher.plan} />
        </a>
      ) : (
        <UserText key="plan" text={voucher.plan} />
      ),
    ],
    [
      words.batch,
      <a key="batch" href={`/vouchers/${voucher.batch}`}>
        {fill(words.batchTitle, { n: voucher.batch })}
      </a>,
    ],
    [words.ends, `…${voucher.tail}`],
    [words.holder, voucher.holder === null ? '' : <UserText key="holder" text={voucher.holder} />],
    [words.firstUsed, voucher.firstUsedAt === null ? words.never : formatExact(voucher.firstUsedAt, desk.locale)],
    [words.goodUntil, untilText(voucher, words, desk.locale)],
    [words.speed, speedFact(voucher, words)],
    [words.devices, policy.deviceLimit === 0 ? words.anyNumber : String(policy.deviceLimit)],
    [words.data, quotaOctets === null ? words.noLimit : formatQuota(quotaOctets)],
    [words.time, quotaSec === null ? words.noLimit : formatDuration(quotaSec * 1000, desk.locale)],
    ...(voucher.beginsAt === null ? [] : [[words.beginsAt, formatExact(voucher.beginsAt, desk.locale)] as const]),
  ]
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <p>{stateText(voucher, desk)}</p>
        <Facts facts={facts} />
      </PanelBody>
    </Panel>
  )
}

type Step = { readonly id: string; readonly at: number; readonly what: string; readonly by: string }

/** What was done with it, by whom, in order of time. */
const stepsOf = (voucher: Voucher, words: VoucherWords): readonly Step[] => {
  const { state, changedAt, changedBy, changer, firstUsedAt } = voucher
  const steps: Step[] = [
    { id: 'made', at: voucher.madeAt, what: words.wayMade, by: whoText(voucher.madeBy, voucher.maker, words) },
  ]
  const told = (handed: 'given' | 'sold', holder: string): string =>
    fill(handed === 'given' ? words.wayGiven : words.waySold, { holder })
  for (const move of voucher.moves)
    steps.push({
      id: move.id,
      at: move.at,
      what: told(move.state, move.holder),
      by: whoText(move.by, move.mover, words),
    })
  // One that came from another box brings its state along, and not how it got there.
  const isCarried = voucher.moves.length === 0 && (state === 'given' || state === 'sold')
  if (isCarried)
    steps.push({
      id: 'carried',
      at: changedAt,
      what: told(state, voucher.holder ?? ''),
      by: whoText(changedBy, changer, words),
    })
  if (firstUsedAt !== null) steps.push({ id: 'used', at: firstUsedAt, what: words.wayUsed, by: '' })
  if (state === 'revoked')
    steps.push({ id: 'revoked', at: changedAt, what: words.wayRevoked, by: whoText(changedBy, changer, words) })
  return steps.toSorted((a, b) => a.at - b.at)
}

const Way = ({ desk, voucher }: { desk: Desk; voucher: Voucher }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.way}>
      <PanelBody>
        <ol class="chain">
          {stepsOf(voucher, words).map((step) => (
            <li key={step.id}>
              <UserText text={step.what} />
              <span class="muted">
                {formatExact(step.at, desk.locale)}
                {step.by === '' ? '' : ` ${fill(words.byWhom, { name: step.by })}`}
              </span>
            </li>
          ))}
        </ol>
      </PanelBody>
    </Panel>
  )
}

const deviceColumns = (desk: Desk): readonly Column<Device>[] => {
  const words = wordsOf(desk)
  const noteOf = ({ isBound, online = 0 }: Device): string =>
    [online > 0 ? words.online : '', isBound ? words.bound : ''].filter(Boolean).join(', ')
  return [
    {
      id: 'device',
      head: words.device,
      width: 'xl',
      card: 'title',
      digits: true,
      value: ({ device }) => formatMac(device),
      render: ({ device }) => <UserText text={formatMac(device)} />,
    },
    { id: 'note', head: words.state, width: 'l', card: 'side', value: noteOf },
    {
      id: 'seen',
      head: words.seen,
      width: 'm',
      value: ({ lastAt }) => String(lastAt ?? ''),
      render: ({ lastAt }) => (lastAt === undefined ? '' : <Ago at={lastAt} now={desk.now} locale={desk.locale} />),
    },
    {
      id: 'moved',
      head: words.moved,
      width: 'm',
      figures: true,
      value: ({ octets }) => (octets === undefined ? '' : formatBytes(octets, desk.locale)),
    },
    {
      id: 'free',
      head: '',
      width: 'l',
      value: () => '',
      render: (row) =>
        desk.may('subscribers.write') && (row.isBound || (row.online ?? 0) > 0) ? (
          <DeedButton desk={desk} deed="free" fields={{ device: row.device }}>
            {words.free}
          </DeedButton>
        ) : (
          ''
        ),
    },
  ]
}

const Devices = async ({ desk, voucher }: { desk: Desk; voucher: Voucher }) => {
  const words = wordsOf(desk)
  const devices = await devicesOf(desk, voucher)
  return (
    <Panel title={words.devicesTitle}>
      {devices.length === 0 ? (
        <EmptyState title={words.noDevices}>
          <p>{words.noDevicesBody}</p>
        </EmptyState>
      ) : (
        <Table
          name="devices"
          caption={words.devicesTitle}
          columns={deviceColumns(desk)}
          rows={devices}
          rowKey={({ device }) => device}
        />
      )}
    </Panel>
  )
}

export const noVoucher = (desk: Desk): Shown => {
  const words = wordsOf(desk)
  return nothingKnown(words.noVoucher, words.nothingBody, { href: '/vouchers', label: words.toVouchers })
}

const mayChange = (desk: Desk): boolean =>
  ['vouchers.write', 'vouchers.sell', 'vouchers.reveal', 'subscribers.write'].some((permission) => desk.may(permission))

export const voucherPage = definePage({
  path: '/vouchers/code/:id',
  permission: 'vouchers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const voucher = await desk.ask(oneVoucher, { id: desk.param('id') })
    if (!voucher) return noVoucher(desk)
    const title = fill(words.voucherTitle, { place: placeText(voucher.batch, voucher.serial) })
    const here = `/vouchers/code/${voucher.id}`
    const isChanging = mayChange(desk) && desk.search.get('tab') === 'change'
    return {
      title,
      content: (
        <>
          <PageHead title={title} beside={stateMark(voucherState(voucher, voucher, desk.now), words)} />
          <Said
            desk={desk}
            words={{
              extended: words.saidExtended,
              speed: words.saidSpeed,
              added: words.saidAdded,
              freed: words.saidFreed,
              revoked: words.saidOneRevoked,
              given: words.saidGiven,
              sold: words.saidSold,
            }}
          />
          {mayChange(desk) ? (
            <Tabs
              label={title}
              tabs={[
                { href: here, label: words.facts, current: !isChanging },
                { href: `${here}?tab=change`, label: words.change, current: isChanging },
              ]}
            />
          ) : null}
          {isChanging ? (
            <ChangeForms desk={desk} voucher={voucher} />
          ) : (
            <>
              <RefusedNote desk={desk} />
              <VoucherFacts desk={desk} voucher={voucher} />
              {await Devices({ desk, voucher })}
              <Way desk={desk} voucher={voucher} />
            </>
          )}
        </>
      ),
    }
  },
  deeds: oneDeeds,
})

/** Going online with what somebody has: handed to the router, or told what stands in the way; and how it stands then. */
import {
  Button,
  counted,
  fill,
  formatAgo,
  formatBytes,
  formatDuration,
  formatMac,
  formatSpeed,
  type Locale,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { freeDevice, handOver, spellCode } from '@lango/modules/access'
import { receiptOfGrant, walletOfGrant } from '@lango/modules/payments'
import { grantDevices, showAllowance } from '@lango/modules/sessions'
import type { Context } from 'hono'
import type { Gate } from './gate.tsx'
import { loginLink, logoutLink, throughRouter } from './hand-off.ts'
import { secLeft, type Allowance } from './left.ts'
import { Alert, GateForm, href, Page, tooMany, type View } from './page.tsx'
import { ShareBox, shareOf, type Share } from './share.tsx'
import { priceText, timeText } from './terms.ts'

type Device = ResultOf<typeof grantDevices>[number]
type PaidFrom = ResultOf<typeof walletOfGrant>
type Props = { view: View; ticket: string; allowance: Allowance; devices: readonly Device[] }
type StatusProps = Props & {
  isOnline: boolean
  isPaid: boolean
  refreshSec: number
  freed: boolean
  share: Share | undefined
  wallet: PaidFrom
}

const over = ['expired', 'quota-used', 'time-used', 'outside-hours', 'not-begun', 'suspended', 'away', 'ended'] as const
const overTitle = (reason: string, { words }: View): string => {
  const known = over.find((one) => one === reason)
  return words[`over.${known ?? 'ended'}`]
}

/** It lets nobody in now. */
const OverPage = ({ view, allowance }: { view: View; allowance: Allowance | undefined }) => {
  const { words } = view
  const reason = allowance?.reason ?? 'ended'
  const againAt = allowance?.nextWindowAt ?? null
  return (
    <Page view={view} title={overTitle(reason, view)}>
      {reason === 'outside-hours' && againAt !== null ? (
        <p class="big">{fill(words.againAt, { time: timeText(againAt, view) })}</p>
      ) : null}
      <p>{reason === 'suspended' || reason === 'away' ? words.overAsk : words.overBody}</p>
      <a class="button button-main" href={href(view, '/')}>
        {words.buyMore}
      </a>
    </Page>
  )
}

const DeviceList = ({ view, ticket, devices }: Omit<Props, 'allowance'>) => {
  const { words, locale, now, place } = view
  return (
    <ul class="offer">
      {devices.map(({ device, online, lastAt }) => (
        <li key={device} class="device">
          <p>
            <b>{formatMac(device)}</b>{' '}
            {online > 0 ? words.deviceOnline : fill(words.deviceSeen, { ago: formatAgo(lastAt, now, locale) })}
            {device === place.mac ? `, ${words.thisDevice}` : ''}
          </p>
          {online > 0 && device !== place.mac ? (
            <GateForm view={view} action={`/devices/${ticket}`}>
              <input type="hidden" name="device" value={device} />
              <Button>{words.freeDevice}</Button>
            </GateForm>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

/** As many devices are online as may be. */
const FullPage = (props: Props) => {
  const { view, allowance, devices } = props
  const { words, locale } = view
  return (
    <Page view={view} title={words.devicesFull}>
      <p>{counted(words.devicesFullBody, allowance.deviceLimit, locale)}</p>
      <DeviceList {...props} devices={devices.filter(({ online }) => online > 0)} />
    </Page>
  )
}

/** No router has sent this browser: one that stands before it is found by the link, else the code is typed by hand. */
const CodePage = ({
  view,
  login,
  password,
  ticket,
}: {
  view: View
  login: string
  password: string
  ticket: string
}) => (
  <Page view={view} title={view.words.codeTitle}>
    <p>{view.words.codeBody}</p>
    <p class="told">{login === password ? spellCode(login, '') : `${login} / ${password}`}</p>
    <p>{view.words.codeOnWifi}</p>
    <a class="button button-main" href={throughRouter(href(view, `/connect/${ticket}`))}>
      {view.words.connect}
    </a>
    <a class="button" href={href(view, `/s/${ticket}`)}>
      {view.words.timeLeftOnline}
    </a>
  </Page>
)

const leftText = (allowance: Allowance, { words, locale, now }: View): string => {
  const sec = secLeft(allowance, now)
  return sec === undefined ? words.unlimited : formatDuration(sec * 1000, locale)
}

const dataText = ({ octets }: Allowance, locale: Locale, unlimited: string): string =>
  octets ? formatBytes(octets.left, locale) : unlimited

const Facts = ({ view, allowance }: Pick<Props, 'view' | 'allowance'>) => {
  const { words, locale } = view
  return (
    <dl class="account">
      <dt>{words.timeLeftOnline}</dt>
      <dd>{leftText(allowance, view)}</dd>
      <dt>{words.dataLeft}</dt>
      <dd>{dataText(allowance, locale, words.unlimited)}</dd>
      <dt>{words.speed}</dt>
      <dd>{formatSpeed(allowance.speed, words.unlimited)}</dd>
    </dl>
  )
}

const STATUS_REFRESH_SEC = 60
/** The router says that it has let somebody in before it says that it counts for them. */
const LET_IN_REFRESH_SEC = 3
const LET_IN_MS = 15_000

/** Of the wallet that has paid for it: no more than whoever holds the ticket may know. */
const WalletNote = ({ view: { words }, wallet }: { view: View; wallet: PaidFrom }) => {
  if (!wallet) return null
  const { balanceMinor, currency, renewal } = wallet
  const amount = priceText({ amountMinor: Math.abs(balanceMinor), currency })
  return (
    <p>
      {fill(balanceMinor < 0 ? words.statusOwes : words.statusWallet, { amount })}{' '}
      {renewal === 'on' ? words.statusRenews : renewal === 'short' ? words.statusWaits : null}
    </p>
  )
}

const StatusPage = (props: StatusProps) => {
  const { view, ticket, allowance, devices, isOnline, refreshSec, freed } = props
  const { words, place } = view
  const logout = logoutLink(place)
  const { endsAt, fromFirstUseSec } = allowance
  return (
    <Page
      view={view}
      title={isOnline ? words.onlineTitle : words.readyTitle}
      refreshSec={refreshSec}
      path={`/s/${ticket}`}
    >
      {freed ? <p role="status">{words.freed}</p> : null}
      {endsAt === null || fromFirstUseSec !== null ? null : (
        <p class="big">{fill(words.until, { time: timeText(endsAt, view) })}</p>
      )}
      {isOnline ? null : (
        <a class="button button-main" href={href(view, `/connect/${ticket}`)}>
          {words.connect}
        </a>
      )}
      <Facts view={view} allowance={allowance} />
      <WalletNote view={view} wallet={props.wallet} />
      {devices.length === 0 ? null : (
        <>
          <h2>{words.devicesTitle}</h2>
          <DeviceList {...props} />
        </>
      )}
      <a class="button" href={href(view, '/')}>
        {words.buyMore}
      </a>
      {props.isPaid ? (
        <a class="button" href={href(view, `/receipt/${ticket}`)}>
          {words.receipt}
        </a>
      ) : null}
      <ShareBox view={view} share={props.share} />
      {isOnline && logout !== '' ? (
        <a class="button" href={logout}>
          {words.logOut}
        </a>
      ) : null}
    </Page>
  )
}

export class Connect {
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** On to the router, which lets the browser in. */
  async open(c: Context): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c)
    const found = await this.#find(c)
    if (typeof found === 'string') return c.redirect(href(view, found), 303)
    const { ticket, allowance, devices } = found
    if (!allowance?.isOpen) return gate.page(c, <OverPage view={view} allowance={allowance} />)
    if (isFull(allowance, devices, view)) return gate.page(c, <FullPage {...{ view, ticket, allowance, devices }} />)
    if (!gate.tries(c, 'handOvers', view.place)) {
      const page = (
        <Page view={view} title={view.words.notConnected}>
          <Alert text={tooMany(view)} />
        </Page>
      )
      return gate.page(c, page, 429)
    }
    const handed = gate.tell(c, handOver, { grantNo: allowance.grantNo })
    if (!handed.ok) return gate.page(c, <OverPage view={view} allowance={undefined} />)
    if (view.place.login === '') return gate.page(c, <CodePage {...{ view, ticket, ...handed.value }} />)
    const next = href(view, `/s/${ticket}`, c.req.query('again') === undefined ? {} : { again: '' })
    return c.redirect(loginLink(view.place, handed.value, gate.origin(c) + next), 303)
  }

  /** How it stands. */
  async status(c: Context): Promise<Response> {
    const gate = this.#gate
    const view = gate.view(c)
    const found = await this.#find(c)
    if (typeof found === 'string') return c.redirect(href(view, found), 303)
    const { ticket, allowance, devices } = found
    if (!allowance?.isOpen) return gate.page(c, <OverPage view={view} allowance={allowance} />)
    const isCounted = devices.some(
      ({ device, online }) => online > 0 && (view.place.mac === '' || device === view.place.mac),
    )
    const letInMs = gate.now - Number(c.req.query('in') ?? Number.NaN)
    const isOnline = isCounted || (letInMs >= 0 && letInMs < LET_IN_MS)
    const refreshSec = isOnline && !isCounted ? LET_IN_REFRESH_SEC : STATUS_REFRESH_SEC
    const freed = c.req.query('freed') !== undefined && !isOnline
    const isPaid = (await gate.ask(receiptOfGrant, { grantNo: allowance.grantNo })) !== undefined
    const share = isPaid ? await shareOf(gate, c, allowance.grantNo) : undefined
    const wallet = isPaid ? await gate.ask(walletOfGrant, { grantNo: allowance.grantNo }) : undefined
    const shown = { view, ticket, allowance, devices, isOnline, isPaid, refreshSec, freed, share, wallet }
    return gate.page(c, <StatusPage {...shown} />)
  }

  /** Makes room for this device. */
  async free(c: Context): Promise<Response> {
    const gate = this.#gate
    const field = await gate.fields(c)
    const place = gate.placeIn(field)
    const view = gate.view(c, place)
    const found = await this.#find(c)
    if (typeof found === 'string') return c.redirect(href(view, found), 303)
    const { ticket, allowance, devices } = found
    const isTheirs = devices.some(({ device }) => device === field('device'))
    if (allowance && isTheirs && gate.tries(c, 'handOvers', place))
      gate.tell(c, freeDevice, { grantNo: allowance.grantNo, device: field('device') })
    return c.redirect(href(view, `/s/${ticket}`, { freed: '' }), 303)
  }

  /** What the ticket in the address is worth; a path to go to for one that is worth nothing. */
  async #find(
    c: Context,
  ): Promise<string | { ticket: string; allowance: Allowance | undefined; devices: readonly Device[] }> {
    const gate = this.#gate
    const ticket = gate.ticket(c)
    if (!ticket) return '/'
    if (ticket.kind === 'wallet') return '/'
    if (ticket.kind === 'purchase') return `/pay/${c.req.param('ticket')}`
    const { grantNo } = ticket
    const [allowance, devices] = await Promise.all([
      gate.ask(showAllowance, { grantNo, at: gate.now, timeZone: gate.deps.timeZone }),
      gate.ask(grantDevices, { grantNo }),
    ])
    return { ticket: c.req.param('ticket')!, allowance, devices }
  }
}

/** Whether another device has to go first. A device that is not told cannot be told from the others. */
const isFull = ({ deviceLimit }: Allowance, devices: readonly Device[], { place }: View): boolean => {
  if (deviceLimit === 0 || place.mac === '') return false
  return devices.filter(({ device, online }) => online > 0 && device !== place.mac).length >= deviceLimit
}

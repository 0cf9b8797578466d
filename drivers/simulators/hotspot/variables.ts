/** What the names in a page stand for. */
import type { Clock } from '@lango/kernel'
import { octalText, type Variables } from './template.ts'
import type { Challenge, Host, HotspotError, HotspotSimulatorOptions, Session } from './types.ts'

export type Page = {
  readonly host: Host
  /** On the page of a logout it is over already. */
  readonly session: Session | undefined
  /** As a browser reaches the servlet: 127.0.0.1:8080. */
  readonly hostname: string
  readonly linkOrig: string
  readonly linkRedirect: string
  readonly username: string
  readonly challenge?: Challenge | undefined
  readonly error?: HotspotError | undefined
  readonly errorText?: string
}

/** `1h2m3s`, as RouterOS writes how long something takes. */
const duration = (seconds: number): string => {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  return parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('') || '0s'
}

const sessionVariables = (session: Session, nowMs: number): Readonly<Record<string, string>> => {
  const { grant, inputOctets, outputOctets } = session
  const uptimeSec = Math.floor((nowMs - session.startedAtMs) / 1000)
  const leftSec = grant.sessionTimeoutSec === undefined ? undefined : Math.max(grant.sessionTimeoutSec - uptimeSec, 0)
  const left = leftSec === undefined ? '' : duration(leftSec)
  const leftOctets = grant.totalOctetsMax === undefined ? '' : `${grant.totalOctetsMax - inputOctets - outputOctets}`
  return {
    uptime: duration(uptimeSec),
    'uptime-secs': `${uptimeSec}`,
    'session-timeout': left,
    'session-timeout-secs': `${leftSec ?? 0}`,
    'session-time-left': left,
    'session-time-left-secs': `${leftSec ?? 0}`,
    'bytes-in': `${inputOctets}`,
    'bytes-out': `${outputOctets}`,
    'bytes-in-nice': `${inputOctets} B`,
    'bytes-out-nice': `${outputOctets} B`,
    'remain-bytes-total': leftOctets,
    'login-by': session.loginBy,
  }
}

export const variablesOf = (
  page: Page,
  options: HotspotSimulatorOptions,
  clock: Pick<Clock, 'monotonicMs'>,
): Variables => {
  const { host, session, hostname, challenge } = page
  const link = (name: string): string => `http://${hostname}/${name}`
  const values: Readonly<Record<string, string>> = {
    hostname,
    identity: options.identity,
    'server-name': options.serverName,
    'server-address': hostname,
    'interface-name': options.interfaceName,
    'plain-passwd': options.loginBy.includes('http-pap') ? 'yes' : 'no',
    'ssl-login': 'no',
    'link-login-only': link('login'),
    'link-login': `${link('login')}?dst=${encodeURIComponent(page.linkOrig)}`,
    'link-logout': link('logout'),
    'link-status': link('status'),
    'link-orig': page.linkOrig,
    'link-redirect': page.linkRedirect,
    mac: host.mac,
    ip: host.ip,
    'host-ip': host.address,
    'logged-in': host.session === undefined ? 'no' : 'yes',
    username: page.username,
    trial: 'no',
    'session-timeout-secs': '0',
    'chap-id': challenge === undefined ? '' : octalText(Buffer.of(challenge.id)),
    'chap-challenge': challenge === undefined ? '' : octalText(challenge.octets),
    error: page.errorText ?? '',
    'error-orig': page.error?.orig ?? '',
    ...(session && sessionVariables(session, clock.monotonicMs())),
  }
  return (name) => (Object.hasOwn(values, name) ? values[name]! : '')
}

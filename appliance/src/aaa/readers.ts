/** Prepared look-ups of the AAA threads. Read-only connections: there is no cache of policy that could be stale. */
import type Database from 'better-sqlite3'
import {
  codesEndingAlike,
  type Allowance,
  type Calendar,
  type CodeShape,
  type Policy,
} from '@lango/modules/access/rules'
import { defaultSettings, type Retention } from '@lango/modules/settings/rules'
import type { GrantRow } from './decide.ts'
import { ANY_NEW_DEVICE } from './housekeeping.ts'
import type { SessionGrant } from './session-store.ts'
import type { SharedState } from './shared-state.ts'
import { allowancesFrom, type Allowances } from './usage.ts'

type Given = Pick<SessionGrant, 'speed' | 'timeoutSec'>

/**
 * Class carries the grant's number, so that accounting follows the identity that was checked, not the outer one; the
 * speed that was given, where it is not the plan's own; and how long the session may last by what the NAS was told.
 */
const CLASS_PREFIX = 'lango:'
export const classOf = (grantNo: number, { speed, timeoutSec }: Given): string =>
  `${CLASS_PREFIX}${grantNo.toString(36)}${speed ? `.${speed.downKbps}.${speed.upKbps}` : ''}${timeoutSec === undefined ? '' : `:${timeoutSec.toString(36)}`}`

/** What a router reports of a login to itself is no subscriber's, whatever the name. */
export const ADMIN_CLASS = 'lango-admin'

const GRANT_COLUMNS = `id, no, login, status, credential, mac_login, policy_id, expires_at, validity_sec, first_used_at,
  framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix, vlan, devices, quota_octets, quota_sec, begins_at, top_ups,
  serial, serial_login`

/** A grant by position: making an object with a name for each column costs as much as the look-up. */
type GrantValues = readonly [
  id: string,
  no: number,
  login: string,
  status: string,
  credential: Buffer | null,
  macLogin: string | null,
  policyId: string,
  expiresAt: number | null,
  validitySec: number | null,
  firstUsedAt: number | null,
  framedIp: string | null,
  framedIpv6Prefix: string | null,
  delegatedIpv6Prefix: string | null,
  vlan: number | null,
  devices: string,
  quotaOctets: number | null,
  quotaSec: number | null,
  beginsAt: number | null,
  topUps: string | null,
  serial: string | null,
  serialLogin: 0 | 1,
]

const grantFrom = (values: GrantValues): GrantRow => ({
  id: values[0],
  no: values[1],
  login: values[2],
  status: values[3],
  credential: values[4],
  macLogin: values[5],
  policyId: values[6],
  expiresAt: values[7],
  validitySec: values[8],
  firstUsedAt: values[9],
  framedIp: values[10],
  framedIpv6Prefix: values[11],
  delegatedIpv6Prefix: values[12],
  vlan: values[13],
  devices: values[14],
  quotaOctets: values[15],
  quotaSec: values[16],
  beginsAt: values[17],
  topUps: values[18],
  serial: values[19],
  serialLogin: values[20] === 1,
})

/**
 * Holds one read transaction open for the length of a turn of the loop: taking and dropping SQLite's locks for every
 * look-up costs as much as the look-up. What was committed meanwhile is seen in the next turn, a millisecond later.
 */
const perTurn = (db: Database.Database): (() => void) => {
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  const end = (): void => {
    if (db.open && db.inTransaction) commit.run()
  }
  return () => {
    if (db.inTransaction) return
    begin.run()
    setImmediate(end)
  }
}

/** The grant that accounting belongs to: by the Class of the Accept, else by login, device address or voucher code. */
export const grantLookup = (
  site: Database.Database,
  codeLoginOf: (userName: string) => string | undefined,
): ((className: string, userName: string) => SessionGrant | undefined) => {
  const readSite = perTurn(site)
  type Found = [no: number, hasQuota: number, policyId: string]
  const columns = 'no, quota_octets IS NOT NULL OR quota_sec IS NOT NULL, policy_id'
  const byLogin = site.prepare<[string], Found>(`SELECT ${columns} FROM grants WHERE login = ?`).raw()
  const byMac = site.prepare<[string], Found>(`SELECT ${columns} FROM grants WHERE mac_login = ?`).raw()
  const policyOf = policyReader(site)
  const byCode = (userName: string): Found | undefined => {
    const login = codeLoginOf(userName)
    return login === undefined ? undefined : byLogin.get(login)
  }
  return (className, userName) => {
    if (className.startsWith(CLASS_PREFIX)) {
      // The Class is ours, echoed over a path that the shared secret protects: what it says needs no second look.
      const [given = '', sec] = className.slice(CLASS_PREFIX.length).split(':')
      const [name = '', down, up] = given.split('.')
      const no = Number.parseInt(name, 36)
      const timeoutSec = sec === undefined ? undefined : Number.parseInt(sec, 36)
      const speed = down === undefined || up === undefined ? undefined : { downKbps: Number(down), upKbps: Number(up) }
      if (no > 0) return { no, hasQuota: true, speed, timeoutSec }
    }
    if (className === ADMIN_CLASS) return undefined
    readSite()
    const row = byLogin.get(userName) ?? byMac.get(userName) ?? byCode(userName)
    return row && { no: row[0], hasQuota: row[1] === 1 || policyOf(row[2]).fairUse !== undefined }
  }
}

/** The allowance of a grant by its number, for who counts usage; undefined when it is not metered. */
export const allowanceLookup = (
  site: Database.Database,
  allowances: Allowances,
): ((grantNo: number, at: number) => Allowance | undefined) => {
  const readSite = perTurn(site)
  const select = site.prepare<[number], GrantValues>(`SELECT ${GRANT_COLUMNS} FROM grants WHERE no = ?`).raw()
  const policyOf = policyReader(site)
  return (grantNo, at) => {
    readSite()
    const values = select.get(grantNo)
    if (!values) return undefined
    const grant = grantFrom(values)
    return allowances(grant, policyOf(grant.policyId), at)
  }
}

/** How long things are kept, as the desk has set it. */
export const retentionReader = (site: Database.Database): (() => Retention) => {
  const valueOf = site.prepare<[keyof Retention], string>('SELECT value FROM settings WHERE id = ?').pluck()
  const daysOf = (key: keyof Retention): number => {
    const value = valueOf.get(key)
    return value === undefined ? defaultSettings[key] : (JSON.parse(value) as number)
  }
  return () => ({ sessionDays: daysOf('sessionDays'), decisionDays: daysOf('decisionDays') })
}

/** Of some grants those that have a quota, or fair use, and may be used on. */
export const countedGrants = (site: Database.Database): ((grantNos: readonly number[]) => readonly number[]) => {
  const counted = site
    .prepare<[string], number>(
      `SELECT g.no FROM grants g JOIN policies p ON p.id = g.policy_id
       WHERE g.no IN (SELECT value FROM json_each(?)) AND g.status <> 'ended'
         AND (g.quota_octets IS NOT NULL OR g.quota_sec IS NOT NULL OR p.policy ->> 'fairUse' IS NOT NULL)`,
    )
    .pluck()
  return (grantNos) => (grantNos.length === 0 ? [] : counted.all(JSON.stringify(grantNos)))
}

/** Policies never change under their id, so what was read once holds for ever. */
export const policyReader = (site: Database.Database): ((id: string) => Policy) => {
  const policyById = site.prepare<[string], { policy: string }>('SELECT policy FROM policies WHERE id = ?')
  const policies = new Map<string, Policy>()
  return (id) => {
    const cached = policies.get(id)
    if (cached) return cached
    const row = policyById.get(id)
    if (!row) throw new Error(`a grant names policy ${id}, which does not exist`)
    const policy = JSON.parse(row.policy) as Policy
    policies.set(id, policy)
    return policy
  }
}

export type Readers = {
  grantByLogin(login: string): GrantRow | undefined
  grantByDevice(device: string): GrantRow | undefined
  /** The grant that this ONT or CPE logs in for by itself. */
  grantBySerial(serial: string): GrantRow | undefined
  /** The sealed Wi-Fi passphrase of a grant that has one of its own. */
  passphrase(grantId: string): Buffer | undefined
  policy(id: string): Policy
  allowance: Allowances
  readonly calendar: Calendar
  /** Whether the device is among those that used the grant last. */
  isKnownDevice(grantNo: number, device: string): boolean
  /** How many codes of the voucher's batch could be with the same end; 0 when the grant is none's. */
  codesEndingAlike(grantId: string): number
  /** Whether the login may not try a password from this device now. */
  lockedOut(login: string, device: string, grantNo: number, now: number): boolean
}

/** A device counts as known to a grant while it is among this many of its last sessions. */
const KNOWN_SESSIONS = 50

export const createReaders = (
  site: Database.Database,
  sessions: Database.Database,
  state: SharedState,
  calendar: Calendar,
): Readers => {
  const readSite = perTurn(site)
  const grantBy = (found: string): ((key: string) => GrantRow | undefined) => {
    const select = site.prepare<[string], GrantValues>(`SELECT ${GRANT_COLUMNS} FROM grants WHERE ${found}`).raw()
    return (key) => {
      readSite()
      const values = select.get(key)
      return values && grantFrom(values)
    }
  }
  const locks = sessions.prepare<[string, string, number], { device: string }>(
    `SELECT device FROM lockouts WHERE login = ? AND device IN (?, '${ANY_NEW_DEVICE}') AND until > ?`,
  )
  const known = sessions.prepare<[number, string, number, number, string], { yes: number }>(
    `SELECT EXISTS (SELECT 1 FROM live_sessions WHERE grant_no = ? AND device = ?)
         OR EXISTS (SELECT 1 FROM (SELECT device FROM session_history WHERE grant_no = ? ORDER BY ended_at DESC LIMIT ?)
                    WHERE device = ?) AS yes`,
  )
  const shapes = site.prepare<[string], Omit<CodeShape, 'numeric'> & { numeric: 0 | 1 }>(
    `SELECT b.prefix, b.code_length AS length, b.numeric FROM grants g
     JOIN vouchers v ON v.id = g.service_id JOIN voucher_batches b ON b.id = v.batch_id WHERE g.id = ?`,
  )
  const isKnownDevice = (grantNo: number, device: string): boolean =>
    known.get(grantNo, device, grantNo, KNOWN_SESSIONS, device)!.yes === 1
  const passphrases = site.prepare<[string], { sealed: Buffer }>(
    'SELECT passphrase sealed FROM passphrases WHERE id = ?',
  )
  return {
    passphrase(grantId) {
      readSite()
      return passphrases.get(grantId)?.sealed
    },
    grantByLogin: grantBy('login = ?'),
    grantByDevice: grantBy('mac_login = ?'),
    grantBySerial: grantBy('serial = ? AND serial_login = 1'),
    policy: policyReader(site),
    allowance: allowancesFrom(sessions, calendar),
    calendar,
    isKnownDevice,
    codesEndingAlike(grantId) {
      readSite()
      const shape = shapes.get(grantId)
      return shape ? codesEndingAlike({ ...shape, numeric: shape.numeric === 1 }) : 0
    },
    lockedOut(login, device, grantNo, now) {
      if (state.get('lockouts') === 0) return false
      const held = locks.all(login, device, now)
      if (held.length === 0) return false
      if (held.some((lock) => lock.device === device)) return true
      return !isKnownDevice(grantNo, device)
    },
  }
}

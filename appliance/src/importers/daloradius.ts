/** daloRADIUS: the tables of FreeRADIUS, and `userinfo` beside them. Pure. */
import { createMoveBuilder, type Moved, type MoveBuilder, type MoveOptions, type SourceFile } from './moved.ts'
import { octetsOf, rateLimitCells } from './routeros-values.ts'
import type { TableRow } from './sql-dump.ts'
import { readTables } from './tables.ts'

const TABLES = ['radcheck', 'radreply', 'radusergroup', 'radgroupcheck', 'radgroupreply', 'userinfo']
/** What daloRADIUS puts who is switched off into. */
const DISABLED_GROUP = 'daloradius-disabled-users'

const CLEAR_PASSWORDS = new Set(['cleartext-password', 'user-password', 'password'])
const HASH = /^(?:crypt|md5|smd5|sha|sha1|sha2|ssha|ssha1|sha2-\d+|ssha2-\d+|nt|lm)-password$/
/** They say what follows here from the kind of a plan. */
const IMPLIED = new Set(['framed-protocol', 'service-type', 'fall-through', 'acct-interim-interval'])

type Cells = Record<string, string>
type Take = (cells: Cells, value: string) => boolean

const put =
  (column: string): Take =>
  (cells, value) => {
    cells[column] = value
    return true
  }

/** Puts what a reading makes of the value; false when it makes nothing of it. */
const read =
  (column: string, reading: (value: string) => number | undefined): Take =>
  (cells, value) => {
    const found = reading(value)
    if (found === undefined) return false
    cells[column] = String(found)
    return true
  }

const wholeOf = (value: string): number | undefined => (/^\d{1,15}$/.test(value) ? Number(value) : undefined)
const kbpsOfBits = (value: string): number | undefined => {
  const bits = wholeOf(value)
  return bits === undefined ? undefined : Math.round(bits / 1000)
}

/** `24 Dec 2026 18:00:00`, `December 24 2026`; without a time zone it is read as UTC. */
const expiryOf = (value: string): string | undefined => {
  const at = Date.parse(/\d{4}-\d\d-\d\d/.test(value) ? `${value.replace(' ', 'T')}Z` : `${value} UTC`)
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined
}

const ofUser: Readonly<Record<string, Take>> = {
  'framed-ip-address': put('ip'),
  'framed-ipv6-prefix': put('ipv6'),
  'delegated-ipv6-prefix': put('delegated'),
  'calling-station-id': put('mac'),
  'tunnel-private-group-id': put('vlan'),
  'max-all-session': read('quotaSec', wholeOf),
  'mikrotik-total-limit': read('quotaOctets', wholeOf),
  expiration(cells, value) {
    const expiresAt = expiryOf(value)
    if (expiresAt === undefined) return false
    cells['expiresAt'] = expiresAt
    return true
  },
  'auth-type'(cells, value) {
    if (value.toLowerCase() !== 'reject') return false
    cells['status'] = 'suspended'
    return true
  },
}

const ofGroup: Readonly<Record<string, Take>> = {
  'session-timeout': read('sessionTimeoutSec', wholeOf),
  'idle-timeout': read('idleTimeoutSec', wholeOf),
  'simultaneous-use': read('deviceLimit', wholeOf),
  'wispr-bandwidth-max-down': read('downKbps', kbpsOfBits),
  'wispr-bandwidth-max-up': read('upKbps', kbpsOfBits),
  'max-all-session': read('quotaSec', wholeOf),
  'mikrotik-total-limit': read('quotaOctets', octetsOf),
  'framed-pool': put('pool'),
  'mikrotik-group': put('group'),
  'mikrotik-address-list': put('addressList'),
  'tunnel-private-group-id': put('vlan'),
  'mikrotik-rate-limit'(cells, value) {
    const rate = rateLimitCells(value)
    Object.assign(cells, rate)
    return rate !== undefined
  },
  'framed-protocol'(cells, value) {
    if (value.toLowerCase() === 'ppp') cells['kind'] = 'pppoe'
    return true
  },
}

/** What an attribute means, put into the cells; told when it means nothing here. */
const takeAttribute = (
  row: TableRow,
  cells: Cells,
  known: Readonly<Record<string, Take>>,
  lose: MoveBuilder['lose'],
): void => {
  const name = row.cells['attribute'] ?? ''
  const attribute = name.toLowerCase()
  const value = row.cells['value'] ?? ''
  if (HASH.test(attribute)) return lose(row, `a password that is kept as a hash (${name})`)
  if (CLEAR_PASSWORDS.has(attribute)) {
    cells['password'] = value
    return
  }
  const take = Object.hasOwn(known, attribute) ? known[attribute] : undefined
  if (take ? take(cells, value) : IMPLIED.has(attribute)) return
  lose(row, `the attribute ${name}`)
}

type Gathered = { readonly at: TableRow; readonly cells: Cells }

/** Rows of the same name, gathered into one; the first of them is where it stands. */
const createGathering = (begin: (name: string) => Cells) => {
  const all = new Map<string, Gathered>()
  return {
    all,
    of(name: string, at: TableRow): Cells {
      const known = all.get(name) ?? { at, cells: begin(name) }
      all.set(name, known)
      return known.cells
    },
  }
}
type Gathering = ReturnType<typeof createGathering>

export const readDaloradius = (files: readonly SourceFile[], options: MoveOptions): Moved => {
  const builder = createMoveBuilder(options)
  const rowsOf = readTables(files, TABLES)
  const groups = createGathering(() => ({ kind: options.kind }))
  for (const row of [...rowsOf('radgroupcheck'), ...rowsOf('radgroupreply')])
    takeAttribute(row, groups.of(cell(row, 'groupname'), row), ofGroup, builder.lose)
  const users = createGathering((login) => ({ login }))
  for (const row of [...rowsOf('radcheck'), ...rowsOf('radreply')])
    takeAttribute(row, users.of(cell(row, 'username'), row), ofUser, builder.lose)
  putGroups(builder, rowsOf('radusergroup'), users, groups)
  for (const row of rowsOf('userinfo')) {
    const user = users.all.get(cell(row, 'username'))
    if (user) Object.assign(user.cells, personOf(row))
    else builder.lose(row, 'a person without a login')
  }
  for (const [name, { at, cells }] of groups.all)
    if (name.toLowerCase() !== DISABLED_GROUP) builder.plan(at, name, cells)
  for (const { at, cells } of users.all.values()) builder.subscriber(at, cells)
  return builder.moved
}

const cell = ({ cells }: TableRow, column: string): string => cells[column] ?? ''

/** The group of the lowest priority is somebody's plan. */
const putGroups = ({ lose }: MoveBuilder, rows: readonly TableRow[], users: Gathering, groups: Gathering): void => {
  for (const row of rows.toSorted((a, b) => Number(cell(a, 'priority')) - Number(cell(b, 'priority')))) {
    const user = users.all.get(cell(row, 'username'))
    const group = cell(row, 'groupname')
    if (!user) lose(row, 'a group of somebody who is not there')
    else if (group.toLowerCase() === DISABLED_GROUP) user.cells['status'] = 'suspended'
    else if (user.cells['plan'] !== undefined) lose(row, 'a second group')
    else {
      user.cells['plan'] = group
      groups.of(group, row)
    }
  }
}

const personOf = ({ cells }: TableRow): Cells => ({
  name: [cells['firstname'], cells['lastname']].filter(Boolean).join(' '),
  email: cells['email'] ?? '',
  phone: [cells['mobilephone'], cells['workphone'], cells['homephone']].find(Boolean) ?? '',
})

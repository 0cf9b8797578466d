/** Mikhmon: hotspot users as a RouterOS script or as its CSV, which quotes nothing. Pure. */
import { createMoveBuilder, type Moved, type MoveBuilder, type MoveOptions, type SourceFile } from './moved.ts'
import { readRouterosScript, type ScriptEntry } from './routeros-script.ts'
import { amountCell, octetsOf, rateLimitCells, secondsOf } from './routeros-values.ts'

const CSV_HEADER = ['username', 'password', 'profile', 'time limit', 'data limit', 'comment']
/** Of the router itself, and what stands for no profile. */
const BUILT_IN = new Set(['default-trial'])

export const readMikhmon = (files: readonly SourceFile[], options: MoveOptions): Moved => {
  const builder = createMoveBuilder(options)
  for (const { name: file, text } of files) {
    if (isCsv(text)) readCsvUsers(builder, file, text)
    else for (const entry of readRouterosScript(text)) putEntry(builder, file, entry, options.kind)
  }
  const named = new Set(builder.moved.plans.map(({ cells }) => cells['name']))
  // Its user export does not say what a profile is: it is made open, to be filled in, or mapped.
  for (const { line, cells } of builder.moved.subscribers) {
    const plan = cells['plan'] ?? ''
    if (plan === '' || named.has(plan) || [...options.planFor.values()].includes(plan)) continue
    named.add(plan)
    builder.plan({ file: files[0]!.name, line }, plan, { kind: options.kind })
    builder.lose({ file: files[0]!.name, line }, `what the profile ${plan} gives: export it too, or map it`)
  }
  return builder.moved
}

const isCsv = (text: string): boolean => {
  const first = /^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? ''
  return (
    first
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .join() === CSV_HEADER.join()
  )
}

const readCsvUsers = (builder: MoveBuilder, file: string, text: string): void => {
  text.split(/\r?\n/).forEach((row, index) => {
    if (index === 0 || row.trim() === '') return
    const [login = '', password = '', plan = '', timeLimit = '', dataLimit = '', ...comment] = row.split(',')
    const at = { file, line: index + 1 }
    // A comma in a name or a password looks like the end of it.
    if (row.split(',').length < CSV_HEADER.length) return builder.lose(at, 'a line with too few fields')
    putUser(builder, at, {
      login,
      password,
      plan,
      timeLimit,
      dataLimit,
      comment: comment.join(','),
      disabled: 'no',
      mac: '',
    })
  })
}

const putEntry = (builder: MoveBuilder, file: string, entry: ScriptEntry, kind: string): void => {
  const at = { file, line: entry.line }
  const { menu, text } = entry
  if (entry.verb === 'add' && menu === '/ip hotspot user profile') return putProfile(builder, at, entry, kind)
  if (entry.verb !== 'add' || menu !== '/ip hotspot user') {
    if (menu.startsWith('/ip hotspot')) builder.lose(at, `what is said under ${menu}`)
    return
  }
  if (BUILT_IN.has(text('name'))) return
  putUser(builder, at, {
    login: text('name'),
    password: text('password'),
    plan: text('profile'),
    timeLimit: text('limit-uptime'),
    dataLimit: text('limit-bytes-total'),
    comment: text('comment'),
    disabled: text('disabled'),
    mac: text('mac-address'),
  })
}

type User = {
  readonly login: string
  readonly password: string
  readonly plan: string
  readonly timeLimit: string
  readonly dataLimit: string
  readonly comment: string
  readonly disabled: string
  readonly mac: string
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** A user in use has its end in the comment: `nov/26/2026 10:30:00` or `2026-11-26 10:30:00`; read as UTC. */
const endOf = (comment: string): string | undefined => {
  const old = /^([a-z]{3})\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)/i.exec(comment)
  const month = old ? MONTHS.indexOf(old[1]!.toLowerCase()) + 1 : 0
  const text = old
    ? `${old[3]}-${String(month).padStart(2, '0')}-${old[2]}T${old[4]}Z`
    : comment.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d).*$/, '$1T$2Z')
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined
}

const putUser = ({ lose, subscriber }: MoveBuilder, at: { file: string; line: number }, user: User): void => {
  // A second is how Mikhmon marks a code whose time is over.
  if (user.timeLimit === '1s') return lose(at, 'a user whose time is over')
  const expiresAt = endOf(user.comment)
  subscriber(at, {
    login: user.login,
    // One code is both, where the export leaves the password out.
    password: user.password === '' ? user.login : user.password,
    plan: user.plan,
    mac: user.mac,
    ...amountCell('quotaSec', secondsOf(user.timeLimit), 60),
    ...amountCell('quotaOctets', octetsOf(user.dataLimit), 1),
    ...(expiresAt !== undefined && { expiresAt }),
    status: user.disabled === 'yes' || user.disabled === 'true' ? 'suspended' : '',
  })
}

/** Mikhmon keeps mode, price and validity in a script: `:put (",rem,5000,1d,6000,,Disable,"); …`. */
const putProfile = (
  { lose, plan }: MoveBuilder,
  at: { file: string; line: number },
  { text }: ScriptEntry,
  kind: string,
): void => {
  const [, , price = '', validity = ''] = text('on-login').split(',')
  const rate = rateLimitCells(text('rate-limit'))
  if (text('rate-limit') !== '' && rate === undefined) lose(at, 'a rate limit that cannot be read')
  if (Number(price) > 0) lose(at, 'the price of a profile')
  plan(at, text('name'), {
    ...rate,
    kind,
    ...amountCell('validitySec', secondsOf(validity), 60),
    ...amountCell('sessionTimeoutSec', secondsOf(text('session-timeout')), 1),
    ...amountCell('idleTimeoutSec', secondsOf(text('idle-timeout')), 1),
    ...(/^\d+$/.test(text('shared-users')) && { deviceLimit: text('shared-users') }),
    addressList: text('address-list'),
  })
}

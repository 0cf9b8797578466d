/** MikroTik User Manager: its export as a RouterOS script, of version 7 and of version 6. Pure. */
import { createMoveBuilder, type Moved, type MoveBuilder, type MoveOptions, type SourceFile } from './moved.ts'
import { readRouterosScript, type ScriptEntry } from './routeros-script.ts'
import { amountCell, burstCell, kbpsOf, octetsOf, secondsOf } from './routeros-values.ts'

type Entry = ScriptEntry & { readonly file: string }
type Cells = Record<string, string>

/** Version 6 says the same under /tool and with a word more. */
const MENUS: Readonly<Record<string, string>> = {
  '/tool user-manager profile limitation': 'limitation',
  '/tool user-manager profile profile-limitation': 'profile-limitation',
  '/tool user-manager profile': 'profile',
  '/tool user-manager user': 'user',
  '/user-manager limitation': 'limitation',
  '/user-manager profile-limitation': 'profile-limitation',
  '/user-manager profile': 'profile',
  '/user-manager user': 'user',
  '/user-manager user-profile': 'user-profile',
}

const QUOTA_PERIODS: Readonly<Record<string, string>> = { daily: 'day', weekly: 'week', monthly: 'month' }

export const readUserManager = (files: readonly SourceFile[], options: MoveOptions): Moved => {
  const builder = createMoveBuilder(options)
  const of = new Map<string, Entry[]>()
  for (const { name: file, text } of files) {
    for (const entry of readRouterosScript(text)) {
      const menu = Object.hasOwn(MENUS, entry.menu) ? MENUS[entry.menu]! : undefined
      if (menu === undefined || entry.verb !== 'add') {
        if (entry.menu.includes('user-manager')) builder.lose({ ...entry, file }, `what is said under ${entry.menu}`)
        continue
      }
      of.set(menu, [...(of.get(menu) ?? []), { ...entry, file }])
    }
  }
  const entries = (menu: string) => of.get(menu) ?? []
  const limits = limitsOf(builder, entries('limitation'), entries('profile-limitation'))
  for (const profile of entries('profile')) putProfile(builder, profile, limits, options.kind)
  const planOf = new Map<string, string>()
  for (const entry of entries('user-profile')) {
    const user = entry.values['user'] ?? ''
    if (planOf.has(user)) builder.lose(entry, 'a second profile')
    else planOf.set(user, entry.values['profile'] ?? '')
  }
  for (const user of entries('user')) putUser(builder, user, planOf)
  return builder.moved
}

/** The cells that a profile's first limitation gives its plan. */
const limitsOf = (
  { lose }: MoveBuilder,
  limitations: readonly Entry[],
  links: readonly Entry[],
): ReadonlyMap<string, Cells> => {
  const byName = new Map(limitations.map((entry) => [entry.values['name'] ?? '', limitCells(entry, lose)]))
  const limits = new Map<string, Cells>()
  for (const link of links) {
    const { profile = '', limitation = '', weekdays, 'from-time': from = '0s', 'till-time': till } = link.values
    const cells = byName.get(limitation)
    if (cells === undefined || limits.has(profile)) lose(link, 'a second limitation of a profile')
    else limits.set(profile, cells)
    const days = weekdays === undefined || weekdays.split(',').length === 7
    if (!days || secondsOf(from) !== 0 || (till !== undefined && !/^23[h:]59/.test(till) && till !== '0s'))
      lose(link, 'the hours and days of a limitation')
  }
  return limits
}

const limitCells = (entry: Entry, lose: MoveBuilder['lose']): Cells => {
  const { text } = entry
  const pair = (name: string, standing: readonly [number, number]) =>
    [kbpsOf(text(`${name}-rx`)) ?? standing[0], kbpsOf(text(`${name}-tx`)) ?? standing[1]] as const
  const rate = pair('rate-limit', [0, 0])
  const burstSec = secondsOf(text('rate-limit-burst-time-tx') || text('rate-limit-burst-time-rx') || '16')
  // A plan here counts data both ways together.
  for (const name of ['download-limit', 'upload-limit'])
    if ((octetsOf(text(name)) ?? 0) > 0) lose(entry, `the ${name} of a limitation`)
  const quotas = {
    ...amountCell('quotaOctets', octetsOf(text('transfer-limit')), 1),
    ...amountCell('quotaSec', secondsOf(text('uptime-limit')), 60),
  }
  const period = QUOTA_PERIODS[text('reset-counters-interval')] ?? ''
  return {
    upKbps: String(rate[0]),
    downKbps: String(rate[1]),
    ...burstCell(pair('rate-limit-burst', [0, 0]), pair('rate-limit-burst-threshold', rate), burstSec ?? 16),
    ...(/^[1-8]$/.test(text('rate-limit-priority')) && { priority: text('rate-limit-priority') }),
    ...quotas,
    quotaPeriod: Object.keys(quotas).length > 0 ? period : '',
    addressList: text('address-list'),
    pool: text('ip-pool'),
    group: text('group-name'),
  }
}

const putProfile = (
  { lose, plan }: MoveBuilder,
  entry: Entry,
  limits: ReadonlyMap<string, Cells>,
  kind: string,
): void => {
  const { text } = entry
  // The price has no currency there.
  if (Number(text('price')) > 0) lose(entry, 'the price of a profile')
  plan(entry, text('name'), {
    ...limits.get(text('name')),
    kind,
    ...amountCell('validitySec', secondsOf(text('validity')), 60),
    validFrom: /^(?:first-auth|logon)$/.test(text('starts-when') || text('starts-at')) ? 'first-use' : 'creation',
    ...(/^\d+$/.test(text('override-shared-users')) && { deviceLimit: text('override-shared-users') }),
  })
}

/** What is said of a user there, and carried or of no weight here. */
const USER_KNOWN = new Set([
  'name',
  'username',
  'password',
  'disabled',
  'comment',
  'email',
  'phone',
  'first-name',
  'last-name',
  'caller-id',
  'shared-users',
  'customer',
  'group',
  'ip-address',
  'wireless-enc-algo',
  'registration-date',
])

const putUser = ({ lose, subscriber }: MoveBuilder, entry: Entry, planOf: ReadonlyMap<string, string>): void => {
  const { text, values } = entry
  const login = text('name') || text('username')
  for (const [name, value] of Object.entries(values)) {
    if (!USER_KNOWN.has(name) && value !== '') lose(entry, `the property ${name} of a user`)
  }
  if (!['', '1'].includes(text('shared-users'))) lose(entry, 'how many devices one user may have at once')
  subscriber(entry, {
    login,
    password: text('password'),
    plan: planOf.get(login) ?? '',
    name: [text('first-name'), text('last-name')].filter(Boolean).join(' ') || text('comment'),
    phone: text('phone'),
    email: text('email'),
    mac: text('caller-id') === 'bind' ? '' : text('caller-id'),
    ip: text('ip-address') === '0.0.0.0' ? '' : text('ip-address'),
    status: ['yes', 'true'].includes(text('disabled')) ? 'suspended' : '',
  })
}

/** What people and programs may do, by role. Pure. */
import { err, ok, type QuantityFault, type Result } from '@lango/kernel'

/** Every permission that can be given. `system` is the box's own and nobody's; `self` is everybody's over themselves. */
export const permissions = [
  'audit.read',
  'backups.read',
  'backups.write',
  'consents.export',
  'customers.erase',
  'ledger.read',
  'metrics.read',
  'offers.read',
  'offers.write',
  'payments.read',
  'payments.request',
  'payments.resolve',
  'payouts.release',
  'payouts.request',
  'people.read',
  'people.write',
  'plans.read',
  'plans.write',
  'routers.admin',
  'routers.look',
  'routers.read',
  'routers.write',
  'sessions.read',
  'sessions.write',
  'settings.read',
  'settings.write',
  'subscribers.read',
  'subscribers.write',
  'vouchers.read',
  'vouchers.reveal',
  'vouchers.sell',
  'vouchers.write',
  'wallets.read',
  'wallets.reveal',
  'wallets.topUp',
  'wallets.write',
  'webhooks.read',
  'webhooks.write',
] as const
export type Permission = (typeof permissions)[number]
export const isPermission = (text: string): text is Permission => (permissions as readonly string[]).includes(text)

/** What somebody may do on the routers themselves, logging in there with their own login. */
export const routerRights = (permissions: ReadonlySet<string>): 'full' | 'read' | undefined => {
  if (permissions.has('routers.admin')) return 'full'
  return permissions.has('routers.look') ? 'read' : undefined
}

/** Roles that every box has. Others are made of permissions and have an id of their own. */
export const roleNames = ['owner', 'technician', 'cashier', 'viewer'] as const
export type Role = (typeof roleNames)[number]

const PRIVATE: ReadonlySet<string> = new Set([
  'people.read',
  'audit.read',
  'backups.read',
  'ledger.read',
  'payments.read',
  'wallets.read',
  'webhooks.read',
])
const READING = permissions.filter((permission) => permission.endsWith('.read') && !PRIVATE.has(permission))

const roles: Readonly<Record<Role, ReadonlySet<string>>> = {
  owner: new Set(permissions),
  technician: new Set([
    ...READING,
    'offers.write',
    'payments.read',
    'payments.request',
    'plans.write',
    'routers.admin',
    'routers.write',
    'sessions.write',
    'subscribers.write',
    'vouchers.write',
    'vouchers.reveal',
    'vouchers.sell',
    'wallets.read',
    'webhooks.read',
    'webhooks.write',
  ]),
  cashier: new Set([
    'offers.read',
    'payments.read',
    'payments.request',
    'payments.resolve',
    'payouts.request',
    'plans.read',
    'sessions.read',
    'subscribers.read',
    'subscribers.write',
    'vouchers.read',
    'vouchers.reveal',
    'vouchers.sell',
    'wallets.read',
    'wallets.reveal',
    'wallets.topUp',
  ]),
  viewer: new Set(READING),
}

/** The permissions of a role that every box has; undefined for any other name. */
export const builtInRole = (role: string): ReadonlySet<string> | undefined =>
  (roleNames as readonly string[]).includes(role) ? roles[role as Role] : undefined

/** The default is no: a permission that nobody was given, a role that does not exist. */
export const roleMay = (role: string, permission: string): boolean => builtInRole(role)?.has(permission) ?? false

/** Letters, digits and `. _ -`, in lower case: what is typed to sign in. */
export const STAFF_LOGIN = /^[a-z0-9][a-z0-9._@-]{1,63}$/

/** All of the price. */
export const COMMISSION_BP_MAX = 10_000
const PERCENT = /^(\d{1,3})(?:[.,](\d{1,2}))?\s*%?$/

/** `7.5` percent as hundredths of one: 750. */
export const parsePercentBp = (text: string): Result<number, QuantityFault> => {
  const [, whole = '', fraction = ''] = PERCENT.exec(text.trim()) ?? []
  const bp = whole === '' ? Number.NaN : Number(whole) * 100 + Number(fraction.padEnd(2, '0'))
  return bp <= COMMISSION_BP_MAX ? ok(bp) : err({ type: 'QuantityUnreadable', text, expected: '7.5' })
}

/** As `parsePercentBp` reads it back. */
export const percentText = (bp: number): string => String(bp / 100)

export const PASSWORD_LENGTH_MIN = 10
export const PASSWORD_LENGTH_MAX = 256

/** Why nobody should use this password; undefined when it will do. Length beats rules of spelling (NIST SP 800-63B). */
export const passwordFault = (password: string, login: string): 'short' | 'long' | 'guessable' | undefined => {
  const { length } = password
  if (length < PASSWORD_LENGTH_MIN) return 'short'
  if (length > PASSWORD_LENGTH_MAX) return 'long'
  const plain = password.toLowerCase()
  const isRepeat = new Set(plain).size < 4
  const isRun = 'abcdefghijklmnopqrstuvwxyz'.includes(plain) || '01234567890123456789'.includes(plain)
  if (isRepeat || isRun || plain.includes(login) || COMMON.some((word) => strip(plain) === word)) return 'guessable'
  return undefined
}

// What is left of `Password123!` once its usual decorations are gone.
const strip = (plain: string): string => plain.replace(/[^a-z]+$/, '').replace(/^[^a-z]+/, '')
const COMMON = [
  'password',
  'passw0rd',
  'qwertyuiop',
  'qwerty',
  'administrator',
  'admin',
  'mikrotik',
  'lango',
  'welcome',
  'letmein',
  'changeme',
  'karibu',
  'nairobi',
  'safaricom',
]

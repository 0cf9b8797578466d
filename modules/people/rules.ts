/** What people and programs may do, by role. Pure. */

/** Every permission that can be given. `system` is the box's own and nobody's. */
export const permissions = [
  'metrics.read',
  'people.read',
  'people.write',
  'plans.read',
  'plans.write',
  'routers.read',
  'routers.write',
  'sessions.read',
  'sessions.write',
  'subscribers.read',
  'subscribers.write',
  'vouchers.read',
  'vouchers.reveal',
  'vouchers.sell',
  'vouchers.write',
  'webhooks.read',
  'webhooks.write',
] as const
export type Permission = (typeof permissions)[number]

export const roleNames = ['owner', 'technician', 'cashier', 'viewer'] as const
export type Role = (typeof roleNames)[number]

/** Who has keys here, and where events are sent, is told to those who may change it. */
const CLOSED: readonly string[] = ['people.read', 'webhooks.read']
const READING = permissions.filter((permission) => permission.endsWith('.read') && !CLOSED.includes(permission))

const roles: Readonly<Record<Role, ReadonlySet<string>>> = {
  owner: new Set(permissions),
  technician: new Set([
    ...READING,
    'plans.write',
    'routers.write',
    'sessions.write',
    'subscribers.write',
    'vouchers.write',
    'vouchers.reveal',
    'vouchers.sell',
    'webhooks.read',
    'webhooks.write',
  ]),
  cashier: new Set([
    'plans.read',
    'sessions.read',
    'subscribers.read',
    'subscribers.write',
    'vouchers.read',
    'vouchers.reveal',
    'vouchers.sell',
  ]),
  viewer: new Set(READING),
}

/** The default is no: a permission that nobody was given, a role that does not exist. */
export const roleMay = (role: string, permission: string): boolean =>
  (roleNames as readonly string[]).includes(role) && roles[role as Role].has(permission)

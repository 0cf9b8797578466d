/** What people and programs may do, by role. Pure. */

/** Every permission that can be given. `system` is the box's own and nobody's. */
export const permissions = [
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
] as const
export type Permission = (typeof permissions)[number]

export const roleNames = ['owner', 'technician', 'cashier', 'viewer'] as const
export type Role = (typeof roleNames)[number]

const READING = permissions.filter((permission) => permission.endsWith('.read') && permission !== 'people.read')

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

import type { ActionName } from './link.ts'

/** What it takes to ask the box for each of its actions. Whoever holds its console may ask for all. */
const actionPermissions: Readonly<Record<ActionName, string>> = {
  'decisions.search': 'sessions.read',
  'decisions.page': 'sessions.read',
  'sessions.disconnect': 'sessions.write',
  'sessions.change': 'sessions.write',
  'grants.devices': 'sessions.read',
  'audit.opened': 'audit.read',
  'audit.export': 'audit.read',
  'audit.exported': 'system',
  'box.status': 'sessions.read',
  'box.attention': 'sessions.read',
  // It tells the setup code.
  'box.console': 'system',
  'box.reach': 'routers.read',
  'doctor.show': 'sessions.read',
  'doctor.look': 'sessions.read',
  'support.bundle': 'settings.read',
  'bench.show': 'sessions.read',
  'bench.start': 'settings.write',
  'bench.stop': 'settings.write',
  // What stands on every voucher.
  'portal.entry': 'vouchers.sell',
  'routers.controlled': 'routers.read',
  'routers.push': 'routers.write',
  'tls.show': 'settings.read',
  'tls.use': 'settings.write',
  'tls.useBox': 'settings.write',
  'tls.renew': 'settings.write',
  'acme.show': 'settings.read',
  'acme.set': 'settings.write',
  'acme.renew': 'settings.write',
  'acme.off': 'settings.write',
  'network.show': 'settings.read',
  'network.check': 'settings.write',
  'network.try': 'settings.write',
  'network.keep': 'settings.write',
  // What each list takes besides is looked at with the list (`desk-transfers.ts`).
  'transfer.show': 'plans.read',
  'transfer.load': 'plans.read',
  'transfer.drop': 'plans.read',
  'transfer.give': 'plans.read',
  'shelf.address': 'backups.write',
  'standby.pair': 'system',
  'standby.join': 'system',
  'standby.status': 'settings.read',
  'standby.promote': 'system',
  'standby.leave': 'system',
  'web.token': 'system',
  'setup.newCode': 'system',
  'keys.rotate': 'system',
}

/** The default is no: an action that is not there is nobody's. */
export const permissionOfAction = (name: string): string =>
  Object.hasOwn(actionPermissions, name) ? actionPermissions[name as ActionName] : 'system'

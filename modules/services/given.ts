/** The cells of a row as an export would tell them: what is typed in another spelling is no difference. Pure. */
import { normaliseDevice } from '../access/index.ts'
import { grantValues } from './carried.ts'
import { orNull } from './cells.ts'
import type { SubscriberRow } from './import.ts'
import { clearedByEmpty, subscriberCells, type SubscriberCells } from './sheet.ts'

/** Only of the columns that the row has a word on. */
export const givenCells = (
  row: SubscriberRow,
  cells: Readonly<Record<string, string | undefined>>,
): Partial<SubscriberCells> => {
  const { devices = [], createdAt } = row
  const mac = row.mac === undefined ? null : normaliseDevice(row.mac)
  const told = subscriberCells({
    ...grantValues(row),
    topUps: row.topUps ?? null,
    login: row.login,
    plan: row.plan,
    name: row.name ?? '',
    phone: orNull(row.phone),
    email: orNull(row.email),
    customerId: row.customer ?? '',
    status: row.status ?? 'active',
    createdAt: createdAt ?? 0,
    mac,
    framedIp: row.ip ?? null,
    framedIpv6Prefix: row.ipv6 ?? null,
    delegatedIpv6Prefix: row.delegated ?? null,
    vlan: row.vlan ?? null,
    macLogin: row.loginBy === 'device' ? row.login : null,
    serial: orNull(row.serial),
    serialLogin: row.loginBy === 'serial',
    devices,
  })
  const given = Object.entries(told).filter(
    ([column]) => cells[column] !== undefined && (cells[column] !== '' || clearedByEmpty.has(column)),
  )
  return Object.fromEntries(given)
}

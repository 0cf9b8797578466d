/** PHPNuxBill: customers, plans with their bandwidths, what they have recharged, and vouchers. Pure. */
import { createMoveBuilder, type Moved, type MoveBuilder, type MoveOptions, type SourceFile } from './moved.ts'
import { burstCell, kbpsOf, secondsOf } from './routeros-values.ts'
import type { TableRow } from './sql-dump.ts'
import { readTables } from './tables.ts'

const TABLES = ['tbl_customers', 'tbl_plans', 'tbl_bandwidth', 'tbl_user_recharges', 'tbl_voucher']
const SEC: Readonly<Record<string, number>> = { mins: 60, hrs: 3600, days: 86_400, months: 30 * 86_400 }
const KINDS: Readonly<Record<string, string>> = { hotspot: 'hotspot', pppoe: 'pppoe' }

type Cells = Record<string, string>
const cell = (row: TableRow | undefined, column: string): string => row?.cells[column] ?? ''

export const readPhpNuxBill = (files: readonly SourceFile[], options: MoveOptions): Moved => {
  const builder = createMoveBuilder(options)
  const rowsOf = readTables(files, TABLES)
  const bandwidths = new Map(rowsOf('tbl_bandwidth').map((row) => [cell(row, 'id'), row]))
  const plans = new Map<string, TableRow>()
  for (const row of rowsOf('tbl_plans')) {
    if (!Object.hasOwn(KINDS, cell(row, 'type').toLowerCase()))
      builder.lose(row, `a plan of the type ${cell(row, 'type')}`)
    else {
      plans.set(cell(row, 'id'), row)
      builder.plan(row, cell(row, 'name_plan'), planCells(builder, row, bandwidths.get(cell(row, 'id_bw'))))
    }
  }
  // The last one counts: earlier ones are history.
  const recharges = new Map<string, TableRow>()
  for (const row of rowsOf('tbl_user_recharges')) {
    if (recharges.has(cell(row, 'username'))) builder.lose(row, 'an earlier recharge of somebody')
    recharges.set(cell(row, 'username'), row)
  }
  for (const row of rowsOf('tbl_customers')) putCustomer(builder, row, recharges.get(cell(row, 'username')), plans)
  for (const row of rowsOf('tbl_voucher')) {
    const plan = plans.get(cell(row, 'id_plan'))
    const code = cell(row, 'code')
    // A code that was redeemed is a recharge now.
    if (cell(row, 'status') === '1') builder.lose(row, 'a voucher that was used')
    else builder.subscriber(row, { login: code, password: code, plan: cell(plan, 'name_plan') })
  }
  return builder.moved
}

const planCells = ({ lose }: MoveBuilder, row: TableRow, bandwidth: TableRow | undefined): Cells => {
  const kbps = (side: 'up' | 'down') => {
    const unit = cell(bandwidth, `rate_${side}_unit`).toLowerCase() === 'mbps' ? 1000 : 1
    return Number(cell(bandwidth, `rate_${side}`) || 0) * unit
  }
  const cells: Cells = {
    kind: KINDS[cell(row, 'type').toLowerCase()]!,
    upKbps: String(kbps('up')),
    downKbps: String(kbps('down')),
    status: cell(row, 'enabled') === '0' ? 'withdrawn' : 'active',
  }
  Object.assign(cells, burstOf(cell(bandwidth, 'burst')))
  const unitSec = SEC[cell(row, 'validity_unit').toLowerCase()]
  if (unitSec === undefined) lose(row, `a validity in ${cell(row, 'validity_unit')}`)
  else cells['validitySec'] = String(Number(cell(row, 'validity')) * unitSec)
  if (cell(row, 'validity_unit') === 'Months') lose(row, 'months of their own length: they are 30 days')
  if (/^\d+$/.test(cell(row, 'shared_users'))) cells['deviceLimit'] = cell(row, 'shared_users')
  if (cell(row, 'pool') !== '') cells['pool'] = cell(row, 'pool')
  if (Number(cell(row, 'price')) > 0) lose(row, 'the price of a plan')
  const limit = cell(row, 'typebp') === 'Limited' ? cell(row, 'limit_type') : ''
  const sec = Number(cell(row, 'time_limit')) * (SEC[cell(row, 'time_unit').toLowerCase()] ?? 0)
  const octets = Number(cell(row, 'data_limit')) * (cell(row, 'data_unit') === 'GB' ? 1024 ** 3 : 1024 ** 2)
  if (/^(?:Time|Both)_Limit$/.test(limit) && sec >= 60) cells['quotaSec'] = String(sec)
  if (/^(?:Data|Both)_Limit$/.test(limit) && octets > 0) cells['quotaOctets'] = String(octets)
  return cells
}

/** As RouterOS spells it behind the rate: `4M/8M 2M/4M 16/16 …`. */
const burstOf = (text: string): Cells => {
  const [rate = '', threshold = '', time = ''] = text.trim().split(/\s+/)
  const pair = (of: string): [number, number] => {
    const [rx = '', tx = rx] = of.split('/')
    return [kbpsOf(rx) ?? 0, kbpsOf(tx) ?? 0]
  }
  return { ...burstCell(pair(rate), pair(threshold), secondsOf(time.split('/')[0]!) ?? 16) }
}

const putCustomer = (
  { lose, subscriber }: MoveBuilder,
  row: TableRow,
  recharge: TableRow | undefined,
  plans: ReadonlyMap<string, TableRow>,
): void => {
  const plan = plans.get(cell(recharge, 'plan_id'))
  const isPppoe = cell(plan, 'type').toLowerCase() === 'pppoe'
  const [login, password] = ['username', 'password'].map(
    (name) => (isPppoe && cell(row, `pppoe_${name}`)) || cell(row, name),
  )
  if (Number(cell(row, 'balance')) !== 0) lose(row, 'the balance of a customer')
  const expiresAt = instantOf(cell(recharge, 'expiration'), cell(recharge, 'time'))
  subscriber(row, {
    login: login!,
    password: password!,
    plan: cell(plan, 'name_plan'),
    name: cell(row, 'fullname'),
    // What its columns hold where nothing was typed.
    phone: cell(row, 'phonenumber') === '0' ? '' : cell(row, 'phonenumber'),
    email: cell(row, 'email') === '1' ? '' : cell(row, 'email'),
    ip: cell(row, 'pppoe_ip'),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(instantOf(...splitTime(cell(row, 'created_at'))) !== undefined && {
      createdAt: instantOf(...splitTime(cell(row, 'created_at')))!,
    }),
    status: ['', 'Active'].includes(cell(row, 'status')) ? '' : 'suspended',
  })
}

const splitTime = (text: string): [string, string] => [text.slice(0, 10), text.slice(11)]

/** Its times have no zone: they are read as UTC. */
const instantOf = (day: string, time: string): string | undefined => {
  const at = Date.parse(`${day}T${time === '' ? '00:00:00' : time}Z`)
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined
}

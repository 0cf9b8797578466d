/** Other products, whose exports become rows of ours. */
import { err, type Fault, type Result } from '@lango/kernel'
import type { Moved, MovedRow, MoveOptions, SourceFile } from '../importers/moved.ts'
import { plansSheet } from './plans.ts'
import type { Source } from './rows.ts'
import { runImport, type ImportOptions, type Preview } from './run-import.ts'
import type { Sheet, TransferBox } from './sheet.ts'
import { subscribersSheet } from './subscribers.ts'

/** An export is read whole: larger ones are in parts, or hold more than subscribers. */
export const FILE_OCTETS_MAX = 256 * 1024 * 1024
export const KINDS = ['pppoe', 'static', 'hotspot', '802.1x', 'mac'] as const

export type MoveFault =
  | { readonly type: 'FileTooLarge'; readonly file: string; readonly octetsMax: number }
  | { readonly type: 'NothingFound'; readonly product: string }

export type Product = {
  readonly name: string
  readonly title: string
  readonly kind: string
  readonly files: string
  readonly example: string
  readonly load: () => Promise<(files: readonly SourceFile[], options: MoveOptions) => Moved>
}

export const products: readonly Product[] = [
  {
    name: 'daloradius',
    title: 'daloRADIUS',
    kind: 'pppoe',
    files:
      'an SQL dump, or a CSV file each of radcheck, radreply, radusergroup, radgroupcheck, radgroupreply, userinfo',
    example: 'radius.sql',
    load: async () => (await import('../importers/daloradius.ts')).readDaloradius,
  },
  {
    name: 'usermanager',
    title: 'MikroTik User Manager',
    kind: 'hotspot',
    files: 'what /user-manager export show-sensitive writes (version 7), or /tool user-manager export (version 6)',
    example: 'usermanager.rsc',
    load: async () => (await import('../importers/usermanager.ts')).readUserManager,
  },
  {
    name: 'mikhmon',
    title: 'Mikhmon',
    kind: 'hotspot',
    files: 'its export of users as script or CSV; beside it, what /ip hotspot user profile export writes',
    example: 'users.csv profiles.rsc',
    load: async () => (await import('../importers/mikhmon.ts')).readMikhmon,
  },
  {
    name: 'phpnuxbill',
    title: 'PHPNuxBill',
    kind: 'hotspot',
    files:
      'an SQL dump, or a CSV file each of tbl_customers, tbl_plans, tbl_bandwidth, tbl_user_recharges, tbl_voucher',
    example: 'phpnuxbill.sql',
    load: async () => (await import('../importers/phpnuxbill.ts')).readPhpNuxBill,
  },
]

/** The text of a file, which is read whole; `name` is what faults call it. */
export const textOf = (name: string, octets: Uint8Array): Result<SourceFile, Fault> => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    return err({ type: 'CsvEncoding', line: 1 } as Fault)
  }
  const nulAt = text.indexOf('\0')
  if (nulAt === -1) return { ok: true, value: { name, text } }
  return err({ type: 'CsvNul', line: text.slice(0, nulAt).split('\n').length } as Fault)
}

const sourceOf = (rows: readonly MovedRow[]): Source => ({
  async *chunks(size) {
    for (let at = 0; at < rows.length; at += size) yield { ok: true, value: rows.slice(at, at + size) }
  },
})

export type Both = { readonly plans: Preview; readonly subscribers: Preview }

/** Both are checked before anything of either is written. */
export const runBoth = async (
  box: TransferBox,
  moved: Moved,
  options: ImportOptions,
  rowsMax = Infinity,
): Promise<Result<Both, Fault>> => {
  const [planSheet, subscriberSheet]: Sheet[] = [await plansSheet(), await subscribersSheet()].map((sheet) => ({
    ...sheet,
    chunkRows: Math.min(sheet.chunkRows, rowsMax),
  }))
  const known = await box.query<readonly { readonly name: string }[]>('plans.list', {})
  if (!known.ok) return known
  const here = new Set(known.value.map(({ name }) => name))
  // A plan of this name that is here is meant, whatever it was there.
  const rows = moved.plans.filter(({ cells }) => !here.has(cells['name'] ?? ''))
  const plansToCome = new Map(rows.map(({ cells }) => [cells['name'] ?? '', cells['kind'] ?? '']))
  const both = async (dryRun: boolean): Promise<Result<Both, Fault>> => {
    const plans = await runImport(box, planSheet!, sourceOf(rows), { ...options, update: false, dryRun })
    if (!plans.ok) return plans
    const source = sourceOf(moved.subscribers)
    const subscribers = await runImport(box, subscriberSheet!, source, { ...options, plansToCome, dryRun })
    return subscribers.ok ? { ok: true, value: { plans: plans.value, subscribers: subscribers.value } } : subscribers
  }
  const checked = await both(true)
  return checked.ok && !options.dryRun ? both(false) : checked
}

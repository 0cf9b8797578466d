/** `lango voucher reveal` and `lango voucher print`: codes of a batch, to print them. */
import { createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { listPlans } from '@lango/modules/plans'
import type { listBatches, PortalEntry, revealVouchers } from '@lango/modules/vouchers'
import type { Sheet } from '@lango/modules/vouchers/sheet'
import { refused, shown, UsageError, type CliContext, type CommandSpec, type OptionSpec } from './command.ts'
import { csvLine } from '../transfer/csv.ts'
import { duration, octets, rate, table } from './format.ts'

type Batch = ResultOf<typeof listBatches>[number]
type Plan = ResultOf<typeof listPlans>[number]
type Revealed = ValueOf<typeof revealVouchers>['vouchers']

export const BATCH: OptionSpec = { value: 'N', help: 'the number of the batch', required: true }
const AUDITED = 'That somebody asked for the codes is kept in the audit log.'
const LAYOUTS = ['a4', 'roll', 'csv'] as const

/** The codes of a batch that are still good for a first login. */
const revealAll = async (command: CliContext['command'], batch: number): Promise<Result<Revealed, Fault>> => {
  const vouchers: Revealed[number][] = []
  for (let afterSerial: number | undefined = 0; afterSerial !== undefined;) {
    const page: Result<ValueOf<typeof revealVouchers>, Fault> = await command('vouchers.reveal', { batch, afterSerial })
    if (!page.ok) return page
    vouchers.push(...page.value.vouchers)
    afterSerial = page.value.lastSerial
  }
  return { ok: true, value: vouchers }
}

const reveal: CommandSpec = {
  path: ['voucher', 'reveal'],
  operands: [],
  summary: 'the codes of a batch that are not used yet',
  options: { batch: BATCH },
  notes: [AUDITED],
  examples: ['lango voucher reveal --batch 3'],
  async run({ args, command }) {
    const revealed = await revealAll(command, args.whole('batch')!)
    if (!revealed.ok) return revealed
    return shown(revealed.value, () =>
      table(
        ['>SERIAL', 'CODE'],
        revealed.value.map(({ serial, code }) => [serial, code]),
        'No voucher of it is unused.',
      ),
    )
  },
}

const print: CommandSpec = {
  path: ['voucher', 'print'],
  operands: [],
  summary: 'a sheet of vouchers that are not used yet, as PDF or CSV',
  options: {
    batch: BATCH,
    out: { value: 'FILE', help: 'where to write it; it must not exist', required: true },
    layout: { value: LAYOUTS.join('|'), help: '24 on an A4 page, a strip for a 58 mm roll, or a table (a4)' },
    brand: { value: 'NAME', help: 'what stands on top of each (Lango)' },
    url: {
      value: 'URL',
      help: 'what the QR code opens, CODE standing for the code (the portal, where the box knows its address)',
    },
    plain: { help: 'the QR code is the code and opens nothing' },
    wifi: { help: 'a second QR code on each, that joins the Wi-Fi by the name in portal.wifiName' },
  },
  notes: [
    AUDITED,
    'A phone on the Wi-Fi that scans the code opens the portal with it, and one tap uses it. Where the portal is: lango setting set portal.address http://192.168.88.10:8090',
  ],
  examples: [
    "lango voucher print --batch 3 --out sheet.pdf --brand 'Kilimani Wi-Fi'",
    "lango voucher print --batch 3 --out strip.pdf --layout roll --url 'http://10.5.50.1/login?username=CODE&password=CODE'",
    'lango voucher print --batch 3 --out codes.csv --layout csv',
  ],
  async run({ args, command, query, action }) {
    const number = args.whole('batch')!
    const layout = args.choice('layout', LAYOUTS) ?? 'a4'
    const file = args.text('out')!
    const batches = await query<readonly Batch[]>('vouchers.batches', { after: number - 1, limit: 1 })
    if (!batches.ok) return batches
    const batch = batches.value.find((one) => one.number === number)
    if (!batch) return refused({ type: 'BatchUnknown', batch: number })
    const plans = await query<readonly Plan[]>('plans.list', {})
    if (!plans.ok) return plans
    const plan = plans.value.find(({ name }) => name === batch.plan)!
    const entry = await entryFor(args, action)
    const revealed = await revealAll(command, number)
    if (!revealed.ok) return revealed
    try {
      if (layout === 'csv') await writeFile(file, csvOf(batch, revealed.value), { flag: 'wx', mode: 0o600 })
      else {
        const { voucherSheet } = await import('@lango/modules/vouchers/sheet')
        const words = { brand: args.text('brand') ?? 'Lango', plan: batch.plan, lines: await linesOf(plan) }
        const { prefix } = batch
        const sheet = voucherSheet({ layout, batch: number, prefix, vouchers: revealed.value, ...words, ...entry })
        await pipeline(sheet, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
      }
    } catch (error) {
      const cause = (error as NodeJS.ErrnoException).code ?? String(error)
      // Half a sheet helps nobody, and would stand in the way of the next try; another's file stays.
      if (cause !== 'EEXIST') await rm(file, { force: true })
      return refused({ type: 'FileUnwritable', file, cause })
    }
    const printed = revealed.value.length
    return shown({ file, printed }, () => `${printed} vouchers are in ${file}. Whoever has it can use them.`)
  },
}

/** What its QR codes open. A box that is down tells nothing of its portal. */
const entryFor = async (
  args: CliContext['args'],
  action: CliContext['action'],
): Promise<Pick<Sheet, 'url' | 'wifi'>> => {
  const told = await action<PortalEntry>('portal.entry', {})
  const entry = told.ok ? told.value : {}
  const url = args.flag('plain') ? undefined : (args.text('url') ?? entry.voucherUrl)
  if (!args.flag('wifi')) return { url, wifi: undefined }
  if (!told.ok || entry.wifi === undefined)
    throw new UsageError('The name of the Wi-Fi is told by a running box: lango setting set portal.wifiName NAME')
  return { url, wifi: { code: entry.wifi.code, join: '1. Join the Wi-Fi', open: '2. Use the voucher' } }
}

/** What the buyer gets, a fact a line. */
const linesOf = async ({ policy, validitySec, quotaOctets, priceMinor, currency }: Plan): Promise<string[]> => {
  const { formatMoney } = await import('@lango/kernel')
  return [
    ...(policy.downKbps > 0 ? [`${rate(policy.downKbps)} down`] : []),
    ...(quotaOctets === null ? [] : [octets(quotaOctets)]),
    ...(validitySec === null ? [] : [`${duration(validitySec)} from first login`]),
    ...(priceMinor > 0 ? [formatMoney({ minor: priceMinor, currency })] : []),
  ]
}

const csvOf = ({ number, plan }: Batch, vouchers: Revealed): string =>
  [
    ['batch', 'serial', 'code', 'plan'],
    ...vouchers.map(({ serial, code }) => [String(number), String(serial), code, plan]),
  ]
    .map(csvLine)
    .join('')

export const voucherPrintCommands = [reveal, print]

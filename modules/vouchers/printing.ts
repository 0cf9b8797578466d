/** Codes of a batch on paper, in a table or on the screen: what is asked for, and the file it becomes. */
import { ok, type Fault, type Result } from '@lango/kernel'
import {
  fill,
  FormReader,
  formatDuration,
  formatNumber,
  formatPrice,
  formatQuota,
  formatSpeed,
  type Done,
  type DoingDesk,
  type Fields,
  type Locale,
  type Problems,
} from '@lango/kernel/ui'
import type { Plan } from './batch-reading.ts'
import { revealVouchers } from './commands.ts'
import { breathe } from './desk-parts.tsx'
import type { VoucherWords } from './words.ts'

export const layouts = ['a4', 'roll', 'csv', 'screen'] as const
export type Layout = (typeof layouts)[number]
export type Revealed = { readonly serial: number; readonly code: string }

/** Drawing takes a millisecond or so a voucher. */
const PRINTED_MAX = 2000
const SHOWN_MAX = 500
const BRAND_LENGTH_MAX = 60
const URL_LENGTH_MAX = 300

export type PrintOrder = {
  readonly layout: Layout
  readonly from: number
  readonly to: number
  readonly brand: string
  readonly url: string | undefined
  /** With a second code that joins the Wi-Fi. */
  readonly isJoining: boolean
}

type Given = {
  readonly wanted: number
  readonly words: VoucherWords
  readonly locale: Locale
  readonly siteName: string
}

/** A stretch of serial numbers; without an end it goes to the last one. */
export const readRange = (
  form: FormReader,
  { wanted, words, locale }: Pick<Given, 'wanted' | 'words' | 'locale'>,
): { readonly from: number; readonly to: number } => {
  const sentence = fill(words.numberUnreadable, { n: formatNumber(wanted, locale) })
  const from = form.whole('from', [1, wanted], sentence) ?? 1
  const to = form.whole('to', [1, wanted], sentence) ?? wanted
  if (to < from) form.refuse('to', words.numberOrder)
  return { from, to }
}

export const readPrintForm = (
  fields: Fields,
  given: Given,
): { readonly order: PrintOrder } | { readonly problems: Problems } => {
  const { words, locale } = given
  const form = new FormReader(fields)
  const layout = form.choice('layout', layouts)
  const { from, to } = readRange(form, given)
  const most = layout === 'screen' ? SHOWN_MAX : layout === 'csv' ? Infinity : PRINTED_MAX
  if (to - from + 1 > most) form.refuse('to', fill(words.tooMany, { n: formatNumber(most, locale) }))
  const brand = form.text('brand') ?? given.siteName
  if (brand.length > BRAND_LENGTH_MAX) form.refuse('brand', words.brandLong)
  const url = form.text('url')
  const isPage = url === undefined || (/^https?:\/\//.test(url) && url.includes('CODE') && url.length <= URL_LENGTH_MAX)
  if (!isPage) form.refuse('url', words.urlUnreadable)
  return form.isGood
    ? { order: { layout, from, to, brand, url, isJoining: fields.has('wifi') } }
    : { problems: form.problems }
}

/** The codes of these numbers that are still good for a first login. */
export const revealRange = async (
  desk: Pick<DoingDesk, 'tell'>,
  batch: number,
  { from, to }: Pick<PrintOrder, 'from' | 'to'>,
): Promise<Result<readonly Revealed[], Fault>> => {
  const codes: Revealed[] = []
  for (let after: number | undefined = from - 1; after !== undefined && after < to;) {
    const page: Awaited<ReturnType<typeof desk.tell<typeof revealVouchers>>> = await desk.tell(revealVouchers, {
      batch,
      afterSerial: after,
    })
    if (!page.ok) return page
    codes.push(...page.value.vouchers.filter(({ serial }) => serial <= to))
    after = page.value.lastSerial
    await breathe()
  }
  return ok(codes)
}

/** What the buyer gets, a fact a line. */
const linesOf = ({ policy, validitySec, quotaOctets, priceMinor, currency }: Plan, given: Given): readonly string[] => {
  const { words, locale } = given
  const lines = [
    ...(policy.downKbps > 0 ? [formatSpeed(policy, words.noLimit)] : []),
    ...(quotaOctets === null ? [] : [formatQuota(quotaOctets)]),
    ...(validitySec === null ? [] : [fill(words.fromFirst, { time: formatDuration(validitySec * 1000, locale) })]),
    ...(priceMinor > 0 ? [formatPrice(priceMinor, currency)] : []),
  ]
  // The fonts of the sheet know no unbreakable space.
  return lines.map((line) => line.replaceAll('\u00a0', ' '))
}

// A cell that begins so is run by spreadsheets; one with a comma, a quote or a line break stands in quotes (RFC 4180).
const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const lineOf = (row: readonly string[]): string => `${row.map(cell).join(',')}\r\n`
const LINES_AT_ONCE = 2000

const csvOf = async (batch: number, plan: string, codes: readonly Revealed[]): Promise<string> => {
  let text = lineOf(['batch', 'serial', 'code', 'plan'])
  for (const [index, { serial, code }] of codes.entries()) {
    text += lineOf([String(batch), String(serial), code, plan])
    if (index % LINES_AT_ONCE === 0) await breathe()
  }
  return text
}

export type Printed = {
  readonly batch: { readonly number: number; readonly prefix: string }
  readonly plan: Plan
  readonly order: PrintOrder
  readonly codes: readonly Revealed[]
  /** What a code says that joins the Wi-Fi, where its name is known. */
  readonly wifiCode: string | undefined
}

export const fileOf = async ({ batch, plan, order, codes, wifiCode }: Printed, given: Given): Promise<Done> => {
  const name = `vouchers-${batch.number}-${order.from}-${order.to}`
  if (order.layout === 'csv')
    return {
      file: { name: `${name}.csv`, type: 'text/csv; charset=utf-8', body: await csvOf(batch.number, plan.name, codes) },
    }
  // Its library is large: it is loaded when somebody prints.
  const { voucherSheetBytes } = await import('./sheet.ts')
  const body = await voucherSheetBytes({
    layout: order.layout === 'roll' ? 'roll' : 'a4',
    brand: order.brand,
    url: order.url,
    wifi:
      order.isJoining && wifiCode !== undefined
        ? { code: wifiCode, join: given.words.scanJoin, open: given.words.scanOpen }
        : undefined,
    plan: plan.name,
    lines: linesOf(plan, given),
    batch: batch.number,
    prefix: batch.prefix,
    vouchers: codes,
  })
  return { file: { name: `${name}.pdf`, type: 'application/pdf', body } }
}

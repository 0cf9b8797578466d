/** Vouchers on paper: a PDF to cut up, or a strip for a thermal printer. Its library is large: load this when it is asked for. */
import { setImmediate } from 'node:timers/promises'
import Pdf from 'pdfkit'
import { encode } from 'uqr'
import { spellCode } from '../access/index.ts'
import { scannedText } from './entry.ts'

export type SheetLayout = 'a4' | 'roll'

export type Sheet = {
  readonly layout: SheetLayout
  /** Who sells them: stands on top of each. */
  readonly brand: string
  readonly plan: string
  /** Short lines under the code: how long, how fast, how much. */
  readonly lines: readonly string[]
  readonly batch: number
  readonly prefix: string
  readonly vouchers: readonly { readonly serial: number; readonly code: string }[]
  /** The page that logs in, with `CODE` where the code belongs; else the QR code holds the code alone. */
  readonly url: string | undefined
  /** A second QR code on each, that joins the Wi-Fi: what it says, and what stands below both. */
  readonly wifi?: { readonly code: string; readonly join: string; readonly open: string } | undefined
}

const MM = 72 / 25.4
/** Margins that every office printer keeps. */
const A4 = { width: 210 * MM, height: 297 * MM, margin: 10 * MM, columns: 3, rows: 8 }
/** Two codes want a wider card. */
const COLUMNS_WITH_WIFI = 2
/** The narrow paper of most counters' printers; it prints 48 of 58 mm. */
const ROLL = { width: 58 * MM, height: 62 * MM, margin: 5 * MM }
const ROLL_SIDE = 28 * MM
const CARD_SIDE = 20 * MM
/** Of one of the two. */
const CARD_PAIR_SIDE = 19 * MM
const CAPTION = 7
/** ISO/IEC 18004 wants four modules of quiet around. */
const QUIET_MODULES = 4

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
type Drawing = InstanceType<typeof Pdf>

/**
 * The sheet as a stream of PDF; pages are written as they are drawn. Vouchers are drawn a few at a time, since a QR code
 * takes its while and nothing else of the thread should wait for a whole sheet.
 */
export const voucherSheet = (sheet: Sheet): NodeJS.ReadableStream => {
  const size: [number, number] = sheet.layout === 'a4' ? [A4.width, A4.height] : [ROLL.width, stripHeight(sheet)]
  const pdf = new Pdf({ size, margin: 0, autoFirstPage: false, info: { Title: `Vouchers ${sheet.batch}` } })
  drawAll(pdf, sheet).then(
    () => pdf.end(),
    (error: unknown) => pdf.destroy(error as Error),
  )
  return pdf
}

const DRAWN_AT_ONCE = 8

const drawAll = async (pdf: Drawing, sheet: Sheet): Promise<void> => {
  for (const [index, voucher] of sheet.vouchers.entries()) {
    if (index % DRAWN_AT_ONCE === 0) await setImmediate()
    if (sheet.layout === 'a4') drawPlace(pdf, sheet, voucher, index)
    else drawStrip(pdf.addPage(), sheet, voucher)
  }
}

/** The same as octets, for whoever sends it as a whole. */
export const voucherSheetBytes = async (sheet: Sheet): Promise<Uint8Array<ArrayBuffer>> => {
  const pieces: Buffer[] = []
  for await (const piece of voucherSheet(sheet)) pieces.push(piece as Buffer)
  return new Uint8Array(Buffer.concat(pieces))
}

const drawPlace = (pdf: Drawing, sheet: Sheet, voucher: Sheet['vouchers'][number], index: number): void => {
  const columns = sheet.wifi === undefined ? A4.columns : COLUMNS_WITH_WIFI
  const width = (A4.width - 2 * A4.margin) / columns
  const height = (A4.height - 2 * A4.margin) / A4.rows
  const place = index % (columns * A4.rows)
  if (place === 0) pdf.addPage()
  const box = {
    x: A4.margin + (place % columns) * width,
    y: A4.margin + Math.floor(place / columns) * height,
    width,
    height,
  }
  pdf.lineWidth(0.4).dash(2, { space: 2 }).strokeColor('#999').rect(box.x, box.y, width, height).stroke().undash()
  drawCard(pdf, sheet, voucher, box)
}

const drawCard = (pdf: Drawing, sheet: Sheet, { serial, code }: Sheet['vouchers'][number], box: Box): void => {
  const pad = 3 * MM
  const [left, top, width] = [box.x + pad, box.y + pad, box.width - 2 * pad]
  const { wifi } = sheet
  const side = wifi === undefined ? CARD_SIDE : 2 * CARD_PAIR_SIDE
  const line = (text: string, dy: number, font: string, size: number, room = width): void =>
    void pdf
      .font(font)
      .fontSize(size)
      .fillColor('black')
      .text(text, left, top + dy, { width: room, lineBreak: false, ellipsis: true })
  line(sheet.brand, 0, 'Helvetica-Bold', 8)
  line(spellCode(code, sheet.prefix), 11, 'Courier-Bold', sizeOf(code, 12))
  line(sheet.plan, 29, 'Helvetica-Bold', 8, width - side)
  sheet.lines.forEach((text, index) => line(text, 40 + index * 9, 'Helvetica', 7, width - side))
  line(`${sheet.batch}-${serial}`, box.height - 2 * pad - 7, 'Helvetica', 6, width - side)
  const right = left + width
  const bottom = box.y + box.height - pad
  if (wifi === undefined)
    return drawQr(pdf, scannedText(sheet.url, code), { x: right - side, y: bottom - side, side, caption: '' })
  const pair = { y: bottom - CARD_PAIR_SIDE - CAPTION, side: CARD_PAIR_SIDE }
  drawQr(pdf, wifi.code, { ...pair, x: right - side, caption: wifi.join })
  drawQr(pdf, scannedText(sheet.url, code), { ...pair, x: right - CARD_PAIR_SIDE, caption: wifi.open })
}

const stripHeight = ({ wifi }: Sheet): number => ROLL.height + (wifi === undefined ? 0 : ROLL_SIDE + 2 * CAPTION)

const drawStrip = (pdf: Drawing, sheet: Sheet, { serial, code }: Sheet['vouchers'][number]): void => {
  const width = ROLL.width - 2 * ROLL.margin
  const centred = { width, align: 'center', lineBreak: false, ellipsis: true } as const
  const line = (text: string, y: number, font: string, size: number): void =>
    void pdf.font(font).fontSize(size).fillColor('black').text(text, ROLL.margin, y, centred)
  line(sheet.brand, 6, 'Helvetica-Bold', 10)
  line(spellCode(code, sheet.prefix), 20, 'Courier-Bold', sizeOf(code, 14))
  line(sheet.plan, 38, 'Helvetica-Bold', 9)
  sheet.lines.forEach((text, index) => line(text, 50 + index * 9, 'Helvetica', 7))
  const { wifi } = sheet
  const height = stripHeight(sheet)
  const first = ROLL.height - ROLL_SIDE - 14
  const place = { x: (ROLL.width - ROLL_SIDE) / 2, side: ROLL_SIDE }
  if (wifi !== undefined) drawQr(pdf, wifi.code, { ...place, y: first, caption: wifi.join })
  const y = wifi === undefined ? first : first + ROLL_SIDE + CAPTION
  drawQr(pdf, scannedText(sheet.url, code), { ...place, y, caption: wifi?.open ?? '' })
  line(`${sheet.batch}-${serial}`, height - (wifi === undefined ? 12 : 8), 'Helvetica', 6)
}

/** Long codes are set smaller rather than cut off. */
const sizeOf = (code: string, size: number): number => (code.length <= 12 ? size : (size * 12) / code.length)

type QrPlace = { readonly x: number; readonly y: number; readonly side: number; readonly caption: string }

const drawQr = (pdf: Drawing, content: string, { x, y, side, caption }: QrPlace): void => {
  const { data, size } = encode(content, { ecc: 'M', border: QUIET_MODULES })
  const module = side / size
  for (const [row, cells] of data.entries()) {
    for (let from = 0; from < size; from++) {
      if (!cells[from]) continue
      let to = from
      while (to < size && cells[to]) to += 1
      pdf.rect(x + from * module, y + row * module, (to - from) * module, module)
      from = to
    }
  }
  pdf.fill('black')
  if (caption === '') return
  const centred = { width: side, align: 'center', lineBreak: false, ellipsis: true } as const
  pdf
    .font('Helvetica')
    .fontSize(5.5)
    .text(caption, x, y + side, centred)
}

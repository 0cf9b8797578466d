import { buffer } from 'node:stream/consumers'
import { inflateSync } from 'node:zlib'
import { decodeQR } from 'qr/decode.js'
import { expect, test } from 'vitest'
import { voucherSheet, type Sheet } from './sheet.ts'

const sheet = (count: number, more: Partial<Sheet> = {}): Sheet => ({
  layout: 'a4',
  brand: 'Kilimani Wi-Fi',
  plan: 'Day pass',
  lines: ['5 Mbit/s down', '24 h from first login'],
  batch: 3,
  prefix: 'KSM',
  vouchers: Array.from({ length: count }, (_, at) => ({ serial: at + 1, code: 'KSM7K3DM2QX' })),
  url: undefined,
  ...more,
})

const pagesOf = async (made: Sheet): Promise<number> => {
  const pdf = (await buffer(voucherSheet(made))).toString('latin1')
  expect(pdf.startsWith('%PDF-')).toBe(true)
  return pdf.match(/\/Type \/Page\b/g)?.length ?? 0
}

const streamsOf = async (made: Sheet): Promise<readonly string[]> => {
  const pdf = await buffer(voucherSheet(made))
  const streams = pdf.toString('latin1').matchAll(/stream\n([\s\S]*?)\nendstream/g)
  return [...streams].map(([, octets]) => inflateSync(Buffer.from(octets!, 'latin1')).toString('latin1'))
}

/** What the pages show as text: pdfkit writes it as hexadecimal pieces with spacing between. */
const textOf = async (made: Sheet): Promise<string> => {
  return (await streamsOf(made))
    .flatMap((stream) => [...stream.matchAll(/\[(.*?)\] TJ/g)])
    .map(([, line]) =>
      [...line!.matchAll(/<([0-9a-f]*)>/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join(''),
    )
    .join('\n')
}

const PIXELS_PER_POINT = 10
const QUIET_POINTS = 12

/** What a camera sees of rectangles, black on white paper. */
const pictureOf = (rects: readonly (readonly [number, number, number, number])[]) => {
  const left = Math.min(...rects.map(([x]) => x)) - QUIET_POINTS
  const top = Math.min(...rects.map(([, y]) => y)) - QUIET_POINTS
  const far = Math.max(...rects.flatMap(([x, y, width, height]) => [x + width - left, y + height - top]))
  const size = Math.ceil((far + QUIET_POINTS) * PIXELS_PER_POINT)
  const data = new Uint8Array(size * size * 4).fill(255)
  const at = (points: number): number => Math.round(points * PIXELS_PER_POINT)
  for (const [x, y, width, height] of rects)
    for (let row = at(y - top); row < at(y - top + height); row++)
      data.fill(0, (row * size + at(x - left)) * 4, (row * size + at(x - left + width)) * 4)
  for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = 255
  return { width: size, height: size, data }
}

/** What a phone reads from the paper: each QR code is filled at once. */
const scannedOf = async (made: Sheet): Promise<readonly string[]> =>
  (await streamsOf(made))
    .flatMap((stream) => stream.split(/\nf\n/).slice(0, -1))
    .map((drawn) =>
      [...drawn.matchAll(/^([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re$/gm)]
        .map(([, ...numbers]) => numbers.map(Number) as [number, number, number, number])
        // The line to cut along is no module.
        .filter(([, , , height]) => height < 5),
    )
    .map((rects) => decodeQR(pictureOf(rects)))

const PORTAL = 'http://192.168.88.10:8090/voucher?code='
const wifi = { code: 'WIFI:T:nopass;S:Lakeview;;', join: '1. Join the Wi-Fi', open: '2. Use the voucher' }

test.each(['a4', 'roll'] as const)('a phone that scans one opens the portal with its code: %s', async (layout) => {
  const url = `${PORTAL}CODE`
  expect(await scannedOf(sheet(2, { layout, url }))).toEqual([`${PORTAL}KSM7K3DM2QX`, `${PORTAL}KSM7K3DM2QX`])
  expect(await scannedOf(sheet(1, { layout }))).toEqual(['KSM7K3DM2QX'])
})

test.each(['a4', 'roll'] as const)('or joins the Wi-Fi first, by a code of its own: %s', async (layout) => {
  const both = sheet(1, { layout, url: `${PORTAL}CODE`, wifi })
  expect(await scannedOf(both)).toEqual([wifi.code, `${PORTAL}KSM7K3DM2QX`])
  const text = await textOf(both)
  expect(text).toContain('1. Join the Wi-Fi')
  expect(text).toContain('2. Use the voucher')
  expect(await pagesOf(sheet(17, { url: PORTAL, wifi }))).toBe(2)
})

test('24 vouchers are on an A4 page, one on a piece of the roll', async () => {
  expect(await pagesOf(sheet(24))).toBe(1)
  expect(await pagesOf(sheet(25))).toBe(2)
  expect(await pagesOf(sheet(3, { layout: 'roll' }))).toBe(3)
})

test.each(['a4', 'roll'] as const)(
  'each voucher shows its code in groups, what it buys and its number: %s',
  async (layout) => {
    const text = await textOf(sheet(2, { layout }))
    for (const shown of [
      'Kilimani Wi-Fi',
      'KSM-7K3D-M2QX',
      'Day pass',
      '5 Mbit/s down',
      '24 h from first login',
      '3-2',
    ])
      expect(text).toContain(shown)
  },
)

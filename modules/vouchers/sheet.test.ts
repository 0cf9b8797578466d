import { buffer } from 'node:stream/consumers'
import { inflateSync } from 'node:zlib'
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

/** What the pages show as text: pdfkit writes it as hexadecimal pieces with spacing between. */
const textOf = async (made: Sheet): Promise<string> => {
  const pdf = await buffer(voucherSheet(made))
  const streams = pdf.toString('latin1').matchAll(/stream\n([\s\S]*?)\nendstream/g)
  return [...streams]
    .map(([, octets]) => inflateSync(Buffer.from(octets!, 'latin1')).toString('latin1'))
    .flatMap((stream) => [...stream.matchAll(/\[(.*?)\] TJ/g)])
    .map(([, line]) =>
      [...line!.matchAll(/<([0-9a-f]*)>/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join(''),
    )
    .join('\n')
}

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

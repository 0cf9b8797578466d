import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(async () => {
  box = testBox()
  const terms = ['--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '1000', '--price', '50', '--currency', 'KES']
  await box.json('plan', 'add', 'Day', ...terms)
  await box.json('voucher', 'issue', '--plan', 'Day', '--count', '5')
  await box.json('staff', 'add', 'amina', '--role', 'cashier')
})
afterAll(() => box.remove())

type Report = { readonly from: string; readonly to: string; readonly totals: unknown; readonly stock: number }

test('a rate is set in percent, counts from the next sale on, and the report tells what it came to', async () => {
  const hand = (verb: string, from: string, to: string, holder: string) =>
    box.json('voucher', verb, '--batch', '1', '--from', from, '--to', to, '--holder', holder)
  await hand('sell', '1', '1', 'amina')
  expect(await box.json('staff', 'set', 'amina', '--commission', '7.5')).toMatchObject({ commissionBp: 750 })
  await hand('sell', '2', '3', 'Amina')
  await hand('give', '4', '5', 'amina')
  const report = await box.json<Report>('voucher', 'commission')
  expect(report).toMatchObject({
    sellers: [{ holder: 'amina', stock: 2, sales: [{ sold: 3, salesMinor: 15_000, earnedMinor: 750 }] }],
    totals: [{ currency: 'KES', sold: 3, earnedMinor: 750, reversed: 0, netMinor: 750 }],
    stock: 2,
  })
  expect(report.from).toMatch(/-01$/)
  const { out } = await box.lango('voucher', 'commission')
  expect(out).toMatch(/amina +3 +KES 150\.00 +KES 7\.50 +0 +KES 0\.00 +KES 7\.50 +2/)
  expect(await box.json<Report>('voucher', 'commission', '--from', '2001-01-01', '--to', '2001-01-31')).toMatchObject({
    from: '2001-01-01',
    totals: [],
  })
  expect(await box.json('staff', 'set', 'amina', '--commission', 'none')).toMatchObject({ commissionBp: null })
  expect((await box.lango('staff', 'list')).out).toContain('COMMISSION')
})

test.each([
  [['voucher', 'commission', '--from', 'yesterday'], 2, '--from is no day'],
  [['voucher', 'commission', '--from', '2026-02-02', '--to', '2026-02-01'], 2, '--to is no day, or comes before'],
  [['staff', 'set', 'amina', '--commission', '101'], 1, 'cannot be read'],
])('%j is refused with what to write', async (argv, code, says) => {
  const refused = await box.lango(...argv)
  expect([refused.code, refused.err.includes(says)]).toEqual([code, true])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(async () => {
  box = testBox()
  const speed = ['--down-kbps', '5000', '--up-kbps', '2000']
  await box.json('plan', 'add', 'Hour', '--kind', 'hotspot', ...speed, '--price', '20')
})
afterAll(() => box.remove())

test('an offer is made, used, shown and stopped', async () => {
  expect((await box.lango('offer', 'list')).out).toMatch(/There are no offers/)
  const flyer = ['--code', 'karibu-20', '--percent', '25', '--uses', '5', '--plan', 'Hour']
  expect((await box.lango('offer', 'add', 'Flyer', ...flyer)).out).toMatch(/Offer 1 holds with the code KARIBU20/)
  const happy = ['--price', '18', '--window', 'daily 00:00-00:00', '--from', '2026-01-01 00:00']
  expect((await box.lango('offer', 'add', 'Happy', ...happy)).out).toMatch(/Offer 2 applies by itself/)
  const asked = await box.lango('payment', 'request', 'Hour', '+254712345678', '--code', 'KARIBU20')
  expect(asked.out).toMatch(/Purchase 1: the phone is asked/)
  expect((await box.lango('offer', 'list')).out).toMatch(/1 +Flyer +KARIBU20 +25 % off +open +1 of 5/)
  expect((await box.lango('offer', 'show', '1')).out).toMatch(/Hour +\+254712345678 +KES 15\.00 +KES 5\.00 +requested/)
  expect((await box.lango('offer', 'stop', '1')).out).toMatch(/Offer 1 is stopped/)
  const refused = await box.lango('payment', 'request', 'Hour', '+254712345679', '--code', 'KARIBU20')
  expect(refused.err).toMatch(/KARIBU20 was stopped/)
  expect((await box.lango('offer', 'resume', '1')).out).toMatch(/Offer 1 is active/)
  const free = ['--code', 'BURE', '--price', '0', '--uses', '1']
  await box.json('offer', 'add', 'Opening', ...free)
  expect((await box.lango('payment', 'request', 'Hour', '+254712345679', '--code', 'BURE')).out).toMatch(/it is free/)
})

test.each([
  [['add', 'X'], 2, 'Say one: --percent'],
  [['add', 'X', '--percent', '10', '--off', '5'], 2, 'Say one: --percent'],
  [['add', 'X', '--percent', '10', '--window', 'daily 10:00-11:00 5M/5M'], 2, 'hours and no speed'],
  [['add', 'X', '--price', '0'], 1, 'with --uses'],
  [['add', 'X', '--percent', '10', '--plan', 'Gone'], 1, 'No plan is called Gone'],
  [['show', '77'], 1, 'There is no offer 77'],
  [['stop', '77'], 1, 'There is no offer 77'],
] as const)('%j is refused with what to write', async (argv, code, says) => {
  const refused = await box.lango('offer', ...argv)
  expect([refused.code, refused.err.includes(says)]).toEqual([code, true])
})

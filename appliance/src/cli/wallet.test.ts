import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

test('cash goes into the wallet of a phone, which is listed, shown, blocked and let go on; its code is told', async () => {
  expect((await box.lango('wallet', 'list')).out).toMatch(/No wallet fits/)
  expect((await box.lango('wallet', 'top-up', '0712 345 678', '150.50')).out).toMatch(
    /Receipt 1: KES 150\.50 is in wallet 1 now/,
  )
  expect((await box.lango('wallet', 'list', '--find', '+254712345678')).out).toMatch(/1 +\+254712345678 +W\w{8}/)
  expect((await box.lango('wallet', 'show', '1')).out).toMatch(/balance +KES 150\.50.*1 +cash +KES 150\.50/s)
  expect((await box.lango('wallet', 'show', '2')).err).toMatch(/There is no wallet 2/)
  expect((await box.lango('wallet', 'block', '1')).out).toMatch(/blocked/)
  expect(await box.json('wallet', 'list', '--blocked')).toMatchObject([{ number: 1, balanceMinor: 15_050 }])
  await box.json('wallet', 'unblock', '1')
  const told = (await box.lango('wallet', 'reveal', '1')).out
  expect(told).toMatch(/^W-\w{4}-\w{4}/)
  expect((await box.lango('wallet', 'new-code', '1')).out).not.toBe(told)
  for (const wrong of [
    ['12', '100'],
    ['0712345678', 'ten'],
  ])
    expect((await box.lango('wallet', 'top-up', ...wrong)).code).toBe(2)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(async () => {
  box = testBox()
  await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
  await box.json(
    'subscriber',
    'add',
    'amina',
    '--password',
    'p',
    '--plan',
    'Home',
    '--name',
    'Amina',
    '--phone',
    '0712345678',
  )
  await box.json('subscriber', 'add', 'juma', '--password', 'p', '--plan', 'Home', '--name', 'Juma')
})
afterAll(() => box.remove())

type Shown = { customer: { id: string }; siblings: { login: string }[] }
const show = (login: string) => box.json<Shown>('subscriber', 'show', login)
const add = (login: string, ...more: string[]) =>
  box.lango('subscriber', 'add', login, '--password', 'p', '--plan', 'Home', ...more)

test('a further service is added by a login of the customer or by their id, and each is shown beside the others', async () => {
  const { id } = (await show('amina')).customer
  expect((await add('amina-shop', '--customer', 'amina')).out).toBe('Subscriber amina-shop may log in.\n')
  expect((await add('amina-tv', '--customer', id, '--ip', '10.0.0.9')).code).toBe(0)
  expect(await show('amina-shop')).toMatchObject({
    customer: { id, name: 'Amina', phone: '0712345678' },
    siblings: [{ login: 'amina' }, { login: 'amina-tv', status: 'active', plan: 'Home' }],
  })
  const { out } = await box.lango('subscriber', 'show', 'amina')
  expect(out).toMatch(/other services\nLOGIN[^]*amina-shop[^]*amina-tv/)
  expect((await box.lango('subscriber', 'show', 'juma')).out).not.toContain('other services')
  expect((await box.lango('customer', 'show', 'amina-tv')).out).toMatch(/Amina[^]*amina-shop/)
})

test('what is the customer’s is changed once, and what is all of theirs is stopped and taken up at once', async () => {
  expect((await box.lango('customer', 'change', 'amina-tv', '--name', 'Amina K.', '--phone', '')).out).toContain(': 3.')
  expect(await show('amina')).toMatchObject({ customer: { name: 'Amina K.', phone: null } })
  expect((await box.lango('customer', 'suspend', 'amina')).out).toBe('Suspended: amina, amina-shop, amina-tv.\n')
  expect(await show('amina-shop')).toMatchObject({ status: 'suspended' })
  expect(await show('juma')).toMatchObject({ status: 'active' })
  await box.json('customer', 'resume', 'amina')
  expect((await box.lango('customer', 'resume', 'amina')).out).toBe('Resumed: none.\n')
})

test('a service is moved to another customer, and to one of its own', async () => {
  expect((await box.lango('subscriber', 'move', 'amina-tv', '--customer', 'juma')).code).toBe(0)
  expect((await show('juma')).siblings).toMatchObject([{ login: 'amina-tv' }])
  expect((await box.lango('subscriber', 'move', 'amina-tv', '--alone')).code).toBe(0)
  expect((await show('juma')).siblings).toEqual([])
})

test.each([
  [['subscriber', 'add', 'x', '--plan', 'Home', '--customer', 'nobody'], 1, /No customer is nobody/],
  [
    ['subscriber', 'add', 'x', '--plan', 'Home', '--customer', 'amina', '--name', 'X'],
    2,
    /lango customer change amina/,
  ],
  [['subscriber', 'move', 'amina', '--alone', '--customer', 'juma'], 2, /Say where to/],
  [['subscriber', 'move', 'amina'], 2, /Say where to/],
  [['subscriber', 'move', 'juma', '--alone'], 1, /juma is where it would be moved to/],
  [['customer', 'show', 'nobody'], 1, /No customer is nobody/],
  [['customer', 'change', 'amina'], 2, /Say what to change/],
  [['customer', 'change', 'amina', '--phone', '1'], 1, /--phone: A phone number has/],
  [['customer', 'suspend', 'nobody'], 1, /No customer is nobody/],
])('%j is refused in words', async (argv, code, says) => {
  const before = (await box.lango('export', 'subscribers')).out
  expect(await box.lango(...argv)).toMatchObject({ code, err: expect.stringMatching(says) })
  expect((await box.lango('export', 'subscribers')).out).toBe(before)
})

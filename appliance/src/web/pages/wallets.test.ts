import { expect, test } from 'vitest'
import { buyFromWallet, hearPayments, setOwnRenewal } from '@lango/modules/payments'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { changeSettings, showSettings } from '@lango/modules/settings'
import { eraseWallet, showWallet, topUpCash } from '@lango/modules/wallets'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const AMINA = '+254712345678'

const desk = () => {
  const made = deskUnderTest()
  const { site, page } = made
  return {
    ...made,
    topUp: (amountMinor: number, phone = AMINA) => site.must(topUpCash, { phone, amountMinor }),
    text: async (path: string) => (await page(path)).replaceAll('\u00a0', ' '),
    wallet: () => site.query(showWallet, { number: 1 })!,
  }
}

test('a cashier takes cash for a phone: the wallet is opened, and the form sent twice pays once', async () => {
  const { as, text, visit, wallet } = desk()
  as('cashier')
  expect(await text('/wallets')).toContain('Nobody has a wallet yet')
  const form = { do: 'cash', once: 'a'.repeat(22), phone: '0712 345 678', amount: '150.50' }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' }
  for (let sent = 0; sent < 2; sent++) {
    const answer = await visit('/wallets', { method: 'POST', body: String(new URLSearchParams(form)), headers })
    expect(answer.headers.get('location')).toBe('/wallets/1?said=cash')
  }
  expect(wallet()).toMatchObject({ phone: AMINA, balanceMinor: 15_050 })
  expect(await text('/wallets')).toMatch(/Wallet 1.*\+254 712 345 678.*KES 150\.50|Wallet 1.*KSh 150\.50/s)
  expect(await text('/wallets/1?said=cash')).toMatch(/The money is in the wallet.*Paid in with cash.*KSh 150\.50/s)
})

test('what cannot be read is said beside its field, and no money moves', async () => {
  const { as, post, site } = desk()
  as('cashier')
  for (const [fields, said] of [
    [{ phone: '12', amount: '100' }, 'Write the phone as 0712 345 678'],
    [{ phone: '0712345678', amount: '0' }, 'Write an amount above zero'],
    [{ phone: '0712345678', amount: 'ten' }, 'Write an amount above zero'],
  ] as const)
    expect(await (await post('/wallets', 'cash', fields)).text()).toContain(said)
  expect(site.count({ name: 'wallets' })).toBe(0)
})

test('the code is told to whoever may, and the audit log has it; a new one and a block take another right', async () => {
  const { as, topUp, post, text } = desk()
  topUp(1000)
  as('cashier')
  expect(await text('/wallets/1')).not.toContain('New code')
  const told = await (await post('/wallets/1', 'reveal', {})).text()
  expect(told).toMatch(/id="code"[^>]*>\s*W-[2-9A-Z]{4}-[2-9A-Z]{4}/)
  expect((await post('/wallets/1', 'renew', {})).status).toBe(403)
  expect((await post('/wallets/1', 'block', { blocked: 'yes' })).status).toBe(403)
  as('owner')
  await post('/wallets/1', 'block', { blocked: 'yes' })
  expect(await text('/wallets/1')).toContain('Unblock')
  const renewed = await (await post('/wallets/1', 'renew', {})).text()
  expect(/W-[2-9A-Z]{4}-[2-9A-Z]{4}/.exec(renewed)![0]).not.toBe(/W-[2-9A-Z]{4}-[2-9A-Z]{4}/.exec(told)![0])
})

test('wallets are searched for, and one that is not there says so', async () => {
  const { as, topUp, text } = desk()
  for (let n = 0; n < 3; n++) topUp(1000, `+25471234567${n}`)
  as('owner')
  expect(await text('/wallets?q=0712345671')).toMatch(/\/wallets\/2"/)
  expect(await text('/wallets?q=0712345671')).not.toMatch(/\/wallets\/1"/)
  expect(await text('/search?q=0712345671')).toMatch(/\/wallets\/2".*KSh 10\.00/s)
  expect(await text('/wallets?q=nobody')).toContain('No wallet fits')
  expect(await text('/wallets/99')).toContain('There is no such wallet')
  as('viewer')
  expect(await text('/search?q=0712345671')).not.toContain('/wallets/2')
})

test('a bundle that was paid from a wallet says so on its page, and is switched to renew by itself', async () => {
  const { as, topUp, post, text, site, wallet } = desk()
  const plan = {
    name: 'Day',
    kind: 'hotspot',
    policy: {},
    validitySec: 86_400,
    priceMinor: 2000,
    currency: 'KES',
  } as const
  site.must(addPlan, plan)
  topUp(5000)
  site.must(buyFromWallet, { walletId: wallet().id, plan: 'Day' })
  as('owner')
  const page = '/payments/purchases/1'
  expect(await text(page)).toMatch(/from a wallet.*It ends when it ends/s)
  await post(page, 'renew', { on: 'yes' })
  expect(await text(page)).toMatch(/It is renewed by itself.*Do not renew/s)
  as('cashier')
  expect(await text(page)).not.toContain('Do not renew')
  expect((await post(page, 'renew', { on: 'no' })).status).toBe(403)
})

test('what nobody could match is put into a wallet at the desk', async () => {
  const { as, post, text, site, wallet } = desk()
  const money = { amountMinor: 700, currency: 'KES', shortcode: '174379', paidAt: site.clock.now(), phones: [] }
  site.must(hearPayments, { payments: [{ receipt: 'SJ41XK2P9Q', ...money, account: 'HOUSE 7', phone: AMINA }] })
  as('cashier')
  const page = '/payments/receipts/SJ41XK2P9Q'
  expect(await text(page)).toContain('It is for a wallet')
  const done = await post(page, 'resolve', { as: 'wallet', walletPhone: '0712345678' })
  expect(await text(done.headers.get('location')!)).toContain('The money is in it')
  expect(wallet().balanceMinor).toBe(700)
})

test('a wallet is emptied at the desk, with a reason, by whoever may; then its holder can be erased and is shown no more', async () => {
  const { as, topUp, post, text, site, wallet } = desk()
  topUp(5000)
  as('cashier')
  expect(await text('/wallets/1')).not.toContain('Empty the wallet')
  expect((await post('/wallets/1', 'empty', { how: 'cash', why: 'Leaves' })).status).toBe(403)
  as('owner')
  expect(await (await post('/wallets/1', 'empty', { how: 'cash', why: ' ' })).text()).toContain('Say why.')
  expect(wallet().balanceMinor).toBe(5000)
  const done = await post('/wallets/1', 'empty', { how: 'written-off', why: 'Leaves' })
  expect(await text(done.headers.get('location')!)).toMatch(/The wallet is empty.*Written off/s)
  site.must(eraseWallet, { wallet: 1 })
  const page = await text('/wallets/1')
  expect(page).toMatch(/Erased.*Nobody any more.*Written off/s)
  for (const gone of ['712', 'Show the code', 'Block', 'Cash received']) expect(page).not.toContain(gone)
  expect(await text('/search?q=0712345678')).not.toContain('/wallets/1')
  expect(await text('/wallets')).toContain('Nobody has a wallet yet')
})

test('what a holder owes is written off, never paid out', async () => {
  const { as, topUp, post, text, site, wallet } = desk()
  const plan = {
    name: 'Day',
    kind: 'hotspot',
    policy: {},
    validitySec: 86_400,
    priceMinor: 2000,
    currency: 'KES',
  } as const
  site.must(addPlan, plan)
  topUp(2000)
  site.must(changeSettings, { payLaterUpTo: 20, payLaterAfter: 1 })
  for (let times = 0; times < 2; times++) site.must(buyFromWallet, { walletId: wallet().id, plan: 'Day' })
  as('owner')
  expect(await text('/wallets/1')).not.toContain('Paid out in cash, by me')
  expect(await (await post('/wallets/1', 'empty', { how: 'cash', why: 'r' })).text()).toContain('its holder owes')
  await post('/wallets/1', 'empty', { how: 'written-off', why: 'r' })
  expect(wallet().balanceMinor).toBe(0)
})

test('a subscriber’s page shows their wallet, and the wallet’s page leads back to them', async () => {
  const { as, topUp, text, site, wallet, deadLinks } = desk()
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  const day = {
    name: 'Day',
    kind: 'hotspot',
    policy: {},
    validitySec: 86_400,
    priceMinor: 2000,
    currency: 'KES',
  } as const
  site.must(addPlan, day)
  site.must(addSubscriber, { login: 'amina', name: 'Amina Kamau', phone: '0712 345 678', password: 'x', plan: 'Home' })
  as('owner')
  expect(await text('/subscribers/amina')).toContain('This phone has no wallet')
  topUp(5000)
  const { id } = site.must(buyFromWallet, { walletId: wallet().id, plan: 'Day' })
  site.must(setOwnRenewal, { walletId: wallet().id, purchaseId: id, on: true })
  expect(await text('/subscribers/amina')).toMatch(
    /href="\/wallets\/1".*KSh 30\.00 is in it.*Day is renewed from it by itself.*href="\/payments\/purchases\/1"/s,
  )
  expect(await text('/wallets/1')).toMatch(/href="\/subscribers\?q=0712\+345\+678"[^>]*>[^<]*(<[^>]*>)?Amina Kamau/)
  expect(await text('/subscribers?q=0712+345+678')).toContain('/subscribers/amina')
  expect(await deadLinks('/wallets/1')).toEqual([])
  as('viewer')
  expect(await text('/subscribers/amina')).not.toContain('/wallets/1')
  as(['wallets.read'])
  expect(await text('/wallets/1')).not.toContain('Amina Kamau')
})

const SETTINGS = '/settings/mpesa/wallets'
const set = { amounts: '20, 50', payLaterUpTo: '50', payLaterAfter: '3' }

test('the amounts and paying later are set on a page, which says how it stands; by default nobody pays later', async () => {
  const { as, post, text, site, deadLinks } = desk()
  as('owner')
  expect(await text('/settings')).toContain(`href="${SETTINGS}"`)
  expect(await text(SETTINGS)).toMatch(/Nobody pays later.*50, 100, 200, 500/s)
  const done = await post(SETTINGS, 'save', set)
  expect(await text(done.headers.get('location')!)).toMatch(/Saved\..*People may pay later/s)
  expect(site.query(showSettings, {})).toMatchObject({ walletAmounts: '20, 50', payLaterUpTo: 50, payLaterAfter: 3 })
  await post(SETTINGS, 'save', { ...set, amounts: '', payLaterUpTo: '0' })
  expect(site.query(showSettings, {})).toMatchObject({ walletAmounts: '', payLaterUpTo: 0 })
  expect(await deadLinks(SETTINGS)).toEqual([])
  as('technician')
  expect((await post(SETTINGS, 'save', set)).status).toBe(403)
})

test.each([
  ['amounts', '50; 100', 'whole numbers from 1 to 999999'],
  ['amounts', '0', 'whole numbers from 1 to 999999'],
  ['amounts', '1,2,3,4,5,6,7', 'six at most'],
  ['payLaterUpTo', '100001', 'from 0 to 100000'],
  ['payLaterUpTo', '1.5', 'from 0 to 100000'],
  ['payLaterUpTo', '', 'from 0 to 100000'],
  ['payLaterAfter', '-1', 'from 0 to 1000'],
  ['payLaterAfter', 'five', 'from 0 to 1000'],
])(
  'of wallets %s is not %j: it is said beside it, nothing is kept and nothing typed is lost',
  async (name, value, said) => {
    const { as, post, site } = desk()
    as('owner')
    const page = await (await post(SETTINGS, 'save', { ...set, [name]: value })).text()
    expect(page).toContain(said)
    for (const typed of Object.values({ ...set, [name]: value }))
      expect(typed === '' || page.includes(`value="${typed}"`)).toBe(true)
    expect(site.query(showSettings, {})).toMatchObject({ walletAmounts: '50, 100, 200, 500', payLaterUpTo: 0 })
  },
)

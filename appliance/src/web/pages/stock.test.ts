import { ok } from '@lango/kernel'
import { spellCode } from '@lango/modules/access'
import { changeStaff } from '@lango/modules/people'
import { addPlan } from '@lango/modules/plans'
import { handVouchers, makeVouchers, openBatch, revokeVoucher } from '@lango/modules/vouchers'
import { voucherSales, vouchers } from '@lango/modules/vouchers/tables'
import { decodeQR } from 'qr/decode.js'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'
import { TOKEN } from '../testing/web-under-test.ts'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

const desk = (others: NonNullable<Parameters<typeof deskUnderTest>[0]>['others'] = {}) => {
  const made = deskUnderTest({ others })
  const { site, visit } = made
  const day = site.must(addPlan, { name: 'Day <pass>', kind: 'hotspot', policy: {}, priceMinor: 5000 })
  const { batch } = site.must(openBatch, { plan: 'Day <pass>', count: 5 })
  const { codes } = site.must(makeVouchers, { batch })
  const give = (from: number, to: number, holder: string, state: 'given' | 'sold' = 'given') =>
    site.must(handVouchers, { batch, from, to, state, holder })
  /** Signs in somebody of the staff with these permissions only; their login is `may-N`. */
  const agent = (...more: string[]): { id: string; login: string } => {
    const id = made.as(['vouchers.sell', ...more])
    const { login } = site.database.raw
      .prepare<[string], { login: string }>('SELECT login FROM staff WHERE id = ?')
      .get(id)!
    return { id, login }
  }
  const press = (fields: Record<string, string>, path = '/stock') =>
    visit(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' },
    })
  const voucher = (serial: number) =>
    site.database.orm
      .select()
      .from(vouchers.site)
      .all()
      .find((each) => each.serial === serial)!
  return { ...made, day, codes, give, agent, press, voucher }
}

test('an agent sells from the phone: one press sells one and shows its code, price and picture', async () => {
  const { site, day, codes, give, agent, page, post, voucher } = desk()
  const { id, login } = agent()
  site.must(changeStaff, { id, commissionBp: 750 })
  give(1, 2, login)
  const stock = plain(await page('/stock'))
  for (const text of ['Day &lt;pass>', '2 left', 'Sell: KSh 50.00', '7.5 % of the price', 'Nothing sold yet'])
    expect(stock, text).toContain(text)
  for (const code of codes) expect(stock).not.toContain(spellCode(code, ''))
  const sold = await post('/stock', 'sell', { plan: day.id })
  expect([sold.status, sold.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const shown = plain(await sold.text())
  for (const text of [spellCode(codes[0]!, ''), 'Show this to the customer', 'KSh 50.00', '1-1', 'class="qr"'])
    expect(shown, text).toContain(text)
  expect(voucher(1)).toMatchObject({ state: 'sold', holder: login })
  const after = plain(await page('/stock'))
  for (const text of ['1 left', 'KSh 3.75', 'Show the code again']) expect(after, text).toContain(text)
  for (const code of codes) expect(after).not.toContain(spellCode(code, ''))
})

/** What a phone reads of the picture on a page. */
const scannedFrom = (html: string): string => {
  const size = Number(/class="qr" viewBox="0 0 (\d+) /.exec(html)![1])
  const [scale, quiet] = [4, 4]
  const width = (size + 2 * quiet) * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y] of html.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let row = 0; row < scale; row++) {
      const at = ((Number(y) + quiet) * scale + row) * width + (Number(x) + quiet) * scale
      for (let pixel = at; pixel < at + scale; pixel++) data.fill(0, pixel * 4, pixel * 4 + 3)
    }
  return decodeQR({ width, height: width, data })
}

test('the picture opens the portal with the code, where the box knows how phones reach it; else it is the code', async () => {
  const voucherUrl = 'http://192.168.88.10:8090/voucher?code=CODE'
  for (const entry of [{ voucherUrl }, {}]) {
    const { day, codes, give, agent, post } = desk({ 'portal.entry': () => ok(entry) })
    give(1, 1, agent().login)
    const shown = await (await post('/stock', 'sell', { plan: day.id })).text()
    const isLed = 'voucherUrl' in entry
    expect(scannedFrom(shown)).toBe(isLed ? voucherUrl.replace('CODE', codes[0]!) : codes[0])
    expect(shown.includes('tap once')).toBe(isLed)
  }
})

test('the same press sent twice sells one, and leads to where its code can be seen again', async () => {
  const { day, codes, give, agent, press, page, post, site, voucher } = desk()
  const { login } = agent()
  give(1, 3, login)
  const fields = { do: 'sell', once: 'a-press-of-a-button-1', plan: day.id }
  const [first, second] = await Promise.all([press(fields), press(fields)])
  expect(new Set([first.status, second.status])).toEqual(new Set([200, 303]))
  const again = [first, second].find(({ status }) => status === 303)!
  expect(again.headers.get('location')).toBe('/stock?said=before')
  expect(await page('/stock?said=before')).toContain('made already, once')
  expect(site.count(voucherSales)).toBe(1)
  const shown = await post('/stock', 'showCode', { id: voucher(1).id })
  expect(await shown.text()).toContain(spellCode(codes[0]!, ''))
})

test('an agent neither sees nor sells what is another’s, and opens no page of all vouchers', async () => {
  const { day, codes, give, agent, page, post, visit, site, voucher, as } = desk()
  const amina = agent()
  give(1, 3, amina.login)
  expect((await post('/stock', 'sell', { plan: day.id })).status).toBe(200)
  const before = [voucher(1), voucher(2), site.count(voucherSales)]
  const baraka = agent('settings.read')
  expect(baraka.id).not.toBe(amina.id)
  const mine = await page('/stock')
  expect(mine).toContain('You have no vouchers to sell')
  expect(mine).toContain(baraka.login)
  for (const path of ['/stock', '/stock/sales']) {
    const text = await page(path)
    for (const hidden of ['Day', '1-1', amina.login, voucher(1).id])
      expect(text, `${path} ${hidden}`).not.toContain(hidden)
  }
  const refused = await post('/stock', 'sell', { plan: day.id })
  expect(refused.status).toBe(422)
  for (const each of [voucher(1), voucher(2), voucher(4)]) {
    const asked = await post('/stock', 'showCode', { id: each.id })
    expect(asked.status).toBe(422)
    const text = await asked.text()
    for (const code of codes) expect(text).not.toContain(spellCode(code, ''))
  }
  // No field says whose stock it is.
  await post('/stock', 'sell', { plan: day.id, staffId: amina.id, agentId: amina.id, holder: amina.login })
  for (const path of ['/vouchers', '/vouchers/1', '/vouchers/commission', `/vouchers/code/${voucher(1).id}`])
    expect((await visit(path)).status, path).toBe(403)
  const handed = { from: '1', to: '5', state: 'sold', holder: baraka.login, sure: 'yes' }
  expect((await post('/vouchers/1', 'hand', handed)).status).toBe(403)
  expect((await post('/vouchers/commission', 'csv')).status).toBe(403)
  expect([voucher(1), voucher(2), site.count(voucherSales)]).toEqual(before)
  as(['vouchers.read'])
  for (const path of ['/stock', '/stock/sales']) expect((await visit(path)).status, path).toBe(403)
  expect((await post('/stock', 'sell', { plan: day.id })).status).toBe(403)
})

test('own sales are those of the days that are asked for, this month by itself', async () => {
  const { day, give, agent, page, post, site, clock, voucher } = desk()
  const { id, login } = agent()
  site.must(changeStaff, { id, commissionBp: 1000 })
  give(1, 3, login)
  await post('/stock', 'sell', { plan: day.id })
  const today = new Date(clock.now() + 3 * 3600_000).toISOString().slice(0, 10)
  const sales = plain(await page('/stock/sales'))
  expect(sales).toContain(`value="${today}"`)
  expect(sales).toContain(`value="${today.slice(0, 8)}01"`)
  for (const text of ['1-1', 'KSh 50.00', 'KSh 5.00']) expect(sales, text).toContain(text)
  expect(await page('/stock/sales?from=2001-01-01&to=2001-01-31')).not.toContain('1-1<')
  site.must(revokeVoucher, { id: voucher(1).id })
  expect(plain(await page('/stock'))).toMatch(/KSh 0\.00/)
  expect(await page('/stock')).toContain('Revoked')
})

test('the box’s console has nothing to sell, and says so', async () => {
  const { page, visit } = desk()
  await visit(`/?token=${TOKEN}`)
  expect(await page('/stock')).toContain('without a name of your own')
})

test('the report tells sales, commission and stock by seller, with exact totals', async () => {
  const { give, agent, as, page, site, voucher, deadLinks } = desk()
  const { id, login } = agent()
  site.must(changeStaff, { id, commissionBp: 1234 })
  give(1, 3, login, 'sold')
  give(4, 4, login)
  give(5, 5, 'Kiosk <Njeri>')
  site.must(revokeVoucher, { id: voucher(1).id })
  as('owner')
  const report = plain(await page('/vouchers/commission'))
  for (const text of [`href="/staff/${id}"`, 'Kiosk &lt;Njeri>', 'KSh 150.00', 'KSh 18.51', 'KSh 6.17', 'KSh 12.34'])
    expect(report, text).toContain(text)
  expect(await deadLinks('/vouchers/commission')).toEqual([])
  expect(await page('/vouchers/commission?from=2026-02-30')).toContain('such as 2026-11-01')
  expect(await page('/vouchers/commission?from=2026-02-03&to=2026-02-01')).toContain('not before the first one')
  as('viewer')
  expect(await page('/vouchers/commission')).not.toContain(`href="/staff/${id}"`)
})

test('the report as CSV is a file whose cells no spreadsheet reckons with, but its amounts', async () => {
  const { give, as, post, site, voucher, clock } = desk()
  give(1, 1, '=HYPERLINK("http://evil.example","Pay")', 'sold')
  give(2, 2, '@kiosk', 'sold')
  clock.advance(40 * 86_400_000)
  const { id, login } = { id: as('cashier'), login: 'cashier' }
  site.must(changeStaff, { id, commissionBp: 10_000 })
  give(3, 3, login, 'sold')
  clock.advance(40 * 86_400_000)
  site.must(revokeVoucher, { id: voucher(3).id })
  as('cashier')
  const file = await post('/vouchers/commission?from=2001-01-01', 'csv')
  expect(file.headers.get('content-disposition')).toMatch(/attachment; filename="commission-2001-01-01-/)
  const [head, ...lines] = (await file.text()).trimEnd().split('\r\n')
  expect(head).toBe(
    'seller,name,currency,sold,sales,commission,reversed,reversed_sales,reversed_commission,net_commission,in_stock',
  )
  expect(lines).toEqual([
    `"'=HYPERLINK(""http://evil.example"",""Pay"")",,KES,1,50.00,0.00,0,0.00,0.00,0.00,0`,
    `'@kiosk,,KES,1,50.00,0.00,0,0.00,0.00,0.00,0`,
    'cashier,cashier,KES,1,50.00,50.00,1,50.00,50.00,0.00,0',
  ])
  // Given back in a month of its own: less than nothing, and still a number.
  const last = await (await post('/vouchers/commission', 'csv')).text()
  expect(last).toContain('cashier,cashier,KES,0,0.00,0.00,1,50.00,50.00,-50.00,0')
})

test('a commission is set on the staff member’s page by whoever may change people', async () => {
  const { as, post, page, site } = desk()
  const id = as('cashier')
  const rate = () =>
    site.database.raw
      .prepare<[string], { bp: number | null }>('SELECT commission_bp AS bp FROM staff WHERE id = ?')
      .get(id)!.bp
  const save = (commission: string) => post(`/staff/${id}`, 'save', { name: 'Cashier', role: 'cashier', commission })
  expect((await save('50')).status).toBe(403)
  expect(rate()).toBeNull()
  as('owner')
  for (const [typed, bp] of [
    ['7.5', 750],
    ['12,25 %', 1225],
    ['100', 10_000],
    ['0', 0],
    ['', null],
  ] as const) {
    expect((await save(typed)).status, typed).toBe(303)
    expect(rate(), typed).toBe(bp)
  }
  await save('7.5')
  expect(await page(`/staff/${id}`)).toContain('7.5 %')
  for (const typed of ['100.01', '-5', 'much', '1.234']) {
    const refused = await save(typed)
    expect([refused.status, (await refused.text()).includes('percentage from 0 to 100')], typed).toEqual([422, true])
  }
  expect(rate()).toBe(750)
})

test('whoever gives vouchers to somebody of the staff sees that it is them before it is done', async () => {
  const { as, post, voucher } = desk()
  const id = as('cashier')
  as('owner')
  const fields = { from: '1', to: '2', state: 'given', holder: 'Cashier' }
  expect(await (await post('/vouchers/1?tab=hand', 'hand', fields)).text()).toContain('cashier: cashier, of the staff')
  await post('/vouchers/1?tab=hand', 'hand', { ...fields, sure: 'yes' })
  expect(voucher(1)).toMatchObject({ state: 'given', holder: 'cashier', agentId: id })
})

test('it stands in the navigation of those who sell', async () => {
  const { agent, page, as } = desk()
  agent()
  expect(await page('/menu')).toContain('href="/stock"')
  as('viewer')
  expect(await page('/menu')).not.toContain('href="/stock"')
})

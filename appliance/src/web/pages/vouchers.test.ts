import { ok } from '@lango/kernel'
import { setImmediate as breathe } from 'node:timers/promises'
import { CODE_PURPOSE, codeLogin, firstUse, spellCode } from '@lango/modules/access'
import { grants } from '@lango/modules/access/tables'
import { addPlan, setPlanStatus } from '@lango/modules/plans'
import { liveSessions } from '@lango/modules/sessions/tables'
import { makeVouchers, openBatch } from '@lango/modules/vouchers'
import { vouchers } from '@lango/modules/vouchers/tables'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const DAY_SEC = 86_400
const MAC = 'AA:BB:CC:DD:EE:01'

const desk = (others: NonNullable<Parameters<typeof deskUnderTest>[0]>['others'] = {}) => {
  const made = deskUnderTest({ others })
  const { site } = made
  const day = site.must(addPlan, {
    name: 'Day',
    kind: 'hotspot',
    policy: { downKbps: 5000, upKbps: 1000, deviceLimit: 1 },
    validitySec: DAY_SEC,
    quotaOctets: 2e9,
    priceMinor: 5000,
  })
  const issue = (count: number, more: object = {}): string[] => {
    const { batch } = site.must(openBatch, { plan: 'Day', count, ...more })
    const codes: string[] = []
    while (codes.length < count) codes.push(...site.must(makeVouchers, { batch }).codes)
    return codes
  }
  const grantOf = (code: string) =>
    site.database.orm
      .select()
      .from(grants.site)
      .all()
      .find(({ login }) => login === codeLogin(site.vault.keyedHash(code, CODE_PURPOSE)))!
  const use = (code: string) =>
    site.must(firstUse, { grantId: grantOf(code).id, device: MAC, bind: true, deviceLimit: 1 })
  const voucherOf = (code: string) =>
    site.database.orm
      .select()
      .from(vouchers.site)
      .all()
      .find(({ id }) => id === grantOf(code).serviceId)!
  const pageOf = (code: string) => `/vouchers/code/${voucherOf(code).id}`
  return { ...made, day, issue, grantOf, use, voucherOf, pageOf }
}

const plain = (text: string) => text.replaceAll('\u00a0', ' ')
const problemOf = (page: string, field: string) => new RegExp(`id="${field}-error">([^<]*)`).exec(page)?.[1]

const asked = { plan: 'Day', count: '1,200', alphabet: 'letters', prefix: 'ksm', within: '90d', note: 'For the <fair>' }
const query = (fields: Record<string, string>) => `?${new URLSearchParams({ check: 'yes', ...fields }).toString()}`

test('a batch is checked first, with the odds of a guess, and then made in chunks', async () => {
  const { as, page, post, site } = desk()
  as('technician')
  const address = `/vouchers/new${query(asked)}`
  const check = plain(await page(address))
  for (const text of [
    'KSM-XXXX-XXXX',
    'For the &lt;fair>',
    '1,200',
    'KSh 60,000.00',
    'one in 22,927,178',
    'Make 1,200 vouchers',
  ])
    expect(check, text).toContain(text)
  expect(site.count(vouchers)).toBe(0)
  const made = await post(address, 'make')
  expect([made.status, made.headers.get('location')]).toEqual([303, '/vouchers/1?said=made'])
  expect(site.count(vouchers)).toBe(1200)
  const batch = plain(await page('/vouchers/1?said=made'))
  for (const text of ['The vouchers are made', 'KSM-XXXX-XXXX', 'For the &lt;fair>', 'Page 1 of 24'])
    expect(batch, text).toContain(text)
  // Going back finds the form as it was filled in.
  expect(await page(`/vouchers/new${query({ ...asked, check: '' })}`.replace('check=&', ''))).toMatch(
    /name="count" type="text"[^>]*value="1,200"/,
  )
})

test.each([
  ['plan', { plan: 'Gone' }, 'on sale'],
  ['count', { count: '' }, 'from 1 to 100,000'],
  ['count', { count: '100,001' }, 'from 1 to 100,000'],
  ['length', { length: '5' }, 'from 6 to 16'],
  ['length', { length: '6', alphabet: 'digits' }, 'would hit'],
  ['prefix', { prefix: 'no-dash' }, 'up to 8'],
  ['within', { within: 'soon' }, 'such as 90d'],
  ['note', { note: 'x'.repeat(201) }, 'at most 200'],
])('%s is refused beside its field, and nothing typed is lost: %j', async (field, typed, sentence) => {
  const { as, page, post, site } = desk()
  as('owner')
  const fields: typeof asked = { ...asked, ...typed }
  const refused = await page(`/vouchers/new${query(fields)}`)
  expect(problemOf(refused, field)).toContain(sentence)
  expect(refused).toContain(`value="${fields.note.replace('<', '&lt;')}"`)
  expect((await post(`/vouchers/new${query(fields)}`, 'make')).status).toBe(422)
  expect(site.count(vouchers)).toBe(0)
})

test('vouchers of a plan for a fixed time begin and end when the form says, by the clock of the site', async () => {
  const { as, page, post, site, grantOf } = desk()
  site.must(addPlan, { name: 'Event', kind: 'hotspot', policy: { clock: 'fixed' } })
  as('owner')
  const missing = await page(`/vouchers/new${query({ plan: 'Event', count: '1' })}`)
  expect(problemOf(missing, 'beginsAt')).toContain('say when')
  const times = { plan: 'Event', count: '1', beginsAt: '2027-01-01T18:00', endsAt: '2027-01-02T06:00' }
  expect(problemOf(await page(`/vouchers/new${query({ ...times, endsAt: times.beginsAt })}`), 'endsAt')).toContain(
    'after',
  )
  expect(problemOf(await page(`/vouchers/new${query({ ...times, plan: 'Day' })}`), 'beginsAt')).toContain('fixed time')
  await post(`/vouchers/new${query(times)}`, 'make')
  const [grant] = site.database.orm.select().from(grants.site).all()
  expect(grant).toMatchObject({ beginsAt: Date.UTC(2027, 0, 1, 15), expiresAt: Date.UTC(2027, 0, 2, 3) })
  expect(grantOf).toBeDefined()
})

test('a batch whose making broke off is made to its end, and the same form sent twice makes nothing twice', async () => {
  const { as, page, post, site } = desk()
  site.must(openBatch, { plan: 'Day', count: 450 })
  site.must(makeVouchers, { batch: 1 })
  as('technician')
  expect(plain(await page('/vouchers/1'))).toContain('50 of 450 vouchers are made')
  const [first, second] = await Promise.all([post('/vouchers/1', 'more'), post('/vouchers/1', 'more')])
  expect([first.status, second.status]).toEqual([303, 303])
  expect(site.count(vouchers)).toBe(450)
  expect(await page('/vouchers/1')).not.toContain('Make the rest')
})

test('of many vouchers the page tells how far it is, and they are made to the end without anybody', async () => {
  const { as, page, post, site } = desk()
  as('technician')
  const made = await post(`/vouchers/new${query({ ...asked, count: '5000' })}`, 'make')
  expect([made.status, made.headers.get('location')]).toEqual([303, '/vouchers/1'])
  const shown = await page('/vouchers/1')
  expect(plain(shown)).toContain('The rest is being made')
  expect(shown).toContain('<meta http-equiv="refresh" content="2"')
  expect(await page('/vouchers/1?tab=hand')).not.toContain('http-equiv="refresh"')
  // Sent once more it makes nothing twice.
  expect((await post('/vouchers/1', 'more')).status).toBe(303)
  while (site.count(vouchers) < 5000) await breathe()
  await breathe()
  const whole = await page('/vouchers/1')
  expect(whole).not.toContain('http-equiv="refresh"')
  expect(plain(whole)).not.toContain('5,000 of 5,000')
  expect(site.count(vouchers)).toBe(5000)
})

test('batches are listed with what became of their vouchers; filter and page stand in the address', async () => {
  const { as, page, issue, use, site } = desk()
  site.must(addPlan, { name: 'Week', kind: 'hotspot', policy: {} })
  const [code] = issue(3)
  use(code!)
  issue(2, { plan: 'Week' })
  for (let more = 0; more < 25; more++) issue(1)
  as('viewer')
  const rows = (text: string) => [...text.matchAll(/<tr role="row" data-key="(\d+)"/g)].map(([, key]) => key)
  expect(rows(await page('/vouchers'))).toHaveLength(25)
  expect(rows(await page('/vouchers?page=2'))).toEqual(['2', '1'])
  expect(rows(await page('/vouchers?plan=Week'))).toEqual(['2'])
  expect(await page('/vouchers?page=2')).toContain('<a href="/vouchers/1?state=used">1</a>')
  expect(await page('/vouchers?plan=None')).toContain('No vouchers of this plan')
})

test('a voucher is found by its code, which stays out of every address, and by the number beside it', async () => {
  const { as, post, issue, pageOf } = desk()
  const codes = issue(3, { prefix: 'KSM' })
  as('cashier')
  for (const typed of [codes[1]!, spellCode(codes[1]!, 'KSM').toLowerCase(), ' 1-2 ']) {
    const found = await post('/vouchers', 'find', { code: typed })
    expect([found.status, found.headers.get('location')], typed).toEqual([303, pageOf(codes[1]!)])
  }
  for (const typed of ['KSM-AAAA-AAAA', '1-9', '9-1', '', '<b>']) {
    const refused = await post('/vouchers', 'find', { code: typed })
    expect(refused.status, typed).toBe(422)
    expect(problemOf(await refused.text(), 'code'), typed).toContain('No voucher has this code')
  }
})

test('the search offers to find a voucher only for what could be a code', async () => {
  const { as, page, issue } = desk()
  const [code] = issue(1, { prefix: 'KSM' })
  as('cashier')
  for (const typed of [code!, spellCode(code!, 'KSM')]) {
    const offered = await page(`/search?q=${typed}`)
    expect(offered, typed).toContain('Find the voucher with this code')
    expect(offered, typed).toContain(`name="code" value="${typed}"`)
  }
  for (const typed of ['amina', '10.0.0.1', ''])
    expect(await page(`/search?q=${typed}`), typed).not.toContain('Find the voucher with this code')
})

test('the vouchers of a batch are listed by state, text and page, all of it in the address', async () => {
  const { as, page, post, issue, use, voucherOf } = desk()
  const codes = issue(120)
  use(codes[4]!)
  as('owner')
  await post('/vouchers/1', 'hand', { state: 'given', from: '1', to: '3', holder: 'Mama Njeri', sure: 'yes' })
  const serials = async (search: string) =>
    [...(await page(`/vouchers/1${search}`)).matchAll(/href="\/vouchers\/code\/\w+">1-(\d+)</g)].map(([, serial]) =>
      Number(serial),
    )
  expect(await serials('')).toHaveLength(50)
  expect(await serials('?page=3')).toHaveLength(20)
  expect(await serials('?state=given')).toEqual([1, 2, 3])
  expect(await serials('?state=used')).toEqual([5])
  expect(await serials('?q=njeri')).toEqual([1, 2, 3])
  expect(await serials('?q=77')).toContain(77)
  expect(await serials(`?q=${voucherOf(codes[9]!).tail}`)).toContain(10)
  expect(await page('/vouchers/1?q=nobody')).toContain('No voucher is like that')
})

test('codes are told by a deed only: as a table, on the screen, as a PDF; each time it is on record', async () => {
  const { as, visit, page, post, issue, use, site } = desk()
  const codes = issue(5, { prefix: 'KSM' })
  use(codes[1]!)
  as('cashier')
  const order = { layout: 'csv', from: '1', to: '', brand: '', url: '' }
  const csv = await post('/vouchers/1?tab=print', 'print', order)
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="vouchers-1-1-5.csv"')
  expect(csv.headers.get('cache-control')).toBe('no-store')
  const live = [0, 2, 3, 4].map((at) => `1,${at + 1},${codes[at]},Day`)
  expect(await csv.text()).toBe(['batch,serial,code,plan', ...live, ''].join('\r\n'))

  const screen = await post('/vouchers/1?tab=print', 'print', { ...order, layout: 'screen', from: '3', to: '4' })
  const told = await screen.text()
  expect(screen.headers.get('cache-control')).toBe('no-store')
  for (const [at, code] of codes.entries()) expect(told.includes(spellCode(code, 'KSM'))).toBe(at === 2 || at === 3)

  for (const layout of ['a4', 'roll']) {
    const pdf = await post('/vouchers/1?tab=print', 'print', { ...order, layout, url: 'http://10.5.50.1/login?u=CODE' })
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    expect(Buffer.from(await pdf.arrayBuffer()).toString('latin1', 0, 5)).toBe('%PDF-')
  }
  expect(site.database.raw.prepare("SELECT count(*) n FROM audit WHERE command = 'vouchers.reveal'").get()).toEqual({
    n: 4,
  })
  for (const path of ['/vouchers', '/vouchers/1', '/vouchers/1?tab=print', '/vouchers?code=' + codes[0]])
    for (const code of codes) {
      const text = (await page(path)).replaceAll(`code=${codes[0]}`, '')
      expect(text.includes(code) || text.includes(spellCode(code, 'KSM')), path).toBe(false)
    }
  expect((await visit('/vouchers/1?do=print&layout=csv')).headers.get('content-type')).toContain('text/html')
})

test('a sheet is printed for the portal as the box knows it, and for the Wi-Fi where its name is set', async () => {
  const voucherUrl = 'http://192.168.88.10:8090/voucher?code=CODE'
  const wifi = { name: 'Lake <view>', code: 'WIFI:T:nopass;S:Lake <view>;;' }
  const { as, issue, page, post } = desk({ 'portal.entry': () => ok({ voucherUrl, wifi }) })
  issue(1)
  as('owner')
  const form = await page('/vouchers/1?tab=print')
  expect(form).toContain(`value="${voucherUrl}"`)
  expect(form).toContain('A second QR code that joins Lake &lt;view>')
  const order = { layout: 'a4', from: '1', to: '1', url: voucherUrl }
  const [one, both] = [
    await post('/vouchers/1', 'print', order),
    await post('/vouchers/1', 'print', { ...order, wifi: 'yes' }),
  ]
  expect(both.headers.get('content-type')).toBe('application/pdf')
  expect((await both.arrayBuffer()).byteLength).toBeGreaterThan((await one.arrayBuffer()).byteLength)
})

test.each([
  ['from', { from: '0' }, 'from 1 to 5'],
  ['to', { to: '6' }, 'from 1 to 5'],
  ['to', { from: '3', to: '2' }, 'after the first'],
  ['brand', { brand: 'x'.repeat(61) }, 'at most 60'],
  ['url', { url: 'http://10.5.50.1/login' }, 'CODE'],
  ['url', { url: 'javascript:CODE' }, 'CODE'],
])('printing refuses %s beside its field: %j', async (field, typed, sentence) => {
  const { as, post, issue, site } = desk()
  issue(5)
  as('owner')
  const refused = await post('/vouchers/1?tab=print', 'print', { layout: 'a4', from: '1', to: '5', ...typed })
  expect([refused.status, problemOf(await refused.text(), field)]).toEqual([422, expect.stringContaining(sentence)])
  expect(site.database.raw.prepare("SELECT count(*) n FROM audit WHERE command = 'vouchers.reveal'").get()).toEqual({
    n: 0,
  })
})

test('a name that a spreadsheet would run is made harmless in the table', async () => {
  const { as, post, site } = desk()
  site.must(addPlan, { name: '=cmd|"calc",A0', kind: 'hotspot', policy: {} })
  const { batch } = site.must(openBatch, { plan: '=cmd|"calc",A0', count: 1 })
  site.must(makeVouchers, { batch })
  as('owner')
  expect(await (await post('/vouchers/1?tab=print', 'print', { layout: 'csv' })).text()).toContain(
    `"'=cmd|""calc"",A0"`,
  )
})

test('giving and selling tell first what they move; what is sold stays sold', async () => {
  const { as, page, post, issue, voucherOf } = desk()
  const codes = issue(6)
  as('cashier')
  const here = '/vouchers/1?tab=hand'
  const move = { state: 'sold', from: '1', to: '4', holder: 'Kiosk <b>Njeri' }
  const check = plain(await (await post(here, 'hand', move)).text())
  expect(check).toContain('Note 4 vouchers as sold by Kiosk &lt;b>Njeri')
  expect(voucherOf(codes[0]!).state).toBe('made')
  const done = await post(here, 'hand', { ...move, sure: 'yes' })
  expect(done.headers.get('location')).toBe('/vouchers/1?tab=hand&said=sold')
  expect(voucherOf(codes[3]!)).toMatchObject({ state: 'sold', holder: 'Kiosk <b>Njeri' })
  const again = plain(await (await post(here, 'hand', { ...move, state: 'given', from: '3', to: '6' })).text())
  expect(again).toContain('Give 2 vouchers to')
  const none = await post(here, 'hand', { ...move, state: 'given', to: '2' })
  expect([none.status, problemOf(await none.text(), 'from')]).toEqual([422, expect.stringContaining('None of these')])
  expect(await page(here)).toContain('Kiosk &lt;b>Njeri')
  for (const [field, typed] of [
    ['holder', { holder: ' ' }],
    ['from', { from: 'x' }],
    ['to', { to: '7' }],
  ] as const) {
    const refused = await post(here, 'hand', { ...move, ...typed })
    expect([refused.status, problemOf(await refused.text(), field)], field).toEqual([422, expect.any(String)])
  }
})

test('revoking the rest says how many it touches, asks for the number, and spares what is used or sold', async () => {
  const { as, page, post, issue, use, voucherOf } = desk()
  const codes = issue(5)
  use(codes[0]!)
  as('technician')
  await post('/vouchers/1', 'hand', { state: 'sold', from: '2', to: '2', holder: 'N', sure: 'yes' })
  const here = '/vouchers/1?tab=revoke'
  const preview = plain(await page(here))
  for (const text of ['3 that are not sold', '4 that are not used', 'cannot be taken back'])
    expect(preview).toContain(text)
  const refused = await post(here, 'revoke', { which: 'unsold', confirm: '2' })
  expect([refused.status, problemOf(await refused.text(), 'confirm')]).toEqual([422, expect.stringContaining('number')])
  const states = () => codes.map((code) => voucherOf(code).state)
  expect(states()).toEqual(['made', 'sold', 'made', 'made', 'made'])
  const done = await post(here, 'revoke', { which: 'unsold', confirm: ' 1 ' })
  expect(done.headers.get('location')).toBe('/vouchers/1?said=revoked')
  expect(states()).toEqual(['made', 'sold', 'revoked', 'revoked', 'revoked'])
  await post(here, 'revoke', { which: 'all', confirm: '1' })
  expect(states()).toEqual(['made', 'revoked', 'revoked', 'revoked', 'revoked'])
  expect(await page(here)).toContain('Nothing is left to revoke')
})

test('a voucher’s page tells its way, its end and its devices', async () => {
  const { as, page, post, issue, use, pageOf, grantOf, site, clock } = desk()
  const [code] = issue(1)
  const id = as('owner')
  await post('/vouchers/1', 'hand', { state: 'given', from: '1', to: '1', holder: 'Njeri', sure: 'yes' })
  clock.advance(60_000)
  await post('/vouchers/1', 'hand', { state: 'sold', from: '1', to: '1', holder: 'Njeri', sure: 'yes' })
  expect(plain(await page(pageOf(code!)))).toContain('1 d from the first login')
  clock.advance(60_000)
  use(code!)
  const row = {
    grantNo: grantOf(code!).no,
    userName: code!,
    device: '11:22:33:44:55:66',
    startedAt: clock.now(),
    lastReceivedAt: clock.now(),
    inputOctets: 1_000_000,
    outputOctets: 500_000,
  }
  const columns = site.database.raw
    .prepare<[], { name: string; type: string; notnull: number }>(
      `SELECT name, type, "notnull" FROM pragma_table_info('live_sessions')`,
    )
    .all()
    .filter(({ name, notnull }) => notnull === 1 && name !== 'no')
  const snake = Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
  const values = columns.map(({ name, type }) => snake[name] ?? (type === 'INTEGER' ? 0 : ''))
  site.database.raw
    .prepare(
      `INSERT INTO ${liveSessions.name} (${columns.map(({ name }) => `"${name}"`).join()}) VALUES (${columns.map(() => '?').join()})`,
    )
    .run(values)
  const told = plain(await page(pageOf(code!)))
  for (const text of [
    'Made',
    'Given to Njeri',
    'Sold by Njeri',
    'by owner',
    'First used',
    MAC,
    'bound',
    row.device,
    '1.5 MB',
    'online',
  ])
    expect(told, text).toContain(text)
  expect(told).not.toContain(code!)
  expect(id).toBeTruthy()
})

test('a voucher is extended, sped up, topped up, freed of its device, sold and revoked on its page', async () => {
  const { as, page, post, issue, use, pageOf, grantOf, voucherOf } = desk()
  const [code, other] = issue(2)
  use(code!)
  as('technician')
  const here = `${pageOf(code!)}?tab=change`
  const said = async (deed: string, fields: Record<string, string>, at = here) =>
    (await post(at, deed, fields)).headers.get('location')?.split('said=')[1]
  const before = grantOf(code!).expiresAt!
  expect(await said('extend', { by: '1d' })).toBe('extended')
  expect(grantOf(code!).expiresAt).toBe(before + DAY_SEC * 1000)
  expect(await said('speed', { speed: '20M/10M' })).toBe('speed')
  expect(plain(await page(pageOf(code!)))).toContain('20 / 10 Mbit/s (its own; the plan’s is 5 / 1 Mbit/s)')
  expect(await said('planSpeed', {})).toBe('speed')
  expect(plain(await page(pageOf(code!)))).not.toContain('its own')
  expect(await said('topUp', { data: '1GB' })).toBe('added')
  expect(grantOf(code!).topUps).toMatchObject([{ octets: 1e9 }])
  expect(await said('free', { device: MAC })).toBe('freed')
  expect(grantOf(code!).devices).toEqual([])
  expect(await said('hand', { state: 'sold', holder: 'Njeri' }, pageOf(other!))).toBe('sold')
  expect(voucherOf(other!)).toMatchObject({ state: 'sold', holder: 'Njeri' })
  expect(await said('revoke', { confirm: code!.slice(-4).toLowerCase() })).toBe('revoked')
  expect(voucherOf(code!).state).toBe('revoked')
  expect(await page(here)).toContain('nothing can be changed any more')
})

test.each([
  ['extend', { by: '30' }, 'by'],
  ['extend', { by: '400d' }, 'by'],
  ['speed', { speed: 'fast' }, 'speed'],
  ['speed', { speed: '0/1M' }, 'speed'],
  ['topUp', { data: '' }, 'data'],
  ['topUp', { data: 'much' }, 'data'],
  ['hand', { holder: '' }, 'holder'],
  ['revoke', { confirm: 'XXXX' }, 'confirm'],
])('%s refused: %j keeps what was typed and changes nothing', async (deed, typed, field) => {
  const { as, post, issue, use, pageOf, grantOf, voucherOf } = desk()
  const [used, fresh] = issue(2)
  use(used!)
  as('owner')
  const code = deed === 'hand' ? fresh! : used!
  const before = [grantOf(code), voucherOf(code)]
  const refused = await post(`${pageOf(code)}?tab=change`, deed, typed)
  const page = await refused.text()
  expect([refused.status, problemOf(page, field)]).toEqual([422, expect.any(String)])
  const [sent = ''] = Object.values(typed)
  expect(new RegExp(`name="${field}"[^>]*?(?: value="([^"]*)")?[ />]`).test(page)).toBe(true)
  expect(page).toContain(sent)
  expect([grantOf(code), voucherOf(code)]).toEqual(before)
})

test('what is too late says so above', async () => {
  const { as, post, issue, pageOf } = desk()
  const [code] = issue(1)
  as('owner')
  const endless = await post(`${pageOf(code!)}?tab=change`, 'extend', { by: '1d' })
  expect([endless.status, (await endless.text()).includes('no end that could be put off')]).toEqual([422, true])
  await post(pageOf(code!), 'revoke', { confirm: code!.slice(-4) })
  const late = await post(pageOf(code!), 'reveal')
  expect([late.status, (await late.text()).includes('too late')]).toEqual([422, true])
})

test('one code is shown once, by a deed, while the voucher is fresh', async () => {
  const { as, page, post, issue, pageOf } = desk()
  const [code] = issue(1)
  as('cashier')
  const shown = await post(`${pageOf(code!)}?tab=change`, 'reveal')
  expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(await shown.text()).toContain(spellCode(code!, ''))
  expect(await page(`${pageOf(code!)}?tab=change`)).not.toContain(spellCode(code!, ''))
})

const deeds = {
  '/vouchers/new': [['make', 'vouchers.write']],
  '/vouchers/1': [
    ['more', 'vouchers.write'],
    ['print', 'vouchers.reveal'],
    ['hand', 'vouchers.sell'],
    ['revoke', 'vouchers.write'],
  ],
  voucher: [
    ['extend', 'vouchers.write'],
    ['speed', 'vouchers.write'],
    ['planSpeed', 'vouchers.write'],
    ['topUp', 'subscribers.write'],
    ['free', 'subscribers.write'],
    ['hand', 'vouchers.sell'],
    ['revoke', 'vouchers.write'],
    ['reveal', 'vouchers.reveal'],
  ],
} as const

test('every deed is refused to whoever lacks its permission, and nothing happens', async () => {
  const { as, post, issue, use, pageOf, grantOf, voucherOf, site } = desk()
  const [code] = issue(2)
  use(code!)
  const before = [grantOf(code!), voucherOf(code!), site.count(vouchers)]
  const everything = [
    'plans.read',
    'vouchers.read',
    'vouchers.write',
    'vouchers.sell',
    'vouchers.reveal',
    'subscribers.write',
  ]
  for (const [path, list] of Object.entries(deeds))
    for (const [deed, permission] of list) {
      as(everything.filter((each) => each !== permission))
      const address = path === 'voucher' ? pageOf(code!) : path
      const fields = {
        by: '1d',
        speed: '9M',
        data: '1GB',
        device: MAC,
        holder: 'N',
        confirm: '1',
        from: '1',
        to: '2',
        sure: 'y',
      }
      expect((await post(address, deed, fields)).status, `${address} ${deed}`).toBe(403)
    }
  expect([grantOf(code!), voucherOf(code!), site.count(vouchers)]).toEqual(before)
})

test('roles that may look see every page with what they may do on it', async () => {
  const { as, visit, page, issue, pageOf, roleNames } = desk()
  const [code] = issue(2)
  const tabs = { print: 'reveal', hand: 'sell', revoke: 'write' } as const
  const may = {
    owner: ['reveal', 'sell', 'write'],
    technician: ['reveal', 'sell', 'write'],
    cashier: ['reveal', 'sell'],
    viewer: [],
  }
  for (const role of roleNames) {
    as(role)
    const has = (what: string) => (may[role] as string[]).includes(what)
    for (const path of [
      '/vouchers',
      '/vouchers/1',
      '/vouchers/1?tab=print',
      '/vouchers/1?tab=hand',
      '/vouchers/1?tab=revoke',
      pageOf(code!),
      `${pageOf(code!)}?tab=change`,
    ])
      expect((await visit(path)).status, `${role} ${path}`).toBe(200)
    expect((await visit('/vouchers/new')).status, role).toBe(has('write') ? 200 : 403)
    const batch = await page('/vouchers/1')
    for (const [tab, what] of Object.entries(tabs))
      expect(batch.includes(`tab=${tab}"`), `${role} ${tab}`).toBe(has(what))
    expect((await page(pageOf(code!))).includes('tab=change'), role).toBe(role !== 'viewer')
  }
  as(['plans.read'])
  for (const path of ['/vouchers', '/vouchers/new', '/vouchers/1', pageOf(code!)])
    expect((await visit(path)).status, path).toBe(403)
  as(['vouchers.read'])
  for (const path of ['/vouchers', '/vouchers/1', pageOf(code!)]) expect((await visit(path)).status, path).toBe(200)
})

test('an empty desk says what a voucher is; one without plans leads to them first', async () => {
  const { as, page, site, day } = desk()
  as('owner')
  expect(await page('/vouchers')).toMatch(/A voucher is a code on paper.*href="\/vouchers\/new"/s)
  site.must(setPlanStatus, { id: day.id, status: 'withdrawn' })
  expect(await page('/vouchers/new')).toMatch(/no plan on sale yet.*href="\/plans\/new"/s)
  as('viewer')
  expect(await page('/vouchers')).not.toContain('/vouchers/new')
})

test.each([
  '/vouchers/9',
  '/vouchers/0',
  '/vouchers/abc',
  '/vouchers/1e3',
  '/vouchers/__proto__',
  '/vouchers/code/vch_gone',
])('%s says that nothing is there', async (path) => {
  const { as, visit } = desk()
  as('owner')
  expect((await visit(path)).status).toBe(404)
})

test('hostile names are shown and not obeyed', async () => {
  const { as, page, post, site } = desk()
  const name = `"><script>alert(1)</script>`
  site.must(addPlan, { name, kind: 'hotspot', policy: {} })
  site.must(openBatch, { plan: name, count: 1, note: name })
  const [code] = site.must(makeVouchers, { batch: 1 }).codes
  as('owner')
  await post('/vouchers/1', 'hand', { state: 'given', from: '1', to: '1', holder: name, sure: 'yes' })
  const found = await post('/vouchers', 'find', { code: code! })
  const one = found.headers.get('location')!
  const asking = encodeURIComponent(name)
  for (const path of [
    '/vouchers',
    '/vouchers/1',
    '/vouchers/1?tab=hand',
    `/vouchers/1?q=${asking}`,
    `/vouchers?plan=${asking}`,
    one,
    `${one}?tab=change`,
    `/vouchers/new?check=yes&count=5&plan=${asking}&note=${asking}`,
  ])
    expect(await page(path), path).not.toContain('<script>alert')
})

test('no page of vouchers has a dead link, in either language', async () => {
  const { as, issue, use, pageOf, deadLinks, cookies } = desk()
  const [code] = issue(3)
  use(code!)
  as('owner')
  for (const lang of ['en', 'sw']) {
    cookies.set('lango-view', encodeURIComponent(`lang=${lang}`))
    for (const path of [
      '/vouchers',
      '/vouchers/new',
      '/vouchers/1',
      '/vouchers/1?tab=print',
      '/vouchers/1?tab=hand',
      '/vouchers/1?tab=lend',
      '/vouchers/loans',
      '/vouchers/1?tab=revoke',
      pageOf(code!),
      `${pageOf(code!)}?tab=change`,
      `/vouchers/new${query(asked)}`,
    ])
      expect(await deadLinks(path), path).toEqual([])
  }
})

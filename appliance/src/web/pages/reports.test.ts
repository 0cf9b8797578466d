import { hostileNames } from '@lango/kernel/ui'
import { addRouter } from '@lango/modules/network'
import { searchAudit } from '@lango/modules/people'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { exportFault } from '@lango/modules/sessions'
import { makeVouchers, openBatch } from '@lango/modules/vouchers'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'
import { unzipped } from '../testing/unzipped.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PAGES = ['/reports', '/reports/plans', '/reports/users', '/reports/sessions', '/reports/address']

type Cells = Readonly<Record<string, string | number | null>>

const desk = () => {
  const made = deskUnderTest()
  const { site, clock } = made
  const { raw } = site.database
  /** Puts a row in with what is given, nothing and '' elsewhere. */
  const put = (table: string, given: Cells) => {
    const columns = raw
      .prepare<[string], { name: string; type: string; notnull: 0 | 1 }>('SELECT * FROM pragma_table_info(?)')
      .all(table)
    const row = columns.map(({ name, type, notnull }) => {
      if (name in given) return given[name]
      if (name === 'no' || notnull === 0) return null
      return type === 'TEXT' ? '' : 0
    })
    raw.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join()})`).run(...row)
  }
  const hourOf = (at: number) => at - (at % HOUR_MS)
  const grantNo = (login: string) =>
    raw.prepare<[string], { no: number }>('SELECT no FROM grants WHERE login = ?').get(login)!.no
  const plan = (name: string) =>
    site.must(addPlan, { name, kind: 'pppoe', policy: { downKbps: 1000, upKbps: 1000 } }).name
  return {
    ...made,
    put,
    plan,
    grantNo,
    subscriber: (login: string, on: string, name = login) => {
      site.must(addSubscriber, { login, password: 'right', plan: on, name })
      return grantNo(login)
    },
    /** So many octets in an hour that was `agoMs` ago. */
    used: (no: number, agoMs: number, octets: number, sec = 3600) =>
      put('usage_hours', {
        grant_no: no,
        hour_at: hourOf(clock.now() - agoMs),
        input_octets: octets / 10,
        output_octets: octets,
        session_time_sec: sec,
      }),
    /** A session that ended `agoMs` ago, an hour long. */
    ended: (no: number, agoMs: number, more: Cells = {}) =>
      put('session_history', {
        grant_no: no,
        ended_at: clock.now() - agoMs,
        started_at: clock.now() - agoMs - HOUR_MS,
        hour_at: hourOf(clock.now() - agoMs),
        session_time_sec: 3600,
        acct_session_id: 'a',
        ...more,
      }),
    open: (no: number, more: Cells = {}) =>
      put('live_sessions', {
        grant_no: no,
        started_at: clock.now() - HOUR_MS,
        hour_at: hourOf(clock.now()),
        ended_at: null,
        ...more,
      }),
  }
}

/** A local time of the site, as its field has it. */
const local = (at: number) => new Date(at + 3 * HOUR_MS).toISOString().slice(0, 16)

test('usage stands there by day, with its total, and the figures behind the chart', async () => {
  const { as, plan, subscriber, used, ended, open, page } = desk()
  const no = subscriber('amina', plan('Home'))
  used(no, DAY_MS, 1_000_000_000)
  used(no, 2 * DAY_MS, 500_000_000)
  ended(no, 3 * DAY_MS, { input_octets: 9, output_octets: 250_000_000, hour_output_octets: 50_000_000 })
  open(no, { output_octets: 300_000_000, hour_output_octets: 100_000_000 })
  as('viewer')
  const text = (await page('/reports')).replaceAll('\u00a0', ' ')
  // 1,000 + 500, 200 of the session that is over and 200 of the one that is open.
  expect(text).toMatch(/data-slot="down">1.9 GB</)
  expect(text).toContain('The most: 1.1 GB, 20 Nov')
  expect(text).toMatch(/>18 Nov<.*?>200 MB</s)
  expect(text).toContain('<svg class="chart"')
})

test('a session that was told to be over days after its last hour is counted once, in that hour', async () => {
  const { as, plan, subscriber, ended, page, clock } = desk()
  const no = subscriber('amina', plan('Home'))
  const lastHour = clock.now() - 5 * DAY_MS
  ended(no, DAY_MS, { output_octets: 400_000_000, hour_at: lastHour - (lastHour % HOUR_MS) })
  ended(no, 2 * DAY_MS, { output_octets: 100_000_000 })
  as('viewer')
  for (const range of ['7d', '30d']) {
    const text = (await page(`/reports?range=${range}`)).replaceAll('\u00a0', ' ')
    expect(text, range).toMatch(/data-slot="down">500 MB</)
    expect(text, range).toMatch(/>16 Nov<.*?>400 MB</s)
    expect(await page(`/reports/users?range=${range}`), range).toMatch(/amina.*?500\u00a0MB/s)
  }
})

test('peak hours are averages over the days of the range', async () => {
  const { as, plan, subscriber, used, page } = desk()
  const no = subscriber('amina', plan('Home'))
  // 9 o'clock in Nairobi now; 20:00 of the evening before.
  used(no, 13 * HOUR_MS, 900_000_000, 7200)
  as('viewer')
  const text = (await page('/reports?range=30d')).replaceAll('\u00a0', ' ')
  expect(text).toMatch(/average over 30 days/)
  expect(text).toMatch(/Online at once, by hour of the day.*The most: 0.1, 20:00/s)
})

test('plans and people: who used most first, on which plan, vouchers by the end of their code', async () => {
  const { as, plan, subscriber, used, page, site, grantNo } = desk()
  const [home, day] = [
    plan('Home'),
    site.must(addPlan, { name: 'Day', kind: 'hotspot', policy: { downKbps: 1, upKbps: 1 } }).name,
  ]
  const { batch } = site.must(openBatch, { plan: day, count: 1 })
  const [code = ''] = site.must(makeVouchers, { batch }).codes
  const { login } = site.database.raw
    .prepare<[], { login: string }>("SELECT login FROM grants WHERE login LIKE 'voucher:%'")
    .get()!
  used(subscriber('amina', home), DAY_MS, 1_000_000_000)
  used(subscriber('baraka', home), 3 * DAY_MS, 4_000_000_000)
  used(grantNo('amina'), 2 * DAY_MS, 5_000_000_000)
  used(grantNo(login), DAY_MS, 2_000_000_000)
  as('viewer')
  const text = (await page('/reports/plans')).replaceAll('\u00a0', ' ')
  const users = (await page('/reports/users')).replaceAll('\u00a0', ' ')
  expect([...users.matchAll(/data-cell="login".*?<bdi[^>]*>([^<]*)</gs)].map(([, name]) => name)).toEqual([
    'amina',
    'baraka',
    `voucher …${code.slice(-4)}`,
  ])
  expect(users).toMatch(/href="\/subscribers\/amina"/)
  expect(text).toMatch(/>Home<.*?>10.0 GB<.*?>11.0 GB<.*?>83 %</s)
  expect(text).not.toContain(code)
  expect(text).not.toContain(login)
})

test('past sessions are found by login, address, device, router and days', async () => {
  const { as, plan, subscriber, ended, page, site } = desk()
  const [amina, baraka] = [subscriber('amina', plan('Home')), subscriber('baraka', plan('Other'))]
  const { no } = site.must(addRouter, { name: 'tower', address: '10.0.0.1' })
  ended(amina, HOUR_MS, { user_name: 'amina', framed_ip: '10.20.0.1', device: 'AA:BB:CC:00:11:22', router_no: no })
  ended(baraka, 2 * DAY_MS, { user_name: 'baraka', framed_ip: '10.20.0.2' })
  ended(baraka, 20 * DAY_MS, { user_name: 'baraka', framed_ip: '10.20.0.1' })
  as('viewer')
  const found = async (query: string) =>
    [...(await page(`/reports/sessions${query}`)).matchAll(/data-cell="login".*?<bdi[^>]*>([^<]*)</gs)].map(
      ([, login]) => login,
    )
  expect(await found('')).toEqual(['amina', 'baraka'])
  expect(await found('?range=30d')).toEqual(['amina', 'baraka', 'baraka'])
  expect(await found('?range=today')).toEqual(['amina'])
  expect(await found('?login=baraka&range=30d')).toHaveLength(2)
  expect(await found('?ip=10.20.0.1&range=30d')).toEqual(['amina', 'baraka'])
  expect(await found('?device=aabb.cc00.1122')).toEqual(['amina'])
  expect(await found(`?router=${no}`)).toEqual(['amina'])
  expect(await found('?from=2026-11-01&to=2026-11-01')).toEqual(['baraka'])
  expect(await found('?login=nobody')).toEqual([])
})

test('more than a page is read page by page, each session once', async () => {
  const { as, plan, subscriber, ended, page } = desk()
  const no = subscriber('amina', plan('Home'))
  // Several end at one instant.
  for (let i = 0; i < 120; i++) ended(no, HOUR_MS + (i % 7), { user_name: `u${i}` })
  as('viewer')
  const found: (string | undefined)[] = []
  for (let path: string | undefined = '/reports/sessions'; path !== undefined;) {
    const text = await page(path)
    found.push(...[...text.matchAll(/data-cell="login".*?<bdi[^>]*>([^<]*)</gs)].map(([, login]) => login))
    path = /href="(\/reports\/sessions\?after=[^"]*)">Older/.exec(text)?.[1]
  }
  expect(found).toHaveLength(120)
  expect(new Set(found).size).toBe(120)
})

test('who had an address at a time: the one whose session it was, also while it is open', async () => {
  const { as, plan, subscriber, ended, open, page, clock } = desk()
  const [amina, baraka] = [subscriber('amina', plan('Home'), 'Amina Otieno'), subscriber('baraka', plan('Other'))]
  const ip = '10.20.0.17'
  ended(amina, 5 * HOUR_MS, { user_name: 'amina', framed_ip: ip })
  ended(baraka, 2 * HOUR_MS, { user_name: 'baraka', framed_ip: ip })
  open(amina, { user_name: 'amina', framed_ip: ip, started_at: clock.now() - HOUR_MS })
  as('viewer')
  const had = async (agoMs: number) => {
    const query = new URLSearchParams({ ip, at: local(clock.now() - agoMs) })
    return page(`/reports/address?${query.toString()}`)
  }
  expect(await had(5.5 * HOUR_MS)).toMatch(/>amina<.*Amina Otieno/s)
  expect(await had(2.5 * HOUR_MS)).toContain('>baraka<')
  expect(await had(2.5 * HOUR_MS)).not.toContain('>amina<')
  expect(await had(HOUR_MS / 2)).toMatch(/>amina<.*still open/s)
  expect(await had(100 * HOUR_MS)).toContain(`Nobody had ${ip} then`)
})

test('what cannot be meant is said beside its field, and stays in it', async () => {
  const { as, page } = desk()
  as('viewer')
  const address = await page('/reports/address?ip=nowhere&at=yesterday')
  expect(address).toMatch(/value="nowhere".*id="ip-error"[^>]*>Write an address/s)
  expect(address).toMatch(/id="at-error"[^>]*>Write a time/)
  for (const path of ['/reports', '/reports/plans', '/reports/users', '/reports/sessions'])
    expect(await page(`${path}?from=2026-11-05&to=2026-11-01`), path).toMatch(
      /value="2026-11-01".*id="to-error"[^>]*>Choose a day/s,
    )
})

const unpacked = (octets: ArrayBuffer): { csv: string; manifest: Record<string, unknown> } => {
  const files = unzipped(octets)
  return { csv: files['sessions.csv']!, manifest: JSON.parse(files['manifest.json']!) as Record<string, unknown> }
}

test('a day that is over is not added up again to see who used most in it', async () => {
  const { as, plan, subscriber, used, put, page, clock } = desk()
  const home = plan('Home')
  const [amina, baraka] = [subscriber('amina', home), subscriber('baraka', home)]
  const names = async () => [...(await page('/reports/users')).matchAll(/data-cell="login".*?<bdi[^>]*>([^<]*)</gs)]
  used(amina, 2 * DAY_MS, 9_000_000_000)
  used(baraka, 2 * DAY_MS, 4_000_000_000)
  as('viewer')
  expect((await names()).map(([, name]) => name)).toEqual(['amina', 'baraka'])
  const at = clock.now() - 2 * DAY_MS
  put('usage_day_tops', { day_at: at - (at % DAY_MS), grant_no: baraka, octets: 4_400_000_000 })
  expect((await names()).map(([, name]) => name)).toEqual(['baraka'])
})

test('an export has every session that was searched, no formula, and a seal that the box knows again', async () => {
  const { as, plan, subscriber, ended, post, site } = desk()
  const no = subscriber('amina', plan('Home'))
  for (let i = 0; i < 60; i++) ended(no, HOUR_MS + i, { user_name: 'amina', framed_ip: '10.20.0.1' })
  ended(no, HOUR_MS, { user_name: '=HYPERLINK("http://evil")', framed_ip: '10.20.0.1', acct_session_id: '+1' })
  ended(no, HOUR_MS, { user_name: 'other', framed_ip: '10.20.0.2' })
  const staffId = as('viewer')
  const answer = await post('/reports/sessions?ip=10.20.0.1', 'export')
  expect(answer.headers.get('content-type')).toBe('application/zip')
  expect(answer.headers.get('content-disposition')).toMatch(/sessions-2026-11-\d\d-2026-11-\d\d\.zip/)
  const { csv, manifest } = unpacked(await answer.arrayBuffer())
  expect(csv.trimEnd().split('\r\n')).toHaveLength(62)
  expect(csv).toContain(`"'=HYPERLINK(""http://evil"")"`)
  expect(csv).toContain(`,'+1,`)
  expect(csv).not.toContain('other')
  const { seal, about, ...sealed } = manifest
  expect(about).toContain('HMAC-SHA-256')
  expect(sealed).toMatchObject({ rows: 61, filters: { ip: '10.20.0.1' }, exportedBy: `staff ${staffId}` })
  expect(exportFault(site.vault, csv, { manifest: sealed, seal: seal as string })).toBeUndefined()
  expect(exportFault(site.vault, `${csv} `, { manifest: sealed, seal: seal as string })).toBe('file')
  expect(site.query(searchAudit, { command: 'sessions.sealExport' })).toMatchObject([{ actorId: staffId }])
})

test('whoever may see sessions opens every report, and nobody else', async () => {
  const { as, visit, post, roleNames } = desk()
  for (const role of roleNames) {
    as(role)
    for (const path of PAGES) expect((await visit(path)).status, `${role} ${path}`).toBe(200)
  }
  as(['routers.read', 'subscribers.read'])
  for (const path of PAGES) expect((await visit(path)).status, path).toBe(403)
  expect((await post('/reports/sessions', 'export')).status).toBe(403)
})

test.each([['cashier'], [['sessions.read']]] as const)('no report leads %j nowhere', async (who) => {
  const { as, deadLinks, plan, subscriber, used, ended } = desk()
  const no = subscriber('amina', plan('Home'))
  used(no, DAY_MS, 1_000_000)
  ended(no, HOUR_MS, { user_name: 'amina' })
  as(who)
  for (const path of PAGES) {
    // What stands in the frame is not these pages'.
    const own = (await deadLinks(path)).filter((link) => link !== '/search')
    expect(own, path).toEqual([])
  }
})

test('an empty box says what stands here later, in either language', async () => {
  const { as, page, cookies } = desk()
  as('owner')
  expect(await page('/reports')).toContain('Nothing was used')
  expect(await page('/reports/sessions')).toContain('No session ended then')
  cookies.set('lango-view', 'lang=sw')
  expect(await page('/reports/plans')).toContain('Hakuna kilichotumika')
})

test('hostile names are shown and not obeyed', async () => {
  const { as, page, used, ended, subscriber, site, clock } = desk()
  hostileNames.forEach((name, at) => {
    const policy = { downKbps: 1000, upKbps: 1000 }
    const plan = site.must(addPlan, { name: `${at}${name}`.slice(0, 64), kind: 'pppoe', policy }).name
    const no = subscriber(`u${at}`, plan, `${at}${name}`.replaceAll('\0', '').slice(0, 64))
    used(no, DAY_MS, 1_000_000)
    ended(no, HOUR_MS, { user_name: name, device: name, framed_ip: '10.0.0.1', nas: name, terminate_cause: name })
  })
  as('owner')
  const at = local(clock.now() - 1.5 * HOUR_MS)
  for (const path of ['/reports/plans', '/reports/sessions', `/reports/address?ip=10.0.0.1&at=${at}`]) {
    const text = await page(path)
    for (const name of hostileNames) expect(name.includes('<') && text.includes(name), path).toBe(false)
  }
  for (const name of hostileNames) {
    const query = new URLSearchParams({ login: name, ip: name, device: name, from: name, at: name }).toString()
    for (const path of PAGES) {
      const text = await page(`${path}?${query}`)
      expect(name.includes('<') && text.includes(name), path).toBe(false)
    }
  }
})

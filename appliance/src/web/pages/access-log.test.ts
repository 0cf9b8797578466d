import { hostileNames, visible } from '@lango/kernel/ui'
import { addRouter } from '@lango/modules/network'
import { addPlan } from '@lango/modules/plans'
import { makeVouchers, openBatch } from '@lango/modules/vouchers'
import { expect, test } from 'vitest'
import { DecisionPacker, type Decision } from '../../aaa/decision-log.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const plain: Omit<Decision, 'at'> = {
  outcome: 'accept',
  reason: 'accepted',
  method: 'pap',
  routerNo: 1,
  grantNo: 1,
  latencyMicros: 1234,
  login: 'amina',
  device: 'AA:BB:CC:00:11:22',
  detail: '',
}

const desk = () => {
  const made = deskUnderTest()
  const { site, clock } = made
  const log = (...decisions: readonly Partial<Decision>[]) => {
    const packer = new DecisionPacker()
    for (const one of decisions) packer.add({ ...plain, at: clock.now(), ...one })
    site.database.raw
      .prepare(
        'INSERT INTO decision_chunks (from_at, to_at, decisions, rejects, body) VALUES (@fromAt, @toAt, @decisions, @rejects, @body)',
      )
      .run(packer.take())
  }
  const logins = async (query: string) => {
    const html = await made.page(`/access-log${query}`)
    return [...html.matchAll(/data-cell="login"[^>]*>(?:<a[^>]*>)?<bdi[^>]*>([^<]*)</g)].map(([, login]) => login)
  }
  return { ...made, log, logins }
}

test('every login stands there with why, the newest first', async () => {
  const { as, log, page, logins } = desk()
  log({ login: 'amina' }, { login: 'baraka', outcome: 'reject', reason: 'wrong-password', detail: 'x' })
  as('viewer')
  expect(await logins('')).toEqual(['baraka', 'amina'])
  const text = await page('/access-log')
  expect(text).toMatch(/Refused.*The password does not match\..*What to do:.*Type the password again/s)
  expect(text).toContain('1.2 ms')
})

test('in Swahili the reasons are Swahili, those to choose from too', async () => {
  const { as, log, page, cookies } = desk()
  log({ outcome: 'reject', reason: 'wrong-password' })
  as('viewer')
  cookies.set('lango-view', 'lang=sw')
  const text = await page('/access-log')
  expect(text).toMatch(/Nenosiri si sahihi\..*La kufanya:/s)
  expect(text).not.toContain('The password does not match')
})

test('a search stands in the address: by login, device, router, outcome, reason and time', async () => {
  const { as, log, logins, clock } = desk()
  const hourAgo = clock.now() - 3_600_000
  log({ login: 'old', at: hourAgo - 60_000, routerNo: 2 })
  log({ login: 'amina' }, { login: 'baraka', outcome: 'reject', reason: 'suspended' })
  log({ login: 'juma', device: 'AA:BB:CC:00:11:33' })
  as('viewer')
  expect(await logins('?login=amina')).toEqual(['amina'])
  expect(await logins('?device=aa-bb-cc-00-11-33')).toEqual(['juma'])
  expect(await logins('?router=2')).toEqual(['old'])
  expect(await logins('?outcome=reject')).toEqual(['baraka'])
  expect(await logins('?reason=suspended&outcome=reject')).toEqual(['baraka'])
  const nairobi = new Date(hourAgo + 3 * 3_600_000).toISOString().slice(0, 16)
  expect(await logins(`?from=${nairobi}`)).toEqual(['juma', 'baraka', 'amina'])
  expect(await logins(`?to=${nairobi}`)).toEqual(['old'])
  expect(await logins('?router=2&login=amina')).toEqual([])
  expect(await logins('?outcome=anything&router=none')).toHaveLength(4)
})

test('what was searched stands in the form again; a time that is none is said beside it', async () => {
  const { as, page } = desk()
  as('viewer')
  const text = await page('/access-log?login=am%22ina&outcome=reject&from=2026-13-01')
  expect(text).toContain('value="am&quot;ina"')
  expect(text).toMatch(/<option[^>]* value="reject"[^>]*selected/)
  expect(text).toMatch(/id="from-error"[^>]*>This is no time/)
  expect(await page('/access-log?reason=no-such-reason')).toContain('Something in the form cannot be read')
})

test('more than a page is read page by page, each login once', async () => {
  const { as, log, page, logins } = desk()
  const all = Array.from({ length: 120 }, (_, at) => `u${at}`)
  for (let from = 0; from < 120; from += 40) log(...all.slice(from, from + 40).map((login) => ({ login })))
  as('viewer')
  const found: unknown[] = []
  let path = '/access-log'
  for (;;) {
    found.push(...(await logins(path.slice('/access-log'.length))))
    const [, older] = /href="(\/access-log\?before=\d+)">Older/.exec(await page(path)) ?? []
    if (older === undefined) break
    path = older
  }
  expect(found).toEqual(all.toReversed())
  expect(await page(path)).toContain('Newest')
})

test('a voucher shows the end of its code, and is found by the whole', async () => {
  const { as, log, logins, page, site } = desk()
  const plan = site.must(addPlan, { name: 'Day', kind: 'hotspot', policy: { downKbps: 1000, upKbps: 1000 } })
  const { batch } = site.must(openBatch, { plan: plan.name, count: 1 })
  const [code = ''] = site.must(makeVouchers, { batch }).codes
  const { login } = site.database.raw
    .prepare<[], { login: string }>("SELECT login FROM grants WHERE login LIKE 'voucher:%'")
    .get()!
  log({ login, detail: code.slice(-4) }, { login: 'amina' })
  as('viewer')
  expect(await logins(`?login=${code}`)).toEqual([`voucher ${code.slice(-4)}`])
  for (const path of ['/access-log', '/access-log?login=amina']) {
    expect(await page(path)).not.toContain(code)
    expect(await page(path)).not.toContain(login)
  }
})

test('an empty log says what it is for; a search without a find says so', async () => {
  const { as, page } = desk()
  as('owner')
  expect(await page('/access-log')).toMatch(/No login yet.*href="\/routers"/s)
  expect(await page('/access-log?login=nobody')).toContain('No login matches')
  expect(await page('/access-log?before=1')).toContain('That was the oldest')
})

test('whoever may see sessions opens it, and nobody else', async () => {
  const { as, visit, roleNames, log, site, deadLinks } = desk()
  site.must(addRouter, { name: 'tower', address: '10.0.0.1' })
  log({})
  for (const role of roleNames) {
    as(role)
    expect((await visit('/access-log')).status, role).toBe(200)
    expect(await deadLinks('/access-log'), role).toEqual([])
  }
  as(['routers.read', 'subscribers.read'])
  expect((await visit('/access-log')).status).toBe(403)
})

test('hostile names are shown and not obeyed', async () => {
  const { as, log, page, site, deadLinks } = desk()
  hostileNames.forEach((name, at) =>
    site.must(addRouter, { name: `${name.trim()}${at}`.slice(0, 64), address: `10.0.0.${at}` }),
  )
  log(...hostileNames.map((login, at) => ({ login, device: login, detail: login, routerNo: at + 1 })))
  as('owner')
  const text = await page('/access-log')
  for (const name of hostileNames) {
    expect(name.includes('<') && text.includes(name), name).toBe(false)
    const searched = await page(`/access-log?${new URLSearchParams({ login: name, device: name }).toString()}`)
    expect(name.includes('<') && searched.includes(name), name).toBe(false)
    expect(visible(name)).toBe(visible(visible(name)))
  }
  expect(await deadLinks('/access-log')).toEqual([])
})

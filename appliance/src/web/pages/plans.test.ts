import { addPlan, listPlans } from '@lango/modules/plans'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const whole = {
  name: 'Home 10',
  kind: 'pppoe',
  speed: '10M/5M',
  price: '1,500',
  validity: '30d',
  devices: '2',
  bind: 'yes',
  bindSerial: 'yes',
  data: '100GB',
  time: '200h',
  period: 'month',
  rollover: '50 GB',
  tierAfter0: '50GB',
  tierSpeed0: '5M/2M',
  tierAfter1: '80GB',
  tierSpeed1: '1M',
  windowDays0: ['1', '2', '3', '4', '5'],
  windowFrom0: '22:00',
  windowTo0: '06:00',
  windowSpeed0: '20M/10M',
  burst: '20M/10M',
  burstTime: '30s',
  priority: '3',
  sessionTime: '12h',
  idleTime: '15m',
  interim: '10m',
  pool: 'customers',
  ipv6Pool: 'six',
  delegatedPool: 'delegated',
  vlan: '120',
  group: 'gold',
  addressList: 'paying',
  redirectUrl: 'https://welcome.example',
  expired: 'redirect',
  expiredUrl: 'https://pay.example',
  expiredSpeed: '256k',
}

const desk = () => {
  const made = deskUnderTest()
  const plans = () => made.site.query(listPlans, {})
  const add = (name: string, more: object = {}) =>
    made.site.must(addPlan, { name, kind: 'hotspot', policy: { downKbps: 5000, upKbps: 1000 }, ...more }).id
  return { ...made, plans, add }
}

/** What each field of a page's form holds. */
const valuesIn = (page: string) =>
  Object.fromEntries(
    [...page.matchAll(/name="(\w+)"[^>]*? value="([^"]*)"/g)].map(([, name = '', value]) => [name, value]),
  )

test('a plan is made as it was typed, and read back normalised', async () => {
  const { as, post, page, plans } = desk()
  as('technician')
  const made = await post('/plans/new', 'add', whole)
  const [plan] = plans()
  expect([made.status, made.headers.get('location')]).toEqual([303, `/plans/${plan!.id}?said=added`])
  expect(plan).toMatchObject({
    name: 'Home 10',
    kind: 'pppoe',
    priceMinor: 150_000,
    currency: 'KES',
    validitySec: 30 * 86_400,
    validFrom: 'creation',
    quotaOctets: 100e9,
    quotaSec: 200 * 3600,
    status: 'active',
  })
  expect(plan!.policy).toEqual({
    downKbps: 10_000,
    upKbps: 5000,
    burst: { downKbps: 20_000, upKbps: 10_000, thresholdDownKbps: 10_000, thresholdUpKbps: 5000, timeSec: 30 },
    priority: 3,
    sessionTimeoutSec: 12 * 3600,
    idleTimeoutSec: 900,
    interimSec: 600,
    deviceLimit: 2,
    bindDevices: 'first',
    bindSerial: 'first',
    pool: 'customers',
    ipv6Pool: 'six',
    delegatedIpv6Pool: 'delegated',
    vlan: 120,
    group: 'gold',
    addressList: 'paying',
    redirectUrl: 'https://welcome.example',
    quotaPeriod: 'month',
    rolloverOctets: 50e9,
    fairUse: [
      { afterOctets: 50e9, downKbps: 5000, upKbps: 2000 },
      { afterOctets: 80e9, downKbps: 1000, upKbps: 1000 },
    ],
    windows: [{ days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00', downKbps: 20_000, upKbps: 10_000 }],
    onExpiry: { kind: 'redirect', url: 'https://pay.example', kbps: 256 },
  })
  const facts = (await page(`/plans/${plan!.id}?said=added`)).replaceAll('\u00a0', ' ')
  for (const text of ['KSh 1,500.00', '10 / 5 Mbit/s', '30 d from the sale', '100 GB a month', 'Mon–Fri 22:00–06:00'])
    expect(facts).toContain(text)
  expect(valuesIn(await page(`/plans/${plan!.id}?tab=change`))).toMatchObject({
    price: '1,500.00',
    rollover: '50GB',
    tierSpeed1: '1M/1M',
    sessionTime: '12h',
    burstUnder: '10M/5M',
  })
})

test('what the form shows is what it takes back: saving it unchanged changes nothing', async () => {
  const { as, post, page, plans } = desk()
  as('owner')
  await post('/plans/new', 'add', whole)
  const [before] = plans()
  const form = await page(`/plans/${before!.id}?tab=change`)
  const chosen = (name: string) =>
    new RegExp(`name="${name}".*?<option value="([^"]*)" selected`, 's').exec(form)?.[1] ?? ''
  const checked = [...form.matchAll(/name="windowDays0" value="(\d)" checked/g)].map(([, day = '']) => day)
  const saved = await post(`/plans/${before!.id}?tab=change`, 'save', {
    ...(valuesIn(form) as Record<string, string>),
    ...Object.fromEntries(['kind', 'clock', 'period', 'expired'].map((name) => [name, chosen(name)])),
    windowDays0: checked,
    windowDays1: [],
    do: [],
    once: [],
  })
  expect(saved.headers.get('location')).toBe(`/plans/${before!.id}?said=saved`)
  expect(plans()).toEqual([before])
})

test('a plan for used time or for a fixed time says so, and a hotspot frees places that are idle', async () => {
  const { as, post, plans } = desk()
  as('owner')
  await post('/plans/new', 'add', { name: 'A', kind: 'hotspot', clock: 'used', time: '5h' })
  await post('/plans/new', 'add', { name: 'B', kind: 'hotspot', clock: 'fixed', idleTime: '0m' })
  await post('/plans/new', 'add', { name: 'C', kind: 'pppoe', clock: 'wall' })
  expect(plans().map(({ policy }) => [policy.clock, policy.idleTimeoutSec])).toEqual([
    ['used', 900],
    ['fixed', 0],
    [undefined, 0],
  ])
})

test('a bare plan is a name and a speed', async () => {
  const { as, post, plans } = desk()
  as('owner')
  expect((await post('/plans/new', 'add', { name: 'Day', kind: 'hotspot', speed: '5M/1M' })).status).toBe(303)
  expect(plans()).toMatchObject([
    { name: 'Day', validFrom: 'first-use', validitySec: null, quotaOctets: null, priceMinor: 0 },
  ])
})

test.each([
  ['validity', { clock: 'fixed', validity: '1d' }, 'no validity of its own'],
  ['clock', { clock: 'used' }, 'say how much'],
  ['name', {}, 'Give the plan a name.'],
  ['name', { name: 'x'.repeat(65) }, 'at most 64'],
  ['name', { name: 'Taken' }, 'Another plan is called so'],
  ['speed', { speed: 'fast' }, 'such as 10M/5M'],
  ['speed', { speed: '500G' }, 'at most 400G'],
  ['price', { price: 'cheap' }, 'such as 1,500'],
  ['price', { price: '-5' }, 'such as 1,500'],
  ['validity', { validity: '30' }, 'such as 30d'],
  ['validity', { validity: '10s' }, 'at least one minute'],
  ['data', { data: 'much' }, 'such as 10GB'],
  ['time', { time: '0h' }, 'such as 20h'],
  ['devices', { devices: '0' }, 'from 1 to 1,000'],
  ['period', { period: 'day' }, 'nothing that could begin anew'],
  ['rollover', { rollover: '5GB', data: '10GB' }, 'Only data that begins anew'],
  ['tierSpeed0', { tierAfter0: '5GB' }, 'A step needs both'],
  [
    'tierAfter1',
    { tierAfter0: '5GB', tierSpeed0: '1M', tierAfter1: '4GB', tierSpeed1: '1M' },
    'more data than the one',
  ],
  ['windowDays0', { windowFrom0: '22:00', windowTo0: '06:00' }, 'at least one day'],
  ['windowTo0', { windowDays0: '1', windowFrom0: '22:00', windowTo0: '25:00' }, 'a time of day'],
  ['burst', { burstTime: '16s' }, 'how fast the burst is'],
  ['burstTime', { burst: '20M', burstTime: '2h' }, 'at most one hour'],
  ['interim', { interim: '10s' }, 'from 1m to 1d'],
  ['vlan', { vlan: '4095' }, 'from 1 to 4094'],
  ['pool', { pool: 'x'.repeat(201) }, 'at most 200'],
  ['redirectUrl', { redirectUrl: 'javascript:alert(1)' }, 'a whole address'],
  ['expiredPool', { expired: 'pool' }, 'Say which pool'],
  ['expiredUrl', { expired: 'redirect', expiredUrl: 'pay' }, 'a whole address'],
])('%s is refused beside its field, and nothing typed is lost: %j', async (field, typed, sentence) => {
  const { as, post, plans, add } = desk()
  add('Taken')
  as('owner')
  const sent = { name: field === 'name' ? '' : 'Mine', ...typed }
  const refused = await post('/plans/new', 'add', { ...sent, addressList: 'kept <b>' })
  const page = await refused.text()
  expect(refused.status).toBe(422)
  expect(new RegExp(`id="${field}-error">([^<]*)`).exec(page)?.[1]).toContain(sentence)
  const values = valuesIn(page)
  const isField = (name: string) => !name.startsWith('windowDays') && !['clock', 'period', 'expired'].includes(name)
  for (const [name, value] of Object.entries(sent).filter(([name]) => isField(name)))
    expect(values[name] ?? '', name).toBe(value)
  expect(values['addressList']).toBe('kept &lt;b>')
  expect(plans()).toHaveLength(1)
})

test('a plan is changed, withdrawn, and put on sale again; the undo stands beside the word', async () => {
  const { as, add, post, page, plans } = desk()
  const id = add('Day')
  as('technician')
  const saved = await post(`/plans/${id}?tab=change`, 'save', {
    name: 'Day pass',
    kind: 'hotspot',
    speed: '8M/2M',
    price: '50',
  })
  expect(saved.headers.get('location')).toBe(`/plans/${id}?said=saved`)
  expect(plans()).toMatchObject([{ name: 'Day pass', policy: { downKbps: 8000 }, priceMinor: 5000 }])
  const withdrawn = await post(`/plans/${id}`, 'withdraw')
  expect(await page(withdrawn.headers.get('location')!)).toContain('Undo')
  expect(plans()).toMatchObject([{ status: 'withdrawn' }])
  expect(await page('/plans')).not.toContain('Day pass')
  await post(`/plans/${id}`, 'restore')
  expect(plans()).toMatchObject([{ status: 'active' }])
})

test('roles that may look see every page, and no form of what they may not', async () => {
  const { as, add, visit, page, roleNames } = desk()
  const id = add('Day')
  for (const role of roleNames) {
    as(role)
    const mayWrite = role === 'owner' || role === 'technician'
    for (const path of ['/plans', `/plans/${id}`, `/plans/${id}?tab=change`]) {
      expect((await visit(path)).status, `${role} ${path}`).toBe(200)
      expect((await page(path)).includes('/plans/new'), `${role} ${path}`).toBe(mayWrite)
    }
    expect((await page(`/plans/${id}?tab=change`)).includes('name="do"')).toBe(mayWrite)
    expect((await visit('/plans/new')).status, role).toBe(mayWrite ? 200 : 403)
  }
  as(['vouchers.read'])
  for (const path of ['/plans', '/plans/new', `/plans/${id}`]) expect((await visit(path)).status, path).toBe(403)
})

test.each(['cashier', 'viewer'] as const)('a %s cannot do what their pages do not offer', async (role) => {
  const { as, add, post, plans } = desk()
  const id = add('Day')
  const before = plans()
  as(role)
  expect((await post('/plans/new', 'add', { name: 'Mine', speed: '1M' })).status).toBe(403)
  for (const deed of ['save', 'withdraw', 'restore'])
    expect((await post(`/plans/${id}`, deed, { name: 'Mine' })).status, deed).toBe(403)
  expect(plans()).toEqual(before)
})

test('search, filters and order stand in the address', async () => {
  const { as, add, post, page } = desk()
  const names = async (query: string) =>
    [...(await page(`/plans${query}`)).matchAll(/data-key="\w+".*?title="([^"]*)"/gs)].map(([, name]) => name)
  add('Week', { priceMinor: 30_000 })
  add('Day', { priceMinor: 5000 })
  add('Home', { kind: 'pppoe', priceMinor: 150_000 })
  as('owner')
  await post(`/plans/${add('Old')}`, 'withdraw')
  expect(await names('')).toEqual(['Day', 'Home', 'Week'])
  expect(await names('?sort=price')).toEqual(['Day', 'Week', 'Home'])
  expect(await names('?kind=pppoe')).toEqual(['Home'])
  expect(await names('?q=EE')).toEqual(['Week'])
  expect(await names('?status=withdrawn')).toEqual(['Old'])
  expect(await names('?status=all')).toHaveLength(4)
  expect(await page('/plans?q=nothing')).toContain('No plan is like that')
})

test('an empty desk says what a plan is and how to make the first one', async () => {
  const { as, page } = desk()
  as('owner')
  expect(await page('/plans')).toMatch(/A plan is what you sell.*href="\/plans\/new"/s)
  as('viewer')
  expect(await page('/plans')).not.toContain('/plans/new')
})

test('hostile names are shown and not obeyed', async () => {
  const { as, add, page } = desk()
  const name = `"><script>alert(1)</script>`
  const id = add(name)
  as('owner')
  for (const path of [
    '/plans',
    `/plans/${id}`,
    `/plans/${id}?tab=change`,
    `/plans/new?like=${id}`,
    '/plans?q=%3Cscript%3E',
  ])
    expect(await page(path), path).not.toContain('<script>')
})

test('a plan that is not there says so', async () => {
  const { as, visit, post } = desk()
  as('owner')
  expect((await visit('/plans/pln_gone')).status).toBe(404)
  expect((await post('/plans/pln_gone', 'save', { name: 'X' })).status).toBe(404)
})

test('no page of plans has a dead link, in either language', async () => {
  const { as, add, deadLinks, cookies } = desk()
  const id = add('Day')
  as('owner')
  for (const lang of ['en', 'sw']) {
    cookies.set('lango-view', encodeURIComponent(`lang=${lang}`))
    for (const path of ['/plans', '/plans/new', `/plans/${id}`, `/plans/${id}?tab=change`, '/plans?q=x'])
      expect(await deadLinks(path), path).toEqual([])
  }
})

test('people may take a free plan by themselves, and why not another is said beside the choice', async () => {
  const { as, post, page, plans } = desk()
  as('technician')
  const trial = { name: 'Trial', kind: 'hotspot', validity: '1d', selfRegistration: 'phone' }
  for (const [more, why] of [
    [{ price: '50' }, 'Nobody pays'],
    [{ kind: 'static' }, 'a login and a password'],
    [{ clock: 'fixed', validity: '' }, 'sold at the desk'],
  ] as const) {
    const answer = await post('/plans/new', 'add', { ...trial, ...more })
    expect([answer.status, (await answer.text()).includes(why)]).toEqual([422, true])
  }
  expect(plans()).toEqual([])
  await post('/plans/new', 'add', trial)
  const [plan] = plans()
  expect(plan).toMatchObject({ selfRegistration: 'phone' })
  expect(await page(`/plans/${plan!.id}`)).toContain('a code comes by SMS')
})

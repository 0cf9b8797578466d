import { expect, test } from 'vitest'
import { hostileNames } from '@lango/kernel/ui'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { webUnderTest } from '../testing/web-under-test.ts'

const box = () => {
  const made = webUnderTest()
  made.site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 2_000 } })
  made.site.must(addPlan, { name: 'Fixed', kind: 'static', policy: {} })
  return { ...made, tech: made.signInAs('technician') }
}
/** What stands in the page itself, without its frame. */
const text = async (answer: Response | Promise<Response>) =>
  /<main.*<\/main>/s.exec(await (await answer).text())?.[0] ?? ''

/** A session as accounting writes one. */
const openSession = (site: ReturnType<typeof box>['site'], over: Record<string, unknown> = {}) => {
  const row = {
    no: 1,
    grant_no: 1,
    router_no: 1,
    nas: 'tower',
    acct_session_id: 'aaaa',
    user_name: 'amina',
    device: 'AA:BB:CC:DD:EE:01',
    called_station_id: '',
    framed_ip: '10.64.0.9',
    framed_ipv6_prefix: '',
    delegated_ipv6_prefix: '',
    nas_port: '',
    started_at: site.clock.now() - 60_000,
    start_authenticator: '',
    last_event_at: site.clock.now(),
    last_received_at: site.clock.now(),
    session_time_sec: 60,
    input_octets: 1_000_000,
    output_octets: 9_000_000,
    gigawords: 0,
    implausible: 0,
    interim_sec: 300,
    state: 'interim',
    ended_at: null,
    ended_by: '',
    hour_at: site.clock.now() - (site.clock.now() % 3_600_000),
    hour_input_octets: 0,
    hour_output_octets: 0,
    hour_session_time_sec: 0,
    ...over,
  }
  const names = Object.keys(row)
  site.database.raw
    .prepare(`INSERT INTO live_sessions (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`)
    .run(row)
}

test('a PPPoE subscriber is added with a login alone: the password is made, shown once, and not again', async () => {
  const { tech, site } = box()
  const form = {
    do: 'add',
    once: 'c'.repeat(22),
    login: 'amina',
    plan: 'Home',
    name: 'Amina Otieno',
    phone: '+254 712 345 678',
  }
  const shown = await text(tech.send('/subscribers/new', form))
  const password = /id="password"[^>]*>([a-z2-9]{12})</.exec(shown)?.[1]
  expect(password).toBeDefined()
  // A reload of the answer tells the same, and adds nobody.
  expect(await text(tech.send('/subscribers/new', form))).toContain(password)
  expect(site.count({ name: 'services' })).toBe(1)
  const page = await text(tech.visit('/subscribers/amina'))
  expect(page).toContain('Amina Otieno')
  expect(page).toContain('A login is let in.')
  expect(page).not.toContain(password)
})

test('a static subscriber is known by a device, and needs no password', async () => {
  const { tech } = box()
  const form = { do: 'add', login: 'shop', plan: 'Fixed', mac: 'aa-bb-cc-dd-ee-ff', ip: '10.1.0.7' }
  expect((await tech.send('/subscribers/new', form)).headers.get('location')).toBe('/subscribers/shop?said=added')
  const page = await text(tech.visit('/subscribers/shop'))
  expect(page).toContain('AA:BB:CC:DD:EE:FF')
  expect(page).toContain('10.1.0.7')
})

test.each([
  [{ login: '' }, 'A login is needed.'],
  [{ phone: '12' }, 'A phone number has 6 to 24 digits'],
  [{ ip: '300.1.1.1' }, 'An IPv4 address looks like'],
  [{ login: 'taken' }, 'is taken'],
])('a subscriber that cannot be is told why beside what was typed, and nothing is lost: %j', async (wrong, why) => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'taken', password: 'x', plan: 'Home' })
  const typed = {
    do: 'add',
    login: 'amina',
    plan: 'Fixed',
    name: 'Amina <b>',
    phone: '',
    ip: '',
    password: 'secret-typed',
    ...wrong,
  }
  const answer = await tech.send('/subscribers/new', typed)
  const page = await text(answer)
  expect(answer.status).toBe(422)
  expect(page).toContain(why)
  expect(page).toContain('value="Amina &lt;b>"')
  expect(page).toMatch(/<option value="Fixed" selected/)
  expect(page).not.toContain('secret-typed')
  expect(site.count({ name: 'services' })).toBe(1)
})

test('names that are attacks are shown as text on every page', async () => {
  const { tech, site } = box()
  for (const [at, name] of hostileNames.entries()) {
    const plain = name.replaceAll('\0', '').slice(0, 120)
    const login = plain + at
    site.must(addSubscriber, { login, password: 'x', plan: 'Home', name: plain })
    const page = await text(tech.visit(`/subscribers/${encodeURIComponent(login)}`))
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('<img src=x')
  }
  const list = await text(tech.visit('/subscribers'))
  expect(list).not.toMatch(/<script>alert|<img src=x/)
  expect(list).toContain('&lt;script>alert(1)&lt;/script>')
})

test('the list is found by any part, filtered and paged in the address', async () => {
  const { tech, site } = box()
  for (let at = 0; at < 60; at++)
    site.must(addSubscriber, {
      login: `user-${String(at).padStart(2, '0')}`,
      password: 'x',
      plan: at % 2 ? 'Home' : 'Fixed',
      phone: `+254 700 000 0${String(at).padStart(2, '0')}`,
    })
  const logins = async (path: string) =>
    [...(await text(tech.visit(path))).matchAll(/href="\/subscribers\/(user-\d\d)"/g)].map(([, login]) => login)
  expect(await logins('/subscribers')).toHaveLength(50)
  expect(await logins('/subscribers?after=user-49')).toHaveLength(10)
  expect(await logins('/subscribers?q=USER-1')).toHaveLength(10)
  expect(await logins('/subscribers?q=000+042')).toEqual(['user-42'])
  await tech.send('/subscribers/user-07', { do: 'suspend' })
  expect(await logins('/subscribers?status=suspended')).toEqual(['user-07'])
  expect(await text(tech.visit('/subscribers?q=nothing+like+it'))).toContain('Nothing matches')
  expect(await text(tech.visit('/search?q=user-33'))).toContain('/subscribers/user-33')
})

test('suspending says so, offers the way back, and the chain says why a login is refused', async () => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  const answer = await tech.send('/subscribers/amina', { do: 'suspend' })
  expect(answer.headers.get('location')).toBe('/subscribers/amina?said=suspended')
  const page = await text(tech.visit('/subscribers/amina?said=suspended'))
  expect(page).toContain('A login is refused.')
  expect(page).toContain('The service is suspended.')
  expect(page).toContain('Undo')
  await tech.send('/subscribers/amina?said=suspended', { do: 'resume' })
  expect(await text(tech.visit('/subscribers/amina'))).toContain('A login is let in.')
})

test('a speed is typed as people write it, is on record, and goes back to the plan’s', async () => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  expect((await tech.send('/subscribers/amina', { do: 'speed', speed: 'fast' })).status).toBe(422)
  expect((await tech.send('/subscribers/amina', { do: 'speed', speed: '1M/512k' })).headers.get('location')).toBe(
    '/subscribers/amina?said=set',
  )
  expect(await text(tech.visit('/subscribers/amina'))).toContain('own speed, the plan has')
  await tech.send('/subscribers/amina', { do: 'planSpeed' })
  expect(await text(tech.visit('/subscribers/amina'))).not.toContain('own speed')
})

test('changing keeps what is not typed, and a new password is told to nobody', async () => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home', name: 'Amina', phone: '+254 712 345 678' })
  const person = { do: 'customer', name: 'Amina O.', phone: '', email: '', language: 'sw' }
  const named = await tech.send('/subscribers/amina?tab=edit', person)
  expect(named.headers.get('location')).toBe('/subscribers/amina?said=saved')
  const form = { do: 'save', plan: 'Home', ip: '10.9.0.1', mac: '', vlan: '', password: 'new-secret-77' }
  const answer = await tech.send('/subscribers/amina?tab=edit', form)
  expect(answer.headers.get('location')).toBe('/subscribers/amina?said=saved')
  const page = await text(tech.visit('/subscribers/amina?tab=edit'))
  expect(page).toContain('Amina O.')
  expect(page).toContain('10.9.0.1')
  expect(page).not.toContain('new-secret-77')
  expect(page).toMatch(/<option value="sw" selected/)
  expect(await text(tech.send('/subscribers/amina?tab=edit', { ...form, ip: 'x' }))).toContain(
    'An IPv4 address looks like',
  )
  const wrong = await text(tech.send('/subscribers/amina?tab=edit', { ...person, name: 'Typed', phone: '1' }))
  expect(wrong).toContain('A phone number has 6 to 24 digits')
  expect(wrong).toContain('value="Typed"')
})

test('a live session is found by name, address and device, and leads to its subscriber', async () => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home', name: 'Amina Otieno' })
  openSession(site)
  openSession(site, {
    no: 2,
    grant_no: 0,
    user_name: 'stranger',
    acct_session_id: 'bbbb',
    framed_ip: '10.64.0.10',
    device: '',
  })
  for (const q of ['amina', 'otieno', '10.64.0.9', 'aabb.ccdd.ee01', 'AA-BB-CC']) {
    const page = await text(tech.visit(`/sessions?q=${encodeURIComponent(q)}`))
    expect(page, q).toContain('href="/subscribers/amina"')
    expect(page, q).not.toContain('stranger')
  }
  expect(await text(tech.visit('/sessions/1'))).toContain('10.64.0.9')
  expect(await text(tech.visit('/sessions/77'))).toContain('This session is over')
  expect(await text(tech.visit('/subscribers/amina'))).toContain('9.0')
})

test('a cashier sees and adds subscribers, and ends no session', async () => {
  const { site, signInAs } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  openSession(site)
  const cashier = signInAs('cashier')
  const page = await text(cashier.visit('/subscribers/amina'))
  expect(page).not.toContain('Disconnect')
  expect((await cashier.send('/sessions', { do: 'disconnect', acctSessionId: 'aaaa' })).status).toBe(403)
  expect(site.count({ name: 'session_orders' })).toBe(0)
})

test('both languages say everything', async () => {
  const { tech, site } = box()
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home' })
  tech.cookies.set('lango-view', 'lang=sw')
  for (const path of ['/subscribers', '/subscribers/amina', '/subscribers/new', '/sessions', '/search?q=amina'])
    expect(await (await tech.visit(path)).text(), path).toContain('lang="sw"')
  expect(await text(tech.visit('/subscribers/amina'))).toContain('Kuingia kunakubaliwa.')
})

test('what is left of a quota is shown, topped up as people write it, and told in the chain', async () => {
  const { tech, site } = box()
  site.must(addPlan, { name: 'Capped', kind: 'pppoe', policy: { quotaPeriod: 'month' }, quotaOctets: 5_000_000 })
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'Capped' })
  openSession(site)
  const page = await text(tech.visit('/subscribers/amina'))
  expect(page).toContain('A login is refused.')
  expect(page).toMatch(/All 5\.0.MB of data is used/)
  expect((await tech.send('/subscribers/amina', { do: 'topUp', octets: 'much' })).status).toBe(422)
  expect((await tech.send('/subscribers/amina', { do: 'topUp', octets: '' })).status).toBe(422)
  const topped = await tech.send('/subscribers/amina', { do: 'topUp', octets: '20MB' })
  expect(topped.headers.get('location')).toBe('/subscribers/amina?said=topped')
  expect(await text(tech.visit('/subscribers/amina'))).toContain('A login is let in.')
})

test('a bound device is taken off, so that another may come', async () => {
  const { tech, site } = box()
  site.must(addPlan, { name: 'One', kind: 'hotspot', policy: { deviceLimit: 1, bindDevices: 'first' } })
  site.must(addSubscriber, { login: 'amina', password: 'x', plan: 'One', mac: 'aa-bb-cc-dd-ee-ff' })
  expect(await text(tech.visit('/subscribers/amina'))).toContain('Free the slot')
  await tech.send('/subscribers/amina', { do: 'freeDevice', device: 'AA:BB:CC:DD:EE:FF' })
  expect(await text(tech.visit('/subscribers/amina'))).not.toContain('Free the slot')
})

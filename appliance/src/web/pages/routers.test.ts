import { ok } from '@lango/kernel'
import { hostileNames, visible } from '@lango/kernel/ui'
import { addRouter, listRouters, revealRouterSecret } from '@lango/modules/network'
import { searchAudit } from '@lango/modules/people'
import { expect, test } from 'vitest'
import { vendors } from '../../aaa/vendors.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const whole = {
  name: 'tower 1',
  address: '192.168.88.1',
  vendor: 'cisco',
  secret: 'a-secret-of-16-signs',
  coaPort: '1700',
  realm: 'isp.example',
  messageAuthenticator: 'yes',
  proxyState: 'no',
  radsecIdentity: 'tower1',
  swapsOctets: 'yes',
}
const plain = { name: 'tower', address: '192.168.88.1', vendor: 'mikrotik', coaPort: '3799' }

const asText = (html: string): string => html.replaceAll('&quot;', '"').replaceAll('&lt;', '<')

const desk = (others: NonNullable<Parameters<typeof deskUnderTest>[0]>['others'] = {}) => {
  const made = deskUnderTest({ others })
  const { site, clock } = made
  const { raw } = site.database
  const add = (name: string, address = '192.168.88.1', more: object = {}) =>
    site.must(addRouter, { name, address, secret: 'the-secret-of-the-router', ...more })
  return {
    ...made,
    add,
    routers: () => site.query(listRouters, {}),
    secretOf: (name: string) => site.must(revealRouterSecret, { name }).secret,
    hears: (routerNo: number, agoMs = 0) =>
      raw
        .prepare('INSERT INTO router_health (router_no, last_packet_at, last_address, requests) VALUES (?, ?, ?, 1204)')
        .run(routerNo, clock.now() - agoMs, '192.168.88.1'),
    stranger: (address: string, nasIdentifier: string) =>
      raw
        .prepare(
          'INSERT INTO unknown_routers (address, nas_identifier, first_at, last_at, packets) VALUES (?, ?, ?, ?, 12)',
        )
        .run(address, nasIdentifier, clock.now(), clock.now()),
    opens: (routerNo: number, id: string) => {
      const columns = raw
        .prepare<[], { name: string; type: string }>("SELECT * FROM pragma_table_info('live_sessions')")
        .all()
      const given: Record<string, unknown> = { router_no: routerNo, acct_session_id: id, user_name: 'amina' }
      const row = columns.map(({ name, type }) => {
        if (name === 'no' || name === 'ended_at') return null
        return given[name] ?? (type === 'TEXT' ? '' : 0)
      })
      raw.prepare(`INSERT INTO live_sessions VALUES (${row.map(() => '?').join()})`).run(...row)
    },
  }
}

test('a router is added as it was typed, and one goes on to its script', async () => {
  const { as, post, page, routers, secretOf } = desk()
  as('technician')
  const added = await post('/routers/new', 'add', whole)
  expect([added.status, added.headers.get('location')]).toEqual([303, '/routers/tower%201/script?said=added'])
  expect(routers()).toMatchObject([
    {
      name: 'tower 1',
      address: '192.168.88.1',
      vendor: 'cisco',
      coaPort: 1700,
      realm: 'isp.example',
      requireMessageAuthenticator: 'yes',
      limitProxyState: 'no',
      radsecIdentity: 'tower1',
      swapsOctets: true,
    },
  ])
  expect(secretOf('tower 1')).toBe(whole.secret)
  expect(await page('/routers/tower%201/script?said=added')).toContain('aaa server radius dynamic-author')
})

test('without a secret the box makes one', async () => {
  const { as, post, secretOf } = desk()
  as('technician')
  await post('/routers/new', 'add', plain)
  expect(secretOf('tower')).toMatch(/^[\w-]{24}$/)
})

test.each([
  [{ name: ' ' }, 'name', 'Give it a name'],
  [{ name: 'other' }, 'name', 'A router is called so already'],
  [{ address: '10.0.0.1/8' }, 'address', 'This is no address or range'],
  [{ address: '10.9.9.9' }, 'address', 'This is the address of other already'],
  [{ coaPort: 'many' }, 'coaPort', 'A port is a number from 1 to 65535'],
  [{ coaPort: '70000' }, 'coaPort', 'A port is a number from 1 to 65535'],
  [{ realm: 'a@b' }, 'realm', 'A realm has no @'],
  [{ secret: 'x'.repeat(129) }, 'secret', 'at most 128'],
])('%o is refused beside its field, and nothing that was typed is lost but the secret', async (wrong, field, text) => {
  const { as, add, post, routers } = desk()
  add('other', '10.9.9.9')
  as('technician')
  const answer = await post('/routers/new', 'add', { ...whole, ...wrong })
  const page = await answer.text()
  expect(answer.status).toBe(422)
  expect(page).toMatch(new RegExp(`id="${field}-error"[^>]*>[^<]*${text}`))
  for (const [name, value] of Object.entries({ ...whole, ...wrong }))
    expect(page.includes(` value="${value}"`), name).toBe(name !== 'secret')
  expect(page).toMatch(/<option[^>]* value="cisco"[^>]*selected/)
  expect(routers()).toHaveLength(1)
})

test('a router is changed, also its name and address; what it has learned stays', async () => {
  const { as, add, post, routers, site } = desk()
  const { no } = add('tower')
  site.database.raw.prepare('UPDATE routers SET message_authenticator_seen = 1').run()
  as('technician')
  const saved = await post('/routers/tower', 'save', {
    ...plain,
    name: 'hill',
    address: '10.1.0.0/16',
    vendor: 'aruba',
  })
  expect(saved.headers.get('location')).toBe('/routers/hill?said=saved')
  expect(routers()).toMatchObject([
    { no, name: 'hill', address: '10.1.0.0/16', vendor: 'aruba', realm: null, messageAuthenticatorSeen: true },
  ])
})

test('a refused change keeps what was typed', async () => {
  const { as, add, post, routers } = desk()
  add('tower')
  const before = routers()
  as('technician')
  const answer = await post('/routers/tower', 'save', { ...plain, name: 'hill', address: 'nowhere' })
  const page = await answer.text()
  expect(answer.status).toBe(422)
  expect(page).toContain('value="hill"')
  expect(page).toContain('value="nowhere"')
  expect(page).toContain('This is no address or range')
  expect(routers()).toEqual(before)
})

test('a secret is set and never shown; one that the box makes is shown once', async () => {
  const { as, add, post, page, secretOf } = desk()
  add('tower')
  as('technician')
  expect((await post('/routers/tower', 'secret')).status).toBe(422)
  const set = await post('/routers/tower', 'secret', { secret: 'another-long-secret' })
  expect(set.headers.get('location')).toBe('/routers/tower?said=secret')
  expect(secretOf('tower')).toBe('another-long-secret')
  const drawn = await (await post('/routers/tower', 'drawSecret')).text()
  const [, secret] = /<code id="told">([\w-]{24})<\/code>/.exec(drawn) ?? []
  expect(secretOf('tower')).toBe(secret)
  for (const path of ['/routers/tower', '/routers/tower/script', '/routers'])
    expect(await page(path), path).not.toContain(secret)
})

test('the script holds the secret only when it is asked for, and the audit log says by whom', async () => {
  const { as, add, post, page, site } = desk()
  add('tower')
  const staffId = as('technician')
  expect(asText(await page('/routers/tower/script'))).toContain('secret="<SECRET>"')
  const told = asText(await (await post('/routers/tower/script?service=hotspot', 'withSecret')).text())
  expect(told).toContain('service=hotspot address=192.168.88.10 secret="the-secret-of-the-router"')
  const [entry, ...others] = site.query(searchAudit, { command: 'routers.reveal' })
  expect([entry?.actorId, others]).toEqual([staffId, []])
})

test('the script is for what was asked: service, address of the box, interface, network', async () => {
  const { as, add, page } = desk()
  add('tower')
  as('viewer')
  const asked = 'service=dhcp&box=10.0.0.5&interface=bridge1&network=10.77.0.0%2F20'
  const text = asText(await page(`/routers/tower/script?${asked}`))
  expect(text).toContain('service=dhcp address=10.0.0.5')
  expect(text).toContain('interface="bridge1"')
  expect(text).toContain('ranges=10.77.0.2-10.77.15.254')
  for (const [name, value, sentence] of [
    ['box', 'nowhere', 'Write an address'],
    ['interface', 'a"b', 'Write the name as the router has it'],
    ['network', '10.0.0.1/8', 'Write a network'],
  ]) {
    const refused = await page(`/routers/tower/script?${new URLSearchParams({ [name!]: value! }).toString()}`)
    expect(refused).toContain(sentence)
    expect(refused).not.toContain('id="script"')
  }
})

test('where the box has a portal a hotspot is led to it, and where it has none the page says how to have one', async () => {
  const ports = { auth: 1812, acct: 1813, radsec: 2083, portal: 8090 }
  for (const [others, isThere] of [
    [{}, false],
    [{ 'box.reach': () => ok({ listen: '0.0.0.0', addresses: ['192.168.88.10/24'], ports }) }, true],
  ] as const) {
    const { as, add, page } = desk(others)
    add('tower')
    as('viewer')
    const text = asText(await page('/routers/tower/script?service=hotspot'))
    expect(text.includes('url=("http://192.168.88.10:8090/hotspot/" . $file)')).toBe(isThere)
    expect(text.includes('--portal-port')).toBe(!isThere)
    expect(asText(await page('/routers/tower/script?service=pppoe'))).not.toContain('8090')
  }
})

test.each(vendors)('%s has a page that says what to set', async (vendor) => {
  const { as, add, page } = desk()
  add('tower', '192.168.88.1', { vendor })
  as('viewer')
  const text = await page('/routers/tower/script')
  expect(text).toContain('192.168.88.10')
  expect(text).toMatch(/1812/)
})

test('the page says whether the router is heard, looks again by itself while it is not, and shows who else speaks', async () => {
  const { as, add, page, hears, stranger } = desk()
  const { no } = add('tower')
  stranger('172.16.0.9', 'tower')
  as('technician')
  const waiting = await page('/routers/tower/script?watch=yes')
  expect(waiting).toContain('<meta http-equiv="refresh" content="5"/>')
  expect(waiting).toContain('Nothing has come from 192.168.88.1 yet')
  expect(waiting).toContain('172.16.0.9')
  expect(await page('/routers/tower/script')).not.toContain('http-equiv="refresh"')
  hears(no)
  const heard = await page('/routers/tower/script?watch=yes')
  expect(heard).toContain('The last packet came just now from 192.168.88.1, 1,204 in all.')
  expect(heard).not.toContain('http-equiv="refresh"')
})

test('the list says how each router does, and offers strangers for adoption', async () => {
  const { as, add, page, hears, stranger, opens } = desk()
  const tower = add('tower')
  const hill = add('hill', '10.0.0.2')
  add('mast', '10.0.0.3')
  hears(tower.no)
  hears(hill.no, 3_600_000)
  opens(tower.no, 'a')
  opens(tower.no, 'b')
  stranger('172.16.0.9', 'MikroTik')
  as('technician')
  const text = await page('/routers')
  const row = (name: string) => new RegExp(`<tr[^>]*>(?:(?!</tr>).)*>${name}<.*?</tr>`, 's').exec(text)![0]
  expect(row('tower')).toMatch(/status-good">Heard.*data-cell="open"[^>]*>2</s)
  expect(row('hill')).toMatch(/status-attention">Silent.*1 h ago/s)
  expect(row('mast')).toContain('Never heard')
  const [, adopt = ''] = /href="(\/routers\/new\?[^"]*)"/.exec(row('MikroTik')) ?? []
  const form = await page(adopt.replaceAll('&amp;', '&'))
  expect(form).toContain('value="172.16.0.9"')
  expect(form).toContain('value="MikroTik"')
  expect(await page('/routers?q=HILL')).not.toContain('>tower<')
})

test('a router is removed only by its name, after one has read what that does', async () => {
  const { as, add, post, page, routers, opens } = desk()
  const { no } = add('tower')
  opens(no, 'a')
  as('technician')
  expect(await page('/routers/tower/remove')).toContain('1 session is open through it')
  const wrong = await post('/routers/tower/remove', 'remove', { confirm: 'tow' })
  expect(wrong.status).toBe(422)
  expect(await wrong.text()).toMatch(/value="tow".*This is not its name/s)
  expect(routers()).toHaveLength(1)
  const gone = await post('/routers/tower/remove', 'remove', { confirm: 'tower' })
  expect(gone.headers.get('location')).toBe('/routers?said=removed')
  expect(routers()).toEqual([])
})

test('roles that may look see every page, and no form of what they may not', async () => {
  const { as, add, visit, page, roleNames } = desk()
  add('tower')
  for (const role of roleNames) {
    as(role)
    const [mayRead, mayWrite] = [role !== 'cashier', role === 'owner' || role === 'technician']
    for (const path of ['/routers', '/routers/tower', '/routers/tower/script']) {
      expect((await visit(path)).status, `${role} ${path}`).toBe(mayRead ? 200 : 403)
      expect((await page(path)).includes('name="do"'), `${role} ${path}`).toBe(mayWrite && path !== '/routers')
    }
    for (const path of ['/routers/new', '/routers/tower/remove'])
      expect((await visit(path)).status, `${role} ${path}`).toBe(mayWrite ? 200 : 403)
  }
})

test('whoever may see routers and nothing else sees them', async () => {
  const { as, add, visit, deadLinks } = desk()
  add('tower')
  as(['routers.read'])
  for (const path of ['/routers', '/routers/tower', '/routers/tower/script']) {
    expect((await visit(path)).status, path).toBe(200)
    // What stands in the frame is not this page's.
    expect(
      (await deadLinks(path)).filter((link) => link !== '/search'),
      path,
    ).toEqual([])
  }
})

test.each(['cashier', 'viewer'] as const)('a %s cannot do what their pages do not offer', async (role) => {
  const { as, add, post, routers } = desk()
  add('tower')
  const before = routers()
  as(role)
  const deeds = [
    ['/routers/new', 'add'],
    ['/routers/tower', 'save'],
    ['/routers/tower', 'secret'],
    ['/routers/tower', 'drawSecret'],
    ['/routers/tower/script', 'withSecret'],
    ['/routers/tower/remove', 'remove'],
  ] as const
  for (const [path, deed] of deeds) {
    const answer = await post(path, deed, { ...plain, name: 'mine', secret: 'mine', confirm: 'tower' })
    expect(answer.status, deed).toBe(403)
    expect(await answer.text(), deed).not.toContain('the-secret-of-the-router')
  }
  expect(routers()).toEqual(before)
})

test('an empty desk says what a router is and how to add the first one', async () => {
  const { as, page } = desk()
  as('owner')
  expect(await page('/routers')).toMatch(/No routers yet.*href="\/routers\/new"/s)
  as('viewer')
  expect(await page('/routers')).not.toContain('/routers/new')
})

test.each([...hostileNames, 'new', '..', '.', 'a/b', '%2e%2e', 'ä?b#c'])(
  'a router called %j has its pages',
  async (name) => {
    const { as, post, page, routers, deadLinks, visit, stranger } = desk()
    stranger('172.16.0.9', name)
    as('owner')
    const added = await post('/routers/new', 'add', { ...plain, name })
    const kept = routers()[0]?.name
    // A name of blanks only is none, and one too long is refused; nobody else is turned away.
    if (kept === undefined) return
    const script = added.headers.get('location')!
    for (const path of ['/routers', script, script.replace(/\/script.*/, ''), script.replace('/script', '/remove')]) {
      expect((await visit(path)).status, path).toBe(200)
      expect(name.includes('<') && (await page(path)).includes(name), path).toBe(false)
      expect(await deadLinks(path), path).toEqual([])
    }
    const removal = await post(script.replace('/script', '/remove'), 'remove', { confirm: visible(kept) })
    expect(removal.status).toBe(303)
    expect(routers()).toEqual([])
  },
)

test('no page of routers has a dead link, in either language', async () => {
  const { as, add, deadLinks, cookies } = desk()
  add('tower')
  as('owner')
  for (const lang of ['en', 'sw']) {
    cookies.set('lango-view', `lang=${lang}`)
    for (const path of ['/routers', '/routers/new', '/routers/tower', '/routers/tower/script', '/routers/tower/remove'])
      expect(await deadLinks(path), `${lang} ${path}`).toEqual([])
  }
})

test('a router that is not there says so', async () => {
  const { as, visit } = desk()
  as('owner')
  for (const path of ['/routers/gone', '/routers/gone/script', '/routers/gone/remove'])
    expect((await visit(path)).status, path).toBe(404)
})

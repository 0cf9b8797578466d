import { hostileNames, visible } from '@lango/kernel/ui'
import { ok } from '@lango/kernel'
import { addRouter, listControls, revealControl, setControl, type ControlStatus } from '@lango/modules/network'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { expect, test } from 'vitest'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const form = { way: 'api-tls', host: '', port: '', user: 'lango', password: '', networks: '10.40.0.0/16 bridge-ipoe' }
const FINGERPRINT = 'ab'.repeat(32)

const desk = (status: Partial<ControlStatus> = {}) => {
  const made = deskUnderTest({
    others: {
      'routers.controlled': () =>
        ok([
          {
            routerId: made.site.query(listControls, {})[0]?.id,
            customers: 12,
            active: 11,
            troubles: [],
            troubleCount: 0,
            ...status,
          },
        ]),
    },
  })
  const { must, query } = made.site
  must(addRouter, { name: 'tower', address: '192.168.88.1', secret: 'the-secret-of-the-router' })
  return {
    ...made,
    controls: () => query(listControls, {}),
    password: () => must(revealControl, { name: 'tower' }).password,
    controlled: () =>
      must(setControl, {
        name: 'tower',
        password: 'of-mine',
        networks: [{ network: '10.40.0.0/16', interface: 'ether2' }],
      }),
  }
}
const PAGE = '/routers/tower/control'

test('the box is let in with a password of its own, which the script tells once', async () => {
  const { as, page, post, controls, password } = desk()
  as('owner')
  expect(await page(PAGE)).toContain('Let the box log in')
  const saved = await post(PAGE, 'save', form)
  expect(saved.headers.get('location')).toBe('/routers/tower/control?said=saved')
  expect(controls()).toMatchObject([
    { way: 'api-tls', port: 8729, host: null, networks: [{ interface: 'bridge-ipoe' }] },
  ])
  const html = await page(PAGE)
  expect(html).toContain('&lt;PASSWORD>')
  expect(html).not.toContain(password())
  const told = await (await post(PAGE, 'withPassword', {})).text()
  expect(told).toContain(password())
  expect(told).toContain('src-address-list=!lango-active')
})

test('how it goes is told in words, in both languages', async () => {
  const { as, page, controlled } = desk({ keptAt: 0, router: { identity: 'gw', version: '7.18', board: 'hEX' } })
  controlled()
  as('owner')
  const html = await page(PAGE)
  expect(html).toContain('12 customers are held there, 11 may pass.')
  expect(html).toContain('gw · hEX · 7.18')
  expect(html).not.toContain('http-equiv="refresh"')
})

test('a certificate that nobody has confirmed is shown, and confirmed with one press', async () => {
  const { as, page, post, controlled, controls } = desk({
    fault: { why: 'certificate', detail: '', certificateSha256: FINGERPRINT },
  })
  controlled()
  as('owner')
  expect(await page(PAGE)).toContain('AB:AB:AB')
  await post(PAGE, 'trust', { certificate: FINGERPRINT })
  expect(controls()).toMatchObject([{ certificateSha256: FINGERPRINT }])
})

test.each(['unreachable', 'login', 'refused', 'silent', 'password', 'no-address'] as const)(
  'when nothing can be done there (%s) the page says what to do, and looks again',
  async (why) => {
    const { as, page, controlled } = desk({ fault: { why, detail: '<b>no</b>' } })
    controlled()
    as('owner')
    const html = await page(PAGE)
    expect(html).toContain('notice-stopped')
    expect(html).toContain('who has paid is not let in')
    expect(html).toContain('&lt;b>no&lt;/b>')
    expect(html).not.toMatch(/undefined|\[object/)
  },
)

test('customers who are not held are named, with the way to their page', async () => {
  const [name] = hostileNames
  const { as, page, controlled } = desk({
    troubleCount: 3,
    troubles: [
      { login: name, what: 'taken', menu: '/ip/arp', said: '' },
      { login: '', what: 'refused', menu: '/queue/simple', said: 'failure' },
    ],
  })
  controlled()
  as('owner')
  const html = await page(PAGE)
  expect(html).toContain(`/subscribers/${encodeURIComponent(name).replaceAll("'", '&#39;')}`.slice(0, 14))
  expect(html).toContain('and 1 more')
  expect(html).toContain('somebody who is gone')
  expect(visible(name)).not.toBe('')
})

test.each([
  ['networks', '10.40.0.0/16', /cannot be read: 10\.40\.0\.0\/16/],
  ['host', 'tower.example', /Write an address/],
  ['port', '99999999', /A port is a number/],
  ['user', '', /A user has/],
  ['password', 'x'.repeat(129), /at most 128/],
])('what is wrong in %s is said beside it, and what was typed stays', async (name, value, sentence) => {
  const { as, post, controls } = desk()
  as('owner')
  const answer = await post(PAGE, 'save', { ...form, [name]: value })
  const html = await answer.text()
  expect(html).toMatch(sentence)
  expect(html).not.toContain('x'.repeat(129))
  expect(controls()).toEqual([])
})

test('a network that is taken off has to be meant: its customers are shut out', async () => {
  const { as, post, controls, controlled } = desk()
  controlled()
  as('owner')
  const asked = await (await post(PAGE, 'save', { ...form, networks: '' })).text()
  expect(asked).toContain('10.40.0.0/16 was held here')
  expect(asked).toContain('name="drop"')
  expect(controls()[0]!.networks).toHaveLength(1)
  await post(PAGE, 'save', { ...form, networks: '', drop: 'yes' })
  expect(controls()[0]!.networks).toEqual([])
})

test('a password that is left empty stays; a new one is drawn; the box stops logging in', async () => {
  const { as, post, controls, controlled, password } = desk()
  controlled()
  as('owner')
  await post(PAGE, 'save', { ...form, port: '9000' })
  expect([controls()[0]!.port, password()]).toEqual([9000, 'of-mine'])
  await post(PAGE, 'drawPassword', {})
  expect(password()).not.toBe('of-mine')
  await post(PAGE, 'remove', {})
  expect(controls()).toEqual([])
})

test('whoever may only look sees how it goes, and neither form nor password', async () => {
  const { as, page, post, controlled, controls } = desk()
  controlled()
  as('viewer')
  const html = await page(PAGE)
  expect(html).toContain('12 customers')
  expect(html).not.toContain('Stop logging in')
  for (const deed of ['save', 'trust', 'drawPassword', 'remove', 'withPassword'])
    expect((await post(PAGE, deed, form)).status).toBe(403)
  expect(controls()).toHaveLength(1)
})

test('the page of a customer says which router holds them, and how', async () => {
  const { as, page, controlled, site } = desk({
    troubleCount: 1,
    troubles: [{ login: 'juma', what: 'taken', menu: '/ip/arp', said: '' }],
  })
  controlled()
  site.must(addPlan, { name: 'Fibre', kind: 'static', policy: {} })
  for (const [login, ip] of [
    ['amina', '10.40.0.7'],
    ['juma', '10.40.0.8'],
    ['elsewhere', '10.50.0.9'],
  ] as const)
    site.must(addSubscriber, { login, plan: 'Fibre', ip, password: 'x' })
  as('owner')
  expect(await page('/subscribers/amina')).toMatch(
    /Held at the router.*href="\/routers\/tower\/control".*As it should be/s,
  )
  expect(await page('/subscribers/juma')).toMatch(/Held at the router.*Not as it should be/s)
  expect(await page('/subscribers/elsewhere')).not.toContain('Held at the router')
})

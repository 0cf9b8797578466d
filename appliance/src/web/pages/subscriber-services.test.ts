import { expect, test } from 'vitest'
import { addPlan } from '@lango/modules/plans'
import { addService, addSubscriber, eraseCustomer, showCustomer, suspendSubscriber } from '@lango/modules/services'
import { webUnderTest } from '../testing/web-under-test.ts'

/** Amina has three services, Juma one. */
const box = () => {
  const made = webUnderTest()
  const { must, query } = made.site
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  must(addSubscriber, { login: 'amina', password: 'x', plan: 'Home', name: 'Amina <b>', phone: '+254712345678' })
  for (const login of ['amina-shop', 'amina-tv'])
    must(addService, { customer: 'amina', login, password: 'x', plan: 'Home' })
  must(addSubscriber, { login: 'juma', password: 'x', plan: 'Home', name: 'Juma Mwangi', phone: '+254700000001' })
  const idOf = (customer: string) => query(showCustomer, { customer })!.id
  const statuses = () => made.site.database.raw.prepare('SELECT login, status FROM services ORDER BY login').raw().all()
  return { ...made, idOf, statuses, tech: made.signInAs('technician') }
}
const text = async (answer: Response | Promise<Response>) =>
  /<main.*<\/main>/s.exec(await (await answer).text())?.[0] ?? ''
const goes = async (answer: Promise<Response>) => (await answer).headers.get('location')

test('a subscriber’s page leads to the customer’s other services, each with its state', async () => {
  const { tech, site } = box()
  site.must(suspendSubscriber, { login: 'amina-shop' })
  const page = await text(tech.visit('/subscribers/amina'))
  const others = /id="others".*?<\/section>/s.exec(page)?.[0] ?? ''
  expect([...others.matchAll(/href="\/subscribers\/([\w-]+)"/g)].map(([, login]) => login)).toEqual([
    'amina-shop',
    'amina-tv',
  ])
  expect(others).toContain('Suspended')
  expect(others).toContain('All 3 services')
  expect(await text(tech.visit('/subscribers/juma'))).not.toContain('id="others"')
})

test('each service is found by the customer’s name and telephone, in the list and by the search', async () => {
  const { tech } = box()
  for (const path of ['/subscribers?q=712345', '/search?q=amina+%3Cb', '/search?q=254712345'])
    for (const login of ['amina', 'amina-shop', 'amina-tv'])
      expect(await text(tech.visit(path)), path).toContain(`href="/subscribers/${login}"`)
})

test('a further service is added with a login alone: it is the same customer’s, and its password is shown once', async () => {
  const { tech, idOf, site } = box()
  const address = `/subscribers/new?customer=${idOf('amina')}`
  const tab = await text(tech.visit('/subscribers/amina-tv?tab=services'))
  expect(tab).toContain(`href="${address}"`)
  const form = await text(tech.visit(address))
  expect(form).toContain('Add a service for Amina &lt;b>')
  expect(form).not.toContain('name="phone"')
  const shown = await text(tech.send(address, { do: 'add', login: 'amina-farm', plan: 'Home' }))
  expect(shown).toMatch(/id="password"[^>]*>[a-z2-9]{12}</)
  expect(site.query(showCustomer, { customer: 'amina' })?.services).toHaveLength(4)
  const taken = await tech.send(address, { do: 'add', login: 'juma', plan: 'Home' })
  expect(taken.status).toBe(422)
  expect(await text(taken)).toContain('is taken')
  expect((await tech.visit('/subscribers/new?customer=cus_nobody')).status).toBe(404)
})

test('name and telephone are changed once for all services, and the page says for how many', async () => {
  const { tech } = box()
  expect(await text(tech.visit('/subscribers/amina?tab=edit'))).toContain('holds for all 3 services')
  await tech.send('/subscribers/amina?tab=edit', {
    do: 'customer',
    name: 'Amina K.',
    phone: '',
    email: '',
    language: 'en',
  })
  expect(await text(tech.visit('/subscribers/amina-tv'))).toContain('Amina K.')
})

test('one service is suspended by itself; all at once say whose before, and leave others alone', async () => {
  const { tech, statuses } = box()
  await tech.send('/subscribers/amina-tv', { do: 'suspend' })
  const preview = await text(tech.visit('/subscribers/amina?tab=services'))
  expect(preview).toContain('Logins of amina, amina-shop are refused')
  expect(preview).toContain('Suspend 2 services')
  expect(await goes(tech.send('/subscribers/amina?tab=services', { do: 'suspendAll' }))).toBe(
    '/subscribers/amina?tab=services&said=allSuspended',
  )
  expect(statuses()).toEqual([
    ['amina', 'suspended'],
    ['amina-shop', 'suspended'],
    ['amina-tv', 'suspended'],
    ['juma', 'active'],
  ])
  const after = await text(tech.visit('/subscribers/amina?tab=services&said=allSuspended'))
  expect(after).toContain('The services are suspended.')
  expect(after).not.toContain('suspendAll')
  expect(after).toContain('Logins of amina, amina-shop, amina-tv are let in again.')
  await tech.send('/subscribers/amina?tab=services', { do: 'resumeAll' })
  expect(statuses().flat()).not.toContain('suspended')
})

test('a service is moved to whom a search finds, or to a customer of its own', async () => {
  const { tech, idOf, site } = box()
  const logins = (customer: string) => site.query(showCustomer, { customer })?.services.map(({ login }) => login)
  const found = await text(tech.visit('/subscribers/amina-tv?tab=services&to=mwangi'))
  expect(found).toContain('Juma Mwangi')
  expect(found).toContain(`value="${idOf('juma')}"`)
  expect(await text(tech.visit('/subscribers/amina-tv?tab=services&to=amina'))).toContain('Nobody else matches.')
  const page = '/subscribers/amina-tv?tab=services&to=mwangi'
  expect(await goes(tech.send(page, { do: 'move', customer: idOf('juma') }))).toBe(
    '/subscribers/amina-tv?tab=services&said=moved',
  )
  expect(logins('juma')).toEqual(['amina-tv', 'juma'])
  await tech.send('/subscribers/amina-tv?tab=services', { do: 'alone' })
  expect(logins('amina-tv')).toEqual(['amina-tv'])
  const sole = await text(tech.visit('/subscribers/juma?tab=services'))
  expect(sole).toContain('It is the only service of Juma Mwangi')
  expect(sole).not.toContain('a customer of its own')
  const again = await tech.send(page, { do: 'move', customer: idOf('amina-tv') })
  expect(again.status).toBe(422)
  expect(await text(again)).toContain('is this customer’s already')
})

test('who may only look sees the services and can do nothing to them', async () => {
  const { signInAs, idOf, statuses } = box()
  const viewer = signInAs('viewer')
  const before = statuses()
  const tab = await text(viewer.visit('/subscribers/amina?tab=services'))
  expect(tab).toContain('amina-shop')
  expect(tab).not.toMatch(/suspendAll|Move here|customer=cus/)
  for (const form of [
    { do: 'suspendAll' },
    { do: 'alone' },
    { do: 'move', customer: idOf('juma') },
    { do: 'customer' },
  ])
    expect((await viewer.send('/subscribers/amina', form)).status).toBe(403)
  expect(statuses()).toEqual(before)
})

test('the page of who was erased still stands, and offers no service', async () => {
  const { tech, site } = box()
  site.must(eraseCustomer, { login: 'amina' })
  const login = site.database.raw
    .prepare<[], string>("SELECT login FROM services WHERE login LIKE 'erased-%'")
    .pluck()
    .get()!
  const answer = await tech.visit(`/subscribers/${login}?tab=services`)
  expect(answer.status).toBe(200)
  expect(await text(answer)).not.toMatch(/tab=services" aria|tab=edit|customer=cus|value="move"/)
})

test('both languages say everything', async () => {
  const { tech } = box()
  tech.cookies.set('lango-view', 'lang=sw')
  const tab = await text(tech.visit('/subscribers/amina?tab=services&to=juma'))
  for (const word of ['Huduma za', 'Ongeza huduma', 'Simamisha huduma 3', 'Hamishia hapa']) expect(tab).toContain(word)
  expect(await text(tech.visit('/subscribers/amina?tab=edit'))).toContain('inahusu huduma zote 3')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { createPersonalReader, type AnyCommand } from '@lango/kernel/verbs'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { wallets } from '../wallets/index.ts'
import { ledger } from '../ledger/index.ts'
import { messages } from '../messages/index.ts'
import { settings } from '../settings/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  addService,
  addSubscriber,
  changeCustomer,
  changeSubscribers,
  CUSTOMER_SERVICES_MAX,
  eraseCustomer,
  IMPORT_CHUNK_ROWS,
  importSubscribers,
  listSubscribers,
  moveService,
  resumeCustomer,
  services,
  showCustomer,
  showSubscriber,
  suspendCustomer,
  suspendSubscriber,
  subscriberCells,
  subscriberSheet,
} from './index.ts'

const amina = {
  login: 'amina-home',
  password: 'p',
  plan: 'Home',
  name: 'Amina Otieno',
  phone: '+254712345678',
  email: 'amina@example.org',
}
const juma = { login: 'juma', password: 'p', plan: 'Home', name: 'Juma Mwangi', phone: '+254700000001' }
const TABLES = ['customers', 'services', 'grants', 'person_keys'] as const

const site = (seed = 1) => {
  const made = memorySite([settings, messages, access, plans, ledger, customers, wallets, services], { seed })
  made.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 10_000 } })
  made.must(addPlan, { name: 'Fixed', kind: 'static', policy: {} })
  const { raw } = made.database
  const rows = () => TABLES.map((table) => raw.prepare(`SELECT * FROM ${table} ORDER BY 1`).all())
  const owner = (login: string) => made.query(showSubscriber, { login })!.customer
  const loginsOf = (customer: string) => made.query(showCustomer, { customer })?.services.map(({ login }) => login)
  const found = (search: string) => made.query(listSubscribers, { search }).map(({ login }) => login)
  const log = () => {
    const read = createPersonalReader(raw, made.vault)
    const records = raw.prepare<[], string>('SELECT record FROM audit ORDER BY no').pluck().all()
    return { stored: records.join('\n'), told: records.map((one) => JSON.stringify(read(one) ?? JSON.parse(one))) }
  }
  /** Nothing may come of it but the reason. */
  const refused = <C extends AnyCommand>(command: C, input: Parameters<typeof made.dispatch<C>>[1]) => {
    const [before, told] = [rows(), made.told.length]
    const result: object = made.dispatch(command, input)
    expect(rows()).toEqual(before)
    expect(made.told).toHaveLength(told)
    return 'error' in result ? (result.error as { type: string }) : undefined
  }
  return { ...made, rows, owner, loginsOf, found, log, refused }
}

/** Amina has three services, Juma has one. */
const lived = () => {
  const made = site()
  made.must(addSubscriber, amina)
  made.must(addSubscriber, juma)
  made.must(addService, {
    customer: 'amina-home',
    login: 'amina-shop',
    plan: 'Fixed',
    mac: 'AA-BB-CC-00-00-01',
    ip: '10.0.0.7',
  })
  made.must(addService, {
    customer: made.owner('amina-home').id,
    login: 'amina-tv',
    plan: 'Home',
    password: 'q',
    serial: 'HWTC1A2B3C4D',
  })
  return made
}

test('a customer has as many services as are added to them, each with its own login, plan, address and state', () => {
  const { query, owner, loginsOf, must, count } = lived()
  expect(count({ name: 'customers' })).toBe(2)
  expect(loginsOf('amina-tv')).toEqual(['amina-home', 'amina-shop', 'amina-tv'])
  expect(loginsOf(owner('juma').id)).toEqual(['juma'])
  expect(owner('amina-shop')).toEqual(owner('amina-home'))
  expect(query(showSubscriber, { login: 'amina-shop' })).toMatchObject({
    kind: 'static',
    customer: { name: 'Amina Otieno', phone: '+254712345678' },
    grant: { macLogin: 'AA:BB:CC:00:00:01', framedIp: '10.0.0.7' },
  })
  must(suspendSubscriber, { login: 'amina-shop' })
  expect(query(showCustomer, { customer: 'amina-home' })?.services.map(({ status }) => status)).toEqual([
    'active',
    'suspended',
    'active',
  ])
})

test('each service is found by the customer’s name and telephone, and by what is its own', () => {
  const { found } = lived()
  for (const search of ['otieno', '254712']) expect(found(search)).toEqual(['amina-home', 'amina-shop', 'amina-tv'])
  expect(found('10.0.0.7')).toEqual(['amina-shop'])
})

test.each([
  [{ customer: 'nobody' }, 'CustomerUnknown'],
  [{ customer: 'gone' }, 'CustomerUnknown'],
  [{ customer: 'closed' }, 'CustomerClosed'],
  [{ customer: '' }, 'InputInvalid'],
  [{ login: 'juma' }, 'LoginTaken'],
  [{ plan: 'None' }, 'PlanUnknown'],
  [{ password: '' }, 'CredentialMissing'],
  [{ plan: 'Fixed', password: '', mac: 'aabb.cc00.0001' }, 'MacTaken'],
  [{ ip: '300.1.1.1' }, 'InputInvalid'],
  [{ beginsAt: 1, endsAt: 2 }, 'SaleTimesUnfit'],
])('a service that cannot be added is refused, and nothing has changed: %j', (wrong, type) => {
  const { must, owner, refused } = lived()
  must(addSubscriber, { ...juma, login: 'gone' })
  const closed = owner('gone').id
  must(eraseCustomer, { login: 'gone' })
  const input = { customer: 'amina-home', login: 'new', plan: 'Home', password: 'p', ...wrong }
  if (input.customer === 'closed') input.customer = closed
  expect(refused(addService, input)?.type).toBe(type)
})

test('a customer has so many services and no more, whichever way they come', () => {
  const { must, refused, owner } = lived()
  const { id } = owner('amina-home')
  const lines = Array.from({ length: CUSTOMER_SERVICES_MAX - 3 }, (_, at) => ({
    login: `line-${at}`,
    plan: 'Home',
    password: 'p',
    customer: id,
  }))
  for (let at = 0; at < lines.length; at += IMPORT_CHUNK_ROWS)
    must(importSubscribers, { rows: lines.slice(at, at + IMPORT_CHUNK_ROWS) })
  const full = { type: 'ServicesFull', max: CUSTOMER_SERVICES_MAX }
  expect(refused(addService, { customer: id, login: 'more', plan: 'Home', password: 'p' })).toEqual(full)
  expect(refused(moveService, { login: 'juma', customer: id })).toEqual(full)
  const rows = [{ login: 'more', plan: 'Home', password: 'p', customer: id }]
  expect(must(importSubscribers, { rows }).refused).toMatchObject([{ fault: full }])
})

test('what is changed of a customer is changed once, for all of their services', () => {
  const { must, owner, found, database, log } = lived()
  must(changeCustomer, { customer: 'amina-tv', name: 'Amina Kamau', phone: '', language: 'sw' })
  expect(owner('amina-home')).toEqual({ ...owner('amina-shop'), name: 'Amina Kamau', phone: null, email: amina.email })
  expect(found('kamau')).toEqual(['amina-home', 'amina-shop', 'amina-tv'])
  expect(found('otieno').concat(found('254712'))).toEqual([])
  const languages = database.raw.prepare('SELECT language FROM customers ORDER BY name').pluck().all()
  expect(languages).toEqual(['sw', 'en'])
  const { stored, told } = log()
  expect(told.at(-1)).toContain('"before":{"name":"Amina Otieno","phone":"+254712345678"')
  for (const trace of ['Kamau', 'Otieno', '254712', 'amina-tv']) expect(stored).not.toContain(trace)
})

test('a service that is changed together with its customer leaves the others found as the customer is now', () => {
  const { must, found } = lived()
  must(changeSubscribers, { rows: [{ login: 'amina-shop', name: 'Amina Kamau', ip: '10.0.0.9' }] })
  expect(found('kamau')).toEqual(['amina-home', 'amina-shop', 'amina-tv'])
  expect(found('10.0.0.9')).toEqual(['amina-shop'])
})

test.each([
  [{ customer: 'nobody', name: 'X' }, 'CustomerUnknown'],
  [{ customer: 'amina-home', phone: '12' }, 'InputInvalid'],
  [{ customer: 'amina-home', email: 'x' }, 'InputInvalid'],
  [{ customer: 'amina-home', name: 'a\0b' }, 'InputInvalid'],
  [{ customer: 'amina-home', language: 'fr' as 'en' }, 'InputInvalid'],
])('a customer cannot become what they cannot be: %j', (input, type) => {
  expect(lived().refused(changeCustomer, input)?.type).toBe(type)
})

test('a service goes to another customer, and is found by them from then on', () => {
  const { must, owner, loginsOf, found, log } = lived()
  must(moveService, { login: 'amina-tv', customer: 'juma' })
  expect(loginsOf('juma')).toEqual(['amina-tv', 'juma'])
  expect(loginsOf('amina-home')).toEqual(['amina-home', 'amina-shop'])
  expect(found('mwangi')).toEqual(['amina-tv', 'juma'])
  expect(found('otieno')).toEqual(['amina-home', 'amina-shop'])
  const { stored, told } = log()
  expect(told.at(-1)).toContain(owner('juma').id)
  expect(told.at(-1)).toContain('amina-tv')
  expect(stored).not.toMatch(/amina-tv|"juma"/)
})

test('who has nothing left is the other from then on: closed, found by nothing, and forgotten with them', () => {
  const { must, owner, refused, found, database, log } = lived()
  const { id } = owner('juma')
  must(moveService, { login: 'juma', customer: 'amina-home' })
  expect(found('mwangi')).toEqual([])
  expect(refused(addService, { customer: id, login: 'x', plan: 'Home', password: 'p' })?.type).toBe('CustomerClosed')
  expect(JSON.stringify(database.raw.prepare('SELECT * FROM customers').all())).not.toMatch(/Mwangi|0001/)
  // On record it stays until somebody forgets them.
  expect(log().told.join('\n')).toContain('Juma Mwangi')
  must(eraseCustomer, { login: 'amina-home' })
  expect(log().told.join('\n')).not.toMatch(/Mwangi|juma/)
})

test('a service becomes that of a customer of its own, who is reached as before and is somebody else', () => {
  const { must, owner, loginsOf } = lived()
  must(moveService, { login: 'amina-tv' })
  expect(loginsOf('amina-tv')).toEqual(['amina-tv'])
  expect(owner('amina-tv')).toMatchObject({ name: amina.name, phone: amina.phone, email: amina.email })
  must(changeCustomer, { customer: 'amina-tv', name: 'Tabitha' })
  expect(owner('amina-home').name).toBe(amina.name)
})

test.each([
  [{ login: 'nobody', customer: 'juma' }, 'SubscriberUnknown'],
  [{ login: 'amina-tv', customer: 'nobody' }, 'CustomerUnknown'],
  [{ login: 'amina-tv', customer: 'amina-home' }, 'MoveNeedless'],
  [{ login: 'juma' }, 'MoveNeedless'],
  [{ login: 'amina-tv', customer: '' }, 'InputInvalid'],
])('a move that leads nowhere is refused, and nothing has changed: %j', (input, type) => {
  expect(lived().refused(moveService, input)?.type).toBe(type)
})

test('a service of somebody who was erased goes nowhere, and nothing goes to them', () => {
  const { must, owner, refused, database } = lived()
  const { id } = owner('juma')
  must(eraseCustomer, { login: 'juma' })
  const login = database.raw
    .prepare<[], string>("SELECT login FROM services WHERE login LIKE 'erased-%'")
    .pluck()
    .get()!
  expect(refused(moveService, { login, customer: 'amina-home' })?.type).toBe('CustomerClosed')
  expect(refused(moveService, { login: 'amina-tv', customer: id })?.type).toBe('CustomerClosed')
  expect(refused(changeCustomer, { customer: login, name: 'X' })?.type).toBe('CustomerClosed')
  expect(refused(suspendCustomer, { customer: id })?.type).toBe('CustomerClosed')
  expect(must(changeSubscribers, { rows: [{ login, name: 'X', status: 'active' }] })).toMatchObject({
    refused: [{ fault: { type: 'SubscriberUnknown' } }],
  })
})

test('all services of a customer are suspended at once and taken up again, and nobody else’s', () => {
  const { must, query, told, owner, refused } = lived()
  must(suspendSubscriber, { login: 'amina-tv' })
  const before = told.length
  expect(must(suspendCustomer, { customer: 'amina-tv' })).toEqual({
    customerId: owner('amina-tv').id,
    logins: ['amina-home', 'amina-shop'],
    more: false,
  })
  // Whoever ends sessions is told of each.
  expect(told.slice(before).map(({ name }) => name)).toEqual(['access.changed', 'access.changed'])
  expect(query(listSubscribers, { status: 'active' }).map(({ login }) => login)).toEqual(['juma'])
  expect(must(resumeCustomer, { customer: 'amina-home' }).logins).toHaveLength(3)
  expect(query(listSubscribers, { status: 'suspended' })).toEqual([])
  expect(refused(suspendCustomer, { customer: 'nobody' })?.type).toBe('CustomerUnknown')
})

test('who is erased is forgotten with all of their services, by whichever they were named', () => {
  const { must, database, log, found } = lived()
  must(changeSubscribers, { rows: [{ login: 'amina-tv', devices: 'AA:BB:CC:DD:EE:02' }] })
  expect(must(eraseCustomer, { login: 'amina-shop' })).toMatchObject({ services: 3 })
  const traces = [
    'amina',
    'Otieno',
    '254712345678',
    'AA:BB:CC:00:00:01',
    'AA:BB:CC:DD:EE:02',
    '10.0.0.7',
    'HWTC1A2B3C4D',
  ]
  const left = TABLES.map((table) => JSON.stringify(database.raw.prepare(`SELECT * FROM ${table}`).all())).join('\n')
  for (const trace of traces) {
    expect(left).not.toContain(trace)
    expect(log().told.join('\n')).not.toContain(trace)
    expect(found(trace)).toEqual([])
  }
  const states = database.raw.prepare("SELECT DISTINCT status FROM grants WHERE login LIKE 'erased-%'").pluck().all()
  expect(states).toEqual(['ended'])
  expect(found('mwangi')).toEqual(['juma'])
})

test('lines of one customer are imported as one, and a line that says otherwise of them is told of', () => {
  const { must, loginsOf, refused: _, query } = site()
  const line = (login: string, more: object = {}) => ({
    login,
    password: 'p',
    plan: 'Home',
    customer: 'cus_17',
    ...more,
  })
  const rows = [
    line('a', { name: 'Amina', phone: '+254712345678' }),
    line('b', { name: 'Amina' }),
    line('c'),
    line('d', { name: 'Somebody' }),
    line('e', { phone: '0700000000' }),
    { login: 'f', password: 'p', plan: 'Home', name: 'Amina' },
  ]
  expect(must(importSubscribers, { rows }).refused).toEqual([
    { row: 3, fault: { type: 'CustomerDiffers', column: 'name' } },
    { row: 4, fault: { type: 'CustomerDiffers', column: 'phone' } },
  ])
  expect(loginsOf('a')).toEqual(['a', 'b', 'c'])
  expect(loginsOf('cus_17')).toEqual(['a', 'b', 'c'])
  expect(loginsOf('f')).toEqual(['f'])
  const told = query(subscriberSheet, {}).map(subscriberCells)
  const other = site()
  expect(other.must(importSubscribers, { rows: told, newPasswords: true }).refused).toEqual([])
  expect(other.query(subscriberSheet, {}).map(subscriberCells)).toEqual(told)
})

test('an import puts nothing to a customer who was erased, and a change moves a service as a move does', () => {
  const { must, owner, loginsOf, found, query } = lived()
  const [ids, rows] = [
    { amina: owner('amina-home').id, juma: owner('juma').id },
    query(subscriberSheet, { logins: ['amina-tv'] }),
  ]
  must(changeSubscribers, { rows: [{ login: 'amina-tv', customer: ids.juma, ip: '10.0.0.8' }] })
  expect(loginsOf('juma')).toEqual(['amina-tv', 'juma'])
  expect(owner('juma')).toMatchObject({ name: juma.name, phone: juma.phone })
  expect(found('mwangi')).toEqual(['amina-tv', 'juma'])
  expect(query(subscriberSheet, { logins: ['amina-tv'] })).toMatchObject([
    { ...rows[0], framedIp: '10.0.0.8', customerId: ids.juma, name: juma.name, phone: juma.phone, email: null },
  ])
  must(eraseCustomer, { login: 'amina-home' })
  const change = { login: 'amina-tv', customer: ids.amina }
  expect(must(changeSubscribers, { rows: [change, { ...change, customer: 'cus_none' }] }).refused).toMatchObject([
    { fault: { type: 'CustomerClosed' } },
    { fault: { type: 'CustomerUnknown' } },
  ])
  const again = [{ login: 'x', plan: 'Home', password: 'p', customer: ids.amina }]
  expect(must(importSubscribers, { rows: again }).refused).toMatchObject([{ fault: { type: 'CustomerClosed' } }])
})

const logins = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const login = fc.constantFrom(...logins)
const word = fc.constantFrom('Amina', 'Juma', 'Wanjiru', '')
const phone = fc.constantFrom('+254700000001', '+254700000002', '')
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), login, name: word, phone }),
  fc.record({ do: fc.constant('addService' as const), login, customer: login }),
  fc.record({ do: fc.constant('move' as const), login, customer: fc.option(login, { nil: undefined }) }),
  fc.record({ do: fc.constant('customer' as const), customer: login, name: word, phone }),
  fc.record({ do: fc.constant('change' as const), login, name: word, phone, to: fc.option(login, { nil: undefined }) }),
  fc.record({ do: fc.constant('erase' as const), login }),
  fc.record({ do: fc.constant('suspend' as const), customer: login }),
)

test('whatever is added, moved, changed and erased: a service has one customer, alive unless it is erased, and is found by them', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), fc.nat(), (steps, seed) => {
      const { dispatch, database, query } = site(seed + 1)
      for (const each of steps) {
        if (each.do === 'add') dispatch(addSubscriber, { ...each, plan: 'Home', password: 'p' })
        if (each.do === 'addService') dispatch(addService, { ...each, plan: 'Home', password: 'p' })
        if (each.do === 'move') dispatch(moveService, each)
        if (each.do === 'customer') dispatch(changeCustomer, each)
        if (each.do === 'suspend') dispatch(suspendCustomer, each)
        if (each.do === 'erase') dispatch(eraseCustomer, each)
        if (each.do === 'change') {
          const customer = each.to && query(showSubscriber, { login: each.to })?.customer.id
          dispatch(changeSubscribers, { rows: [{ login: each.login, name: each.name, phone: each.phone, customer }] })
        }
      }
      const rows = database.raw
        .prepare<[], Record<string, string>>(
          `SELECT s.login, s.found_by found, c.status, coalesce(c.name, '') name, coalesce(c.phone, '') phone
           FROM services s LEFT JOIN customers c ON c.id = s.customer_id`,
        )
        .all()
      for (const row of rows) {
        expect(row['status']).toBe(row['login']!.startsWith('erased-') ? 'closed' : 'active')
        const parts = [row['login'], row['name'], row['phone']].filter((part) => part !== '')
        expect(row['found']).toBe(parts.join('\n').toLowerCase())
      }
      // Nobody is kept whom nothing leads to.
      const idle = `SELECT count(*) FROM customers c WHERE status = 'active'
        AND NOT EXISTS (SELECT 1 FROM services WHERE customer_id = c.id)`
      expect(database.raw.prepare(idle).pluck().get()).toBe(0)
    }),
    { numRuns: 25 },
  )
})

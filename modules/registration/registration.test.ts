import { beforeEach, expect, test } from 'vitest'
import { orThrow, seededRandom } from '@lango/kernel'
import { createPersonalReader } from '@lango/kernel/verbs'
import { credentialPurpose } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { customers as customersTable } from '../customers/tables.ts'
import { listMessages } from '../messages/index.ts'
import { addPlan, setPlan, setPlanStatus } from '../plans/index.ts'
import { addSubscriber, eraseCustomer, listSubscribers } from '../services/index.ts'
import { changeSettings } from '../settings/index.ts'
import { confirmRegistration, countCodes, registrationLimits, registrationOffer } from './index.ts'
import { registeredContacts, registrations } from './tables.ts'
import { PHONE, siteWith, type Site } from './testing/site.ts'

let site: Site
beforeEach(() => {
  site = siteWith()
})
const another = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const dump = ({ database }: Site) =>
  JSON.stringify(
    ['registrations', 'registered_contacts', 'messages', 'commands', 'audit', 'jobs', 'grants', 'services'].map(
      (table) => database.raw.prepare(`SELECT * FROM ${table}`).all(),
    ),
  )

test.each([
  [PHONE, '254712345678', { phone: PHONE, email: null }],
  ['amina@example.net', 'amina@example.net', { phone: null, email: 'amina@example.net' }],
])('whoever enters the code that came to %s has an account of the plan, whole', async (contact, login, reached) => {
  const { confirmed } = await site.joined(contact)
  expect(confirmed).toMatchObject({ state: 'done', login, password: expect.stringMatching(/^[a-z2-9]{12}$/) as string })
  expect(site.query(listSubscribers, {})).toMatchObject([{ login }])
  const grant = site.database.orm.select().from(grants.site).get()!
  const { password } = confirmed as { password: string }
  expect(orThrow(site.vault.open(grant.credential!, credentialPurpose(grant.id))).reveal()).toBe(password)
  expect(grant).toMatchObject({ login, status: 'active', validitySec: 86_400 })
  const customer = site.database.orm.select().from(customersTable.site).get()
  expect(customer).toMatchObject({ name: 'Amina <b>Otieno</b>', language: 'sw', ...reached })
  expect(site.list()).toMatchObject([{ state: 'done', reason: null, contact, plan: expect.any(String) as string }])
})

test('neither code nor password stands in clear anywhere, and the audit log says who it was: oneself', async () => {
  const { token } = site.begun(PHONE)
  expect(site.query(listMessages, {})).toMatchObject([{ kind: 'code', state: 'waiting' }])
  const code = await site.codeTo(PHONE)
  expect(code).toMatch(/^\d{6}$/)
  expect(dump(site)).not.toContain(code)
  const id = 'self/1'
  const actor = { kind: 'system', id: 'self' } as const
  const { outcome } = orThrow(site.dispatch(confirmRegistration, { token, code }, { id, actor }))
  const { password } = outcome as { password: string }
  for (const secret of [password, code]) expect(dump(site)).not.toContain(secret)
  const rows = site.database.raw
    .prepare<[], { command: string; actor: string; record: string }>(
      "SELECT command, actor_id actor, record FROM audit WHERE command LIKE 'registration%' OR command = 'subscribers.add' ORDER BY no",
    )
    .all()
  expect(rows.map(({ command, actor: who }) => [command, who])).toEqual([
    ['registration.start', 'test'],
    ['subscribers.add', 'self'],
    ['registration.confirm', 'self'],
  ])
  expect(JSON.stringify(rows)).not.toContain('712345678')
  const told = createPersonalReader(site.database.raw, site.vault)
  expect(JSON.stringify(told(rows[1]!.record))).toContain('254712345678')
})

test('what people type reaches nobody else by message', async () => {
  site.begun('victim@example.net', { name: 'You have won http://evil.example' })
  await site.runJobs()
  expect(JSON.stringify(site.sent)).not.toContain('evil')
})

test('the same right code gives the same answer while it is good, and one account', async () => {
  const { token, code, confirmed } = await site.joined(PHONE)
  expect(site.confirm(token, code)).toEqual(confirmed)
  expect(site.count(grants)).toBe(1)
  site.clock.advance(registrationLimits.codeLifeMs)
  expect(site.confirm(token, code)).toEqual({ state: 'over' })
  expect(site.count(grants)).toBe(1)
})

test('a code dies of five wrong tries, also for whoever has the right one then', async () => {
  const { token } = site.begun(PHONE)
  const code = await site.codeTo(PHONE)
  const answers = Array.from({ length: 6 }, () => site.confirm(token, another(code)))
  expect(answers).toEqual([
    { state: 'wrong', left: 4 },
    { state: 'wrong', left: 3 },
    { state: 'wrong', left: 2 },
    { state: 'wrong', left: 1 },
    { state: 'over' },
    { state: 'over' },
  ])
  expect(site.confirm(token, code)).toEqual({ state: 'over' })
  expect([site.count(grants), site.count(customersTable)]).toEqual([0, 0])
  expect(site.list()).toMatchObject([{ state: 'refused', reason: 'tries', tries: 5 }])
})

test('a code is good for ten minutes, for its own registration only', async () => {
  const first = site.begun(PHONE)
  const code = await site.codeTo(PHONE)
  const second = site.begun('amina@example.net')
  expect(site.confirm(second.token, code)).toMatchObject({ state: 'wrong' })
  for (const token of ['', '__proto__', 'constructor', `${first.token}x`])
    expect(site.confirm(token, code)).toEqual({ state: 'over' })
  site.clock.advance(registrationLimits.codeLifeMs - 1)
  expect(site.confirm(first.token, ` ${code.slice(0, 3)} ${code.slice(3)} `)).toMatchObject({ state: 'done' })
  const late = site.begun('+254722000000')
  const lateCode = await site.codeTo('+254722000000')
  site.clock.advance(registrationLimits.codeLifeMs)
  expect(site.confirm(late.token, lateCode)).toEqual({ state: 'over' })
  expect(site.count(grants)).toBe(1)
})

test('a phone or e-mail has one account, ever: also after it was erased, and whoever asks is not told', async () => {
  await site.joined(PHONE)
  site.clock.advance(3_600_000)
  const known = site.begun(PHONE)
  expect(await site.inbox(PHONE)).toContain('yameshapata akaunti')
  const fresh = site.begun('+254722000000')
  // The same shape of answer, the same count of tries.
  expect(Object.keys(known)).toEqual(Object.keys(fresh))
  for (const code of ['000000', '000001', '000002', '000003', '000004', '000005'])
    expect(site.confirm(known.token, code)).toEqual(site.confirm(fresh.token, code))
  expect(site.list().map(({ state, reason }) => [state, reason])).toEqual([
    ['refused', 'tries'],
    ['refused', 'known'],
    ['done', null],
  ])
  site.must(eraseCustomer, { login: '254712345678' })
  site.clock.advance(30 * 86_400_000)
  site.begun(PHONE)
  expect(site.list()[0]).toMatchObject({ state: 'refused', reason: 'known' })
  expect(site.count(grants)).toBe(1)
})

test('erasing a customer forgets what the registration held of them, but for a hash that tells nobody', async () => {
  await site.joined(PHONE)
  site.must(eraseCustomer, { login: '254712345678' })
  expect([site.count(registrations), site.count(registeredContacts)]).toEqual([0, 1])
  expect(dump(site)).not.toContain('712345678')
})

test('whose login it is already, made at the desk, is known too', async () => {
  site.must(addSubscriber, { login: '254712345678', plan: 'Trial', password: 'x' })
  site.begun(PHONE)
  expect(site.list()).toMatchObject([{ state: 'refused', reason: 'known' }])
  const { token } = site.begun('amina@example.net')
  const code = await site.codeTo('amina@example.net')
  site.must(addSubscriber, { login: 'amina@example.net', plan: 'Trial', password: 'x' })
  expect(site.confirm(token, code)).toEqual({ state: 'refused', reason: 'known' })
  expect(site.count(grants)).toBe(2)
})

test('of two codes for one phone the second makes no second account', async () => {
  const first = site.begun(PHONE)
  const firstCode = await site.codeTo(PHONE)
  const second = site.begun(PHONE)
  const secondCode = await site.codeTo(PHONE)
  expect(site.confirm(first.token, firstCode)).toMatchObject({ state: 'done' })
  expect(site.confirm(second.token, secondCode)).toEqual({ state: 'refused', reason: 'known' })
  expect(site.count(grants)).toBe(1)
})

test('only what can be taken is offered: free, on sale, and with somebody who sends its codes', async () => {
  const offered = () => site.query(registrationOffer, {}).plans.map(({ name }) => name)
  expect(offered()).toEqual(['Trial', 'Trial by mail'])
  const { token } = site.begun(PHONE)
  const code = await site.codeTo(PHONE)
  site.must(setPlanStatus, { id: site.plan.phone, status: 'withdrawn' })
  site.must(setPlan, { id: site.plan.email, ...site.trial, name: 'Trial by mail', selfRegistration: 'off' })
  expect(offered()).toEqual([])
  for (const contact of ['+254722000000', 'amina@example.net'])
    expect(site.start(contact)).toMatchObject({ ok: false, error: { type: 'RegistrationClosed' } })
  expect(site.start(PHONE, { plan: '__proto__' })).toMatchObject({ error: { type: 'RegistrationClosed' } })
  expect(site.confirm(token, code)).toEqual({ state: 'refused', reason: 'closed' })
  expect([site.count(registrations), site.count(grants)]).toEqual([1, 0])
})

test.each([
  ['0', {}, 'ContactUnfit'],
  ['+882123456789', {}, 'ContactUnfit'],
  ['amina', {}, 'ContactUnfit'],
  [PHONE, { name: '' }, 'InputInvalid'],
  [PHONE, { name: 'A\nB' }, 'InputInvalid'],
  [PHONE, { name: 'x'.repeat(65) }, 'InputInvalid'],
  [PHONE, { language: 'xx' }, 'InputInvalid'],
])('what is no contact or name is refused, and nothing is kept or sent: %s %j', (contact, more, type) => {
  expect(site.start(contact, more)).toMatchObject({ ok: false, error: { type } })
  expect([site.count(registrations), site.query(listMessages, {}).length]).toEqual([0, 0])
})

test('the password goes out by message only where the owner wants it', async () => {
  await site.joined(PHONE)
  await site.runJobs()
  expect(site.sent).toHaveLength(1)
  site.must(changeSettings, { registrationSendsPassword: true })
  const { confirmed } = await site.joined('amina@example.net')
  expect(await site.inbox('amina@example.net')).toContain((confirmed as { password: string }).password)
})

test('while the clock is not trusted a dated plan is not taken, and the code stays good', async () => {
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {}, validitySec: 86_400, selfRegistration: 'phone' })
  const plan = site.query(registrationOffer, {}).plans.find(({ name }) => name === 'Home')!.id
  const { token } = site.begun(PHONE, { plan })
  const code = await site.codeTo(PHONE)
  site.clock.setSure(false)
  expect(site.confirm(token, code)).toEqual({ state: 'later' })
  expect(site.count(grants)).toBe(0)
  site.clock.setSure(true)
  expect(site.confirm(token, code)).toMatchObject({ state: 'done' })
})

test('what came to nothing is forgotten after a day, an account’s registration after a month', async () => {
  await site.joined(PHONE)
  site.begun('amina@example.net')
  await site.runJobs()
  const tidied = async () => {
    const stop = new AbortController()
    const running = site.jobs.run(stop.signal)
    await site.jobs.settled()
    stop.abort()
    await running
  }
  site.clock.advance(registrationLimits.abandonedKeptMs)
  await tidied()
  expect(site.list()).toMatchObject([{ state: 'done' }])
  expect(site.query(listMessages, {}).map(({ recipient }) => recipient)).toEqual([PHONE])
  site.clock.advance(registrationLimits.doneKeptMs)
  await tidied()
  expect([site.count(registrations), site.count(registeredContacts), site.count(grants)]).toEqual([0, 1, 1])
})

test('a device has its free access once, whoever’s phone is confirmed; another that the router tells of has its own', async () => {
  const device = '02:00:00:00:00:01'
  const early = site.begun('+254722000009', { device })
  const earlyCode = await site.codeTo('+254722000009')
  expect((await site.joined(PHONE, { device: '02-00-00-00-00-01' })).confirmed).toMatchObject({ state: 'done' })
  const before = [site.count(registrations), site.sent.length]
  expect(site.start('+254722000001', { device })).toMatchObject({ ok: false, error: { type: 'DeviceKnown' } })
  await site.runJobs()
  // Nothing was sent, which would have cost money.
  expect([site.count(registrations), site.sent.length]).toEqual(before)
  expect(site.confirm(early.token, earlyCode)).toEqual({ state: 'refused', reason: 'device' })
  site.must(eraseCustomer, { login: '254712345678' })
  expect(site.start('+254722000001', { device })).toMatchObject({ error: { type: 'DeviceKnown' } })
  // What a browser made up counts as another device, and the phone holds all the same.
  site.clock.advance(3_600_000)
  expect((await site.joined('+254722000001', { device: '02:00:00:00:00:99' })).confirmed.state).toBe('done')
  site.begun('+254722000001', { device: '02:00:00:00:00:98', address: '192.0.2.9' })
  expect(site.list()[0]).toMatchObject({ state: 'refused', reason: 'known' })
  expect(site.count(grants)).toBe(2)
  expect(dump(site)).not.toMatch(/02[:-]00[:-]00/i)
})

test.each([1, 2, 3, 4])(
  'no sequence of requests gets more codes than the limits, more tries than five a code, or two accounts (seed %d)',
  async (seed) => {
    site = siteWith(seed)
    const random = seededRandom(seed + 100)
    const pick = <T>(of: readonly T[]): T => of[random.below(of.length)]!
    const contacts = [...Array.from({ length: 25 }, (_, n) => `+2547120000${n + 10}`), 'a@example.net', 'b@example.net']
    const addresses = Array.from({ length: 40 }, (_, n) =>
      n % 2 ? `10.0.0.${n}` : `2001:db8:0:${n}::${random.below(9)}`,
    )
    const asked: { at: number; contact: string; address: string; token: string; code: string; tries: number }[] = []
    const { codesPerContactMax, codesPerAddressMax, codesPerHourMax, triesMax } = registrationLimits
    const refused = new Set<string>()
    for (let step = 0; step < 200; step++) {
      site.clock.advance(random.below(40_000))
      const now = site.clock.now()
      const [contact, address] = [pick(contacts), pick(addresses)]
      const begun = random.below(3) > 0 ? site.start(contact, { address }) : undefined
      if (begun?.ok) {
        const code = /\b\d{6}\b/.exec(await site.inbox(contact))?.[0] ?? ''
        asked.push({ at: now, contact, address, token: begun.value.token, code, tries: 0 })
      } else if (begun) refused.add(begun.error.type)
      const one = asked.length === 0 ? undefined : pick(asked)
      if (!one) continue
      const isRight = random.below(20) === 0
      const answer = site.confirm(one.token, isRight ? one.code : another(one.code))
      if (answer.state === 'wrong' || (answer.state === 'over' && one.tries < triesMax)) one.tries += 1
    }
    const most = (same: (a: (typeof asked)[number], b: (typeof asked)[number]) => boolean): number =>
      Math.max(...asked.map((a) => asked.filter((b) => b.at >= a.at && b.at < a.at + 3_600_000 && same(a, b)).length))
    expect([...refused]).toEqual(['RegistrationTooMany'])
    expect(most(() => true)).toBeLessThanOrEqual(codesPerHourMax)
    expect(most((a, b) => a.contact === b.contact)).toBeLessThanOrEqual(codesPerContactMax)
    expect(most((a, b) => a.address === b.address)).toBeLessThanOrEqual(codesPerAddressMax)
    expect(asked.length).toBeGreaterThan(30)
    const tries = site.database.raw.prepare<[], number>('SELECT max(tries) FROM registrations').pluck().get()
    expect(tries).toBeLessThanOrEqual(triesMax)
    const logins = site.database.raw.prepare<[], string>('SELECT login FROM grants').pluck().all()
    expect(new Set(logins).size).toBe(logins.length)
    expect(site.query(countCodes, { now: site.clock.now() })).toBeLessThanOrEqual(codesPerHourMax)
  },
)

test('as many codes as an hour allows are sent, and how long to wait for the next is said', () => {
  const { codesPerHourMax } = registrationLimits
  for (let n = 0; n < codesPerHourMax; n++) site.begun(`+2547120000${n + 10}`, { address: `10.0.${n}.1` })
  expect(site.start(PHONE, { address: '10.9.9.9' })).toMatchObject({
    error: { type: 'RegistrationTooMany', minutes: 60 },
  })
  site.clock.advance(3_600_000)
  expect(site.start(PHONE, { address: '10.9.9.9' }).ok).toBe(true)
})

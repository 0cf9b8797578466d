import { expect, test } from 'vitest'
import { createApi } from './api.ts'
import { memorySite } from '@lango/kernel/testing'
import { runSite } from '@lango/kernel/db'
import { ok } from '@lango/kernel'
import { audit, type May } from '@lango/kernel/verbs'
import {
  createToken,
  createPeopleGuard,
  people,
  permissions,
  revokeToken,
  roleMay,
  roleNames,
} from '@lango/modules/people'
import { plans } from '@lango/modules/plans'
import { plans as plansTable } from '@lango/modules/plans/tables'
import { runWhole } from '../run-named.ts'
import { commandsByName, everyCommandByName, queriesByName } from '../site.ts'
import { createWeb } from './web.ts'
import { createFixtureFeed, sampleSnapshot } from './testing/fixture-feed.ts'
import { siteUnderTest } from './testing/site-under-test.ts'

/** The interface over a real site, as the web serves it. */
const box = () => {
  const asked: string[] = []
  const guard: { may?: May } = {}
  const site = memorySite([people, plans], {
    may: (actor, permission) => actor.kind === 'system' || guard.may!(actor, permission),
  })
  const tokens = createPeopleGuard(site.database.raw, site.vault, site.clock.now)
  guard.may = (actor, permission) => tokens.may(actor, permission)
  const api = createApi({
    commands: commandsByName,
    queries: queriesByName,
    holderOf: tokens.holderOf,
    may: guard.may,
    command: (name, input, by) => runWhole(site, name, input, by),
    query(name, input) {
      asked.push(name)
      const query = plans.queries.find((one) => one.name === name)
      return Promise.resolve(ok(query ? (runSite(query, site.database, input) as unknown) : null))
    },
    sentenceOf: ({ type }) => `in words: ${type}`,
    random: site.random,
    log: site.log,
  })
  const web = createWeb({
    token: 'x'.repeat(32),
    feed: createFixtureFeed(sampleSnapshot({ now: site.clock.now(), sessions: 1 })),
    site: siteUnderTest().web,
    pages: [],
    siteName: 'Kisumu POP',
    clock: site.clock,
    demo: false,
    log: site.log,
    api,
  })
  const ask = async (path: string, token: string | undefined, body: unknown = {}, headers: object = {}) => {
    const answer = await web.app.request(`/api/${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const tokenOf = (role: (typeof roleNames)[number]) => site.must(createToken, { role, name: role })
  return { ...site, web, ask, asked, tokenOf }
}

const plan = { name: 'Home', kind: 'pppoe', policy: { downKbps: 1000 } }

test('a command is carried out once for a key, and answered the same when it is sent again', async () => {
  const { ask, tokenOf, count } = box()
  const { token } = tokenOf('technician')
  const first = await ask('commands/plans.add', token, plan, { 'idempotency-key': 'order-1' })
  expect(first).toMatchObject({ status: 200, body: { value: { name: 'Home' } } })
  expect(await ask('commands/plans.add', token, plan, { 'idempotency-key': 'order-1' })).toEqual(first)
  const other = await ask('commands/plans.add', token, { ...plan, name: 'Other' }, { 'idempotency-key': 'order-1' })
  expect(other).toMatchObject({ status: 409, body: { error: { type: 'CommandIdReused' } } })
  expect(count(plansTable)).toBe(1)
  expect(await ask('queries/plans.list', token)).toMatchObject({ status: 200, body: { value: [{ name: 'Home' }] } })
})

test('keys of two tokens are apart', async () => {
  const { ask, tokenOf } = box()
  const [one, two] = [tokenOf('technician').token, tokenOf('technician').token]
  await ask('commands/plans.add', one, plan, { 'idempotency-key': 'a' })
  expect(await ask('commands/plans.add', two, plan, { 'idempotency-key': 'a' })).toMatchObject({
    status: 409,
    body: { error: { type: 'PlanNameTaken' }, sentence: 'in words: PlanNameTaken' },
  })
})

test('every command and query is refused to every role that lacks its permission, and to nobody’s token', async () => {
  const { ask, tokenOf, asked } = box()
  const verbs = [
    ...[...commandsByName.values()].map((verb) => ({ path: `commands/${verb.name}`, ...verb })),
    ...[...queriesByName.values()].map((verb) => ({ path: `queries/${verb.name}`, ...verb })),
  ]
  for (const role of roleNames) {
    const { token } = tokenOf(role)
    for (const { path, permission } of verbs) {
      const { status } = await ask(path, token, { nonsense: true })
      expect([role, path, status === 403]).toEqual([role, path, !roleMay(role, permission)])
    }
  }
  asked.length = 0
  for (const { path } of verbs) expect((await ask(path, undefined)).status).toBe(401)
  for (const { path } of verbs) expect((await ask(path, `lango_${'A'.repeat(43)}`)).status).toBe(401)
  expect(asked).toEqual([])
})

test('each permission that a command or query wants can be given, or is the box’s own', () => {
  const wanted = [...commandsByName.values(), ...queriesByName.values()].map(({ permission }) => permission)
  for (const permission of new Set(wanted)) expect(['system', 'self', ...permissions]).toContain(permission)
})

test('a token that is revoked is out at once', async () => {
  const { ask, tokenOf, must } = box()
  const { id, token } = tokenOf('viewer')
  expect((await ask('queries/plans.list', token)).status).toBe(200)
  must(revokeToken, { id })
  expect((await ask('queries/plans.list', token)).status).toBe(401)
})

test.each([
  ['commands/plans.add', '{', 400],
  ['commands/plans.add', [], 400],
  ['commands/none', {}, 404],
  ['queries/__proto__', {}, 404],
  ['nowhere', {}, 404],
])('what cannot be understood is refused in words: %s %j', async (path, body, status) => {
  const { ask, tokenOf } = box()
  const refused = await ask(path, tokenOf('owner').token, body)
  expect(refused.status).toBe(status)
  expect(refused.body).toMatchObject({ sentence: expect.stringMatching(/./) as unknown })
})

test('a body larger than an import is not read', async () => {
  const { web, tokenOf } = box()
  const headers = { authorization: `Bearer ${tokenOf('owner').token}` }
  const answer = await web.app.request('/api/commands/plans.add', {
    method: 'POST',
    body: 'x'.repeat(2 ** 21),
    headers,
  })
  expect(answer.status).toBe(413)
})

test('what the box puts on record itself is no command to anybody: told as one that there is none of, and not done', async () => {
  const { ask, tokenOf, web, ...site } = box()
  const { token } = tokenOf('owner')
  const own = [...everyCommandByName.keys()].filter((name) => !commandsByName.has(name))
  expect(own).toEqual(expect.arrayContaining(OWN))
  const before = site.count(audit)
  for (const name of own) {
    const unknown = await ask('commands/no.such', token)
    const refused = await ask(`commands/${name}`, token)
    expect(refused).toEqual(JSON.parse(JSON.stringify(unknown).replaceAll('no.such', name)))
    expect(await runWhole(site, name, {}, { actor: { kind: 'console', id: 'socket' } })).toEqual({
      ok: false,
      error: { type: 'CommandUnknown', name },
    })
  }
  expect(site.count(audit)).toBe(before)
  const described = (await (await web.app.request('/api/openapi.json')).json()) as { paths: object }
  expect(Object.keys(described.paths).filter((path) => own.includes(path.slice('/commands/'.length)))).toEqual([])
})

/** Facts about somebody that they could have made up, the outcomes of jobs, what only a door may say. */
const OWN = [
  'audit.exported',
  'audit.opened',
  'audit.sign',
  'backups.record',
  'certificates.changed',
  'grants.firstUse',
  'lists.exported',
  'messages.sent',
  'network.changed',
  'registration.confirm',
  'routers.learned',
  'sessions.ordersFinished',
  'sessions.sealExport',
  'staff.refused',
  'staff.signedIn',
  'webhooks.delivered',
]

test('the description names every open command and query with its schema, and nothing of the box’s own', async () => {
  const { web } = box()
  const answer = await web.app.request('/api/openapi.json')
  const description = (await answer.json()) as {
    openapi: string
    paths: Record<string, { post: { requestBody: object } }>
  }
  expect(description.openapi).toBe('3.1.0')
  const open = [...commandsByName.values(), ...queriesByName.values()].filter(
    ({ permission }) => permission !== 'system',
  )
  expect(Object.keys(description.paths)).toHaveLength(open.length)
  expect(description.paths['/commands/plans.add']!.post.requestBody).toMatchObject({
    content: { 'application/json': { schema: { type: 'object', required: ['name', 'kind', 'policy'] } } },
  })
  expect(JSON.stringify(description)).not.toContain('grants.firstUse')
})

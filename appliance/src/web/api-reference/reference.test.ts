import { answerOf } from '@lango/kernel/db'
import { addRouter } from '@lango/modules/network'
import { createToken, inviteStaff } from '@lango/modules/people'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { makeVouchers, openBatch } from '@lango/modules/vouchers'
import { addWebhook, testWebhook } from '@lango/modules/webhooks'
import { expect, test } from 'vitest'
import { commandsByName, queriesByName } from '../../site.ts'
import { openApi } from '../openapi.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'
import { typeText, waysOf, type Schema } from './fields.ts'
import { apiVerbs } from './verbs.ts'

const verbs = apiVerbs([...commandsByName.values()], [...queriesByName.values()])
const inputOf = (name: string) => (commandsByName.get(name) ?? queriesByName.get(name)!).input

test('every command and query of the interface says in one sentence what it does', () => {
  expect(verbs.length).toBeGreaterThan(80)
  for (const { name, summary } of verbs) {
    expect(summary, name).toMatch(/^[A-Z].{20,160}\.$/)
    expect(summary.startsWith(name), name).toBe(false)
  }
  expect(new Set(verbs.map(({ summary }) => summary)).size).toBe(verbs.length)
})

test('every example is one that the command or query takes', () => {
  const faults = verbs.flatMap(({ name, example }) => {
    const parsed = inputOf(name).safeParse(example)
    return parsed.success ? [] : [`${name} ${JSON.stringify(example)} ${parsed.error.message}`]
  })
  expect(faults).toEqual([])
})

test('the description tells sentence, example and, where it is promised, the answer', () => {
  const { paths, tags } = openApi([...commandsByName.values()], [...queriesByName.values()])
  expect(tags).toContainEqual({ name: 'plans' })
  expect(paths['/commands/webhooks.add']).toMatchObject({
    post: {
      summary: expect.stringMatching(/^Adds an address/),
      description: expect.stringMatching(/`webhooks\.write`.*told this once/),
      requestBody: { content: { 'application/json': { example: { url: 'https://crm.example/lango' } } } },
      responses: {
        200: {
          content: {
            'application/json': {
              schema: { properties: { value: { type: 'object', required: ['number', 'url', 'events', 'secret'] } } },
            },
          },
        },
      },
    },
  })
  expect(paths['/queries/plans.list']).toMatchObject({
    post: {
      responses: {
        200: {
          content: {
            'application/json': {
              schema: { properties: { value: { items: { properties: { name: { type: 'string' } } } } } },
            },
          },
        },
      },
    },
  })
  expect(paths['/queries/sessions.usage']).toMatchObject({
    post: { responses: { 200: { description: expect.stringContaining('not promised') } } },
  })
})

test('what is promised of a query’s answer holds on a box with rows', async () => {
  const { site } = deskUnderTest()
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 1000, upKbps: 1000 } })
  site.must(addSubscriber, { login: 'amina', password: 'right', plan: 'Home' })
  site.must(addRouter, { name: 'tower', address: '192.0.2.1' })
  site.must(addWebhook, { url: 'https://crm.example/hook' })
  site.must(testWebhook, { number: 1 })
  site.must(createToken, { name: 'crm', role: 'viewer' })
  site.must(inviteStaff, { login: 'amina', name: 'Amina', role: 'cashier' })
  const { batch } = site.must(openBatch, { plan: 'Home', count: 2 })
  site.must(makeVouchers, { batch })
  let found = 0
  for (const [name, query] of queriesByName) {
    const promised = answerOf(query)
    for (const input of promised ? [...(query.examples ?? [{}]), { login: 'amina' }] : []) {
      if (!query.input.safeParse(input).success) continue
      const answer = (site.query(query, input) as unknown) ?? null
      expect(promised!.safeParse(answer).error?.message, name).toBeUndefined()
      if (Array.isArray(answer) ? answer.length > 0 : answer !== null) found += 1
    }
  }
  expect(found).toBeGreaterThan(10)
})

test('a schema is told field by field, with what is needed and its limits', () => {
  const schema: Schema = {
    type: 'object',
    required: ['name', 'rows', 'keep'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 64 },
      keep: { type: 'integer', minimum: 1, maximum: 1000, default: 14 },
      at: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      realm: { anyOf: [{ type: 'string', maxLength: 128 }, { type: 'null' }] },
      secret: { format: 'password', anyOf: [{ type: 'string' }, {}] },
      rows: {
        type: 'array',
        minItems: 1,
        items: { type: 'object', required: ['login'], properties: { login: { type: 'string' } } },
      },
    },
  }
  const [fields = []] = waysOf(schema)
  expect(fields.map(({ path, type, isRequired }) => [path, type, isRequired])).toEqual([
    ['name', 'string', true],
    ['keep', 'integer', false],
    ['at', 'integer', false],
    ['realm', 'string | null', false],
    ['secret', 'string', false],
    ['rows', 'object[]', true],
    ['rows[].login', 'string', true],
  ])
  const of = (path: string) => fields.find((each) => each.path === path)
  expect(of('name')?.length).toBe('1 – 64')
  expect(of('keep')).toMatchObject({ range: '1 – 1000', fallback: '14' })
  expect([of('at')?.range, of('realm')?.length, of('rows')?.length]).toEqual([undefined, '≤ 128', '≥ 1'])
})

test('an object of any members is told by their names', () => {
  const cells: Schema = {
    type: 'object',
    properties: {
      row: {
        type: 'object',
        propertyNames: { enum: ['a', 'b'] },
        additionalProperties: { type: 'string', maxLength: 9 },
      },
    },
  }
  const [[, member] = []] = waysOf(cells)
  expect(member).toMatchObject({ path: 'row.{name}', type: 'string', length: '≤ 9', names: 'a, b' })
})

test('a choice of objects is told as ways, and a list of words by each', () => {
  const way = (name: string): Schema => ({
    type: 'object',
    required: [name],
    properties: { [name]: { type: 'integer' } },
  })
  expect(waysOf({ anyOf: [way('batch'), way('code')] }).map((fields) => fields.map(({ path }) => path))).toEqual([
    ['batch'],
    ['code'],
  ])
  expect(typeText({ type: 'array', items: { enum: ['a', 'b'] } })).toBe('("a" | "b")[]')
})

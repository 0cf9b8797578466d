import { expect, test } from 'vitest'
import { commandsByName, queriesByName } from '../../site.ts'
import { openApi } from '../openapi.ts'
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
    post: { responses: { 200: { description: expect.stringContaining('not promised') } } },
  })
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

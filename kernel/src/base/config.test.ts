import { expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from './config.ts'

const schema = z.object({
  dataFolder: z.string().min(1, 'name a folder'),
  authPort: z.int().min(0).max(65_535).default(1812),
  demo: z.boolean().default(false),
  realms: z.array(z.string()).default([]),
})
const read = (text: string | undefined, env: Record<string, string> = {}) =>
  readConfig(schema, { ...(text === undefined ? {} : { file: { name: 'lango.json', text } }), env, prefix: 'LANGO_' })

test('the environment wins over the file, and both over the defaults', () => {
  const read1 = read('{"dataFolder":"/var/a","authPort":1,"demo":true}', {
    LANGO_AUTH_PORT: '2',
    LANGO_REALMS: '["x"]',
    PATH: '/bin',
  })
  expect(read1).toEqual({ ok: true, value: { dataFolder: '/var/a', authPort: 2, demo: true, realms: ['x'] } })
})

test('a text setting stays text even where it looks like a number', () => {
  expect(read(undefined, { LANGO_DATA_FOLDER: '42' })).toMatchObject({ value: { dataFolder: '42', authPort: 1812 } })
})

test('all faults are reported together, each with where it stands', () => {
  const outcome = read('{"authPort":70000,"colour":"red"}', { LANGO_DEMO: 'maybe', LANGO_DATAFOLDER: '/x' })
  expect(outcome.ok).toBe(false)
  const problems = outcome.ok ? [] : outcome.error.problems
  expect(problems.map((problem) => problem.where)).toEqual([
    'lango.json',
    'LANGO_DATAFOLDER',
    'dataFolder',
    'lango.json',
    'LANGO_DEMO',
  ])
  expect(problems[0]!.sentence).toBe("There is no setting 'colour'.")
})

test.each(['{', '[]', 'null', '"x"'])('a file of %s is no configuration', (text) => {
  expect(read(text)).toMatchObject({ ok: false, error: { problems: [{ where: 'lango.json' }] } })
})

test('names from the prototype are no settings', () => {
  const outcome = read('{"dataFolder":"/x","constructor":1,"toString":2}', { LANGO___PROTO__: 'x' })
  expect(outcome.ok ? [] : outcome.error.problems.length).toBeGreaterThanOrEqual(2)
})

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from '../cli/testing/box.ts'

let box: TestBox
let file: string
beforeAll(async () => {
  box = testBox()
  // A line separator within a text is no end of line; the name begins as a formula would.
  for (const [n, name] of ['=tower', 'line\u2028two', 'three'].entries())
    await box.json('router', 'add', name, '--address', `10.0.0.${n}`, '--secret', 'a-long-enough-secret')
  file = join(box.dir, 'audit.jsonl')
  await box.json('audit', 'export', '--out', file)
})
afterAll(() => box.remove())

const verify = (...argv: string[]) => box.langoAt(join(box.dir, 'nowhere'), 'audit', 'verify', ...argv)
const changed = (change: (text: string) => string, name = 'changed.jsonl') => {
  const copy = join(box.dir, name)
  writeFileSync(copy, change(readFileSync(file, 'utf8')))
  return copy
}

test('an export is verified elsewhere, by the public key alone', async () => {
  const { code, out } = await verify(file, '--key', `${file}.pub`)
  expect(out).toMatch(
    /is what pop gave out at .* to console tester: 3 entries, the whole log; signed with the key [0-9a-f]{16}\./,
  )
  expect(code).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await box.lango('audit', 'verify', file)).toMatchObject({ code: 0 })
})

test('that it was exported stands in the log', async () => {
  const { out } = await box.lango('audit', 'export', '--command', 'audit.exported')
  const [entry, trailer] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(entry).toMatchObject({ command: 'audit.exported', actorKind: 'console', outcome: 'done' })
  expect(JSON.parse(entry!['record'] as string)).toMatchObject({ format: 'json', rows: 3, filters: {} })
  expect(trailer).toMatchObject({
    trailer: { rows: 1, filters: { command: 'audit.exported' }, exportedBy: 'console tester' },
  })
})

test.each([
  ['a changed entry', (text: string) => text.replace('three', 'third'), /changed after it was signed: line 3 /],
  ['an entry left out', (text: string) => text.split('\n').toSpliced(1, 1).join('\n'), /changed after it was signed/],
  [
    'two entries exchanged',
    (text: string) => text.replace(/^([^\n]*\n)([^\n]*\n)/, '$2$1'),
    /changed after it was signed: line 2 /,
  ],
  ['a cut end', (text: string) => text.split('\n').slice(0, 2).join('\n'), /no signature at its end/],
  ['a changed trailer', (text: string) => text.replace('console tester', 'console nobody'), /not of the key/],
  ['nothing', () => '', /no signature at its end/],
])('%s shows', async (_, change, says) => {
  const { code, err } = await verify(changed(change), '--key', `${file}.pub`)
  expect(err).toMatch(says)
  expect(code).toBe(1)
})

test('another box’s key does not fit, and a file that is no key is told', async () => {
  const other = testBox()
  writeFileSync(join(other.dir, 'other.pub'), (await other.lango('audit', 'key')).out)
  expect((await verify(file, '--key', join(other.dir, 'other.pub'))).err).toMatch(/another box’s, or it was forged/)
  expect((await verify(file, '--key', file)).err).toMatch(/holds no public key/)
  other.remove()
})

test('a CSV is safe to open in a spreadsheet, and signed beside', async () => {
  const csv = join(box.dir, 'audit.csv')
  expect(await box.lango('audit', 'export', '--csv', '--command', 'routers', '--out', csv)).toMatchObject({ code: 0 })
  const lines = readFileSync(csv, 'utf8').split('\r\n')
  expect(lines[0]).toBe('no,at,actorKind,actorId,command,commandId,outcome,origin,record,previousHash,hash')
  expect(lines.slice(1).every((line) => !/^[=+\-@]/.test(line))).toBe(true)
  expect((await verify(csv, '--key', `${csv}.pub`)).out).toMatch(/3 entries, only command routers;/)
  writeFileSync(csv, readFileSync(csv, 'utf8').replace('three', 'third'))
  expect((await verify(csv, '--key', `${csv}.pub`)).err).toMatch(/changed after it was signed/)
  expect(await box.lango('audit', 'export', '--csv')).toMatchObject({ code: 2 })
})

test('only what fits is given out, and nothing is overwritten', async () => {
  const rows = async (...argv: string[]) =>
    (await box.lango('audit', 'export', ...argv)).out.trim().split('\n').length - 1
  expect(await rows('--actor', 'nobody')).toBe(0)
  expect(await rows('--from', '2999-01-01')).toBe(0)
  expect(await rows('--command', 'routers.add', '--to', '2999-01-01')).toBe(3)
  expect(await box.lango('audit', 'export', '--from', 'soon')).toMatchObject({ code: 2 })
  expect((await box.lango('audit', 'export', '--out', file)).err).toMatch(/a file is in its place/)
})

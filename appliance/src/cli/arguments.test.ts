import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseArguments, readArguments, takeWords } from './arguments.ts'
import { UsageError, type CommandSpec, type Io } from './command.ts'
import { nearest } from './nearest.ts'

const spec: CommandSpec = {
  path: ['thing', 'add'],
  operands: ['NAME', '[NOTE]'],
  summary: '',
  options: {
    secret: { value: 'S', help: '', secret: true },
    'down-kbps': { value: 'N', help: '' },
    kind: { value: 'a|b', help: '', required: true },
    quick: { help: '' },
  },
  examples: [],
  run: () => Promise.reject(new Error('not here')),
}
const io = { readStdin: () => Promise.resolve('from stdin\nsecond line') } as unknown as Io
const read = (...argv: string[]) => readArguments(spec, parseArguments(spec, argv), io)

let dir: string
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'lango-args-'))))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('operands and options are found in any order', async () => {
  const words = [['tower'], ['--kind', 'a'], ['--down-kbps=100'], ['--quick'], ['--secret', 's p']]
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(words, { minLength: words.length }), async (shuffled) => {
      const args = read(...shuffled.flat())
      expect(args.operand(0)).toBe('tower')
      expect(args.choice('kind', ['a', 'b'])).toBe('a')
      expect(args.whole('down-kbps')).toBe(100)
      expect(args.flag('quick')).toBe(true)
      expect(await args.secret('secret')).toBe('s p')
    }),
  )
})

test('any text is a value, also one with dashes and signs of its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), async (text) => {
      expect(await read('n', '--kind', 'a', `--secret=${text}`).secret('secret')).toBe(text)
    }),
  )
  expect(await read('n', '--kind', 'a', '--secret', '--x-y=z').secret('secret')).toBe('--x-y=z')
})

test('after -- everything is an operand', () => {
  expect(read('--kind', 'a', '--', '--quick', '-').operand(0)).toBe('--quick')
})

test.each([
  [['n', '--kind', 'a', '--colour', 'red'], /no option --colour/],
  [['n', '--kind', 'a', '--down-kbs', '1'], /Did you mean --down-kbps\?/],
  [['n', '--kind', 'a', '--secret', '--quick'], /--secret needs a value/],
  [['n', '--kind', 'a', '--secret'], /--secret needs a value/],
  [['n', '--kind', 'a', '--kind', 'b'], /--kind is given twice/],
  [['n', '--kind', 'a', '--quick=1'], /--quick takes no value/],
  [['--kind', 'a'], /NAME is missing/],
  [['n'], /--kind is missing/],
  [['n', 'note', 'more', '--kind', 'a'], /'more' is too much/],
  [['n', '--kind', 'a', '--__proto__', 'x'], /no option --__proto__/],
])('%j is told what is wrong', (argv, says) => {
  expect(() => read(...argv)).toThrow(UsageError)
  expect(() => read(...argv)).toThrow(says)
})

test.each(['fast', '-1', '1.5', '', '1e3', '9'.repeat(16)])('%j is no whole number', (text) => {
  expect(() => read('n', '--kind', 'a', `--down-kbps=${text}`).whole('down-kbps')).toThrow(
    /--down-kbps is a whole number/,
  )
})

test('a value outside its choices is told the choices', () => {
  expect(() => read('n', '--kind', 'pigeon').choice('kind', ['a', 'b'])).toThrow("--kind is one of a, b, not 'pigeon'.")
})

test('a secret comes from the first line of a file or of stdin', async () => {
  const file = join(dir, 'secret')
  writeFileSync(file, 'in a file\r\nnot this\n')
  expect(await read('n', '--kind', 'a', '--secret-file', file).secret('secret')).toBe('in a file')
  expect(await read('n', '--kind', 'a', '--secret-file', '-').secret('secret')).toBe('from stdin')
  expect(await read('n', '--kind', 'a').secret('secret')).toBeUndefined()
})

test.each([
  [['--secret', ''], /--secret is empty/],
  [['--secret', 'a', '--secret-file', 'b'], /not both/],
  [['--secret-file', '/absent/file'], /\/absent\/file cannot be read \(ENOENT\)/],
])('%j is no secret', async (argv, says) => {
  await expect(read('n', '--kind', 'a', ...argv).secret('secret')).rejects.toThrow(says)
})

test('the words of a command are found wherever --data stands', () => {
  expect(takeWords(['--data', 'pop', 'router', '--json', 'add', 'tower'], 2)).toEqual({
    words: ['router', 'add'],
    rest: ['--data', 'pop', '--json', 'tower'],
  })
})

test('the nearest word is offered when it is near, and none when it is not', () => {
  const words = ['router', 'plan', 'subscriber', 'session', 'usage', 'decisions']
  expect(nearest('ruoter', words)).toBe('router')
  expect(nearest('sub', words)).toBe('subscriber')
  expect(nearest('sesion', words)).toBe('session')
  expect(nearest('frobnicate', words)).toBeUndefined()
  expect(nearest('__proto__', words)).toBeUndefined()
})

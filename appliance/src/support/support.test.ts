import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog, orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { seededRandom } from '@lango/kernel/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DecisionPacker } from '../aaa/decision-log.ts'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { recorded } from '../machine/testing/recorded.ts'
import { RELEASED_AT } from '../site.ts'
import { unzipped } from '../web/testing/unzipped.ts'
import { makeBundle } from './bundle.ts'
import { journalLines } from './journal.ts'
import { createMask } from './mask.ts'

const mask = createMask(Buffer.alloc(32, 1))
const MARK = /^‹[0-9a-f]{8}›$/

test('the same text has the same mark within a bundle, and another in the next', () => {
  expect(mask.name('amina')).toMatch(MARK)
  expect(mask.name('amina')).toBe(mask.name('amina'))
  expect(createMask(Buffer.alloc(32, 2)).name('amina')).not.toBe(mask.name('amina'))
})

test('only words of the program go out: a text elsewhere, or in a field that quotes, does not', () => {
  expect(
    mask.value({
      type: 'SessionNotOpen',
      login: 'amina',
      count: 3,
      isGone: false,
      none: null,
      why: 'a stranger at 0712345678',
    }),
  ).toEqual({
    type: 'SessionNotOpen',
    login: mask.name('amina'),
    count: 3,
    isGone: false,
    none: null,
    why: mask.name('a stranger at 0712345678'),
  })
  expect(mask.value([['AA:BB:CC:DD:EE:FF'], { '10.0.0.1': 'x' }])).toEqual([
    [mask.name('AA:BB:CC:DD:EE:FF')],
    { [mask.name('10.0.0.1')]: mask.name('x') },
  ])
})

test('of a line of the log its fixed text, its figures and where in the program it was stay', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', sink: { write: (line) => lines.push(line) } })
  log.warn('a login was refused', { thread: 'front', login: 'amina otieno', port: 1812, error: new Error('no amina') })
  log.info('0712345678 has paid', {})
  const [first, second] = lines.map(mask.logLine) as Record<string, unknown>[]
  expect(first).toMatchObject({
    msg: 'a login was refused',
    thread: 'front',
    port: 1812,
    login: mask.name('amina otieno'),
  })
  const { error } = first as { error: { type: string; message: string; stack: string } }
  expect(error).toMatchObject({ type: 'Error', message: mask.name('no amina') })
  expect(error.stack).toMatch(/support\.test\.ts:\d+/)
  expect(JSON.stringify(first)).not.toContain('amina')
  expect(second!['msg']).toMatch(MARK)
  for (const none of ['Open http://10.0.0.1:8080/?token=abc', '7', '[]', 'null', ''])
    expect(mask.logLine(none)).toBeUndefined()
})

test('what a line of the log says is a fixed text of the program: what varies stands in its fields', () => {
  const root = join(import.meta.dirname, '../../..')
  // Or one of two such texts.
  const calls = ['appliance/src', 'captive-portal/src', 'drivers', 'kernel/src', 'modules'].flatMap((folder) =>
    globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: ['**/*.test.ts', '**/node_modules/**'] }).flatMap(
      (file) =>
        [
          ...readFileSync(join(root, file), 'utf8').matchAll(/\blog\.(?:debug|info|warn|error)\(\s*(?:\w+ \? )?(.)/g),
        ].map(([call, first]) => ({ file, call, first: first! })),
    ),
  )
  expect(calls.length).toBeGreaterThan(30)
  expect(calls.filter(({ first }) => !['"', "'"].includes(first))).toEqual([])
})

test('the journal is read by its own program, and where there is none nothing is told', () => {
  const root = recorded({
    journalctl: '#!/bin/sh\n[ "$1 $2" = "--unit lango" ] && echo one && echo two\n',
    failing: '#!/bin/sh\necho no\nexit 1\n',
    empty: '#!/bin/sh\n',
  })
  expect(journalLines(`${root}/journalctl`)).toEqual(['one', 'two'])
  for (const name of ['failing', 'empty', 'absent']) expect(journalLines(`${root}/${name}`)).toBeUndefined()
})

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

test('a bundle tells how the box is, and nothing of anybody', async () => {
  await box.json('router', 'add', 'otienos-roof', '--address', '10.0.0.7', '--secret', 'a-long-enough-secret')
  await box.json('setting', 'set', 'siteName', 'Wanjiru Networks')
  const packer = new DecisionPacker()
  for (const latencyMicros of [100, 200, 300])
    packer.add({
      at: RELEASED_AT + latencyMicros,
      outcome: 'reject',
      reason: 'wrong-password',
      method: 'pap',
      routerNo: 1,
      grantNo: 0,
      latencyMicros,
      login: 'amina-otieno',
      device: 'AA-BB-CC-DD-EE-FF',
      detail: '',
    })
  const sessions = orThrow(openDatabase({ file: box.folder.sessionsFile }))
  const chunk = packer.take()
  sessions.raw
    .prepare(
      'INSERT INTO decision_chunks (from_at, to_at, decisions, rejects, body) VALUES (@fromAt, @toAt, @decisions, @rejects, @body)',
    )
    .run(chunk)
  sessions.raw.exec(
    `INSERT INTO lockouts (login, device, until, failures) VALUES ('amina-otieno', '*', ${RELEASED_AT * 2}, 9)`,
  )
  sessions.close()
  const root = recorded({ 'proc/loadavg': '0.1 0.2 0.3 1/2 3\n' })
  const zip = orThrow(
    await makeBundle({
      folder: box.folder,
      status: undefined,
      now: RELEASED_AT + 1000,
      full: false,
      random: seededRandom(1),
      metrics: 'lango_sessions_open 3\n',
      root,
      lines: () => ['{"level":40,"msg":"a login was refused","login":"amina-otieno"}', 'lango serves for Wanjiru'],
    }),
  )
  const files = unzipped(zip.buffer)
  const read = (name: string): unknown => JSON.parse(files[`${name}.json`]!)
  expect(read('decisions')).toMatchObject({ decisions: 3, reasons: { 'wrong-password': 3 }, p95Micros: 300 })
  expect(read('routers')).toMatchObject([{ no: 1, address: '10.0.0.7', vendor: 'mikrotik', heardMinutesAgo: null }])
  expect(read('databases')).toMatchObject({
    site: { rows: { routers: 1 } },
    sessions: { rows: { decision_chunks: 1 } },
  })
  expect(read('settings')).toMatchObject({ currency: 'KES', decisionDays: 400 })
  expect(read('machine')).toMatchObject({ 'proc/loadavg': ['0.1 0.2 0.3 1/2 3', ''] })
  expect(read('version')).toMatchObject({ node: process.version })
  const doctor = read('doctor') as { name: string; sentence?: string }[]
  expect(doctor.find(({ name }) => name === 'lockouts')!.sentence).toMatch(/: ‹[0-9a-f]{8}›\.$/)
  expect(doctor.find(({ name }) => name === 'routers')!.sentence).toMatch(/^Never heard: ‹/)
  expect(files['log.jsonl']).toContain('"linesLeftOut":1')
  expect(files['metrics.txt']).toBe('lango_sessions_open 3\n')
  const all = Object.values(files).join('\n')
  for (const personal of ['amina', 'otieno', 'Wanjiru', 'AA-BB', 'a-long-enough-secret', box.dir])
    expect(all).not.toContain(personal)
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow, ok, type Fault, type Result } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { faultSentence } from '../cli/faults.ts'
import { createQueryRunner, runOwnWhole } from '../run-named.ts'
import { openSite } from '../site.ts'
import { createListExport } from './desk-export.ts'
import { ABANDONED_AFTER_MS, Transfers, UPLOAD_OCTETS_MAX, type ShownTransfer } from './desk-transfers.ts'

const owner: Actor = { kind: 'console', id: 'web' }
const other: Actor = { kind: 'console', id: 'another' }
/** The thread stands aside for everybody, in a test too. */
const THREAD_MS = 240_000

let box: TestBox
let closing: (() => void)[]
beforeEach(async () => {
  box = testBox()
  closing = []
  await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1')
})
afterEach(() => {
  closing.toReversed().forEach((close) => close())
  box.remove()
})

const rowsOf = (input: unknown): number => {
  const { rows } = input as { readonly rows: number | readonly unknown[] }
  return typeof rows === 'number' ? rows : rows.length
}

/** The box's own databases and threads; the clock of forgetting by hand. */
const desk = (may: (by: Actor, permission: string) => boolean = () => true) => {
  const log = collectingLog()
  const site = orThrow(openSite(box.folder, log))
  const queries = orThrow(createQueryRunner(box.folder))
  const hand = { nowMs: 0, look: () => {} }
  const commands: { readonly name: string; readonly rows: number }[] = []
  const command = (name: string, input: unknown, actor: Actor) => {
    commands.push({ name, rows: rowsOf(input) })
    return runOwnWhole(site, name, input, { actor })
  }
  const transfers = new Transfers({
    folder: box.folder,
    clock: { monotonicMs: () => hand.nowMs },
    may,
    command,
    every(_, run) {
      hand.look = run
      return () => {}
    },
    sentenceOf: (_, fault) => faultSentence(fault),
    log,
  })
  const ask = (name: string, input: unknown) => Promise.resolve(queries.run(name, input))
  closing.push(site.close, queries.close, () => transfers.stop())
  const show = (by = owner) => orThrow(transfers.show({}, by) as Result<ShownTransfer | null, never>)
  return {
    transfers,
    give: createListExport({ may, ask, command }),
    commands,
    hand,
    show,
    subscribers: () => queries.site.raw.prepare('SELECT count(*) FROM services').pluck().get(),
    send: async (
      source: Parameters<typeof transfers.receive>[0],
      text: string,
      more: Record<string, string> = {},
      by = owner,
    ) => {
      const form = new FormData()
      form.set('file1', new File([text], 'list.csv'))
      for (const [name, value] of Object.entries(more)) form.set(name, value)
      const request = new Response(form)
      return transfers.receive(source, request.headers.get('content-type')!, request.body!, by)
    },
    until: (state: ShownTransfer['state']) =>
      expect.poll(() => show()?.state, { timeout: THREAD_MS, interval: 20 }).toBe(state),
  }
}

const csv = (...rows: string[]) => ['login,password,plan', ...rows].join('\n')

test(
  'a list is checked first, and loaded in small commands only when it is meant',
  { timeout: THREAD_MS },
  async () => {
    const { send, until, show, subscribers, transfers, commands } = desk()
    const rows = Array.from({ length: 120 }, (_, n) => `user${n},pw-of-${n},Home`)
    expect(await send('subscribers', csv(...rows))).toEqual(ok(undefined))
    await until('checked')
    expect(show()).toMatchObject({ sheets: [{ noun: 'subscribers', rows: 120, new: 120 }], fault: null })
    expect([subscribers(), commands]).toEqual([0, []])
    expect(show(other)).toBeNull()
    expect(transfers.load(other)).toMatchObject({ error: { type: 'TransferGone' } })
    expect(transfers.load(owner).ok).toBe(true)
    await until('loaded')
    expect(subscribers()).toBe(120)
    expect(commands.map((one) => one.rows)).toEqual([50, 50, 20])
    expect(transfers.load(owner)).toMatchObject({ error: { type: 'TransferGone' } })
  },
)

test('one at a time; what is left alone, or given up, is forgotten', async () => {
  const { send, show, transfers, hand } = desk()
  await send('subscribers', csv('a,pw-of-a,Home'))
  expect(show()).toMatchObject({ source: 'subscribers', state: 'checking' })
  expect(await send('plans', 'name,kind', {}, other)).toMatchObject({ error: { type: 'TransferBusy' } })
  hand.look()
  expect(show()).not.toBeNull()
  hand.nowMs += ABANDONED_AFTER_MS
  hand.look()
  expect(show()).toBeNull()
  await send('subscribers', csv('a,pw-of-a,Home'))
  transfers.drop(owner)
  expect(show()).toBeNull()
})

test('who lacks a permission sends nothing in and takes nothing out', async () => {
  const { send, give, show, commands } = desk((_, permission) => permission !== 'subscribers.read')
  expect(await send('subscribers', csv('a,pw-of-a,Home'))).toEqual({
    ok: false,
    error: { type: 'Forbidden', permission: 'subscribers.read' },
  })
  expect(await give({ list: 'subscribers' }, owner)).toMatchObject({ error: { type: 'Forbidden' } })
  expect([show(), commands]).toEqual([null, []])
})

test('a file beyond the limit, an empty form and a broken connection leave nothing behind', async () => {
  const { transfers, show } = desk()
  const type = 'multipart/form-data; boundary=x'
  const piece = new Uint8Array(1024 * 1024)
  async function* tooLarge() {
    for (let sent = 0; sent <= UPLOAD_OCTETS_MAX; sent += piece.length) yield piece
  }
  expect(await transfers.receive('plans', type, tooLarge(), owner)).toMatchObject({
    error: { type: 'UploadTooLarge' },
  })
  expect(show()).toBeNull()
  // oxlint-disable-next-line require-yield -- it breaks before the first piece
  async function* broken(): AsyncGenerator<Uint8Array> {
    throw new Error('aborted')
  }
  expect(await transfers.receive('plans', type, broken(), owner)).toMatchObject({ error: { type: 'UploadEmpty' } })
  expect(show()).toBeNull()
})

test('a list that is taken out is safe in a spreadsheet, without passwords, and told to the audit log', async () => {
  const { give, commands } = desk()
  const given = orThrow((await give({ list: 'plans' }, owner)) as Result<{ body: string; rows: number }, Fault>)
  expect(given.rows).toBe(1)
  expect(given.body).toMatch(/^name,kind,/)
  expect(commands).toEqual([{ name: 'lists.exported', rows: 1 }])
})

import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { err, ok } from '../base/index.ts'
import { memorySite, type MemorySite } from '../testing/index.ts'
import { shelfRows, shelves, shop } from '../testing/shop.fixture.ts'
import { system } from './actor.ts'
import { defineCommand } from './command.ts'
import type { Dispatcher } from './dispatcher.ts'
import { dispatchWhole, inParts, rowParts } from './parts.ts'
import { audit, commands } from './tables.ts'

const AT_ONCE = 3

/** Puts up shelves, three at once; no shelf has the name of another. */
const addShelves = inParts(
  defineCommand({
    name: 'shelves.addMany',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({ rows: z.array(z.object({ name: z.string().min(1) })).max(20) }),
    handle({ db, ids, raw }, { rows }) {
      const refused: { row: number }[] = []
      rows.forEach(({ name }, row) => {
        const isThere = raw.prepare('SELECT 1 FROM shelves WHERE name = ?').get(name) !== undefined
        if (isThere) refused.push({ row })
        else
          db.insert(shelves.site)
            .values({ id: ids.next('shelf'), name, room: null })
            .run()
      })
      return ok({ added: rows.length - refused.length, refused })
    },
  }),
  rowParts('added', AT_ONCE),
)

/** Takes shelves down, three at once. */
const clearShelves = inParts(
  defineCommand({
    name: 'shelves.clear',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({ until: z.string().optional() }),
    handle({ raw }, { until }) {
      if (until !== undefined && raw.prepare('SELECT 1 FROM shelves WHERE name = ?').get(until) === undefined)
        return err({ type: 'ShelfUnknown' })
      const { changes } = raw
        .prepare('DELETE FROM shelves WHERE id IN (SELECT id FROM shelves ORDER BY name LIMIT ?)')
        .run(AT_ONCE)
      return ok({ cleared: changes, more: changes === AT_ONCE })
    },
  }),
  {
    next: (input, { more }) => (more ? input : undefined),
    join: (before, after) => ({ ...after, cleared: before.cleared + after.cleared }),
  },
)

const rows = (...names: readonly string[]) => ({ rows: names.map((name) => ({ name })) })
const eight = rows('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
const by = (id: string) => ({ id, actor: system('test') })
const names = (site: MemorySite) => site.query(shelfRows, {}).plain.map(({ name }) => name)

/** Dies before it carries out one more than so many commands. */
const dyingAfter = ({ dispatcher }: MemorySite, commandsLeft: number): Dispatcher => {
  let left = commandsLeft
  return {
    dispatch(...given) {
      left -= 1
      if (left < 0) throw new Error('killed')
      return dispatcher.dispatch(...given)
    },
    synced: () => dispatcher.synced(),
  }
}

test('each part is a transaction of its own, and others have their turn between two of them', async () => {
  const site = memorySite([shop])
  const seen: number[] = []
  const whole = dispatchWhole(site.dispatcher, addShelves, eight, by('w'))
  for (let turn = 0; turn < 3; turn++) {
    seen.push(site.count(shelves))
    await setImmediate()
  }
  expect(await whole).toEqual(ok({ added: 8, refused: [] }))
  expect(seen).toEqual([3, 6, 8])
  expect([site.count(commands), site.count(audit)]).toEqual([3, 3])
})

test('places of refused rows are counted through all parts', async () => {
  const site = memorySite([shop])
  site.must(addShelves, rows('b', 'h'))
  const done = await dispatchWhole(site.dispatcher, addShelves, eight, by('w'))
  expect(done).toEqual(ok({ added: 6, refused: [{ row: 1 }, { row: 7 }] }))
})

test('wherever it was cut off, the same id goes on and does nothing twice', async () => {
  for (let parts = 0; parts < 3; parts++) {
    const site = memorySite([shop])
    const cut = dispatchWhole(dyingAfter(site, parts), addShelves, eight, by('w'))
    await expect(cut).rejects.toThrow('killed')
    expect(site.count(shelves)).toBe([0, 3, 6][parts])
    expect(await dispatchWhole(site.dispatcher, addShelves, eight, by('w'))).toEqual(ok({ added: 8, refused: [] }))
    expect([names(site).length, site.count(audit)]).toEqual([8, 3])
  }
})

test('two that ask for the same at once are told the same, and it is done once', async () => {
  const site = memorySite([shop])
  site.must(addShelves, eight)
  const twice = [1, 2].map(() => dispatchWhole(site.dispatcher, clearShelves, {}, by('w')))
  expect(await Promise.all(twice)).toEqual([ok({ cleared: 8, more: false }), ok({ cleared: 8, more: false })])
  expect(site.count(audit)).toBe(3 + 3)
})

test('a fault on the way says what was done before it', async () => {
  const site = memorySite([shop])
  site.must(addShelves, eight)
  const done = await dispatchWhole(site.dispatcher, clearShelves, { until: 'd' }, by('w'))
  expect(done).toEqual(err({ type: 'ShelfUnknown', soFar: { cleared: 6, more: true } }))
  expect(names(site)).toEqual(['g', 'h'])
  // It is the same fault with the same before it for whoever asks again.
  expect(await dispatchWhole(site.dispatcher, clearShelves, { until: 'd' }, by('w'))).toEqual(done)
})

test('a row that cannot be read, wherever it stands, keeps all of them from being done', async () => {
  const site = memorySite([shop])
  const done = await dispatchWhole(site.dispatcher, addShelves, rows('a', 'b', 'c', 'd', ''), by('w'))
  expect(done).toMatchObject({ ok: false, error: { type: 'InputInvalid', problems: [{ path: 'rows.4.name' }] } })
  expect([site.count(shelves), site.count(commands)]).toEqual([0, 0])
})

test('the same id with other rows is a fault, in whatever part they stand', async () => {
  const site = memorySite([shop])
  await dispatchWhole(site.dispatcher, addShelves, eight, by('w'))
  const other = rows('a', 'b', 'c', 'd', 'e', 'f', 'g', 'i')
  expect(await dispatchWhole(site.dispatcher, addShelves, other, by('w'))).toMatchObject({
    ok: false,
    error: { type: 'CommandIdReused', id: 'w/3' },
  })
  expect(names(site)).not.toContain('i')
})

test('inside another command there are no turns: it is refused as a mistake of the program', () => {
  const site = memorySite([shop])
  const outer = defineCommand({
    name: 'shelves.outer',
    summary: 'Of the test.',
    permission: 'shop.write',
    input: z.object({}),
    handle: (ctx) => ctx.call(clearShelves, {}),
  })
  expect(site.dispatch(outer, {})).toMatchObject({ ok: false, error: { type: 'CommandFailed' } })
  expect(site.log.text()).toContain('shelves.clear is done in parts')
})

test('whoever asked is told when all of it is on disk, and not when the disk fails', async () => {
  const site = memorySite([shop])
  const { dispatcher } = site
  const events: string[] = []
  const watched = (answer: ReturnType<Dispatcher['synced']>): Dispatcher => ({
    dispatch(...given) {
      events.push(given[2].syncsLater === true ? 'later' : 'at once')
      return dispatcher.dispatch(...given)
    },
    synced() {
      events.push('synced')
      return answer
    },
  })
  expect(await dispatchWhole(watched(Promise.resolve(ok())), addShelves, eight, by('w'))).toMatchObject({ ok: true })
  expect(events).toEqual(['later', 'later', 'later', 'synced'])
  const failed = err({ type: 'DiskFailed', file: 'site.db', cause: 'EIO' } as const)
  expect(await dispatchWhole(watched(Promise.resolve(failed)), addShelves, eight, by('v'))).toEqual(failed)
})

import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { addRouter, listRouters, network, revealRouterSecret, setRouter } from './index.ts'

const site = () => memorySite([network])

test('a router without a secret of one’s own gets one that is long, and told when asked for', () => {
  const { must } = site()
  must(addRouter, { name: 'tower', address: '10.0.0.1' })
  must(addRouter, { name: 'mast', address: '10.0.0.2' })
  const [tower, mast] = ['tower', 'mast'].map((name) => must(revealRouterSecret, { name }).secret)
  expect(tower).toMatch(/^[\w-]{24}$/)
  expect(mast).not.toBe(tower)
})

test('a secret that is changed is the new one; every other change leaves it', () => {
  const { must } = site()
  must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'the-first-secret' })
  must(setRouter, { name: 'tower', vendor: 'cisco' })
  expect(must(revealRouterSecret, { name: 'tower' }).secret).toBe('the-first-secret')
  must(setRouter, { name: 'tower', secret: 'the-second-secret' })
  expect(must(revealRouterSecret, { name: 'tower' }).secret).toBe('the-second-secret')
  must(setRouter, { name: 'tower', drawsSecret: true })
  expect(must(revealRouterSecret, { name: 'tower' }).secret).toMatch(/^[\w-]{24}$/)
})

test('a secret that was told is told by no repeat, and stands in no record of the command', () => {
  const { must, dispatch, database } = site()
  must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'a-secret-of-mine' })
  expect(dispatch(revealRouterSecret, { name: 'tower' }, { id: 'told' }).ok).toBe(true)
  expect(dispatch(revealRouterSecret, { name: 'tower' }, { id: 'told' })).toMatchObject({ error: { type: 'ToldOnce' } })
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'")
    .all()
  const everything = tables.map(({ name }) => JSON.stringify(database.raw.prepare(`SELECT * FROM "${name}"`).all()))
  expect(everything.join()).not.toContain('a-secret-of-mine')
})

test('a router may move to another address and another name, but to none that is taken', () => {
  const { must, dispatch, query } = site()
  must(addRouter, { name: 'tower', address: '10.0.0.1' })
  must(addRouter, { name: 'mast', address: '10.0.0.2' })
  expect(must(setRouter, { name: 'tower', newName: 'hill', address: '10.0.1.0/24' })).toMatchObject({ name: 'hill' })
  const before = query(listRouters, {})
  expect(before.map(({ name, address, no }) => [name, address, no])).toEqual([
    ['hill', '10.0.1.0/24', 1],
    ['mast', '10.0.0.2', 2],
  ])
  const fault = (input: Omit<Parameters<typeof dispatch<typeof setRouter>>[1], 'name'>) =>
    dispatch(setRouter, { name: 'hill', ...input })
  expect(fault({ newName: 'mast' })).toMatchObject({ error: { type: 'RouterNameTaken', name: 'mast' } })
  expect(fault({ address: '10.0.0.2' })).toMatchObject({ error: { type: 'RouterAddressTaken', name: 'mast' } })
  expect(fault({ address: '10.0.0.9/24' })).toMatchObject({ error: { type: 'AddressInvalid' } })
  expect(query(listRouters, {})).toEqual(before)
})

test('nobody is told the secret of a router that is not there', () => {
  expect(site().dispatch(revealRouterSecret, { name: 'nowhere' })).toMatchObject({ error: { type: 'RouterUnknown' } })
})

test('the log says what a router was set to before, and of a secret only that it is another', () => {
  const { must, database } = site()
  must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'the-first-secret' })
  must(setRouter, { name: 'tower', newName: 'hill', coaPort: 1700, secret: 'the-second-secret' })
  const record = database.raw.prepare("SELECT record FROM audit WHERE command = 'routers.set'").pluck().get() as string
  expect(JSON.parse(record)).toMatchObject({
    before: { name: 'tower', coaPort: 3799 },
    after: { name: 'hill', coaPort: 1700, hasNewSecret: true },
  })
  expect(record).not.toContain('the-second-secret')
})

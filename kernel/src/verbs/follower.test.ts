import { expect, test } from 'vitest'
import { z } from 'zod'
import { err, ok } from '../base/index.ts'
import { memorySite } from '../testing/index.ts'
import { addShelf, shelves, shop } from '../testing/shop.fixture.ts'
import { defineCommand } from './command.ts'
import { defineJob } from './job.ts'
import { follow, type Follower } from './follower.ts'
import { defineModule } from './module.ts'
import { jobs } from './tables.ts'

const order = defineJob({ name: 'tell', input: z.object({ text: z.string() }), run: () => Promise.resolve() })

const addTwice = defineCommand({
  name: 'shelves.addTwice',
  summary: 'Of the test.',
  permission: 'x',
  input: z.object({ name: z.string(), refuse: z.boolean().default(false) }),
  handle(ctx, { name, refuse }) {
    ctx.call(addShelf, { name })
    ctx.call(addShelf, { name: `${name} again` })
    return refuse ? err({ type: 'Refused' }) : ok()
  },
})

const siteWith = (...followers: Follower[]) => {
  const site = memorySite([shop, defineModule({ name: 'followers', jobs: [order], followers })])
  const texts = () =>
    site.database.raw
      .prepare<[], { input: string }>('SELECT input FROM jobs ORDER BY id')
      .all()
      .map(({ input }) => input)
  return { site, texts }
}
const telling = follow(addShelf, (ctx, { name }) => ctx.enqueue(order, { text: name }))

test('what follows a command is kept with it, once, whoever called it', () => {
  const { site, texts } = siteWith(telling)
  expect(site.dispatch(addShelf, { name: 'top' }, { id: 'one' }).ok).toBe(true)
  expect(site.dispatch(addShelf, { name: 'top' }, { id: 'one' }).ok).toBe(true)
  expect(texts()).toEqual(['{"text":"top"}'])
  site.must(addTwice, { name: 'low' })
  expect(texts()).toHaveLength(3)
})

test('nothing follows what is refused, by itself or by the command around it', () => {
  const { site } = siteWith(telling)
  expect(site.dispatch(addTwice, { name: 'low', refuse: true }).ok).toBe(false)
  expect([site.count(shelves), site.count(jobs)]).toEqual([0, 0])
})

test('a follower that throws takes its own writing back and nothing else; the others follow', () => {
  const broken = follow(addShelf, (ctx) => {
    ctx.enqueue(order, { text: 'lost' })
    throw new Error('a fault in the follower')
  })
  const { site, texts } = siteWith(broken, telling)
  expect(site.dispatch(addShelf, { name: 'top' }).ok).toBe(true)
  expect([site.count(shelves), texts()]).toEqual([1, ['{"text":"top"}']])
  expect(site.log.text()).toContain('a fault in the follower')
  expect(site.told.filter(({ name }) => name === 'jobs.enqueued')).toHaveLength(1)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { runOwn } from '../run-named.ts'
import { openSite } from '../site.ts'
import { orThrow } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

/** As the running box does it: only that one can be reached. */
const lend = (name: string): void => {
  const site = orThrow(openSite(box.folder, collectingLog()))
  orThrow(runOwn(site, 'backups.lendShelf', { name }, { actor: { kind: 'console', id: 'test' } }))
  site.close()
}

test('a group within a group is asked for by three words, and a word that is none is told', async () => {
  expect((await box.lango('help', 'backup', 'shelf', 'add')).out).toContain(
    'lango backup shelf add kisumu --max-gb 200',
  )
  expect((await box.lango('backup', 'shelf', 'add', '--help')).out).toContain('--max-gb')
  expect(await box.lango('backup', 'shelf', 'lsit')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean `lango backup shelf list`?'),
  })
  expect(await box.lango('backup', 'shelf')).toMatchObject({
    code: 2,
    err: expect.stringContaining('lango help backup'),
  })
})

test('a box that is down lends nothing: nobody would reach it', async () => {
  const { code, err } = await box.lango('backup', 'shelf', 'add', 'kisumu')
  expect([code, err]).toEqual([1, expect.stringContaining('lango start')])
  expect((await box.lango('backup', 'shelf', 'list')).out).toContain('This box keeps nothing of others')
})

test('what is lent is listed, sized and ended, whether the box runs or not', async () => {
  lend('kisumu')
  expect((await box.lango('backup', 'shelf', 'list')).out).toMatch(/kisumu +0 B +50(\.0)? GB +0/)
  expect((await box.lango('backup', 'shelf', 'set', 'kisumu', '--max-gb', '7')).out).toMatch(/may hold 7(\.0)? GB/)
  expect(await box.lango('backup', 'shelf', 'set', 'kisumu', '--max-gb', '0')).toMatchObject({ code: 2 })
  expect(await box.lango('backup', 'shelf', 'set', 'nobody', '--max-gb', '7')).toMatchObject({
    code: 1,
    err: expect.stringContaining('No shelf is called nobody'),
  })
  expect((await box.lango('backup', 'shelf', 'remove', 'kisumu')).out).toContain('stay in shelf/kisumu')
  expect(await box.lango('backup', 'shelf', 'remove', 'kisumu')).toMatchObject({ code: 1 })
  expect(await box.json('backup', 'shelf', 'list')).toEqual([])
})

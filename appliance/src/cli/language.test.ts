import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

test('a language comes to the portal by one file, is listed with what it lacks, and goes', async () => {
  const begun = await box.lango('language', 'template', '--from', 'sw')
  const file = JSON.parse(begun.out) as { name: string; words: Record<string, unknown> }
  delete file.words['title']
  const at = join(box.dir, 'ln.json')
  writeFileSync(at, JSON.stringify({ ...file, name: 'Lingála' }))
  const added = await box.lango('language', 'add', at)
  expect(added.out).toContain('The portal speaks Lingála (ln).')
  expect(added.err).toContain('words.title is missing: it is shown in English')
  expect(await box.json('language', 'list')).toMatchObject([{ tag: 'ln', name: 'Lingála', inEnglish: 1, isRead: true }])
  expect((await box.lango('language', 'list')).out).toMatch(/ln +Lingála +1 /)
  expect((await box.lango('language', 'remove', 'ln')).code).toBe(0)
  expect((await box.lango('language', 'remove', 'ln')).err).toContain('no language ln')
})

test('what is no file of words is refused before it is sent', async () => {
  const at = join(box.dir, 'fr.json')
  writeFileSync(at, 'Bonjour')
  expect((await box.lango('language', 'add', at)).err).toContain('Begin with: lango language template')
  expect((await box.lango('language', 'add', join(box.dir, 'none.json'))).err).toContain('cannot be read')
  expect(await box.json('language', 'list')).toEqual([])
})

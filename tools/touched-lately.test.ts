import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { touchedLately } from './touched-lately.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lango-touched-'))
  execFileSync('git', ['init', '-q', folder])
})
afterEach(() => rmSync(folder, { recursive: true }))

const commit = (file: string, at: string): void => {
  writeFileSync(join(folder, file), at)
  const env = { ...process.env, GIT_COMMITTER_DATE: at, GIT_AUTHOR_DATE: at }
  execFileSync('git', ['-C', folder, 'add', '.'])
  execFileSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=e@example.net', 'commit', '-qm', at], {
    env,
  })
}

test('a change of the week before the last commit counts, an older one does not', () => {
  commit('image', '2026-01-01T00:00:00Z')
  commit('other', '2026-01-05T00:00:00Z')
  expect(touchedLately(folder, ['image'])).toBe(true)
  expect(touchedLately(folder, ['nothing'])).toBe(false)
  commit('other', '2026-01-12T00:00:00Z')
  expect(touchedLately(folder, ['image'])).toBe(false)
  expect(touchedLately(folder, ['image', 'other'])).toBe(true)
})

test('without a history nobody can tell, and it counts', () => {
  expect(touchedLately(folder, ['image'])).toBe(true)
  expect(touchedLately(join(folder, 'nowhere'), ['image'])).toBe(true)
})

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createStateFile } from './state-file.ts'

let dir = ''
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'gateway-'))))
afterEach(() => rmSync(dir, { recursive: true }))

test('what was saved is read by the next process, and calls meanwhile share a write that tells the last of it', async () => {
  let [isOnReported, told] = [false, 0]
  const file = createStateFile(dir, () => {
    told += 1
    return { bootId: 'b', isOnReported, sessions: [], ended: [] }
  })
  expect(await file.read()).toBeUndefined()
  const saves = [file.save(), file.save()]
  isOnReported = true
  await Promise.all([...saves, file.save()])
  expect(told).toBe(1)
  expect(await createStateFile(dir, () => ({}) as never).read()).toMatchObject({ bootId: 'b', isOnReported: true })
  expect(readdirSync(dir)).toEqual(['sessions.json'])
})

test('who was let in by a release before IPv6 is taken over', async () => {
  const before = { bootId: 'b', isOnReported: true, sessions: [{ id: 'a' }], ended: [{ session: { id: 'c' } }] }
  writeFileSync(join(dir, 'sessions.json'), JSON.stringify(before))
  expect(await createStateFile(dir, () => ({}) as never).read()).toMatchObject({
    sessions: [{ id: 'a', addresses6: [] }],
    ended: [{ session: { id: 'c', addresses6: [] } }],
  })
})

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readFeed } from '../feed.ts'
import { folderSource } from '../source.ts'
import { manifestOf } from '../testing/feed.ts'
import { runFeedCommand } from './commands.ts'

const scratch = mkdtempSync(join(tmpdir(), 'lango-test-publish-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** Words with a @ are files of this test. */
const publish = (line: string): Promise<string | undefined> =>
  runFeedCommand(
    `${line} --passphrase-file @passphrase`
      .split(' ')
      .map((word) => (word.startsWith('@') ? join(scratch, word.slice(1)) : word)),
  )
const must = async (line: string): Promise<void> => expect(await publish(line), line).toBeUndefined()

test('the ceremony: keys, a root of two of three, a release that two sign at home, a ring, and a key that is revoked', async () => {
  writeFileSync(join(scratch, 'passphrase'), 'of the ceremony\n')
  writeFileSync(join(scratch, 'bundle'), 'a bundle')
  writeFileSync(join(scratch, 'manifest.json'), JSON.stringify(manifestOf('1.1.0', { rings: {} })))
  mkdirSync(join(scratch, 'feed'))
  for (const name of ['r1', 'r2', 'r3', 'a', 'b', 'c', 'online']) await must(`key @${name}`)
  expect(statSync(join(scratch, 'r1')).mode & 0o777).toBe(0o600)
  expect(await publish('key @r1')).toContain('EEXIST')
  const roots = '--root @r1.pub --root @r2.pub --root @r3.pub --root-threshold 2'
  const first = `root @feed ${roots} --release @a.pub --release @b.pub --release-threshold 2 --online @online.pub`
  expect(await publish(`${first} --key @r1`)).toContain('1/2 keys')
  await must(`${first} --key @r1 --key @r2`)
  await must('list @feed --key @a --key @b')
  await must('add @feed @bundle @manifest.json --key @a --draft @draft.json')
  expect(await publish('take @feed @draft.json')).toContain('1/2 keys')
  await must('sign @draft.json --key @b')
  await must('take @feed @draft.json')
  await must('ring @feed lango-1.1.0-amd64.raucb canary 2026-01-01T00:00:00Z --key @a --key @b')
  await must('refresh @feed --key @online')
  const ask = () =>
    readFeed(
      { rootFile: join(scratch, 'feed/metadata/1.root.json'), trustFile: join(scratch, 'trust.json') },
      folderSource(join(scratch, 'feed')),
      Date.now(),
    )
  expect(await ask()).toMatchObject({
    ok: true,
    value: [{ version: '1.1.0', rings: { canary: '2026-01-01T00:00:00Z' }, sizeBytes: 8 }],
  })
  // `b` is stolen: `c` takes its place, and all else stays as it was.
  await must('root @feed --release @a.pub --release @c.pub --key @r2 --key @r3')
  await must('list @feed --key @a --key @c')
  await must('refresh @feed --key @online')
  expect(await publish('list @feed --key @a --key @b')).toContain('1/2 keys')
  await must('withdraw @feed lango-1.1.0-amd64.raucb --key @a --key @c')
  await must('refresh @feed --key @online')
  expect(await ask()).toMatchObject({ ok: true, value: [{ withdrawn: true }] })
})

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import { ArchiveWriter, openArchive } from './archive.ts'
import { seal, unseal } from './seal.ts'

let dir: string
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'lango-archive-'))))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const write = async (file: string, parts: Readonly<Record<string, Uint8Array>>) => {
  rmSync(file, { force: true })
  const archive = new ArchiveWriter(file)
  for (const [name, octets] of Object.entries(parts))
    await archive.add(name, [octets.subarray(0, 3), octets.subarray(3)])
  return archive.end()
}
const readAll = async (file: string) => {
  const archive = orThrow(await openArchive(file))
  const parts: Record<string, Buffer> = {}
  for (const name of archive.names) parts[name] = Buffer.concat(await Array.fromAsync(archive.read(name)))
  return parts
}

test('parts are read back as they were written', async () => {
  const file = join(dir, 'round')
  const name = fc.stringMatching(/^[a-z][a-z.]{0,40}$/)
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 4 }), async (parts) => {
      await write(file, parts)
      expect(await readAll(file)).toEqual(
        Object.fromEntries(Object.entries(parts).map(([key, octets]) => [key, Buffer.from(octets)])),
      )
    }),
    { numRuns: 50 },
  )
})

test('it is a tar that others read', async () => {
  const file = join(dir, 'tar')
  await write(file, { 'a.txt': Buffer.from('hello'), empty: Buffer.alloc(0) })
  expect(execFileSync('tar', ['-tf', file], { encoding: 'utf8' })).toBe('a.txt\nempty\nSHA256\n')
  expect(execFileSync('tar', ['-xOf', file, 'a.txt'], { encoding: 'utf8' })).toBe('hello')
})

test('every octet flipped, and every cut, is found out', async () => {
  const file = join(dir, 'flip')
  const { bytes } = await write(file, {
    'site.db': seededRandom(3).bytes(700),
    'manifest.json': Buffer.from('{"format":1}'),
  })
  const whole = readFileSync(file)
  expect(whole.length).toBe(bytes)
  const handle = openSync(file, 'r+')
  for (let at = 0; at < whole.length; at++) {
    writeSync(handle, Uint8Array.of(whole[at]! ^ (1 << (at % 8))), 0, 1, at)
    expect(await openArchive(file), `octet ${at}`).toMatchObject({ ok: false, error: { type: 'BackupDamaged' } })
    writeSync(handle, whole, at, 1, at)
  }
  closeSync(handle)
  expect((await openArchive(file)).ok).toBe(true)
  for (let length = whole.length - 1; length >= 0; length -= 97) {
    truncateSync(file, length)
    expect(await openArchive(file)).toMatchObject({ ok: false, error: { type: 'BackupDamaged' } })
  }
  writeFileSync(file, Buffer.concat([whole, Buffer.alloc(512)]))
  expect(await openArchive(file)).toMatchObject({ ok: false, error: { type: 'BackupDamaged' } })
})

test.each([
  ['a text', 'Dear customer,\n'.repeat(100)],
  ['nothing', ''],
  ['zeros', '\0'.repeat(4096)],
])('%s is no backup', async (_name, text) => {
  const file = join(dir, 'foreign')
  writeFileSync(file, text)
  expect(await openArchive(file)).toMatchObject({
    ok: false,
    error: { type: 'BackupDamaged', cause: 'it is no Lango backup' },
  })
})

test('a file that is not there is told as such', async () => {
  expect(await openArchive(join(dir, 'absent'))).toMatchObject({ error: { type: 'FileUnreadable', cause: 'ENOENT' } })
})

test('what is sealed opens with its passphrase alone, and not when it was altered', () => {
  const box = seal(Buffer.from('the keys'), secret('kisumu 2026'), seededRandom(5))
  expect(box.includes('the keys')).toBe(false)
  expect(orThrow(unseal(box, secret(' kisumu 2026\n'))).toString()).toBe('the keys')
  expect(unseal(box, secret('kisumu 2027'))).toEqual({ ok: false, error: { type: 'PassphraseWrong' } })
  const altered = Buffer.from(box)
  altered[altered.length - 20]! ^= 1
  expect(unseal(altered, secret('kisumu 2026'))).toEqual({ ok: false, error: { type: 'PassphraseWrong' } })
})

test('a box that is cut, or asks for a costlier key derivation than ours, is not begun', () => {
  const box = seal(Buffer.from('the keys'), secret('p'), seededRandom(5))
  const costly = Buffer.from(box.toString('latin1').replace('"N":65536', '"N":1073741824'), 'latin1')
  for (const odd of [...[0, 1, 40, 120].map((length) => box.subarray(0, length)), costly]) {
    expect(unseal(odd, secret('p'))).toEqual({ ok: false, error: { type: 'SealUnknown' } })
  }
})

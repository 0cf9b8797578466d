import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom, systemRandom } from './random.ts'
import { orThrow } from './result.ts'
import { secret } from './secret.ts'
import { memoryVault, openVault } from './vault.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'))
  file = join(folder, 'keys.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const create = () => orThrow(openVault({ file, create: true, random: systemRandom() }))

test('what is sealed opens to the same text, for the same purpose', () => {
  const vault = memoryVault(seededRandom(1))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, purpose) => {
      const box = vault.seal(secret(text), purpose)
      expect(orThrow(vault.open(box, purpose)).reveal()).toBe(text)
      expect(vault.open(box, `${purpose}!`)).toEqual({ ok: false, error: { type: 'BoxInvalid' } })
    }),
  )
})

test('a box that is cut, lengthened or changed in any octet does not open', () => {
  const vault = memoryVault(seededRandom(1))
  const box = vault.seal('correct horse', 'p')
  for (let at = 0; at < box.length; at++) {
    const changed = Buffer.from(box)
    changed[at]! ^= 1
    expect(vault.open(changed, 'p').ok).toBe(false)
    expect(vault.open(box.subarray(0, at), 'p').ok).toBe(false)
  }
  expect(vault.open(Buffer.concat([box, box]), 'p').ok).toBe(false)
  expect(vault.isCurrent(Buffer.alloc(3))).toBe(false)
})

test('the same text sealed twice makes two different boxes', () => {
  const vault = memoryVault(seededRandom(1))
  expect(vault.seal('x', 'p').equals(vault.seal('x', 'p'))).toBe(false)
})

test('the first start makes a key file that only its owner can read, with keys that no other box has', () => {
  create()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const other = join(folder, 'other.json')
  orThrow(openVault({ file: other, create: true, random: systemRandom() }))
  expect(readFileSync(other, 'utf8')).not.toBe(readFileSync(file, 'utf8'))
  expect(existsSync(`${file}.new`)).toBe(false)
})

test('a restart opens what was sealed before it', () => {
  const box = create().seal('s3cret', 'p')
  const again = orThrow(openVault({ file, create: false, random: systemRandom() }))
  expect(orThrow(again.open(box, 'p')).reveal()).toBe('s3cret')
})

test('a missing key file is a fault where none may be made', () => {
  expect(openVault({ file, create: false, random: systemRandom() })).toEqual({
    ok: false,
    error: { type: 'KeyFileMissing', file },
  })
})

test('a lost key says which one and what to do', () => {
  const box = create().seal('s3cret', 'p')
  rmSync(file)
  const opened = create().open(box, 'p')
  expect(opened).toMatchObject({ ok: false, error: { type: 'KeyLost', keyId: box.toString('hex', 1, 5) } })
  expect(opened.ok ? '' : (opened.error as { advice: string }).advice).toMatch(/backup/)
})

test('a key file that others may read is refused with the command that mends it', () => {
  create()
  chmodSync(file, 0o644)
  const opened = openVault({ file, create: true, random: systemRandom() })
  expect(opened).toMatchObject({
    ok: false,
    error: { type: 'KeyFileExposed', mode: '644', advice: expect.stringContaining(`chmod 600 ${file}`) },
  })
})

test.each([
  ['no JSON', '{"version":1,'],
  ['another version', '{"version":2,"current":"00000000","keys":{},"hashKey":""}'],
  ['a short key', '{"version":1,"current":"00000000","keys":{"00000000":"c2hvcnQ="},"hashKey":"c2hvcnQ="}'],
])('a damaged key file (%s) is refused, never replaced, and never quoted', (_, text) => {
  writeFileSync(file, text, { mode: 0o600 })
  const opened = openVault({ file, create: true, random: systemRandom() })
  expect(opened).toMatchObject({ ok: false, error: { type: 'KeyFileUnreadable' } })
  expect(JSON.stringify(opened)).not.toContain('c2hvcnQ')
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('a folder that cannot be written is a fault, not a vault', () => {
  const opened = openVault({ file: join(folder, 'no', 'keys.json'), create: true, random: systemRandom() })
  expect(opened).toMatchObject({ ok: false, error: { type: 'KeyFileUnreadable' } })
})

test('after a rotation old boxes open, new ones are under the new key, and another thread learns of it', () => {
  const vault = create()
  const reader = orThrow(openVault({ file, create: false, random: systemRandom() }))
  const old = vault.seal('s3cret', 'p')
  const hashed = vault.keyedHash('code', 'vouchers')
  vault.rotate()
  expect(vault.isCurrent(old)).toBe(false)
  expect(orThrow(vault.open(old, 'p')).reveal()).toBe('s3cret')
  const renewed = orThrow(vault.reseal(old, 'p'))
  expect(vault.isCurrent(renewed)).toBe(true)
  expect(vault.reseal(old, 'q').ok).toBe(false)
  // It meets a key it does not know, and reads the file again by itself.
  expect(orThrow(reader.open(renewed, 'p')).reveal()).toBe('s3cret')
  expect(reader.keyedHash('code', 'vouchers')).toBe(hashed)
})

test('a keyed hash depends on text, purpose and key', () => {
  const vault = create()
  const hash = vault.keyedHash('code', 'vouchers')
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(vault.keyedHash('code', 'vouchers')).toBe(hash)
  expect(vault.keyedHash('code2', 'vouchers')).not.toBe(hash)
  expect(vault.keyedHash('code', 'other')).not.toBe(hash)
  expect(memoryVault(systemRandom()).keyedHash('code', 'vouchers')).not.toBe(hash)
})

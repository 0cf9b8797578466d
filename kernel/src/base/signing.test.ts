import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from './random.ts'
import { orThrow } from './result.ts'
import { signerOf, verifierOf } from './signing.ts'
import { openVault } from './vault.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signing-'))
  file = join(folder, 'keys.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (create = true) => orThrow(openVault({ file, create, random: systemRandom() }))

test('the key is that of RFC 8032, section 7.1, test 2', () => {
  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
  expect(Buffer.from(signerOf(seed).sign('r'), 'base64').toString('hex')).toBe(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
})

test('a box signs with one key over restarts and rotations, and others verify by its public half', () => {
  const vault = open()
  const { keyId, publicPem } = vault.signer()!
  vault.rotate()
  const signature = open(false).signer()!.sign('told')
  const verifier = verifierOf(publicPem)!
  expect(verifier.keyId).toBe(keyId)
  expect(verifier.fits('told', signature)).toBe(true)
  expect(verifier.fits('told otherwise', signature)).toBe(false)
  expect(verifier.fits('told', '')).toBe(false)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a key file from before there was such a key gets one when a box starts, and keeps the others', () => {
  const box = open().seal('s3cret', 'p')
  const { signingKey: _, ...old } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify(old))
  expect(open(false).signer()).toBeUndefined()
  const vault = open()
  expect(vault.signer()?.keyId).toMatch(/^[0-9a-f]{16}$/)
  expect(orThrow(vault.open(box, 'p')).reveal()).toBe('s3cret')
})

test('what is no public key of this kind verifies nothing', () => {
  expect(verifierOf('')).toBeUndefined()
  expect(verifierOf('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toBeUndefined()
})

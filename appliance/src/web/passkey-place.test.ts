import { expect, test } from 'vitest'
import { passkeyPlace } from './passkey-place.ts'

const names = ['pop-kisumu', 'pop.example.net', '192.168.88.2', 'under_score.example']

test.each([
  ['https://pop.example.net/sign-in', 'pop.example.net', 'https://pop.example.net'],
  ['https://pop.example.net:8443/me?x=1', 'pop.example.net', 'https://pop.example.net:8443'],
  ['https://POP.example.net:443/', 'pop.example.net', 'https://pop.example.net'],
  ['https://pop-kisumu:8443/', 'pop-kisumu', 'https://pop-kisumu:8443'],
  ['http://localhost:8080/', 'localhost', 'http://localhost:8080'],
  ['https://localhost:8443/', 'localhost', 'https://localhost:8443'],
])('%s has passkeys, for %s at %s', (address, rpId, origin) => {
  expect(passkeyPlace(address, names)).toEqual({ ok: true, value: { rpId, origin } })
})

test.each([
  ['http://pop.example.net/', 'HttpsMissing'],
  ['http://pop-kisumu:8080/', 'HttpsMissing'],
  ['http://127.0.0.1:8080/', 'NameMissing'],
  ['https://127.0.0.1:8443/', 'NameMissing'],
  ['https://192.168.88.2/', 'NameMissing'],
  // The same address in another spelling.
  ['https://0xc0.168.88.2/', 'NameMissing'],
  ['https://3232258050/', 'NameMissing'],
  ['https://[::1]/', 'NameMissing'],
  ['https://[fe80::1]:8443/', 'NameMissing'],
  // Names that are not the box's.
  ['https://evil.example/', 'NameMissing'],
  ['https://pop.example.net.evil.example/', 'NameMissing'],
  ['https://sub.pop.example.net/', 'NameMissing'],
  ['https://example.net/', 'NameMissing'],
  ['https://pop.example.net./', 'NameMissing'],
  ['https://pop.example.net@evil.example/', 'NameMissing'],
  ['https://localhost.evil.example/', 'NameMissing'],
  ['https://localhost./', 'NameMissing'],
  // A name that DNS does not know, though it was given to the box.
  ['https://under_score.example/', 'NameMissing'],
])('%s has none: %s', (address, type) => {
  expect(passkeyPlace(address, names)).toEqual({ ok: false, error: { type } })
})

test('a box without names of its own has passkeys for localhost only', () => {
  expect(passkeyPlace('https://pop.example.net/', []).ok).toBe(false)
  expect(passkeyPlace('http://localhost/', []).ok).toBe(true)
})

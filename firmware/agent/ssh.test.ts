import { expect, test } from 'vitest'
import { authorizedKeys, sshWantedSchema, SSH_KEYS_MAX } from './ssh.ts'

const key = `ssh-ed25519 ${'A'.repeat(68)}`
const accepts = (...keys: string[]): boolean => sshWantedSchema.safeParse({ keys }).success

test('keys are taken, with a name and without', () => {
  expect(accepts(key, `${key} amina@laptop`, `ssh-rsa ${'B'.repeat(372)}==`)).toBe(true)
  expect(authorizedKeys([key, `${key} b`])).toBe(`${key}\n${key} b\n`)
})

test.each([
  `command="reboot" ${key}`,
  `${key}\n${key}`,
  `${key} two words`,
  'ssh-ed25519 short',
  `ssh-dss ${'A'.repeat(68)}`,
  '',
])('what is more than one key is not: %j', (text) => expect(accepts(text)).toBe(false))

test('no keys are the wish to switch it off; too many are none', () => {
  expect(accepts()).toBe(true)
  expect(accepts(...Array.from({ length: SSH_KEYS_MAX + 1 }, () => key))).toBe(false)
  expect(sshWantedSchema.safeParse({ keys: [key], more: 1 }).success).toBe(false)
})

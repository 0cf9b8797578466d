import { expect, test } from 'vitest'
import { createPasswords, passwordLimits } from './password.ts'
import { systemRandom } from './random.ts'
import { orThrow } from './result.ts'
import { secret } from './secret.ts'

const passwords = createPasswords(systemRandom())

test('a password is known again, another is not, and two hashes of one differ', async () => {
  const first = orThrow(await passwords.hash(secret('mlango wa chuma')))
  const second = orThrow(await passwords.hash(secret('mlango wa chuma')))
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(second).not.toBe(first)
  const matches = async (text: string, stored: string | undefined) =>
    orThrow(await passwords.matches(secret(text), stored))
  expect(await matches('mlango wa chuma', first)).toBe(true)
  expect(await matches('Mlango wa chuma', first)).toBe(false)
  // The same letters however a keyboard composes them.
  const composed = orThrow(await passwords.hash(secret('caf\u00e9')))
  expect(await matches('cafe\u0301', composed)).toBe(true)
  for (const stored of [undefined, '', 'plain', '$argon2i$v=19$m=1,t=1,p=1$a$b'])
    expect(await matches('', stored)).toBe(false)
})

test('a crowd waits in a queue with an end', async () => {
  const all = Array.from({ length: passwordLimits.waitingMax + 10 }, () => passwords.matches(secret('x'), undefined))
  const answers = await Promise.all(all)
  expect(answers.filter((each) => !each.ok)).toHaveLength(10)
  expect(answers.filter((each) => each.ok && !each.value)).toHaveLength(passwordLimits.waitingMax)
})

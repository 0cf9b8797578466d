import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { secret } from './secret.ts'

test('a secret shows itself to nobody but who asks by name', () => {
  const held = secret('hunter2')
  const shown = [
    String(held),
    `held: ${held as unknown as string}`,
    JSON.stringify({ held }),
    inspect(held),
    inspect({ a: [held] }),
    `${held as unknown as number}`,
  ]
  for (const text of shown) {
    expect(text).toContain('‹secret›')
    expect(text).not.toContain('hunter2')
  }
  expect(Object.entries(held)).toEqual([])
  expect(structuredCloneText(held)).not.toContain('hunter2')
  expect(held.reveal()).toBe('hunter2')
})

const structuredCloneText = (value: unknown): string => JSON.stringify(structuredClone(value))

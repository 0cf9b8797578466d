import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import {
  createToken,
  createPeopleGuard,
  listTokens,
  people,
  revokeToken,
  roleMay,
  roleNames,
  permissions,
} from './index.ts'

const site = () => {
  const made = memorySite([people])
  const guard = createPeopleGuard(made.database.raw, made.vault, made.clock.now)
  return { ...made, guard }
}

test('a token is told once, opens what its role may, and stands nowhere in clear', () => {
  const { must, guard, query, database, log } = site()
  const { id, token } = must(createToken, { role: 'cashier', name: 'till' })
  expect(token).toMatch(/^lango_[\w-]{43}$/)
  expect(guard.holderOf(token)).toEqual({ kind: 'token', id })
  const holder = { kind: 'token', id } as const
  expect([guard.may(holder, 'vouchers.sell'), guard.may(holder, 'routers.write')]).toEqual([true, false])
  const stored = ['api_tokens', 'commands', 'audit'].flatMap((table) =>
    database.raw.prepare(`SELECT * FROM ${table}`).all(),
  )
  expect(JSON.stringify(stored) + JSON.stringify(query(listTokens, {})) + log.text()).not.toContain(token)
})

test.each(['', 'lango_', 'x'.repeat(49), '__proto__', `lango_${'A'.repeat(43)}`])('%j opens nothing', (token) => {
  const { must, guard } = site()
  must(createToken, { role: 'owner', name: 'mine' })
  expect(guard.holderOf(token)).toBeUndefined()
})

test('a revoked token, and one past its time, open nothing from then on', () => {
  const { must, dispatch, guard, clock } = site()
  const revoked = must(createToken, { role: 'owner', name: 'old' })
  const short = must(createToken, { role: 'owner', name: 'short', validSec: 3600 })
  must(revokeToken, { id: revoked.id })
  clock.advance(3_599_000)
  expect([guard.holderOf(revoked.token), guard.holderOf(short.token)?.id]).toEqual([undefined, short.id])
  clock.advance(1000)
  expect(guard.holderOf(short.token)).toBeUndefined()
  for (const { id } of [revoked, short]) expect(guard.may({ kind: 'token', id }, 'plans.read')).toBe(false)
  expect(dispatch(revokeToken, { id: 'tok_none' })).toMatchObject({ ok: false, error: { type: 'TokenUnknown' } })
})

test('the default is no', () => {
  for (const role of [...roleNames, 'nobody', '__proto__', 'constructor'])
    for (const permission of ['system', '', 'toString', 'plans.delete']) expect(roleMay(role, permission)).toBe(false)
  for (const permission of permissions) expect(roleMay('owner', permission)).toBe(true)
  for (const permission of permissions.filter((one) => !one.endsWith('.read')))
    expect(roleMay('viewer', permission)).toBe(false)
  expect(roleMay('technician', 'people.write')).toBe(false)
})

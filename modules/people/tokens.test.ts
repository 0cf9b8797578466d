import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import {
  createToken,
  createTokenGuard,
  listTokens,
  people,
  revokeToken,
  roleMay,
  roleNames,
  permissions,
} from './index.ts'

const site = () => {
  const made = memorySite([people])
  const guard = createTokenGuard(made.database.raw, made.vault, made.clock.now)
  return { ...made, guard }
}

test('a token is told once, opens what its role may, and stands nowhere in clear', () => {
  const { must, guard, query, database, log } = site()
  const { id, token } = must(createToken, { role: 'cashier', name: 'till' })
  expect(token).toMatch(/^lango_[\w-]{43}$/)
  expect(guard.idOf(token)).toBe(id)
  expect([guard.may(id, 'vouchers.sell'), guard.may(id, 'routers.write')]).toEqual([true, false])
  const stored = ['api_tokens', 'commands', 'audit'].flatMap((table) =>
    database.raw.prepare(`SELECT * FROM ${table}`).all(),
  )
  expect(JSON.stringify(stored) + JSON.stringify(query(listTokens, {})) + log.text()).not.toContain(token)
})

test.each(['', 'lango_', 'x'.repeat(49), '__proto__', `lango_${'A'.repeat(43)}`])('%j opens nothing', (token) => {
  const { must, guard } = site()
  must(createToken, { role: 'owner', name: 'mine' })
  expect(guard.idOf(token)).toBeUndefined()
})

test('a revoked token, and one past its time, open nothing from then on', () => {
  const { must, dispatch, guard, clock } = site()
  const revoked = must(createToken, { role: 'owner', name: 'old' })
  const short = must(createToken, { role: 'owner', name: 'short', validSec: 3600 })
  must(revokeToken, { id: revoked.id })
  clock.advance(3_599_000)
  expect([guard.idOf(revoked.token), guard.idOf(short.token)]).toEqual([undefined, short.id])
  clock.advance(1000)
  expect(guard.idOf(short.token)).toBeUndefined()
  expect([guard.may(revoked.id, 'plans.read'), guard.may(short.id, 'plans.read')]).toEqual([false, false])
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

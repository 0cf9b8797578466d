import { expect, test } from 'vitest'
import { ok } from '@lango/kernel'
import type { PairStatus } from '../../standby/pair-state.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const SINCE = Date.UTC(2026, 10, 27, 9, 0)
const status: PairStatus = {
  role: 'primary',
  term: 1,
  peer: { name: 'pop-2 <b>', host: '192.0.2.7' },
  link: 'in-sync',
  since: SINCE,
  tookOver: null,
  setAside: null,
}
const pageOf = async (told: PairStatus, role: 'owner' | 'cashier' = 'owner') => {
  const { signInAs } = webUnderTest({ others: { 'standby.status': () => ok(told) } })
  const { visit } = signInAs(role)
  return (await visit('/settings/standby')).text()
}

test('a box without a standby says what one is good for, and how to get it', async () => {
  const page = await pageOf({ ...status, role: 'alone', peer: null, term: 0 })
  expect(page).toContain('This box has no standby')
  expect(page).toContain('lango standby pair')
})

test.each([
  ['in-sync', 'has everything', 'on both disks'],
  ['catching-up', 'catching up', 'on this box alone'],
  ['away', 'away', 'on this box alone'],
] as const)('a standby that is %s is said to be so', async (link, state, help) => {
  const page = await pageOf({ ...status, link })
  expect(page).toContain(state)
  expect(page).toContain(help)
  expect(page).toContain('pop-2 &lt;b>')
  expect(page.includes('http-equiv="refresh"')).toBe(link !== 'in-sync')
})

test('a box that took over says until when it had everything', async () => {
  const page = await pageOf({ ...status, term: 2, tookOver: { at: SINCE, missingSince: SINCE } })
  expect(page).toContain('It had everything until')
})

test('who may not read the settings is not told', async () => {
  expect(await pageOf(status, 'cashier')).not.toContain('pop-2')
})

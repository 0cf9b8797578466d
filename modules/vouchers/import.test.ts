import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, credentialPurpose } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { people } from '../people/index.ts'
import { ledger } from '../ledger/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  handVouchers,
  importVouchers,
  makeVouchers,
  openBatch,
  revealCodes,
  revokeVouchers,
  showVoucher,
  voucherCells,
  voucherRows,
  vouchers,
  type VoucherCells,
} from './index.ts'

const site = (seed = 1) => {
  const made = memorySite([people, access, plans, ledger, vouchers], { seed })
  made.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400, quotaOctets: 5_000_000 })
  const cells = () => made.query(voucherRows, {}).map(voucherCells)
  return { ...made, cells }
}

/** Two batches, with one voucher revoked, one sold and one used. */
const sold = () => {
  const here = site()
  const { must, database, clock } = here
  must(openBatch, { plan: 'Day', count: 3, prefix: 'KSM', useWithinSec: 90 * 86_400 })
  must(openBatch, { plan: 'Day', count: 2, numeric: true })
  const { codes } = must(makeVouchers, { batch: 1 })
  must(makeVouchers, { batch: 2 })
  must(revokeVouchers, { code: codes[0]! })
  must(handVouchers, { batch: 1, from: 2, to: 2, state: 'sold', holder: '=Kiosk "Njeri"' })
  const used = { firstUsedAt: clock.now(), expiresAt: clock.now() + 86_400_000, devices: ['AA:BB:CC:DD:EE:01'] }
  database.orm.update(grants.site).set(used).run()
  const codesOf = (batch: number) => must(revealCodes, { batch, from: 1, to: 10 }).codes
  const rows = here.cells().map((row) => ({ ...row, code: codesOf(Number(row.batch))[Number(row.serial) - 1]!.code }))
  return { ...here, rows: rows as (VoucherCells & { code: string; numeric: 'yes'; state: 'made' })[] }
}

test('vouchers of another box are the same vouchers here, on the same paper', () => {
  const { rows, cells } = sold()
  const there = site(2)
  expect(there.must(importVouchers, { rows })).toEqual({ added: 5, refused: [] })
  expect(there.cells()).toEqual(cells())
  expect(there.must(showVoucher, { code: rows[1]!.code })).toMatchObject({ state: 'used' })
  const grant = there.database.orm.select().from(grants.site).get()!
  expect(orThrow(there.vault.open(grant.credential!, credentialPurpose(grant.id))).reveal()).toBe(rows[0]!.code)
  expect(there.must(openBatch, { plan: 'Day', count: 1 }).batch).toBe(3)
})

test('what is here already, or cannot be a voucher of its batch, is refused by row and changes nothing', () => {
  const { rows } = sold()
  const there = site(2)
  there.must(importVouchers, { rows: rows.slice(0, 1) })
  const before = there.cells()
  const bad = [
    rows[0]!,
    { ...rows[1]!, code: rows[3]!.code },
    { ...rows[1]!, code: 'KSM22222222' },
    { ...rows[1]!, plan: 'Gone' },
    { ...rows[1]!, wanted: '4' },
    { ...rows[3]!, batch: '9', wanted: '200000' },
  ]
  const types = there.must(importVouchers, { rows: bad }).refused.map(({ fault }) => fault.type)
  expect(types).toEqual(['CodeTaken', 'CodeUnfit', 'CodeUnfit', 'PlanUnknown', 'BatchTaken', 'CodesGuessable'])
  expect(there.cells()).toEqual(before)
})

test('codes are told to the console alone, and stored and logged nowhere', () => {
  const { rows, database, log, must } = sold()
  must(importVouchers, { rows: [{ ...rows[1]!, batch: '7' }] })
  const kept = ['audit', 'commands', 'vouchers', 'grants'].map((table) =>
    JSON.stringify(database.raw.prepare(`SELECT * FROM ${table}`).all()),
  )
  expect(kept.join('') + log.text()).not.toContain(rows[1]!.code)
  expect(revealCodes.permission).toBe('system')
})

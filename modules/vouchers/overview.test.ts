import { expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel'
import { migrate } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { access, firstUse } from '../access/index.ts'
import { ledger } from '../ledger/index.ts'
import { inviteStaff, people } from '../people/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  commissionReport,
  extendVoucher,
  handVouchers,
  importVouchers,
  makeVouchers,
  openBatch,
  ownStock,
  revokeRest,
  revokeVoucher,
  sellVoucher,
  vouchers,
} from './index.ts'
import { batchCounts, batchHolders, countVouchers, deskVouchers, NO_VOUCHERS } from './overview.ts'
import { voucherState, voucherStates, type VoucherState } from './rules.ts'

type Joined = {
  readonly id: string
  readonly grantId: string
  readonly batch: number
  readonly serial: number
  readonly state: 'made' | 'given' | 'sold' | 'revoked'
  readonly holder: string | null
  readonly firstUsedAt: number | null
  readonly expiresAt: number | null
}

const HOUR_MS = 3_600_000

const site = (seed: number) => {
  const made = memorySite([people, access, plans, ledger, vouchers], { seed })
  const { must, database } = made
  const plan = must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 7200 })
  const agent = must(inviteStaff, { login: 'amina', name: 'Amina', role: 'cashier' }).id
  for (const count of [12, 20]) {
    const { batch } = must(openBatch, { plan: 'Day', count, ...(count === 20 && { useWithinSec: 6 * 3600 }) })
    must(makeVouchers, { batch })
  }
  /** Each voucher with what its grant says, one by one. */
  const joined = (): readonly (Joined & { readonly is: VoucherState })[] =>
    database.raw
      .prepare<[], Joined>(
        `SELECT v.id, g.id AS grantId, b.number AS batch, v.serial, v.state, v.holder, g.first_used_at AS firstUsedAt,
           g.expires_at AS expiresAt
         FROM vouchers v JOIN voucher_batches b ON b.id = v.batch_id JOIN grants g ON g.service_id = v.id
         ORDER BY b.number, v.serial`,
      )
      .all()
      .map((row) => ({ ...row, is: voucherState(row, row, made.clock.now()) }))
  return { ...made, plan, agent, joined }
}
type VoucherSite = ReturnType<typeof site>

/** What people do with vouchers, drawn; what is refused changes nothing. */
const deeds: readonly ((site: VoucherSite, random: ReturnType<typeof seededRandom>) => void)[] = [
  ({ dispatch }, random) => {
    const from = 1 + random.below(18)
    const state = random.unit() < 0.6 ? 'given' : 'sold'
    const holder = ['amina', 'Duka', 'Kiosk'][random.below(3)]!
    dispatch(handVouchers, { batch: 1 + random.below(2), from, to: from + random.below(4), state, holder })
  },
  ({ dispatch, plan, agent }) => void dispatch(sellVoucher, { plan: plan.id }, { actor: { kind: 'staff', id: agent } }),
  ({ dispatch, joined }, random) => {
    const { grantId } = joined()[random.below(joined().length)]!
    dispatch(firstUse, { grantId, device: 'AA:BB:CC:DD:EE:01', bind: false, deviceLimit: 1 })
  },
  ({ dispatch, joined }, random) =>
    void dispatch(extendVoucher, { id: joined()[random.below(joined().length)]!.id, sec: 3600 }),
  ({ dispatch, joined }, random) => void dispatch(revokeVoucher, { id: joined()[random.below(joined().length)]!.id }),
  ({ dispatch }, random) => {
    if (random.unit() < 0.1) dispatch(revokeRest, { batch: 1, keepSold: true })
  },
  ({ dispatch, clock, joined }, random) => {
    const used = random.unit() < 0.5 ? { firstUsedAt: new Date(clock.now()).toISOString() } : {}
    const shape = { batch: 9, plan: 'Day', codeLength: 8, numeric: 'no', wanted: 50, validSec: 7200, ...used } as const
    const expiresAt = new Date(clock.now() + HOUR_MS).toISOString()
    const serial = joined().length
    const code = `ABCD${Array.from(String(1000 + serial), (digit) => 'EFGHJKMNPQ'[Number(digit)]).join('')}`
    dispatch(importVouchers, { rows: [{ ...shape, serial, code, expiresAt }] })
  },
  ({ clock }, random) => clock.advance(random.below(HOUR_MS)),
]

const expectCounted = ({ query, joined, clock, agent }: VoucherSite): void => {
  const now = clock.now()
  const stock = joined().filter(({ is, state }) => is === state && state === 'given')
  expect(query(commissionReport, { fromAt: 0, toAt: now, now }).stock).toBe(stock.length)
  const own = query(ownStock, { staffId: agent, now }).reduce((sum, each) => sum + each.stock, 0)
  expect(own).toBe(stock.filter(({ holder }) => holder === 'amina').length)
  for (const batch of [1, 2, 9]) {
    const all = joined().filter((row) => row.batch === batch)
    const counted = (rows: typeof all) => {
      const counts = { ...NO_VOUCHERS }
      for (const { is } of rows) counts[is] += 1
      return counts
    }
    const [counts] = query(batchCounts, { batches: [batch], now })
    expect(counts).toEqual(all.length === 0 ? undefined : { batch, ...counted(all) })
    const holders = query(batchHolders, { batch, now })
    expect(new Set(holders.map(({ holder }) => holder))).toEqual(new Set(all.map(({ holder }) => holder)))
    for (const { holder, ...each } of holders) expect(each).toEqual(counted(all.filter((row) => row.holder === holder)))
    for (const state of voucherStates) {
      const meant = all.filter(({ is }) => is === state)
      expect(query(countVouchers, { batch, now, state })).toBe(meant.length)
      const serials = query(deskVouchers, { batch, now, state, offset: 1, limit: 3 }).map(({ serial }) => serial)
      expect(serials).toEqual(meant.slice(1, 4).map(({ serial }) => serial))
    }
  }
}

test.each([1, 2, 3, 4, 5])(
  'whatever is done with vouchers, they are counted and listed as they are one by one (seed %i)',
  (seed) => {
    const made = site(seed)
    const random = seededRandom(seed)
    for (let step = 0; step < 60; step++) {
      deeds[random.below(deeds.length)]!(made, random)
      if (step % 6 === 0) expectCounted(made)
    }
    expectCounted(made)
    expect(new Set(made.joined().map(({ is }) => is)).size).toBeGreaterThanOrEqual(5)
    expect(made.joined().some(({ batch }) => batch === 9)).toBe(true)
  },
)

/** As if the file were of a release whose vouchers said nothing of their first use and their end. */
const makeOlder = ({ database: { raw } }: VoucherSite): void => {
  const drops = raw.prepare<[], string>(
    `SELECT 'DROP ' || type || ' ' || name FROM sqlite_schema WHERE name LIKE 'repeat!_%' ESCAPE '!'
       OR type = 'index' AND tbl_name = 'vouchers' AND sql IS NOT NULL`,
  )
  for (const drop of drops.pluck().all()) raw.exec(drop)
  raw.exec('ALTER TABLE vouchers DROP COLUMN first_used_at; ALTER TABLE vouchers DROP COLUMN expires_at')
}

test('vouchers of a file from before they said it themselves are counted alike', () => {
  const made = site(7)
  const random = seededRandom(7)
  for (let step = 0; step < 60; step++) deeds[random.below(deeds.length)]!(made, random)
  makeOlder(made)
  const tables = [people, access, plans, ledger, vouchers].flatMap((module) => module.tables)
  expect(migrate(made.database, { version: 1, tables, changeLog: true })).toMatchObject({ ok: true })
  expectCounted(made)
})

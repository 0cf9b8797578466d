import { expect, test } from 'vitest'
import { memorySite, seededRandom } from '@lango/kernel/testing'
import { CODE_PURPOSE, access, codeLogin, credentialPurpose, drawCode, firstUse, readCode } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { people } from '../people/index.ts'
import { ledger } from '../ledger/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { LOOKUP_MISSES_MAX, VOUCHERS_AT_ONCE } from './commands.ts'
import { vouchers as vouchersTable } from './tables.ts'
import {
  handVouchers,
  listBatches,
  listVouchers,
  makeVouchers,
  openBatch,
  revealVouchers,
  revokeVouchers,
  showVoucher,
  vouchers,
} from './index.ts'

const DAY_SEC = 86_400

const site = () => {
  const made = memorySite([people, access, plans, ledger, vouchers])
  made.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC, quotaOctets: 500_000_000 })
  const issue = (count: number, more: object = {}): string[] => {
    const { batch } = made.must(openBatch, { plan: 'Day', count, ...more })
    const codes: string[] = []
    for (let left = 1; left > 0;) {
      const chunk = made.must(makeVouchers, { batch })
      codes.push(...chunk.codes)
      left = chunk.left
    }
    return codes
  }
  const grantOf = (code: string) =>
    made.database.orm
      .select()
      .from(grants.site)
      .all()
      .find(({ login }) => login === codeLogin(made.vault.keyedHash(code, CODE_PURPOSE)))!
  const use = (code: string) =>
    made.must(firstUse, { grantId: grantOf(code).id, device: 'AA:BB:CC:DD:EE:01', bind: false, deviceLimit: 1 })
  return { ...made, issue, grantOf, use }
}

test('a batch is made in chunks, each voucher once, with a grant of its plan', () => {
  const { issue, count, grantOf, query } = site()
  const codes = issue(2 * VOUCHERS_AT_ONCE.made + 1, { prefix: 'ksm' })
  expect(new Set(codes).size).toBe(2 * VOUCHERS_AT_ONCE.made + 1)
  expect([count(vouchersTable), count(grants)]).toEqual([codes.length, codes.length])
  for (const code of codes.slice(0, 3)) {
    expect(code.startsWith('KSM')).toBe(true)
    expect(grantOf(code)).toMatchObject({
      kind: 'hotspot',
      status: 'active',
      validitySec: DAY_SEC,
      expiresAt: null,
      quotaOctets: 500_000_000,
    })
  }
  expect(query(listBatches, {})).toMatchObject([{ number: 1, plan: 'Day', wanted: codes.length, prefix: 'KSM' }])
  expect(query(listVouchers, { batch: 1, afterSerial: 2 * VOUCHERS_AT_ONCE.made })).toMatchObject([
    { serial: 2 * VOUCHERS_AT_ONCE.made + 1, tail: codes.at(-1)!.slice(-4), state: 'made' },
  ])
})

test('a code stands in clear nowhere: not in a row, a stored answer, the audit or the log', () => {
  const { issue, must, database, log } = site()
  const [code] = issue(1)
  must(revealVouchers, { batch: 1 })
  must(showVoucher, { code: code! })
  must(revokeVouchers, { code: code! })
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all()
  const everything = tables
    .flatMap(({ name }) => database.raw.prepare(`SELECT * FROM "${name}"`).all())
    .map((row) =>
      JSON.stringify(row, (_key, value: unknown) => (value instanceof Buffer ? value.toString('latin1') : value)),
    )
  expect(everything.join('') + log.text()).not.toContain(code)
})

test('what is told once is not told again under the same id, and nothing is made twice', () => {
  const { must, dispatch, count } = site()
  must(openBatch, { plan: 'Day', count: 5 })
  const first = dispatch(makeVouchers, { batch: 1 }, { id: 'cmd_x' })
  expect(first.ok && first.value.codes).toHaveLength(5)
  expect(dispatch(makeVouchers, { batch: 1 }, { id: 'cmd_x' })).toMatchObject({
    ok: false,
    error: { type: 'ToldOnce' },
  })
  expect(count(vouchersTable)).toBe(5)
})

test('the codes of unused vouchers can be printed again', () => {
  const { issue, must, use, grantOf, vault } = site()
  const codes = issue(4)
  use(codes[1]!)
  must(revokeVouchers, { code: codes[2]! })
  const { vouchers: revealed } = must(revealVouchers, { batch: 1 })
  expect(revealed).toEqual([
    { serial: 1, code: codes[0] },
    { serial: 4, code: codes[3] },
  ])
  const grant = grantOf(codes[0]!)
  const opened = vault.open(grant.credential!, credentialPurpose(grant.id))
  expect(opened.ok && opened.value.reveal()).toBe(codes[0])
})

test('validity counts from the first login; a voucher never used ends on its last day', () => {
  const { issue, use, must, clock, grantOf } = site()
  const [used, unused] = issue(2, { useWithinSec: 10 * DAY_SEC })
  expect(must(showVoucher, { code: used! })).toMatchObject({
    state: 'made',
    expiresAt: clock.now() + 10 * DAY_SEC * 1000,
  })
  clock.advance(9 * DAY_SEC * 1000)
  use(used!)
  expect(grantOf(used!)).toMatchObject({ firstUsedAt: clock.now(), expiresAt: clock.now() + DAY_SEC * 1000 })
  expect(must(showVoucher, { code: used! }).state).toBe('used')
  clock.advance(DAY_SEC * 1000)
  expect(must(showVoucher, { code: used! }).state).toBe('expired')
  expect(must(showVoucher, { code: unused! }).state).toBe('expired')
})

test('a voucher of a plan without an end is known as used too', () => {
  const { must, issue, use } = site()
  must(addPlan, { name: 'Open', kind: 'hotspot', policy: {} })
  const [code] = issue(1, { plan: 'Open' })
  use(code!)
  expect(must(showVoucher, { code: code! })).toMatchObject({ state: 'used', expiresAt: null })
})

test('a code is found however it is typed, and one letter off is nobody’s', () => {
  const { issue, must, dispatch } = site()
  const [code] = issue(1)
  const typed = `${code!.slice(0, 4)}-${code!.slice(4)}`.toLowerCase()
  expect(must(showVoucher, { code: typed }).tail).toBe(code!.slice(-4))
  const wrong = (code!.startsWith('A') ? 'B' : 'A') + code!.slice(1)
  expect(readCode(wrong)).toBeUndefined()
  for (const other of [wrong, 'nonsense', '__proto__', "' OR 1=1 --"])
    expect(dispatch(showVoucher, { code: other })).toMatchObject({ ok: false, error: { type: 'VoucherUnknown' } })
})

test('who looks up one code after another that nobody has must wait, with a good one too, and nobody else', () => {
  const { issue, must, dispatch, clock } = site()
  const [code] = issue(1)
  const { below } = seededRandom(99)
  const others = Array.from({ length: LOOKUP_MISSES_MAX }, () =>
    drawCode({ prefix: '', length: 8, numeric: false }, below),
  )
  const viewer = { actor: { kind: 'token', id: 'tok_viewer' } } as const
  for (const other of others)
    expect(dispatch(showVoucher, { code: other }, viewer)).toMatchObject({ error: { type: 'VoucherUnknown' } })
  expect(dispatch(showVoucher, { code: code! }, viewer)).toEqual({ ok: false, error: { type: 'TooManyLookups' } })
  expect(must(showVoucher, { code: code! })).toMatchObject({ serial: 1 })
  clock.advance(10 * 60_000 + 1)
  expect(dispatch(showVoucher, { code: code! }, viewer)).toMatchObject({ ok: true })
})

test('a voucher that is revoked between the look at it and its first use does not begin', () => {
  const { issue, must, dispatch, grantOf } = site()
  const [code] = issue(1)
  must(revokeVouchers, { code: code! })
  const grantId = grantOf(code!).id
  const used = dispatch(firstUse, { grantId, device: 'AA:BB:CC:DD:EE:01', bind: true, deviceLimit: 1 })
  expect(used).toEqual({ ok: false, error: { type: 'GrantNotActive', grantId } })
  expect(grantOf(code!)).toMatchObject({ firstUsedAt: null, devices: [] })
})

test('revoking a batch ends what was never used and leaves the rest', () => {
  const { issue, use, must, database, told } = site()
  const codes = issue(VOUCHERS_AT_ONCE.revoked + 3)
  use(codes[0]!)
  expect(must(revokeVouchers, { batch: 1 })).toEqual({ revoked: VOUCHERS_AT_ONCE.revoked + 2, more: false })
  expect(must(revokeVouchers, { batch: 1 })).toEqual({ revoked: 0, more: false })
  expect(must(showVoucher, { code: codes[0]! }).state).toBe('used')
  expect(must(showVoucher, { code: codes[1]! }).state).toBe('revoked')
  const active = database.orm
    .select()
    .from(grants.site)
    .all()
    .filter(({ status }) => status === 'active')
  expect(active).toHaveLength(1)
  expect(told.filter(({ name }) => name === 'access.changed')).toHaveLength(VOUCHERS_AT_ONCE.revoked + 2)
})

test('vouchers are given and sold by the numbers on the paper; sold and revoked ones stay what they are', () => {
  const { issue, must, query } = site()
  const codes = issue(6)
  must(revokeVouchers, { code: codes[5]! })
  expect(must(handVouchers, { batch: 1, from: 1, to: 6, state: 'given', holder: 'Njeri' })).toMatchObject({ moved: 5 })
  expect(must(handVouchers, { batch: 1, from: 2, to: 3, state: 'sold', holder: 'Njeri' })).toMatchObject({ moved: 2 })
  expect(must(handVouchers, { batch: 1, from: 1, to: 6, state: 'given', holder: 'Otieno' })).toMatchObject({ moved: 3 })
  expect(query(listVouchers, { batch: 1 }).map(({ state, holder }) => `${state} ${holder}`)).toEqual([
    'given Otieno',
    'sold Njeri',
    'sold Njeri',
    'given Otieno',
    'given Otieno',
    'revoked null',
  ])
})

test('who revoked a voucher stays on record, and numbers are given in their order', () => {
  const { issue, must, dispatch, clock } = site()
  const [code] = issue(1)
  must(revokeVouchers, { code: code! })
  const before = must(showVoucher, { code: code! })
  clock.advance(1000)
  expect(must(revokeVouchers, { code: code! }).revoked).toBe(0)
  expect(must(showVoucher, { code: code! })).toEqual(before)
  const backwards = { batch: 1, from: 3, to: 2, state: 'sold', holder: 'Njeri' } as const
  expect(dispatch(handVouchers, backwards)).toMatchObject({ ok: false, error: { type: 'InputInvalid' } })
})

test.each([
  [{ plan: 'None', count: 1 }, 'PlanUnknown'],
  [{ plan: 'Day', count: 0 }, 'InputInvalid'],
  [{ plan: 'Day', count: 100_001 }, 'InputInvalid'],
  [{ plan: 'Day', count: 1, prefix: 'TOO-LONG!' }, 'InputInvalid'],
  [{ plan: 'Day', count: 1, length: 5 }, 'InputInvalid'],
  [{ plan: 'Day', count: 1000, length: 6, numeric: true }, 'CodesGuessable'],
])('a batch that cannot be sold is refused and leaves nothing behind: %j', (input, type) => {
  const { dispatch, query } = site()
  const refused = dispatch(openBatch, input)
  expect(!refused.ok && refused.error.type).toBe(type)
  expect(query(listBatches, {})).toEqual([])
})

test('vouchers of a plan for a fixed time begin and end together', () => {
  const { must, dispatch, issue, grantOf, use, clock } = site()
  must(addPlan, { name: 'Event', kind: 'hotspot', policy: { clock: 'fixed' } })
  const times = { beginsAt: clock.now() + 1000, endsAt: clock.now() + 7200_000 }
  expect(dispatch(openBatch, { plan: 'Event', count: 1 })).toMatchObject({ error: { type: 'SaleTimesUnfit' } })
  expect(dispatch(openBatch, { plan: 'Day', count: 1, ...times })).toMatchObject({ error: { type: 'SaleTimesUnfit' } })
  const [code] = issue(1, { plan: 'Event', ...times })
  const dated = { beginsAt: times.beginsAt, expiresAt: times.endsAt, validitySec: null }
  expect(grantOf(code!)).toMatchObject({ ...dated, firstUsedAt: null })
  clock.advance(2000)
  use(code!)
  expect(grantOf(code!)).toMatchObject({ ...dated, firstUsedAt: clock.now() })
})

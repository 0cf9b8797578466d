import fc from 'fast-check'
import { memorySite } from '@lango/kernel/testing'
import { expect, test } from 'vitest'
import { access, CODE_PURPOSE, codeLogin, firstUse } from '../access/index.ts'
import { ledger } from '../ledger/index.ts'
import { people } from '../people/index.ts'
import { addPlan, listPlans, plans } from '../plans/index.ts'
import { settings } from '../settings/index.ts'
import {
  borrowVouchers,
  distrustBox,
  extendVoucher,
  giveBack,
  handVouchers,
  lendVouchers,
  LOAN_GRACE_MS,
  listLoans,
  makeVouchers,
  openBatch,
  revealVoucher,
  revealVouchers,
  revokeVoucher,
  revokeVouchers,
  showBoxKey,
  takeBack,
  trustBox,
  vouchers,
  writeLoanFile,
  writeOffLoan,
} from './index.ts'
import { voucherAt } from './overview.ts'
import { voucherBatches, voucherLoans, vouchers as vouchersTable } from './tables.ts'

const DAY_SEC = 86_400
const DAY_MS = DAY_SEC * 1000
const LOAN_SEC = 30 * DAY_SEC

type Found = {
  readonly id: string
  readonly serviceId: string
  readonly status: string
  readonly firstUsedAt: number | null
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly state: string
}

const box = (seed: number, name: string) => {
  const site = memorySite([settings, people, access, plans, ledger, vouchers], { seed })
  const { must, dispatch, database, vault, clock, query } = site
  const key = () => must(showBoxKey, {})
  const trust = (other: { key: typeof key }, as: string) => must(trustBox, { file: other.key().file, name: as })
  const byLogin = database.raw.prepare<[string], Found>(
    `SELECT g.id, g.service_id serviceId, g.status, g.first_used_at firstUsedAt, g.expires_at expiresAt,
       g.validity_sec validitySec, v.state
     FROM grants g JOIN vouchers v ON v.id = g.service_id WHERE g.login = ?`,
  )
  const grantOf = (code: string) => byLogin.get(codeLogin(vault.keyedHash(code, CODE_PURPOSE)))
  const use = (code: string) => {
    const grant = grantOf(code)
    return grant && dispatch(firstUse, { grantId: grant.id, device: 'AA:BB:CC:00:00:01', bind: false, deviceLimit: 1 })
  }
  /** Good for a first login. */
  const isGoodNow = ({ status, firstUsedAt, expiresAt }: Found): boolean =>
    status === 'active' && firstUsedAt === null && (expiresAt === null || expiresAt > clock.now())
  const isGood = (code: string): boolean => {
    const grant = grantOf(code)
    return grant !== undefined && isGoodNow(grant)
  }
  const loginOf = new Map<string, string>()
  const everyGrant = database.raw.prepare<[], Found & { login: string }>(
    `SELECT g.login, g.status, g.first_used_at firstUsedAt, g.expires_at expiresAt, v.state
     FROM grants g JOIN vouchers v ON v.id = g.service_id`,
  )
  /** How it stands here with each of these codes. */
  const standing = (codes: readonly string[]) => {
    const byLogin = new Map(everyGrant.all().map((one) => [one.login, one]))
    return codes.map((code) => {
      const login = loginOf.get(code) ?? codeLogin(vault.keyedHash(code, CODE_PURPOSE))
      loginOf.set(code, login)
      const one = byLogin.get(login)
      return {
        state: one?.state,
        isGood: one !== undefined && isGoodNow(one),
        isUsed: (one?.firstUsedAt ?? null) !== null,
      }
    })
  }
  const isUsed = (code: string): boolean => (grantOf(code)?.firstUsedAt ?? null) !== null
  const stateOf = (code: string) => grantOf(code)?.state
  const idOf = (serial: number, batch = 1) => query(voucherAt, { batch, serial })!
  return { ...site, name, key, trust, grantOf, use, isGood, isUsed, stateOf, standing, idOf }
}
type Box = ReturnType<typeof box>

/** A home with ten vouchers, and a box beside it; each trusts the other. */
const twoBoxes = (count = 10) => {
  const [home, other] = [box(1, 'home'), box(2, 'other')]
  home.trust(other, 'Other')
  other.trust(home, 'Home')
  const policy = { downKbps: 5000, upKbps: 1000 }
  home.must(addPlan, { name: 'Day', kind: 'hotspot', policy, validitySec: DAY_SEC, priceMinor: 5000 })
  home.must(openBatch, { plan: 'Day', count })
  const { codes } = home.must(makeVouchers, { batch: 1 })
  const lend = (from: number, to: number, more: object = {}) =>
    home.dispatch(lendVouchers, { batch: 1, from, to, box: 'Other', forSec: LOAN_SEC, ...more })
  const lent = (from: number, to: number): { loan: string; file: string } => {
    const done = lend(from, to)
    if (!done.ok) throw new Error(done.error.type)
    const { loan } = done.value
    return { loan, file: home.must(writeLoanFile, { loan }).file }
  }
  const pass = (ms: number): void => {
    home.clock.advance(ms)
    other.clock.advance(ms)
  }
  return { home, other, codes, lend, lent, pass }
}

const errorOf = (done: { ok: boolean; error?: { type: string } }) => (done.ok ? undefined : done.error!.type)

test('a lent voucher is good at the other box alone, and is nobody’s here: not sold, revoked, shown or lent again', () => {
  const { home, other, codes, lend, lent } = twoBoxes()
  const { file } = lent(2, 4)
  expect(codes.map((code) => home.isGood(code))).toEqual([true, false, false, false, ...Array<boolean>(6).fill(true)])
  expect(errorOf(home.use(codes[1]!)!)).toBe('GrantNotActive')
  expect(other.must(borrowVouchers, { file })).toMatchObject({ batch: 1, vouchers: 3, left: 0 })
  expect(codes.map((code) => other.isGood(code))).toEqual([false, true, true, true, ...Array<boolean>(6).fill(false)])
  expect(other.use(codes[1]!)).toMatchObject({ ok: true })
  const before = home.database.orm.select().from(vouchersTable.site).all()
  expect(home.must(handVouchers, { batch: 1, from: 2, to: 4, state: 'sold', holder: 'Kiosk' })).toMatchObject({
    moved: 0,
  })
  expect(errorOf(home.dispatch(revokeVouchers, { code: codes[1]! as never }))).toBe('VoucherAway')
  for (const command of [revokeVoucher, revealVoucher, extendVoucher] as const)
    expect(errorOf(home.dispatch(command as typeof extendVoucher, { id: home.idOf(3), sec: 60 }))).toBe('VoucherAway')
  expect(home.must(revealVouchers, { batch: 1, afterSerial: 0 }).vouchers.map(({ serial }) => serial)).not.toContain(3)
  expect(errorOf(lend(2, 4))).toBe('NothingToLend')
  expect(home.database.orm.select().from(vouchersTable.site).all()).toEqual(before)
  expect(home.must(revokeVouchers, { batch: 1 })).toMatchObject({ revoked: 7 })
  expect(other.isGood(codes[2]!)).toBe(true)
})

test('the loan is sold on its terms: plan, price and end come along, and a plan of the same name stays as it is', () => {
  const { other, codes, lent, home } = twoBoxes()
  other.must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: DAY_SEC, priceMinor: 9900 })
  other.must(borrowVouchers, { file: lent(1, 1).file })
  other.must(borrowVouchers, { file: lent(2, 2).file })
  expect(other.query(listPlans, {}).map(({ name, priceMinor, status }) => [name, priceMinor, status])).toEqual([
    ['Day', 9900, 'active'],
    ['Day (Home)', 5000, 'withdrawn'],
  ])
  expect(other.grantOf(codes[0]!)).toMatchObject({
    validitySec: DAY_SEC,
    expiresAt: home.clock.now() + LOAN_SEC * 1000,
  })
  expect(errorOf(other.dispatch(makeVouchers, { batch: 1 }))).toBe('BatchBorrowed')
  expect(errorOf(other.dispatch(extendVoucher, { id: other.idOf(1), sec: 3600 }))).toBe('VoucherBorrowed')
})

test('a loan is taken in once, whole, by the box that it is for, from a box that is trusted', () => {
  const { home, other, lent, pass } = twoBoxes(50)
  const third = box(3, 'third')
  const { file } = lent(1, 50)
  const counts = () => [other.count(vouchersTable), other.count(voucherBatches), other.count(voucherLoans)]
  expect(errorOf(third.dispatch(borrowVouchers, { file }))).toBe('LoanForAnother')
  const told = JSON.parse(file) as Record<string, unknown>
  const sealed = told['sealed'] as string
  for (const change of [
    { sealed: `${sealed.slice(0, 200)}${sealed[200] === 'A' ? 'B' : 'A'}${sealed.slice(201)}` },
    { endsAt: (told['endsAt'] as number) + 1 },
    { vouchers: 49 },
    { loan: 'vln_other' },
    { sealed: '' },
  ])
    expect(errorOf(other.dispatch(borrowVouchers, { file: JSON.stringify({ ...told, ...change }) }))).toBe(
      'LoanFileUnreadable',
    )
  expect(errorOf(other.dispatch(borrowVouchers, { file: 'x' }))).toBe('LoanFileUnreadable')
  other.must(distrustBox, { box: 'Home' })
  expect(errorOf(other.dispatch(borrowVouchers, { file }))).toBe('BoxUntrusted')
  expect(counts()).toEqual([0, 0, 0])
  other.trust(home, 'Home')
  other.must(borrowVouchers, { file })
  const again = home.must(writeLoanFile, { loan: told['loan'] as string }).file
  expect(again).not.toBe(file)
  for (const each of [file, again]) expect(other.must(borrowVouchers, { file: each })).toMatchObject({ left: 0 })
  expect(counts()).toEqual([50, 1, 1])
  const late = twoBoxes()
  const { file: lateFile } = late.lent(1, 1)
  late.pass(LOAN_SEC * 1000)
  expect(errorOf(late.other.dispatch(borrowVouchers, { file: lateFile }))).toBe('LoanOver')
  pass(LOAN_SEC * 1000)
  expect(other.must(borrowVouchers, { file })).toMatchObject({ left: 0 })
})

test('whoever is trusted lends in their own name alone', () => {
  const { home, other, lent } = twoBoxes()
  const { file } = lent(1, 1)
  const third = box(3, 'third')
  other.must(trustBox, { file: third.key().file, name: 'Third' })
  const forged = { ...(JSON.parse(file) as object), from: third.key().fingerprint }
  expect(errorOf(other.dispatch(borrowVouchers, { file: JSON.stringify(forged) }))).toBe('LoanFileUnreadable')
  expect(
    errorOf(other.dispatch(trustBox, { file: third.key().file.replace('"name": ""', '"name": "Home office"') })),
  ).toBe('KeyFileUnfit')
  expect(errorOf(other.dispatch(trustBox, { file: other.key().file }))).toBe('BoxIsThis')
  expect(errorOf(other.dispatch(trustBox, { file: third.key().file, name: 'Home' }))).toBe('BoxNameTaken')
  expect(home.count(voucherLoans)).toBe(1)
})

test('what comes back unused is good at home again; what was used, sold or revoked there is not', () => {
  const { home, other, codes, lent } = twoBoxes()
  const { loan, file } = lent(1, 6)
  other.must(borrowVouchers, { file })
  other.use(codes[0]!)
  other.must(handVouchers, { batch: 1, from: 2, to: 2, state: 'sold', holder: 'Kiosk' })
  other.must(handVouchers, { batch: 1, from: 3, to: 3, state: 'given', holder: 'Kiosk' })
  other.must(revokeVoucher, { id: other.idOf(4) })
  const back = other.must(giveBack, { loan })
  expect(back).toMatchObject({ returned: 3, kept: 3 })
  expect(codes.slice(0, 6).map((code) => other.isGood(code))).toEqual([false, true, false, false, false, false])
  expect(errorOf(other.dispatch(borrowVouchers, { file }))).toBe('LoanClosed')
  expect(home.must(takeBack, { file: back.file })).toEqual({ loan, returned: 3, kept: 3, twice: 0 })
  expect(codes.slice(0, 6).map((code) => home.isGood(code))).toEqual([false, false, true, false, true, true])
  expect([home.isUsed(codes[0]!), home.stateOf(codes[1]!), home.stateOf(codes[3]!)]).toEqual([true, 'away', 'revoked'])
  // Sold at home meanwhile: an old file takes nothing back a second time, and a later one tells of a use since.
  home.must(handVouchers, { batch: 1, from: 3, to: 3, state: 'sold', holder: 'Shop' })
  other.use(codes[1]!)
  const later = other.must(giveBack, { loan }).file
  for (const each of [later, back.file]) expect(home.must(takeBack, { file: each })).toMatchObject({ twice: 0 })
  expect([home.stateOf(codes[2]!), home.isUsed(codes[1]!)]).toEqual(['sold', true])
  expect(errorOf(home.dispatch(writeLoanFile, { loan }))).toBe('LoanClosed')
  const altered = later.replace('\\"kept\\":[', '\\"kept\\":[ ')
  expect(errorOf(home.dispatch(takeBack, { file: altered }))).toBe('LoanFileUnreadable')
  expect(errorOf(other.dispatch(takeBack, { file: later }))).toBe('LoanForAnother')
})

test('what nobody gives back is written off a week after its end, not before; what was used at both is told', () => {
  const { home, other, codes, lent, pass } = twoBoxes()
  const { loan, file } = lent(1, 3)
  other.must(borrowVouchers, { file })
  other.use(codes[0]!)
  other.use(codes[1]!)
  pass(LOAN_SEC * 1000 + LOAN_GRACE_MS - 1)
  expect(errorOf(home.dispatch(writeOffLoan, { loan }))).toBe('LoanRunning')
  expect(codes.slice(0, 3).some((code) => other.isGood(code) || home.isGood(code))).toBe(false)
  pass(1)
  expect(home.must(writeOffLoan, { loan })).toEqual({ loan, returned: 3 })
  expect(home.must(writeOffLoan, { loan })).toEqual({ loan, returned: 3 })
  expect(codes.slice(0, 3).map((code) => home.isGood(code))).toEqual([true, true, true])
  home.use(codes[0]!)
  const back = other.must(giveBack, { loan })
  for (let times = 0; times < 2; times++)
    expect(home.must(takeBack, { file: back.file })).toEqual({ loan, returned: 1, kept: 2, twice: 1 })
  expect(codes.slice(0, 3).map((code) => home.isGood(code))).toEqual([false, false, true])
  expect(home.query(listLoans, {})).toMatchObject([{ state: 'written-off', kept: 2, twice: 1 }])
})

test.each([
  ['of a plan without a time of its own', { name: 'Data', kind: 'hotspot' as const, policy: {}, quotaOctets: 1e9 }],
])('vouchers %s are not lent', (_, plan) => {
  const { home } = twoBoxes()
  home.must(addPlan, plan)
  home.must(openBatch, { plan: plan.name, count: 1 })
  home.must(makeVouchers, { batch: 2 })
  const asked = { batch: 2, from: 1, to: 1, box: 'Other', forSec: LOAN_SEC }
  expect(errorOf(home.dispatch(lendVouchers, asked))).toBe('BatchUnlendable')
  expect(errorOf(home.dispatch(lendVouchers, { ...asked, box: 'Nobody' }))).toBe('BoxUnknown')
  expect(errorOf(home.dispatch(lendVouchers, { ...asked, to: 500 }))).toBe('InputInvalid')
  expect(home.count(voucherLoans)).toBe(0)
})

/** What may happen in any order, with files that are lost, late or shown twice. */
const step = fc.oneof(
  fc.record({ do: fc.constant('lend' as const), from: fc.nat(3), size: fc.nat(2) }),
  fc.record({
    do: fc.constantFrom('borrow', 'borrow', 'giveBack', 'takeBack', 'takeBack', 'again', 'writeOff' as const),
    which: fc.nat(20),
  }),
  fc.record({ do: fc.constantFrom('use', 'sell', 'revoke' as const), at: fc.boolean(), which: fc.nat(3) }),
  fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 8, 20, 40) }),
)

const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(from.length, 1)]

test('whatever happens in whatever order, no voucher is good at two boxes, and none is lost', () => {
  const done = { borrow: 0, giveBack: 0, takeBack: 0, writeOff: 0 }
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const { home, other, codes, lend, pass } = twoBoxes(4)
      const [files, backs, loans]: [string[], string[], string[]] = [[], [], []]
      const writtenOff = new Set<number>()
      const serialsOf = (loan: string) =>
        home.database.orm
          .select()
          .from(vouchersTable.site)
          .all()
          .filter(({ loanId }) => loanId === loan)
          .map(({ serial }) => serial)
      const file = (loan: string): void => {
        const made = home.dispatch(writeLoanFile, { loan })
        if (made.ok) files.push(made.value.file)
      }
      const handed = (of: Box, which: number): number =>
        of.database.orm
          .select()
          .from(vouchersTable.site)
          .all()
          .find(({ serial }) => serial === which + 1)?.serial ?? 0
      for (const each of steps) {
        switch (each.do) {
          case 'lend': {
            const lent = lend(each.from + 1, each.from + 1 + each.size)
            if (!lent.ok) break
            loans.push(lent.value.loan)
            file(lent.value.loan)
            break
          }
          case 'again': {
            const loan = pick(loans, each.which)
            if (loan !== undefined) file(loan)
            break
          }
          case 'borrow': {
            const told = pick(files, each.which)
            if (told !== undefined && other.dispatch(borrowVouchers, { file: told }).ok) done.borrow += 1
            break
          }
          case 'giveBack': {
            const back = other.dispatch(giveBack, { loan: pick(loans, each.which) ?? 'none' })
            if (!back.ok) break
            backs.push(back.value.file)
            done.giveBack += 1
            break
          }
          case 'takeBack': {
            const told = pick(backs, each.which)
            if (told === undefined) break
            home.must(takeBack, { file: told })
            done.takeBack += 1
            break
          }
          case 'writeOff': {
            const loan = pick(loans, each.which) ?? 'none'
            const serials = serialsOf(loan)
            if (!home.dispatch(writeOffLoan, { loan }).ok) break
            for (const serial of serials) writtenOff.add(serial)
            done.writeOff += 1
            break
          }
          case 'use':
            if ((each.at ? home : other).isGood(codes[each.which]!)) (each.at ? home : other).use(codes[each.which]!)
            break
          case 'sell': {
            const of = each.at ? home : other
            const serial = handed(of, each.which)
            for (const batch of of.query(listLoans, {}).filter(({ side }) => side === 'borrowed'))
              of.dispatch(handVouchers, {
                batch: batch.batch,
                from: serial || 1,
                to: serial || 1,
                state: 'sold',
                holder: 'x',
              })
            if (each.at && serial > 0)
              of.dispatch(handVouchers, { batch: 1, from: serial, to: serial, state: 'sold', holder: 'x' })
            break
          }
          case 'revoke': {
            const grant = (each.at ? home : other).grantOf(codes[each.which]!)
            if (grant) (each.at ? home : other).dispatch(revokeVoucher, { id: grant.serviceId })
            break
          }
          case 'wait':
            pass(each.days * DAY_MS)
        }
        const [here, there] = [home.standing(codes), other.standing(codes)]
        for (const [at] of codes.entries()) {
          const [ours, theirs] = [here[at]!, there[at]!]
          const what = `voucher ${at + 1} after ${JSON.stringify(each)}`
          expect(ours.isGood && theirs.isGood, what).toBe(false)
          if (writtenOff.has(at + 1)) continue
          const isUsedHere = ours.isUsed && ours.state !== 'away' && ours.state !== 'revoked'
          const isTwice = theirs.isUsed ? isUsedHere || ours.isGood : ours.isUsed && theirs.isGood
          expect(isTwice, what).toBe(false)
        }
      }
      // Every file arrives in the end, and every loan is given back: what nobody used, sold or revoked is good at home.
      for (const loan of loans) {
        const back = other.dispatch(giveBack, { loan })
        if (back.ok) home.must(takeBack, { file: back.value.file })
      }
      pass(LOAN_SEC * 1000 + LOAN_GRACE_MS)
      for (const loan of loans) home.dispatch(writeOffLoan, { loan })
      const [here, there] = [home.standing(codes), other.standing(codes)]
      for (const [at, ours] of here.entries()) {
        const isGone = [ours, there[at]!].some(({ isUsed, state }) => isUsed || state === 'sold' || state === 'revoked')
        expect(isGone || ours.isGood, `voucher ${at + 1} in the end`).toBe(true)
      }
    }),
    // A seed of its own, so that what is counted below is the same each time.
    { numRuns: 15, seed: 4 },
  )
  // Each of it has happened, and often.
  expect(Math.min(...Object.values(done))).toBeGreaterThan(0)
})

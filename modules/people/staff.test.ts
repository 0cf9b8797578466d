import { expect, test } from 'vitest'
import { totpCode, totpStep, type Fault, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import {
  beginTotp,
  changeStaff,
  confirmTotp,
  createPeopleGuard,
  createToken,
  enterByDoor,
  firstOwner,
  inviteStaff,
  listStaff,
  passwordFault,
  people,
  removeRole,
  renewRecovery,
  resetStaff,
  routerLogin,
  searchAudit,
  setOwnPassword,
  setRole,
  signedIn,
  signOutOwn,
  signOutStaff,
} from './index.ts'

const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`
const browser = { address: '10.0.0.9', agent: 'Firefox' }

const site = () => {
  const made = memorySite([people], { may: (actor, permission) => mayOf(actor, permission) })
  const guard = createPeopleGuard(made.database.raw, made.vault, made.clock.now)
  const mayOf = (actor: Actor, permission: string) => actor.kind === 'system' || guard.may(actor, permission)
  const owner = made.must(firstOwner, { login: 'wanjiru', name: 'Wanjiru', passwordHash })
  const as = (id: string) => ({ actor: { kind: 'staff', id } as const })
  const join = (login: string, role: string) => {
    const invited = made.must(inviteStaff, { login, name: login, role })
    made.must(enterByDoor, { code: invited.code, passwordHash })
    return invited.id
  }
  const signIn = (id: string) => made.must(signedIn, { id, ...browser })
  return { ...made, guard, owner, as, join, signIn }
}
const faultOf = (result: Result<unknown, Fault>) => (result.ok ? 'ok' : result.error.type)

test('the first owner is the first of anybody, once', () => {
  const { dispatch, query, owner, guard } = site()
  expect(query(listStaff, {})).toMatchObject([{ login: 'wanjiru', role: 'owner', status: 'active' }])
  expect(guard.may({ kind: 'staff', id: owner.id }, 'people.write')).toBe(true)
  expect(faultOf(dispatch(firstOwner, { login: 'thief', name: 'T', passwordHash }))).toBe('OwnerExists')
})

test('an invitation opens once, for three days, and only for whoever is still wanted', () => {
  const { must, dispatch, clock } = site()
  const { code } = must(inviteStaff, { login: 'Juma ', name: 'Juma', role: 'cashier' })
  expect(faultOf(dispatch(enterByDoor, { code: `${code}x`, passwordHash }))).toBe('DoorShut')
  expect(must(enterByDoor, { code, passwordHash })).toMatchObject({ login: 'juma' })
  expect(faultOf(dispatch(enterByDoor, { code, passwordHash }))).toBe('DoorShut')
  const late = must(inviteStaff, { login: 'late', name: 'L', role: 'viewer' })
  clock.advance(3 * 86_400_000)
  expect(faultOf(dispatch(enterByDoor, { code: late.code, passwordHash }))).toBe('DoorShut')
  const unwanted = must(inviteStaff, { login: 'unwanted', name: 'U', role: 'viewer' })
  must(changeStaff, { id: unwanted.id, status: 'disabled' })
  must(changeStaff, { id: unwanted.id, status: 'active' })
  expect(faultOf(dispatch(enterByDoor, { code: unwanted.code, passwordHash }))).toBe('DoorShut')
  expect(faultOf(dispatch(inviteStaff, { login: 'JUMA', name: 'J', role: 'viewer' }))).toBe('StaffLoginTaken')
})

test('a session ends with its time, its person, its sign-out and a reset', () => {
  const { must, guard, clock, join, signIn, as, dispatch } = site()
  const id = join('juma', 'technician')
  const holds = (session: { secret: string }) => guard.sessionOf(session.secret)?.login
  const first = signIn(id)
  const second = signIn(id)
  expect([holds(first), holds(second)]).toEqual(['juma', 'juma'])
  expect(dispatch(signOutOwn, { sessionId: first.sessionId }, as(join('other', 'viewer')))).toMatchObject({
    ok: true,
    value: { ended: 0 },
  })
  expect(dispatch(signOutOwn, { but: second.sessionId }, as(id))).toMatchObject({ ok: true, value: { ended: 1 } })
  expect([holds(first), holds(second)]).toEqual([undefined, 'juma'])
  dispatch(setOwnPassword, { passwordHash, sessionId: second.sessionId }, as(id))
  expect(holds(second)).toBe('juma')
  must(resetStaff, { id })
  expect(holds(second)).toBeUndefined()
  const third = signIn(id)
  must(signOutStaff, { id })
  expect(holds(third)).toBeUndefined()
  const fourth = signIn(id)
  clock.advance(7 * 86_400_000)
  expect(holds(fourth)).toBeUndefined()
  const fifth = signIn(id)
  must(changeStaff, { id, status: 'disabled' })
  expect([holds(fifth), guard.may({ kind: 'staff', id }, 'plans.read')]).toEqual([undefined, false])
  for (const wrong of ['', 'x', '__proto__']) expect(guard.sessionOf(wrong)).toBeUndefined()
})

test('rights change at once, and the last owner stays', () => {
  const { must, dispatch, guard, owner, join } = site()
  const id = join('juma', 'technician')
  const may = (permission: string) => guard.may({ kind: 'staff', id }, permission)
  expect([may('routers.write'), may('people.write')]).toEqual([true, false])
  must(changeStaff, { id, role: 'viewer' })
  expect(may('routers.write')).toBe(false)
  expect(faultOf(dispatch(changeStaff, { id: owner.id, role: 'viewer' }))).toBe('LastOwner')
  expect(faultOf(dispatch(changeStaff, { id: owner.id, status: 'disabled' }))).toBe('LastOwner')
  must(changeStaff, { id, role: 'owner' })
  must(changeStaff, { id: owner.id, role: 'viewer' })
})

test('nobody gives what they do not have', () => {
  const { must, dispatch, join, as, owner } = site()
  const hr = must(setRole, { name: 'Front office', permissions: ['people.write', 'people.read', 'plans.read'] })
  const id = join('hr', hr.id)
  const strong = [
    dispatch(inviteStaff, { login: 'xx', name: 'X', role: 'owner' }, as(id)),
    dispatch(createToken, { role: 'technician', name: 'x' }, as(id)),
    dispatch(setRole, { name: 'more', permissions: ['routers.write'] }, as(id)),
    dispatch(setRole, { id: hr.id, name: 'Front office', permissions: ['people.write', 'audit.read'] }, as(id)),
    dispatch(changeStaff, { id, role: 'owner' }, as(id)),
    dispatch(changeStaff, { id: owner.id, status: 'disabled' }, as(id)),
    dispatch(resetStaff, { id: owner.id }, as(id)),
  ].map((each) => faultOf(each))
  expect(strong).toEqual(Array.from({ length: 7 }, () => 'RoleTooStrong'))
  const reading = dispatch(setRole, { name: 'Reading', permissions: ['plans.read'] }, as(id))
  expect(reading.ok).toBe(true)
  expect(
    faultOf(dispatch(inviteStaff, { login: 'yy', name: 'Y', role: reading.ok ? reading.value.id : '' }, as(id))),
  ).toBe('ok')
  expect(faultOf(dispatch(inviteStaff, { login: 'zz', name: 'Z', role: 'rol_none' }))).toBe('RoleUnknown')
  expect(faultOf(dispatch(removeRole, { id: hr.id }))).toBe('RoleInUse')
  expect(faultOf(dispatch(setRole, { name: 'Owner', permissions: [] }))).toBe('RoleNameTaken')
})

test('an app is asked for once it has shown a code; a code and a recovery code are good once', () => {
  const { must, dispatch, query, join, as, clock } = site()
  const id = join('juma', 'technician')
  expect(faultOf(dispatch(confirmTotp, { code: '000000' }, as(id)))).toBe('AppNotBegun')
  const begun = dispatch(beginTotp, {}, as(id))
  const key = fromBase32(begun.ok ? begun.value.secret : '')
  const codeNow = () => totpCode(key, Math.floor(clock.now() / 30_000))
  const wrong = codeNow() === '000000' ? '111111' : '000000'
  expect(faultOf(dispatch(confirmTotp, { code: wrong }, as(id)))).toBe('CodeWrong')
  const confirmed = dispatch(confirmTotp, { code: codeNow() }, as(id))
  const codes = confirmed.ok ? confirmed.value.recoveryCodes : []
  expect(new Set(codes).size).toBe(10)
  expect(query(listStaff, {}).find((one) => one.id === id)?.totpSince).toBe(clock.now())
  const step = totpStep(key, codeNow(), clock.now())!
  // The step that confirmed the app is used up.
  expect(faultOf(dispatch(signedIn, { id, totpStep: step, ...browser }))).toBe('CodeUsed')
  must(signedIn, { id, totpStep: step + 1, ...browser })
  must(signedIn, { id, recoveryCode: codes[0]!.toUpperCase().replaceAll('-', ' '), ...browser })
  expect(faultOf(dispatch(signedIn, { id, recoveryCode: codes[0]!, ...browser }))).toBe('CodeUsed')
  dispatch(renewRecovery, {}, as(id))
  expect(faultOf(dispatch(signedIn, { id, recoveryCode: codes[1]!, ...browser }))).toBe('CodeUsed')
  must(resetStaff, { id, forgetApp: true })
  expect(query(listStaff, {}).find((one) => one.id === id)?.totpSince).toBeNull()
})

test.each([
  ['owner', 'full'],
  ['technician', 'full'],
  ['cashier', 'RouterForbidden'],
  ['viewer', 'RouterForbidden'],
])('a router lets a %s in: %s', (role, answer) => {
  const { dispatch, join } = site()
  const entered = dispatch(routerLogin, { id: join('juma', role), router: 'tower', from: '' })
  expect(entered.ok ? entered.value.rights : entered.error.type).toBe(answer)
})

test('a code that opened a router opens nothing after it; whoever may not gets in with none and uses none up', () => {
  const { must, dispatch, join } = site()
  const id = join('juma', 'technician')
  must(routerLogin, { id, router: 'tower', from: '', totpStep: 100 })
  expect(faultOf(dispatch(routerLogin, { id, router: 'tower', from: '', totpStep: 100 }))).toBe('CodeUsed')
  expect(faultOf(dispatch(signedIn, { id, totpStep: 100, ...browser }))).toBe('CodeUsed')
  must(changeStaff, { id, role: 'viewer' })
  expect(faultOf(dispatch(routerLogin, { id, router: 'tower', from: '', totpStep: 101 }))).toBe('RouterForbidden')
  must(signedIn, { id, totpStep: 101, ...browser })
  must(changeStaff, { id, status: 'disabled' })
  expect(faultOf(dispatch(routerLogin, { id, router: 'tower', from: '' }))).toBe('StaffUnknown')
})

test('passwords, codes and sessions stand nowhere in clear, and the log says who did what, from where, to what', () => {
  const { must, dispatch, join, signIn, database, log, owner, as, query } = site()
  const invited = must(inviteStaff, { login: 'amina', name: 'Amina', role: 'viewer' })
  const id = join('juma', 'technician')
  const { secret: sessionSecret } = signIn(id)
  const begun = dispatch(beginTotp, {}, as(id))
  dispatch(changeStaff, { id, role: 'cashier' }, { ...as(owner.id), id: 'cmd-1' })
  const stored = ['staff', 'staff_doors', 'staff_sessions', 'commands', 'audit'].flatMap((name) =>
    database.raw.prepare(`SELECT * FROM ${name}`).all(),
  )
  const everything = JSON.stringify(stored) + log.text()
  for (const hidden of [invited.code, sessionSecret, begun.ok ? begun.value.secret : '', passwordHash])
    expect(everything).not.toContain(hidden)
  const [last] = query(searchAudit, { command: 'staff.change' })
  expect(last).toMatchObject({ actorKind: 'staff', actorId: owner.id, outcome: 'done' })
  expect(JSON.parse(last!.record)).toMatchObject({ before: { role: 'technician' }, after: { role: 'cashier' } })
})

test.each([
  ['short', 'short'],
  ['aaaaaaaaaaaa', 'guessable'],
  ['1234567890', 'guessable'],
  ['password123!', 'guessable'],
  ['my-wanjiru-box', 'guessable'],
  ['x'.repeat(300), 'long'],
  ['nyani haoni kundule', undefined],
])('the password %j is %s', (password, fault) => {
  expect(passwordFault(password, 'wanjiru')).toBe(fault)
})

const fromBase32 = (text: string): Buffer => {
  const bits = text
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)))
}

import { expect, test } from 'vitest'
import type { Fault, Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import {
  addPasskey,
  changeStaff,
  createCredentials,
  createPeopleGuard,
  enterByDoor,
  firstOwner,
  inviteStaff,
  listStaffPasskeys,
  PASSKEYS_MAX,
  people,
  provedByPasskey,
  removeOwnPasskey,
  removeStaffPasskey,
  renamePasskey,
  resetStaff,
  searchAudit,
  setRole,
  signedIn,
} from './index.ts'

const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`
const browser = { address: '10.0.0.9', agent: 'Firefox' }
const offered = {
  name: 'My phone',
  credentialId: 'AAAA',
  publicKey: 'pQEC',
  rpId: 'pop.example.net',
  counter: 0,
  transports: ['internal'],
  backedUp: false,
}

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
  const add = (staffId: string, more: Partial<typeof offered> = {}) => {
    const added = made.dispatch(addPasskey, { ...offered, ...more }, as(staffId))
    return added.ok ? added.value.id : added.error.type
  }
  const enter = (id: string, passkey: string, counter: number) =>
    made.dispatch(signedIn, { id, passkey: { id: passkey, counter, backedUp: true }, ...browser })
  const listed = (staffId: string) => made.query(listStaffPasskeys, { staffId })
  return { ...made, owner, as, join, add, enter, listed, credentials: createCredentials(made.database.raw, made.vault) }
}
const faultOf = (result: Result<unknown, Fault>) => (result.ok ? 'ok' : result.error.type)

test('a passkey is kept once, for one person, and so many of each', () => {
  const { join, add, listed, credentials } = site()
  const [juma, amina] = [join('juma', 'viewer'), join('amina', 'viewer')]
  const id = add(juma)
  expect(add(juma)).toBe('PasskeyKnown')
  expect(add(amina)).toBe('PasskeyKnown')
  expect(credentials.passkey('AAAA')).toMatchObject({ id, staffId: juma, publicKey: 'pQEC', transports: ['internal'] })
  expect(credentials.passkey('AAAB')).toBeUndefined()
  for (let more = 1; more < PASSKEYS_MAX; more++) add(juma, { credentialId: `BBB${more}` })
  expect(add(juma, { credentialId: 'CCCC' })).toBe('PasskeysFull')
  expect(add(amina, { credentialId: 'CCCC' })).toMatch(/^pky_/)
  expect([listed(juma).length, listed(amina).length]).toEqual([PASSKEYS_MAX, 1])
})

test('a passkey opens a session and its use is noted; one whose counter does not rise opens none', () => {
  const { join, add, enter, listed, clock, count } = site()
  const juma = join('juma', 'viewer')
  const id = add(juma)
  // One that does not count.
  for (let i = 0; i < 2; i++) expect(faultOf(enter(juma, id, 0))).toBe('ok')
  expect(listed(juma)).toMatchObject([{ lastUsedAt: clock.now(), backedUp: true }])
  expect(faultOf(enter(juma, id, 7))).toBe('ok')
  const before = count({ name: 'staff_sessions' })
  for (const counter of [7, 6, 0]) expect(faultOf(enter(juma, id, counter))).toBe('PasskeyCopied')
  expect(count({ name: 'staff_sessions' })).toBe(before)
  expect(faultOf(enter(juma, id, 8))).toBe('ok')
})

test('a passkey opens nothing for another, for whoever is disabled, or once it is removed', () => {
  const { must, dispatch, join, add, enter, as } = site()
  const [juma, amina] = [join('juma', 'viewer'), join('amina', 'viewer')]
  const id = add(juma)
  expect(faultOf(enter(amina, id, 0))).toBe('PasskeyUnknown')
  must(changeStaff, { id: juma, status: 'disabled' })
  expect(faultOf(enter(juma, id, 0))).toBe('StaffUnknown')
  const shown = { id: juma, passkey: { id, counter: 0, backedUp: false } }
  expect(faultOf(dispatch(provedByPasskey, shown))).toBe('StaffUnknown')
  must(changeStaff, { id: juma, status: 'active' })
  expect(faultOf(dispatch(provedByPasskey, shown))).toBe('ok')
  expect(faultOf(dispatch(removeOwnPasskey, { id }, as(juma)))).toBe('ok')
  expect(faultOf(enter(juma, id, 0))).toBe('PasskeyUnknown')
  expect(faultOf(dispatch(provedByPasskey, shown))).toBe('PasskeyUnknown')
})

test('nobody renames or removes another’s; whoever looks after people removes those of whom they could let in', () => {
  const { must, dispatch, join, add, as, owner, listed } = site()
  const hr = must(setRole, { name: 'Front office', permissions: ['people.write', 'people.read', 'plans.read'] })
  const reading = must(setRole, { name: 'Reading', permissions: ['plans.read'] })
  const [boss, juma] = [join('boss', hr.id), join('juma', reading.id)]
  const [ofOwner, ofJuma] = [add(owner.id), add(juma, { credentialId: 'BBBB' })]
  expect(faultOf(dispatch(renamePasskey, { id: ofOwner, name: 'X' }, as(juma)))).toBe('PasskeyUnknown')
  expect(faultOf(dispatch(removeOwnPasskey, { id: ofOwner }, as(juma)))).toBe('PasskeyUnknown')
  expect(faultOf(dispatch(removeStaffPasskey, { staffId: owner.id, id: ofOwner }, as(juma)))).toBe('Forbidden')
  expect(faultOf(dispatch(removeStaffPasskey, { staffId: owner.id, id: ofOwner }, as(boss)))).toBe('RoleTooStrong')
  // The id of a stronger one’s, under the name of a weaker.
  expect(faultOf(dispatch(removeStaffPasskey, { staffId: juma, id: ofOwner }, as(boss)))).toBe('PasskeyUnknown')
  expect(listed(owner.id)).toMatchObject([{ name: 'My phone' }])
  expect(faultOf(dispatch(renamePasskey, { id: ofJuma, name: ' Office key ' }, as(juma)))).toBe('ok')
  expect(listed(juma)).toMatchObject([{ name: 'Office key' }])
  expect(faultOf(dispatch(removeStaffPasskey, { staffId: juma, id: ofJuma }, as(boss)))).toBe('ok')
  expect(listed(juma)).toEqual([])
})

test('a lost phone takes the passkeys along, a forgotten password does not', () => {
  const { must, join, add, listed } = site()
  const juma = join('juma', 'viewer')
  add(juma)
  must(resetStaff, { id: juma })
  expect(listed(juma)).toHaveLength(1)
  must(resetStaff, { id: juma, forgetApp: true })
  expect(listed(juma)).toEqual([])
})

test('the audit log says which passkey came, was used and went, and by whom', () => {
  const { dispatch, join, add, enter, as, query } = site()
  const juma = join('juma', 'viewer')
  const id = add(juma)
  enter(juma, id, 3)
  enter(juma, id, 2)
  dispatch(removeOwnPasskey, { id }, as(juma))
  const told = (command: string) => query(searchAudit, { command }).map(({ actorId, outcome }) => [actorId, outcome])
  expect(told('me.addPasskey')).toEqual([[juma, 'done']])
  expect(told('staff.signedIn').map(([, outcome]) => outcome)).toEqual(['refused', 'done'])
  expect(told('me.removePasskey')).toEqual([[juma, 'done']])
  expect(query(searchAudit, { command: 'staff.signedIn' })[0]!.record).toContain(id)
  expect(query(searchAudit, { command: 'me.removePasskey' })[0]!.record).toContain('My phone')
})

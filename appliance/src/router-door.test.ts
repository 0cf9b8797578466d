import { expect, test } from 'vitest'
import { createPasswords, secret, systemRandom, totpCode } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import {
  beginTotp,
  changeStaff,
  confirmTotp,
  createCredentials,
  enterByDoor,
  inviteStaff,
  people,
  searchAudit,
  setRole,
} from '@lango/modules/people'
import { createRouterDoor } from './router-door.ts'
import { createSignInGuard } from './web/index.ts'

const PASSWORD = 'maji ya mto mkubwa'
const passwords = createPasswords(systemRandom())
const hashed = await passwords.hash(secret(PASSWORD))

const door = () => {
  const site = memorySite([people])
  const signIns = createSignInGuard(site.clock)
  const credentials = createCredentials(site.database.raw, site.vault)
  const checked: string[] = []
  const counting = {
    ...passwords,
    matches: (...[typed, stored]: Parameters<typeof passwords.matches>) => {
      checked.push(typed.reveal())
      return passwords.matches(typed, stored)
    },
  }
  const routerDoor = createRouterDoor({ site, credentials, signIns, passwords: counting, log: site.log })
  const enter = (login: string, password = PASSWORD, from = '10.0.0.5') =>
    routerDoor({ kind: 'admin-login', login, password, routerName: 'tower', from })
  const join = (login: string, role: string): string => {
    const { id, code } = site.must(inviteStaff, { login, name: login, role })
    if (!hashed.ok) throw new Error('no hash')
    site.must(enterByDoor, { code, passwordHash: hashed.value })
    return id
  }
  const as = (id: string) => ({ actor: { kind: 'staff', id } as const })
  return { ...site, enter, join, as, signIns, checked }
}

const refused = (reason: string) => ({ kind: 'refused', reason })

test('the role says what somebody may do on a router, and the log who was where', async () => {
  const { enter, join, must, query } = door()
  const id = join('wanjiru', 'technician')
  join('kamau', must(setRole, { name: 'NOC', permissions: ['routers.look'] }).id)
  join('viewer', 'viewer')
  expect(await enter('wanjiru')).toEqual({ kind: 'admitted', rights: 'full' })
  const [row] = query(searchAudit, { limit: 1 })
  expect(row).toMatchObject({ command: 'staff.routerLogin', outcome: 'done', origin: '10.0.0.5' })
  expect(JSON.parse(row!.record)).toMatchObject({
    input: { id, router: 'tower', from: '10.0.0.5' },
    after: { login: 'wanjiru', router: 'tower', rights: 'full' },
  })
  expect(await enter('kamau')).toEqual({ kind: 'admitted', rights: 'read' })
  expect(await enter('viewer')).toEqual(refused('admin-forbidden'))
  expect(query(searchAudit, { limit: 1 })[0]).toMatchObject({ command: 'staff.routerLogin', outcome: 'refused' })
})

test('a wrong password, a stranger and a disabled person are refused and kept as at the desk', async () => {
  const { enter, join, must, query, log } = door()
  const id = join('wanjiru', 'technician')
  expect(await enter('wanjiru', 'nonsense-of-mine')).toEqual(refused('admin-wrong-password'))
  expect(await enter('root')).toEqual(refused('admin-unknown'))
  must(changeStaff, { id, status: 'disabled' })
  expect(await enter('wanjiru')).toEqual(refused('admin-disabled'))
  const rows = query(searchAudit, { command: 'staff.refused' })
  expect(rows.map(({ record }) => JSON.parse(record) as unknown)).toMatchObject([
    { login: 'wanjiru', why: 'disabled', agent: 'router tower' },
    { login: 'root', why: 'unknown' },
    { login: 'wanjiru', why: 'wrong-password', address: '10.0.0.5' },
  ])
  expect(JSON.stringify(rows) + log.text()).not.toContain('nonsense-of-mine')
})

test('the app’s code stands right behind the password and is good once', async () => {
  const { enter, join, dispatch, as, clock } = door()
  const id = join('wanjiru', 'technician')
  const begun = dispatch(beginTotp, {}, as(id))
  const key = fromBase32(begun.ok ? begun.value.secret : '')
  const codeNow = () => totpCode(key, Math.floor(clock.now() / 30_000))
  dispatch(confirmTotp, { code: codeNow() }, as(id))
  expect(await enter('wanjiru')).toEqual(refused('admin-wrong-code'))
  expect(await enter('wanjiru', `${PASSWORD}${codeNow()}`)).toEqual(refused('admin-wrong-code'))
  clock.advance(30_000)
  expect(await enter('wanjiru', `wrong${codeNow()}`)).toEqual(refused('admin-wrong-password'))
  expect(await enter('wanjiru', `${PASSWORD}${codeNow()}`)).toEqual({ kind: 'admitted', rights: 'full' })
  expect(await enter('wanjiru', `${PASSWORD}${codeNow()}`)).toEqual(refused('admin-wrong-code'))
})

test('two logins at once with one code: one gets in', async () => {
  const { enter, join, dispatch, as, clock } = door()
  const id = join('wanjiru', 'technician')
  const begun = dispatch(beginTotp, {}, as(id))
  const key = fromBase32(begun.ok ? begun.value.secret : '')
  dispatch(confirmTotp, { code: totpCode(key, Math.floor(clock.now() / 30_000)) }, as(id))
  clock.advance(30_000)
  const typed = `${PASSWORD}${totpCode(key, Math.floor(clock.now() / 30_000))}`
  const both = await Promise.all([enter('wanjiru', typed), enter('wanjiru', typed)])
  expect(both.map(({ kind }) => kind)).toEqual(['admitted', 'refused'])
})

test('failures count at desk and router alike; where somebody has been before they still get in', async () => {
  const { enter, join, signIns, checked } = door()
  join('wanjiru', 'technician')
  expect(await enter('wanjiru', PASSWORD, '10.0.0.7')).toMatchObject({ kind: 'admitted' })
  const guess = { login: 'wanjiru', address: '203.0.113.9', knownBrowser: undefined }
  for (let tries = 0; tries < 20; tries++) signIns.failed(guess)
  checked.length = 0
  expect(await enter('wanjiru', PASSWORD, '10.0.0.5')).toEqual(refused('admin-too-many'))
  expect(checked).toEqual([])
  expect(await enter('wanjiru', PASSWORD, '10.0.0.7')).toMatchObject({ kind: 'admitted' })
  for (let tries = 0; tries < 19; tries++) signIns.failed({ ...guess, login: `bot${tries}`, address: '203.0.113.8' })
  await enter('bot', 'x', '203.0.113.8')
  expect(signIns.mayTry({ login: 'somebody', address: '203.0.113.8', knownBrowser: undefined })).toBe(false)
})

test('a burst leaves the queue of passwords to the desk', async () => {
  const { enter, checked } = door()
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => enter(`bot${n}`)))
  expect(answers.filter((answer) => answer.kind === 'refused' && answer.reason === 'busy')).toHaveLength(7)
  expect(checked).toHaveLength(5)
})

/** RFC 4648 §6. */
const fromBase32 = (text: string): Buffer => {
  const bits = text
    .split('')
    .map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from(bits.match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2)))
}

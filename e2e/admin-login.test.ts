import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { radclient, suite, valueOf, type Attributes } from './peer.ts'

const secret = 'a-secret-of-the-router'
const PASSWORD = 'maji ya mto mkubwa'

suite('radclient', () => {
  const box = newBox()
  const signed = { 'Message-Authenticator': '0x00' }
  const auth = (attributes: Attributes) => radclient(box.ports.auth, 'auth', secret, { ...attributes, ...signed })
  /** As RouterOS asks for whoever opens a terminal. */
  const ssh = (login: string, password: string) =>
    auth({
      'Service-Type': 'Login-User',
      'User-Name': login,
      'User-Password': password,
      'Calling-Station-Id': '10.0.0.5',
      'NAS-Identifier': 'tower',
    })
  const reasonOf = async (login: string) =>
    (await box.json<{ reason: string }[]>('decisions', login, '--limit', '1'))[0]?.reason

  const join = async (login: string, role: string) => {
    const { code } = await box.json<{ code: string }>('staff', 'add', login, '--role', role)
    const address = new URL('/welcome', box.web)
    const answer = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: address.origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ code, password: PASSWORD, again: PASSWORD }).toString(),
    })
    expect(answer.status).toBe(303)
  }

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'mikrotik')
    await box.json('plan', 'add', 'Home-10', '--kind', 'pppoe', '--down-kbps', '10000', '--up-kbps', '2000')
    await box.json('subscriber', 'add', 'amina', '--password', PASSWORD, '--plan', 'Home-10')
    await box.json('role', 'set', 'NOC', '--may', 'routers.look')
    await join('wanjiru', 'technician')
    await join('kamau', 'NOC')
    await join('otieno', 'cashier')
  })
  afterAll(() => box.remove())

  test('a router that was not told lets nobody in', async () => {
    expect((await ssh('wanjiru', PASSWORD)).code).toBe('Access-Reject')
    expect(await reasonOf('wanjiru')).toBe('admin-off')
    await box.json('router', 'set', 'tower', '--admin-logins', 'on')
  })

  test('staff get in by their own login, with the rights of their role', async () => {
    const full = await ssh('wanjiru', PASSWORD)
    expect([full.code, valueOf(full, 'Mikrotik-Group')]).toEqual(['Access-Accept', 'full'])
    const look = await ssh('kamau', PASSWORD)
    expect([look.code, valueOf(look, 'Mikrotik-Group')]).toEqual(['Access-Accept', 'read'])
    expect((await ssh('otieno', PASSWORD)).code).toBe('Access-Reject')
    expect(await Promise.all(['wanjiru', 'kamau', 'otieno'].map(reasonOf))).toEqual([
      'admin-full',
      'admin-read',
      'admin-forbidden',
    ])
  })

  test('a wrong password is refused', async () => {
    expect((await ssh('wanjiru', 'maji ya chumvi')).code).toBe('Access-Reject')
    expect(await reasonOf('wanjiru')).toBe('admin-wrong-password')
  })

  test('a subscriber opens no router, and still gets online; CHAP is refused', async () => {
    expect((await ssh('amina', PASSWORD)).code).toBe('Access-Reject')
    expect(await reasonOf('amina')).toBe('admin-unknown')
    expect((await auth({ 'User-Name': 'amina', 'User-Password': PASSWORD })).code).toBe('Access-Accept')
    const chap = { 'Service-Type': 'NAS-Prompt-User', 'User-Name': 'wanjiru', 'CHAP-Password': PASSWORD }
    expect((await auth(chap)).code).toBe('Access-Reject')
    expect(await reasonOf('wanjiru')).toBe('admin-pap-only')
  })

  test('a disabled person is refused', async () => {
    await box.json('staff', 'set', 'kamau', '--status', 'disabled')
    expect((await ssh('kamau', PASSWORD)).code).toBe('Access-Reject')
    expect(await reasonOf('kamau')).toBe('admin-disabled')
  })

  test('other vendors: IOS by level', async () => {
    await box.json('router', 'set', 'tower', '--vendor', 'cisco')
    const line = { 'Service-Type': 'Login-User', 'NAS-Port-Type': 'Virtual', 'Calling-Station-Id': '10.0.0.5' }
    const reply = await auth({ ...line, 'User-Name': 'wanjiru', 'User-Password': PASSWORD })
    expect([reply.code, valueOf(reply, 'Cisco-AVPair')]).toEqual(['Access-Accept', 'shell:priv-lvl=15'])
    expect(valueOf(reply, 'Service-Type')).toBe('Administrative-User')
  })

  test('no password is in what the box wrote', () => {
    expect(box.output()).not.toContain('maji ya')
  })
})

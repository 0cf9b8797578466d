import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { radclient, suite, valueOf, type Attributes } from './peer.ts'

type StoredSession = {
  state: 'start' | 'interim' | 'stop'
  inputOctets: number
  outputOctets: number
  sessionTimeSec: number
  userName: string
  terminateCause: string | null
}

const secret = 'a-secret-of-the-router'

suite('radclient', () => {
  const box = newBox()
  const unsigned = (attributes: Attributes) => radclient(box.ports.auth, 'auth', secret, attributes)
  const auth = (attributes: Attributes, key = secret) =>
    radclient(box.ports.auth, 'auth', key, { ...attributes, 'Message-Authenticator': '0x00' })
  const acct = (attributes: Attributes) => radclient(box.ports.acct, 'acct', secret, attributes)

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'mikrotik')
    await box.json('plan', 'add', 'Home-10', '--kind', 'pppoe', '--down-kbps', '10000', '--up-kbps', '2000')
    await box.json('subscriber', 'add', 'amina', '--password', 'p@ss wörd', '--plan', 'Home-10')
  })
  afterAll(() => box.remove())

  test('PAP without Message-Authenticator is answered with one, until the router has once signed (BlastRADIUS)', async () => {
    const login = { 'User-Name': 'amina', 'User-Password': 'p@ss wörd' }
    expect((await unsigned(login)).attributes[0]?.[0]).toBe('Message-Authenticator')
    expect((await auth(login)).code).toBe('Access-Accept')
    // Every front knows it a moment later.
    await expect.poll(async () => (await unsigned(login)).code, { timeout: 10_000 }).toBeUndefined()
  })

  test('PAP: the right password is accepted with the plan’s speed, signed first', async () => {
    const reply = await auth({ 'User-Name': 'amina', 'User-Password': 'p@ss wörd' })
    expect(reply.code).toBe('Access-Accept')
    expect(reply.attributes[0]?.[0]).toBe('Message-Authenticator')
    // RouterOS reads upload first (mikrotik.md §6).
    expect(valueOf(reply, 'Mikrotik-Rate-Limit')).toMatch(/^2M\/10M/)
  })

  test('CHAP', async () => {
    const reply = await auth({ 'User-Name': 'amina', 'CHAP-Password': 'p@ss wörd' })
    expect(reply.code).toBe('Access-Accept')
    expect((await auth({ 'User-Name': 'amina', 'CHAP-Password': 'other' })).code).toBe('Access-Reject')
  })

  test('MS-CHAP', async () => {
    await box.json('subscriber', 'add', 'baraka', '--password', 'plain-ascii', '--plan', 'Home-10')
    const reply = await auth({ 'User-Name': 'baraka', 'MS-CHAP-Password': 'plain-ascii' })
    expect(reply.code).toBe('Access-Accept')
    expect((await auth({ 'User-Name': 'baraka', 'MS-CHAP-Password': 'other' })).code).toBe('Access-Reject')
  })

  test('a wrong password is rejected and the decision can be asked for', async () => {
    await box.json('subscriber', 'add', 'chege', '--password', 'right', '--plan', 'Home-10')
    expect((await auth({ 'User-Name': 'chege', 'User-Password': 'wrong' })).code).toBe('Access-Reject')
    const decisions = await box.json<unknown[]>('decisions', 'chege')
    expect(JSON.stringify(decisions)).toMatch(/password/i)
    expect(JSON.stringify(decisions)).not.toContain('wrong"')
  })

  test('an unknown user is rejected', async () => {
    expect((await auth({ 'User-Name': 'nobody', 'User-Password': 'x' })).code).toBe('Access-Reject')
  })

  test('a wrong secret gets no answer when the packet is signed', async () => {
    const login = { 'User-Name': 'amina', 'User-Password': 'p@ss wörd' }
    expect((await auth(login, 'not-the-secret')).code).toBeUndefined()
  })

  test('a router nobody has added gets no answer', async () => {
    const stranger = { 'Packet-Src-IP-Address': '127.0.0.77' }
    const reply = await auth({ 'User-Name': 'amina', 'User-Password': 'p@ss wörd', ...stranger })
    expect(reply.code).toBeUndefined()
  })

  test('a suspended subscriber is refused, a resumed one accepted', async () => {
    const login = { 'User-Name': 'amina', 'User-Password': 'p@ss wörd' }
    await box.json('subscriber', 'suspend', 'amina')
    expect((await auth(login)).code).toBe('Access-Reject')
    await box.json('subscriber', 'resume', 'amina')
    expect((await auth(login)).code).toBe('Access-Accept')
  })

  test('a login bound to an ONT comes from it; a line of a static plan needs nothing else', async () => {
    await box.json('plan', 'add', 'Fibre', '--kind', 'static', '--down-kbps', '20000', '--up-kbps', '20000')
    await box.json('subscriber', 'add', 'faraja', '--password', 'p', '--plan', 'Home-10', '--serial', 'HWTC00000001')
    await box.json('subscriber', 'add', 'house-1', '--plan', 'Fibre', '--serial', 'ZTEGC0FFEE01', '--ip', '10.9.0.7')
    const login = { 'User-Name': 'faraja', 'User-Password': 'p' }
    const line = { 'ADSL-Agent-Circuit-Id': 'olt1 eth 0/1/3' }
    expect((await auth({ ...login, ...line, 'ADSL-Agent-Remote-Id': 'hwtc00000001' })).code).toBe('Access-Accept')
    expect((await auth({ ...login, ...line, 'ADSL-Agent-Remote-Id': 'HWTC00000002' })).code).toBe('Access-Reject')
    // Decisions are on disk a moment after the answer.
    await expect
      .poll(async () => (await box.json<unknown[]>('decisions', 'faraja', '--limit', '1'))[0], { timeout: 10_000 })
      .toMatchObject({ reason: 'other-serial', detail: 'HWTC00000002 OLT1 ETH 0/1/3' })
    // DHCP asks with the address of whatever device is behind the ONT, and an empty password.
    const dhcp = { 'User-Name': 'AA:00:00:00:00:77', 'User-Password': '', 'Calling-Station-Id': '1:aa:0:0:0:0:77' }
    const reply = await auth({ ...dhcp, 'ADSL-Agent-Remote-Id': 'ZTEGC0FFEE01' })
    expect([reply.code, valueOf(reply, 'Framed-IP-Address')]).toEqual(['Access-Accept', '10.9.0.7'])
    expect((await auth({ ...dhcp, 'ADSL-Agent-Remote-Id': 'ZTEG00000000' })).code).toBe('Access-Reject')
  })

  test('accounting: Start, Interim and Stop are one session, a repeated Stop changes nothing', async () => {
    const base = { 'User-Name': 'amina', 'Acct-Session-Id': '8150000a', 'NAS-IP-Address': '127.0.0.1' }
    const show = () => box.json<StoredSession[]>('session', 'show', '8150000a')
    const answered = async (attributes: Attributes) =>
      expect((await acct({ ...base, ...attributes })).code).toBe('Accounting-Response')

    await answered({ 'Acct-Status-Type': 'Start' })
    expect(await show()).toMatchObject([{ state: 'start', userName: 'amina' }])

    const traffic = { 'Acct-Input-Octets': 1000, 'Acct-Output-Octets': 5000, 'Acct-Session-Time': 60 }
    await answered({ 'Acct-Status-Type': 'Interim-Update', ...traffic })
    expect(await show()).toMatchObject([{ state: 'interim', inputOctets: 1000, outputOctets: 5000 }])

    const end = { 'Acct-Output-Octets': 7, 'Acct-Output-Gigawords': 1, 'Acct-Terminate-Cause': 'User-Request' }
    const stop = { 'Acct-Status-Type': 'Stop', ...traffic, ...end, 'Acct-Session-Time': 120 }
    await answered(stop)
    await answered({ ...stop, 'Acct-Delay-Time': 5 })
    const stored = await show()
    expect(stored).toMatchObject([{ state: 'stop', outputOctets: 2 ** 32 + 7, sessionTimeSec: 120 }])
    expect(String(stored[0]?.terminateCause)).toMatch(/^(1|user-request)$/i)
  })

  test('Status-Server is answered on both ports', async () => {
    const signed = { 'Message-Authenticator': '0x00' }
    expect((await radclient(box.ports.auth, 'status', secret, signed)).code).toBe('Access-Accept')
    expect((await radclient(box.ports.acct, 'status', secret, signed)).code).toBe('Accounting-Response')
  })

  test('no password and no secret is in what the box wrote', () => {
    expect(box.output()).not.toContain('p@ss')
    expect(box.output()).not.toContain(secret)
  })
})

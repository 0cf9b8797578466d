import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { radclient, suite, type Attributes } from './peer.ts'

const secret = 'a-secret-of-the-router'
const soon = { timeout: 20_000, interval: 300 }
const between = 'a-secret-between-boxes'

suite('radclient', () => {
  const box = newBox()
  const partner = newBox()
  const auth = (attributes: Attributes) =>
    radclient(box.ports.auth, 'auth', secret, { ...attributes, 'Message-Authenticator': '0x00' })

  beforeAll(async () => {
    await partner.start()
    await partner.json(
      'router',
      'add',
      'box',
      '--address',
      '127.0.0.1',
      '--secret',
      between,
      '--realm',
      'partner.example',
    )
    await partner.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '4000', '--up-kbps', '1000')
    await partner.json('subscriber', 'add', 'zawadi@partner.example', '--password', 'far-away', '--plan', 'Home')
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    const proxy = [
      '--role',
      'proxy',
      '--realm',
      'partner.example',
      '--host',
      '127.0.0.1',
      '--port',
      `${partner.ports.auth}`,
    ]
    await box.json('server', 'add', 'partner', ...proxy, '--secret', between)
    const copy = ['--role', 'copy', '--host', '127.0.0.1', '--port', `${partner.ports.acct}`]
    await box.json('server', 'add', 'head-office', ...copy, '--secret', between)
  })
  afterAll(() => Promise.all([box.remove(), partner.remove()]))

  test.each(['User-Password', 'CHAP-Password', 'MS-CHAP-Password'])(
    'a login of another realm is decided by its home server (%s)',
    async (method) => {
      const login = { 'User-Name': 'zawadi@partner.example' }
      const reply = await auth({ ...login, [method]: 'far-away' })
      expect(reply.code).toBe('Access-Accept')
      expect(reply.attributes.some(([name, value]) => name === 'Mikrotik-Rate-Limit' && value.includes('1M/4M'))).toBe(
        true,
      )
      expect((await auth({ ...login, [method]: 'wrong' })).code).toBe('Access-Reject')
    },
  )

  test('accounting is copied, also what was answered while the other server was away', async () => {
    const record = { 'User-Name': 'amina', 'Acct-Status-Type': 'Start', 'NAS-IP-Address': '127.0.0.1' }
    const acct = (id: string) => radclient(box.ports.acct, 'acct', secret, { ...record, 'Acct-Session-Id': id })
    const stored = async (id: string) => (await partner.json<unknown[]>('session', 'show', id)).length
    expect((await acct('copy-1')).code).toBe('Accounting-Response')
    await expect.poll(() => stored('copy-1'), soon).toBe(1)
    const { ports } = partner
    await partner.kill()
    expect((await acct('copy-2')).code).toBe('Accounting-Response')
    await partner.start({ ports })
    await expect.poll(() => stored('copy-2'), soon).toBe(1)
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLong, newBox, type Box } from './box.ts'
import { radclient, suite, valueOf } from './peer.ts'

const secret = 'a-secret-of-the-router'
const between = 'a-secret-between-boxes'
const REALM = 'partner.example'

/** Two boxes that answer for one realm, each with a speed of its own, so that an answer tells whose it is. */
suite('radclient', () => {
  const box = newBox()
  const [first, second] = [newBox(), newBox()]

  const startHome = async (home: Box, downKbps: string): Promise<void> => {
    await home.start()
    await home.json('router', 'add', 'box', '--address', '127.0.0.1', '--secret', between, '--realm', REALM)
    await home.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', downKbps, '--up-kbps', '1000')
    await home.json('subscriber', 'add', `zawadi@${REALM}`, '--password', 'far-away', '--plan', 'Home')
  }
  const addHome = (name: string, { ports }: Box, ...more: string[]) => {
    const at = ['--host', '127.0.0.1', '--port', `${ports.auth}`, '--secret', between]
    return box.json('server', 'add', name, '--role', 'proxy', '--realm', REALM, ...at, ...more)
  }
  /** Who answered, and after how long. */
  const login = async (): Promise<{ by: 'first' | 'second' | undefined; tookMs: number }> => {
    const from = performance.now()
    const attributes = { 'User-Name': `zawadi@${REALM}`, 'User-Password': 'far-away', 'Message-Authenticator': '0x00' }
    const reply = await radclient(box.ports.auth, 'auth', secret, attributes, 2)
    const tookMs = performance.now() - from
    const speed = reply.code === 'Access-Accept' ? valueOf(reply, 'Mikrotik-Rate-Limit') : undefined
    return { by: speed === undefined ? undefined : speed.includes('4M') ? 'first' : 'second', tookMs }
  }

  beforeAll(async () => {
    await Promise.all([startHome(first, '4000'), startHome(second, '8000'), box.start()])
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    await addHome('main', first)
    await addHome('backup', second)
  })
  afterAll(() => Promise.all([box.remove(), first.remove(), second.remove()]))

  test('the home servers of a realm are listed in the order they are asked in', async () => {
    const servers = await box.json<{ name: string; realm: string; priority: number }[]>('server', 'list')
    expect(servers.map(({ name, priority }) => [name, priority])).toEqual([
      ['main', 0],
      ['backup', 1],
    ])
  })

  test('while both answer the first does', async () => {
    expect((await login()).by).toBe('first')
  })

  test('when the first dies no login is lost, and soon none waits for it', async () => {
    await first.kill()
    expect((await login()).by).toBe('second')
    await expect
      .poll(
        async () => {
          const logins = [await login(), await login(), await login(), await login()]
          expect(logins.map(({ by }) => by)).toEqual(Array.from(logins, () => 'second'))
          return Math.max(...logins.map(({ tookMs }) => tookMs))
        },
        { timeout: 40_000 },
      )
      .toBeLessThan(1000)
    await expect.poll(() => box.output(), { timeout: 10_000 }).toContain('a home server does not answer')
  })

  test.runIf(isLong)('when it is back it is asked first again', { timeout: 200_000 }, async () => {
    await first.start({ ports: first.ports })
    await expect.poll(async () => (await login()).by, { timeout: 90_000, interval: 2000 }).toBe('first')
    // Each front finds out by itself, and one that was never let down has nothing to say.
    await expect.poll(() => box.output(), { timeout: 90_000 }).toContain('a home server answers again')
  })

  test('a box that has sent logins on still stops at once', async () => {
    const from = performance.now()
    expect(await box.stop()).toBe(0)
    expect(performance.now() - from).toBeLessThan(4000)
  })
})

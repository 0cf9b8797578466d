import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAccountingLoad } from './accounting-load.ts'
import { isLong, newBox, temporaryFolder } from './box.ts'
import { radclient, suite } from './peer.ts'

const secret = 'backup-secret'
const answersAroundBackup = isLong ? 50_000 : 3_000

/** Without what goes on changing: when a router was last heard. */
const lasting = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name === 'lastPacketAt' ? undefined : inner)))

suite('backup', () => {
  const folder = temporaryFolder('backup')
  const archive = join(folder, 'pop.backup')
  const box = newBox()
  const restored = newBox()
  const login = (port: number, password: string) =>
    radclient(port, 'auth', secret, { 'User-Name': 'amina', 'User-Password': password })

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'nas', '--address', '127.0.0.1', '--secret', secret)
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Any', '--phone', '+254711111111')
  })
  afterAll(async () => {
    await box.remove()
    await restored.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a backup taken while the box runs under load restores onto an empty box, row for row', async () => {
    const load = startAccountingLoad({ port: box.ports.acct, secret, userName: 'amina', sockets: 1, prefix: 'b' })
    await load.moreAnswers(answersAroundBackup)
    const before = new Set([...load.answered].filter(([, state]) => state === 'stop').map(([id]) => id))
    await box.json('backup', archive)
    await load.moreAnswers(answersAroundBackup)
    await load.drain()
    load.close()

    const back = await restored.cli('restore', archive)
    expect(back.code, back.stderr).toBe(0)
    await restored.start()
    const kept = new Set((await restored.cli('session', 'ids')).stdout.split('\n').filter(Boolean))
    for (const id of before) expect(kept.has(id), `${id} had ended before the backup`).toBe(true)
    const [sample] = before
    const show = ['session', 'show', sample ?? '']
    expect(await restored.json(...show)).toEqual(await box.json(...show))
    for (const list of [
      ['plan', 'list'],
      ['router', 'list'],
      ['subscriber', 'list'],
      ['subscriber', 'show', 'amina'],
    ]) {
      expect(lasting(await restored.json(...list))).toEqual(lasting(await box.json(...list)))
    }
    expect((await login(restored.ports.auth, 'right')).code).toBe('Access-Accept')
    expect((await login(restored.ports.auth, 'wrong')).code).toBe('Access-Reject')
  })

  test('a restore never overwrites a box that holds something', async () => {
    await restored.stop()
    const { code, stderr } = await restored.cli('restore', archive)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/empty|exist/i)
  })
})

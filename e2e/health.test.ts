import Database from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { orThrow, openVault, systemRandom } from '../kernel/src/base/index.ts'
import { HEALTH_LOGIN, credentialPurpose } from '../modules/access/index.ts'
import { newBox, type Box } from './box.ts'

type Health = { healthy: boolean; checks: { name: string; ok: boolean; cause?: string }[] }
const health = async (box: Box, ...args: string[]): Promise<{ code: number; health: Health }> => {
  const { code, stdout } = await box.cli('health', '--json', ...args)
  return { code, health: JSON.parse(stdout) as Health }
}

/** What nobody is told: the box’s own password. */
const passwordOf = (box: Box): string => {
  const vault = orThrow(openVault({ file: join(box.data, 'keys.json'), create: false, random: systemRandom() }))
  const site = new Database(join(box.data, 'site.db'), { readonly: true })
  const row = site.prepare('SELECT id, credential FROM grants WHERE login = ?').get(HEALTH_LOGIN)
  site.close()
  const { id, credential } = row as { id: string; credential: Buffer }
  return orThrow(vault.open(credential, credentialPurpose(id))).reveal()
}

describe('a box tries itself', () => {
  const box = newBox()
  afterAll(() => box.remove())

  test('--wait waits for the first start of a machine, which has no folder yet', async () => {
    const waiting = health(box, '--wait', '60')
    await box.start()
    expect((await waiting).code).toBe(0)
  })

  test('one that serves says so, with exit code 0', async () => {
    const { code, health: found } = await health(box)
    expect(found.checks.filter(({ ok }) => !ok)).toEqual([])
    expect([code, found.healthy]).toEqual([0, true])
  })

  test('of its login and session nothing shows or counts', async () => {
    await health(box)
    for (const list of [['session', 'list'], ['subscriber', 'list'], ['decisions'], ['router', 'list']])
      expect(JSON.stringify(await box.json(...list)), list.join(' ')).not.toMatch(/lango-health|127\.76/)
    const { token } = await box.json<{ token: string }>('token', 'create', '--role', 'viewer', '--name', 'prometheus')
    const answer = await fetch(`http://127.0.0.1:${box.ports.web}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const metrics = await answer.text()
    expect(metrics).toContain('lango_sessions_open 0\n')
    expect(metrics).toContain('lango_login_latency_seconds_count{by="box"} 0\n')
  })

  test('its login is good from no other address, with the right password', async () => {
    // The test client gets a router at 127.0.0.1 for the length of its test.
    const { code, stdout } = await box.cli('test-auth', HEALTH_LOGIN, '--password', passwordOf(box))
    expect(stdout).toContain('Access-Reject')
    expect(code).toBe(1)
  })

  test('one that is down says so; --wait waits until it serves', async () => {
    await box.stop()
    const down = await health(box)
    expect(down).toEqual({ code: 1, health: { healthy: false, checks: [expect.objectContaining({ name: 'box' })] } })
    const waiting = health(box, '--wait', '30')
    await box.start()
    expect((await waiting).code).toBe(0)
  })

  test('after the keys were rotated it has the same login', async () => {
    await box.json('keys', 'rotate')
    expect((await health(box)).code).toBe(0)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox } from './box.ts'

describe('metrics of a running box', () => {
  const box = newBox()
  const scrape = (token?: string) =>
    fetch(`http://127.0.0.1:${box.ports.web}/metrics`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
  const tokenOf = async (role: string) =>
    (await box.json<{ token: string }>('token', 'create', '--role', role, '--name', 'prometheus-of-kisumu')).token

  beforeAll(async () => {
    await box.start()
    await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '5000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--plan', 'Home', '--password', 'pw-of-amina')
  })
  afterAll(() => box.remove())

  test('a viewer’s token reads them, a cashier’s and none do not', async () => {
    expect((await scrape(await tokenOf('viewer'))).status).toBe(200)
    expect((await scrape(await tokenOf('cashier'))).status).toBe(403)
    expect((await scrape()).status).toBe(401)
  })

  test('logins are counted and timed, and nobody’s name is told', async () => {
    for (const password of ['pw-of-amina', 'other', 'pw-of-amina'])
      await box.cli('test-auth', 'amina', '--password', password)
    const text = await (await scrape(await tokenOf('viewer'))).text()
    expect(text).toContain('lango_radius_answers_total{outcome="accept"} 2\n')
    expect(text).toContain('lango_radius_answers_total{outcome="reject"} 1\n')
    expect(text).toContain('lango_login_latency_seconds_count{by="box"} 3\n')
    for (const secret of ['amina', 'kisumu']) expect(text).not.toContain(secret)
    const checks = await box.json<{ name: string; state: string }[]>('doctor')
    expect(checks).toContainEqual(expect.objectContaining({ name: 'login-latency', state: 'ok' }))
  })
})

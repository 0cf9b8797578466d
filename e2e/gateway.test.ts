import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox, type Box } from './box.ts'
import {
  createLab,
  GATEWAY,
  INTERNET,
  phoneIp,
  phoneMac,
  type Agent,
  type HttpAnswer,
  type Lab,
} from './gateway/lab.ts'
import { suite } from './peer.ts'

const secret = 'a-secret-of-the-gateway'
const COA_PORT = 3799
const portal = `http://${GATEWAY}:8081/`

type Gateway = Awaited<ReturnType<Lab['gateway']>>

suite('gateway', () => {
  const box: Box = newBox()
  let lab: Lab
  let gateway: Gateway
  let args: string[]

  beforeAll(async () => {
    lab = await createLab()
    await box.start({ under: lab.under })
    const reached = ['--address', '127.0.0.1', '--secret', secret, '--coa-port', `${COA_PORT}`]
    await box.json('router', 'add', 'gateway', ...reached, '--vendor', 'chillispot')
    const secretFile = join(lab.folder, 'secret')
    writeFileSync(secretFile, `${secret}\n`)
    const radius = ['--auth-port', `${box.ports.auth}`, '--acct-port', `${box.ports.acct}`, '--coa-port', `${COA_PORT}`]
    const sides = ['--lan', 'br0', '--wan', 'wan0', '--address', `${GATEWAY}/16`, '--dns', INTERNET]
    const kept = ['--secret-file', secretFile, '--state-dir', join(lab.folder, 'state')]
    args = [...sides, ...radius, ...kept, '--portal', portal]
    gateway = await lab.gateway(args)
  })
  afterAll(async () => {
    await box.remove()
    lab.remove()
  })

  type Shown = { acctSessionId: string; userName: string; device: string }
  const online = (): Promise<Shown[]> => box.json('session', 'list')
  const devices = async (): Promise<string[]> => (await online()).map(({ device }) => device)
  const voucher = async (plan: string): Promise<string> =>
    (await box.json<string[]>('voucher', 'issue', '--plan', plan, '--count', '1'))[0]!
  const plan = (name: string, ...more: string[]) =>
    box.json(
      'plan',
      'add',
      name,
      '--kind',
      'hotspot',
      '--devices',
      '1',
      '--down-kbps',
      '50000',
      '--up-kbps',
      '50000',
      ...more,
    )
  const login = (phone: Agent, code: string, more = ''): Promise<HttpAnswer> =>
    phone.http(`http://${GATEWAY}/login?username=${code}&password=${code}${more}`)
  const logout = (phone: Agent): Promise<HttpAnswer> => phone.http(`http://${GATEWAY}/logout`)
  const page = (phone: Agent): Promise<HttpAnswer> => phone.http(`http://${INTERNET}/page`)
  const told = (answer: HttpAnswer): Record<string, string> =>
    Object.fromEntries(new URL(answer.headers!['location']!).searchParams)

  describe('a phone', () => {
    test('is sent to the portal whatever it asks for, in by a voucher, and cut at its expiry with what it had open', async () => {
      const probe = await lab.phone1.http(`http://${INTERNET}/generate_204`, {
        headers: { host: 'connectivitycheck.example' },
      })
      expect(probe).toMatchObject({ status: 302, headers: { 'cache-control': 'no-store', connection: 'close' } })
      expect(probe.headers!['location']).toMatch(new RegExp(`^${portal}\\?`))
      expect(told(probe)).toEqual({
        mac: phoneMac(1).toUpperCase(),
        ip: phoneIp(1),
        'link-login-only': `http://${GATEWAY}/login`,
        'link-orig': 'http://connectivitycheck.example/generate_204',
        identity: 'lango-gateway',
      })
      expect(await lab.phone1.http(portal)).toMatchObject({ status: 200 })

      expect(told(await login(lab.phone1, 'WRONG'))).toMatchObject({ error: expect.stringMatching(/.+/) })
      await plan('Day', '--valid', '1d')
      const endsAt = Date.now() + 6000
      const file = join(lab.folder, 'guests.csv')
      writeFileSync(file, `login,password,plan,expiresAt\nguest,guest,Day,${new Date(endsAt).toISOString()}\n`)
      await box.json('subscriber', 'import', file, '--yes')
      expect(told(await login(lab.phone1, 'guest'))).toMatchObject({ 'logged-in': 'yes' })
      expect(JSON.parse((await page(lab.phone1)).body!)).toMatchObject({ hello: '/page' })
      expect(await lab.phone1.flow('expiry', INTERNET)).toEqual({ outcome: 'open' })
      await expect.poll(async () => (await lab.phone1.flowState('expiry')).end, { timeout: 15_000 }).toBeDefined()
      const { lastAt, octets } = await lab.phone1.flowState('expiry')
      expect(octets).toBeGreaterThan(100)
      expect(Math.abs(lastAt - endsAt)).toBeLessThan(1000)
      expect(await page(lab.phone1)).toMatchObject({ status: 302 })
      await expect.poll(() => box.json<{ userName: string }[]>('session', 'list'), { timeout: 10_000 }).toEqual([])
      expect(gateway.output()).not.toContain('"level":50')
    })

    test('is in by a voucher, which holds its one place until they log out', async () => {
      const code = await voucher('Day')
      expect(told(await login(lab.phone1, code))).toMatchObject({ 'logged-in': 'yes', mac: phoneMac(1).toUpperCase() })
      expect(await page(lab.phone1)).toMatchObject({ status: 200 })
      await expect.poll(devices).toEqual([phoneMac(1).toUpperCase()])
      expect(told(await login(lab.phone2, code))).toMatchObject({ error: expect.stringMatching(/.+/) })
      expect(await page(lab.phone2)).toMatchObject({ status: 302 })
      await logout(lab.phone1)
      expect(await page(lab.phone1)).toMatchObject({ status: 302 })
      await expect.poll(devices).toEqual([])
      expect(told(await login(lab.phone2, code))).toMatchObject({ 'logged-in': 'yes' })
      expect(await page(lab.phone2)).toMatchObject({ status: 200 })
      await logout(lab.phone2)
    })
  })
})

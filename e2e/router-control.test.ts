import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestAuthority } from '../drivers/radius/eap/testing/certificates.ts'
import { startRouterosSimulator, type RouterosSimulator } from '../drivers/simulators/routeros/index.ts'
import { systemRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'

const box = newBox()
const user = { name: 'lango', password: 'a-password-of-16', group: 'full' } as const
const soon = { timeout: 15_000, interval: 100 }
let simulator: RouterosSimulator
let fingerprint: string

const passing = () =>
  simulator.router
    .rows('/ip/firewall/address-list')
    .map(({ address = '' }) => address)
    .toSorted()
const speedOf = (address: string) =>
  simulator.router.rows('/queue/simple').find(({ target }) => target === `${address}/32`)?.['max-limit']

beforeAll(async () => {
  const authority = await TestAuthority.create('an authority')
  const pair = await authority.issue({
    name: '127.0.0.1',
    names: [{ type: 'ip', value: '127.0.0.1' }],
    purpose: 'server',
  })
  fingerprint = new X509Certificate(pair.cert).fingerprint256
  simulator = await startRouterosSimulator({
    users: [user],
    version: '7.18.2 (stable)',
    tls: pair,
    clock: { now: Date.now, monotonicMs: () => performance.now() },
    timers: systemTimers(),
    random: systemRandom(),
  })
  await box.start({ args: ['--portal-port', '0'] })
  await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', 'a-shared-secret-of-the-router')
  await box.json('plan', 'add', 'Fibre', '--kind', 'static', '--down-kbps', '20000', '--up-kbps', '5000')
  for (const [n, login] of ['amina', 'juma', 'chege'].entries())
    await box.json(
      'subscriber',
      'add',
      login,
      '--plan',
      'Fibre',
      '--ip',
      `10.40.0.${n + 1}`,
      '--mac',
      `AA:BB:CC:00:00:0${n}`,
    )
})
afterAll(async () => {
  await box.remove()
  await simulator.close()
})

test('customers with a fixed address are held at the router from the moment that it is let in', async () => {
  const control = [
    'router',
    'control',
    'tower',
    '--port',
    String(simulator.ports['api-ssl']),
    '--password',
    user.password,
  ]
  await box.json(...control, '--networks', '10.40.0.0/16=bridge-ipoe')
  // Nobody has confirmed the certificate yet: no password has left the box.
  await expect.poll(async () => (await box.cli('doctor')).stdout, soon).toMatch(/not the confirmed one/)
  expect(simulator.router.carriedOut).toEqual([])
  await box.json('router', 'control', 'tower', '--certificate', fingerprint)
  await expect.poll(passing, soon).toEqual(['10.40.0.1', '10.40.0.2', '10.40.0.3'])
  expect(speedOf('10.40.0.1')).toBe('5000000/20000000')
})

test('a hotspot that is asked for stands there, with the portal’s own pages, and is mended when it is pushed', async () => {
  const { router } = simulator
  await box.json('router', 'hotspot', 'tower', '--open', 'pay.bank.example')
  await expect.poll(() => router.rows('/ip/dhcp-server').length, soon).toBe(1)
  const portal = `127.0.0.1:${box.ports.portal}`
  expect(router.files.contents('lango-hotspot/login.html')).toContain(`http://${portal}/?mac=`)
  const garden = router.rows('/ip/hotspot/walled-garden/ip')
  expect(garden.map((row) => row['dst-host'] ?? `${row['dst-address']}:${row['dst-port']}`)).toEqual([
    portal,
    'pay.bank.example',
  ])
  expect((await box.cli('doctor')).stdout).not.toMatch(/Hotspots that are not/)
  router.files.remove('lango-hotspot')
  await box.json('router', 'push', 'tower')
  await expect.poll(() => router.files.has('lango-hotspot/api.json'), soon).toBe(true)
  await box.json('router', 'hotspot', 'tower', '--off')
  await expect.poll(() => router.rows('/radius').length, soon).toBe(0)
  await expect
    .poll(async () => (await box.cli('router', 'hotspot', 'tower', '--leave')).stderr, soon)
    .toMatch(/no hotspot/)
})

test('what is done at the desk is done at the router', async () => {
  await box.json('subscriber', 'suspend', 'amina')
  await expect.poll(passing, soon).toEqual(['10.40.0.2', '10.40.0.3'])
  await box.json('subscriber', 'resume', 'amina')
  await expect.poll(passing, soon).toEqual(['10.40.0.1', '10.40.0.2', '10.40.0.3'])
})

test('a box that was killed goes on where it was; what was done meanwhile is done', async () => {
  await box.kill()
  await box.json('subscriber', 'suspend', 'juma')
  await box.start()
  await expect.poll(passing, soon).toEqual(['10.40.0.1', '10.40.0.3'])
})

test('while the router is away the box serves on, and stops when told to; back, it holds them again', async () => {
  simulator.power(false)
  await box.json('subscriber', 'resume', 'juma')
  expect(await box.stop()).toBe(0)
  await box.start()
  simulator.power(true)
  await expect.poll(passing, { ...soon, timeout: 30_000 }).toEqual(['10.40.0.1', '10.40.0.2', '10.40.0.3'])
})

test('a control that is taken off leaves the router as it is', async () => {
  await box.json('router', 'control', 'tower', '--off')
  await box.json('subscriber', 'suspend', 'amina')
  const before = simulator.router.carriedOut.length
  expect(await box.stop()).toBe(0)
  await box.start()
  expect(passing()).toEqual(['10.40.0.1', '10.40.0.2', '10.40.0.3'])
  expect(simulator.router.carriedOut).toHaveLength(before)
})

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NetworkPlan, NetworkStatus } from '@lango/modules/network/port'
import { besideRouters, gateway, ports } from '../testing/plans.ts'
import { networkOnFiles } from '../wishes.ts'
import { createAgent, TRIAL_SEC, type Agent } from './agent.ts'
import type { Machine } from './carry-out.ts'

class PowerCut extends Error {}

let root: string
let upSec: number
let ran: string[]
/** Power goes with the program that is run when this is 1; 0 is never. */
let cutAt: number
/** A program that does not work. */
let broken: string

const machine = (): Machine => ({
  root,
  uptimeSec: () => upSec,
  ports: () => ports.map((one) => ({ ...one, isUp: true, speedMbps: 1000, uses: [], addresses: [] })),
  run(...line) {
    if (cutAt > 0 && --cutAt === 0) throw new PowerCut('the power was cut')
    ran.push(line.join(' '))
    if (line.join(' ').includes(broken)) throw new Error(`${broken}: it does not work`)
  },
})
const agent = (): Agent => createAgent(machine(), join(root, 'wishes'))
const lango = () => networkOnFiles(join(root, 'wishes'), join(root, 'run/lango-os'))
const status = (): NetworkStatus => lango().status()!
const has = (text: string): boolean =>
  ['run/systemd/network', 'run/lango-network'].some((dir) =>
    (existsSync(join(root, dir)) ? readdirSync(join(root, dir), { withFileTypes: true }) : [])
      .filter((one) => one.isFile() && one.name !== 'trial.json')
      .some(({ name }) => readFileSync(join(root, dir, name), 'utf8').includes(text)),
  )
const wish = (id: string, plan: NetworkPlan): void => lango().wish(id, plan)
const keep = (id: string, plan: NetworkPlan): void => {
  wish(id, plan)
  agent().apply()
  lango().confirm(id)
  agent().confirm()
}
/** What lies in memory is gone. */
const newBoot = (): void => {
  rmSync(join(root, 'run'), { recursive: true, force: true })
  ;[upSec, cutAt, ran] = [10, 0, []]
  agent().start()
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lango-network-'))
  mkdirSync(join(root, 'etc/default'), { recursive: true })
  writeFileSync(join(root, 'etc/default/lango'), 'LANGO_START="--portal-port 80"\n')
  ;[upSec, ran, cutAt, broken] = [1000, [], 0, '\0']
})
afterEach(() => rmSync(root, { recursive: true }))

test('a box that was told nothing tells its ports, and the key it would have', () => {
  agent().start()
  expect(status()).toMatchObject({ state: 'none', plan: null, wishId: null })
  expect(status().ports.map(({ name }) => name)).toEqual(['eth0', 'eth1', 'eth2'])
  expect(status().overlayKeys?.current).toMatch(/^[\w+/]{43}=$/)
})

test('a wish is tried, and kept when it is confirmed in time', () => {
  wish('w1', besideRouters)
  agent().apply()
  expect(status()).toMatchObject({ state: 'trial', wishId: 'w1', revertsAtUptimeSec: 1000 + TRIAL_SEC })
  expect(has('Address=10.1.0.2/24')).toBe(true)
  upSec += TRIAL_SEC - 1
  lango().confirm('w1')
  agent().confirm()
  expect(status()).toMatchObject({ state: 'confirmed', wishId: 'w1' })
  expect(ran.at(-1)).toBe('systemctl stop lango-network-revert.timer')
  newBoot()
  expect(has('Address=10.1.0.2/24')).toBe(true)
})

test('the way back is laid before anything is changed', () => {
  wish('w1', besideRouters)
  agent().apply()
  expect(ran[0]).toBe('systemctl restart lango-network-revert.timer')
})

test('unconfirmed, what was before comes back after a minute; before there was anything, the ports are as at first', () => {
  wish('w1', besideRouters)
  agent().apply()
  upSec += TRIAL_SEC
  agent().revert()
  expect(status()).toMatchObject({ state: 'reverted', wishId: 'w1', plan: null })
  expect(has('10.1.0.2')).toBe(false)

  keep('w2', besideRouters)
  wish('w3', gateway)
  agent().apply()
  expect(has('10.40.0.1')).toBe(true)
  agent().revert()
  expect(status()).toMatchObject({ state: 'reverted', wishId: 'w3', plan: { role: 'aaa' } })
  expect(has('10.40.0.1')).toBe(false)
  expect(has('Address=10.1.0.2/24')).toBe(true)
  expect(ran.slice(-8)).toContain('systemctl --no-block stop lango-gateway.service')
})

test('a plan that a set-up file brought is kept: nobody is there yet who could say so', () => {
  mkdirSync(join(root, 'wishes'))
  writeFileSync(join(root, 'wishes/network-wanted.json'), JSON.stringify(besideRouters))
  agent().apply()
  expect(status()).toMatchObject({ state: 'confirmed', plan: { hostName: 'kisumu' } })
  ran = []
  agent().apply()
  expect(ran).toEqual([])
  newBoot()
  expect(has('Address=10.1.0.2/24')).toBe(true)
})

test('a word that comes too late, or is about another wish, keeps nothing', () => {
  wish('w1', besideRouters)
  agent().apply()
  lango().confirm('w0')
  agent().confirm()
  expect(status().state).toBe('trial')
  upSec += TRIAL_SEC
  lango().confirm('w1')
  agent().confirm()
  expect(status()).toMatchObject({ state: 'reverted', plan: null })
})

test('a wish that was looked at is not looked at again: not after it reverted, and not after a start', () => {
  wish('w1', besideRouters)
  agent().apply()
  agent().revert()
  ran = []
  agent().apply()
  newBoot()
  agent().apply()
  expect(ran.some((line) => line.includes('revert.timer'))).toBe(false)
  expect(has('10.1.0.2')).toBe(false)
})

test('what is wrong, or no plan at all, changes nothing, and says why', () => {
  keep('w1', besideRouters)
  ran = []
  wish('w2', {
    ...besideRouters,
    networks: [...besideRouters.networks, { ...besideRouters.networks[0]!, name: 'again' }],
  })
  agent().apply()
  expect(status()).toMatchObject({
    state: 'refused',
    wishId: 'w2',
    faults: expect.arrayContaining([expect.objectContaining({ type: 'PortTwice' })]),
  })
  writeFileSync(join(root, 'wishes/network-wanted.json'), '{"id":"w3","plan":{"role":"root","exec":"reboot"}}')
  agent().apply()
  expect(status()).toMatchObject({ state: 'refused', why: 'the wish is no plan' })
  expect(ran).toEqual([])
  expect(has('Address=10.1.0.2/24')).toBe(true)
})

test('a program that fails brings back at once what was confirmed', () => {
  keep('w1', besideRouters)
  broken = 'restart lango-gateway'
  wish('w2', gateway)
  agent().apply()
  expect(status()).toMatchObject({ state: 'refused', wishId: 'w2', plan: { role: 'aaa' } })
  expect(status().why).toContain('does not work')
  expect(has('10.40.0.1')).toBe(false)
})

test('cut at any step of a trial, by power or by a kill, the box comes back as it was confirmed', () => {
  keep('w1', besideRouters)
  const steps = (() => {
    ran = []
    wish('full', gateway)
    agent().apply()
    const count = ran.length
    agent().revert()
    return count
  })()
  expect(steps).toBeGreaterThan(7)
  for (let step = 1; step <= steps; step++) {
    for (const next of ['power', 'timer'] as const) {
      wish(`cut-${step}-${next}`, gateway)
      cutAt = step
      try {
        agent().apply()
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error
      }
      cutAt = 0
      if (next === 'power') newBoot()
      else agent().revert()
      expect(has('Address=10.1.0.2/24')).toBe(true)
      expect(has('10.40.0.1')).toBe(false)
      expect(status().plan?.role).toBe('aaa')
    }
  }
})

test('cut while it comes back, it comes back with the next start of the timer or of the machine', () => {
  keep('w1', besideRouters)
  for (let step = 1; step <= 7; step++) {
    wish(`back-${step}`, gateway)
    agent().apply()
    cutAt = step
    expect(() => agent().revert()).toThrow('the power was cut')
    cutAt = 0
    agent().start()
    expect(has('Address=10.1.0.2/24')).toBe(true)
    expect(has('10.40.0.1')).toBe(false)
  }
})

test('a service that was left with the words of a plan that is gone starts anew', () => {
  keep('w1', gateway)
  wish('w2', {
    ...gateway,
    networks: gateway.networks.map((one) => (one.use === 'lan' ? { ...one, address: '10.60.0.1/16' } : one)),
  })
  agent().apply()
  cutAt = 4
  expect(() => agent().revert()).toThrow('the power was cut')
  ;[cutAt, ran] = [0, []]
  agent().start()
  expect(readFileSync(join(root, 'run/lango-network/gateway.env'), 'utf8')).toContain('10.40.0.1/16')
  expect(ran).toContain('systemctl --no-block restart lango-gateway.service')
})

test('a confirmed overlay has a key that only root reads; the next is told ahead, and the one before is forgotten once that is in use', () => {
  const withKey = (keyNo: number): NetworkPlan => ({ ...gateway, overlay: { ...gateway.overlay!, keyNo } })
  keep('w1', withKey(1))
  const { current, next } = status().overlayKeys!
  const file = join(root, 'var/lib/lango-os/overlay-1.key')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const secret = readFileSync(file, 'utf8').trim()
  expect(JSON.stringify(status())).not.toContain(secret)

  wish('w2', withKey(2))
  agent().apply()
  expect(status().overlayKeys?.current).toBe(next)
  agent().revert()
  expect(status().overlayKeys?.current).toBe(current)
  expect(readFileSync(join(root, 'run/lango-network/overlay.key'), 'utf8').trim()).toBe(secret)

  keep('w3', withKey(2))
  expect(status().overlayKeys?.current).toBe(next)
  expect(existsSync(file)).toBe(false)
})

test('the portal makes room for the gateway’s door, and comes back', () => {
  keep('w1', gateway)
  expect(ran).toContain('systemctl --no-block try-restart lango.service')
  expect(readFileSync(join(root, 'run/lango-network/lango.env'), 'utf8')).toBe('LANGO_START="--portal-port 8081"\n')
  ran = []
  keep('w2', { ...gateway, hostName: 'siaya' })
  expect(ran).not.toContain('systemctl --no-block try-restart lango.service')
  expect(ran).toContain('systemctl --no-block start lango-gateway.service')
  keep('w3', besideRouters)
  expect(existsSync(join(root, 'run/lango-network/lango.env'))).toBe(false)
})

test('what others may read of a status or of memory has no secret of the plan', () => {
  keep('w1', gateway)
  expect(readFileSync(join(root, 'run/lango-os/network.json'), 'utf8')).not.toContain('a-secret-of-the-nas')
  for (const file of [
    'var/lib/lango-os/network.json',
    'wishes/network-wanted.json',
    'run/lango-network/gateway.secret',
  ])
    expect(statSync(join(root, file)).mode & 0o077).toBe(0)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NetworkFault, NetworkPlan } from '@lango/modules/network/port'
import { faultsOf, isFeasible } from './faults.ts'
import { networkPlanSchema, withoutSecrets } from './plan.ts'
import { besideRouters, gateway, ports, validPlans } from './testing/plans.ts'

const typesOf = (plan: NetworkPlan): NetworkFault['type'][] => faultsOf(plan, ports).map(({ type }) => type)
/** The gateway's plan with one network changed. */
const changed = (name: string, change: object): NetworkPlan => ({
  ...gateway,
  networks: gateway.networks.map((one) => (one.name === name ? { ...one, ...change } : one)),
})
const without = (...names: string[]): NetworkPlan => ({
  ...gateway,
  networks: gateway.networks.filter(({ name }) => !names.includes(name)),
})

test('plans that were made with care are taken as they are, without a fault', () => {
  for (const plan of [besideRouters, gateway]) {
    expect(networkPlanSchema.parse(plan)).toEqual(plan)
    expect(faultsOf(plan, ports)).toEqual([])
  }
  fc.assert(
    fc.property(validPlans, (plan) => {
      expect(networkPlanSchema.parse(plan)).toEqual(plan)
      expect(faultsOf(plan, ports)).toEqual([])
    }),
  )
})

test.each([
  ['a port for two things', changed('office', { members: [{ port: '02:00:00:00:00:01' }] }), 'PortTwice', 'eth0'],
  ['a tag twice on a port', changed('dial', { members: [{ port: 'eth1', vlan: 40 }] }), 'VlanTwice', 'eth1 40'],
  [
    'a bridge over a port that has tags',
    changed('office', { members: [{ port: 'eth2' }, { port: 'eth3' }] }),
    'PortMixed',
    'eth2',
  ],
  [
    'networks that overlap',
    changed('office', { ipv4: { kind: 'static', address: '10.40.9.1/24' }, pool: undefined }),
    'NetworksOverlap',
    'guests',
  ],
  [
    'lines that overlap with guests',
    changed('dial', { address: '10.40.0.3', pool: { first: '10.40.1.0', last: '10.40.2.0' } }),
    'NetworksOverlap',
    'guests',
  ],
  ['no way to the desk', without('office'), 'DeskUnreachable', ''],
  [
    'the desk on a line that is dialled',
    changed('isp', { desk: true, ipv4: { kind: 'pppoe', userName: 'box', password: 'p4ss' } }),
    'DeskDialled',
    'isp',
  ],
  ['a pool smaller than its lines', changed('dial', { sessionsMax: 242 }), 'PoolSmall', '241 < 242'],
  ['the own end of the lines among theirs', changed('dial', { address: '10.50.0.11' }), 'PoolOutside', '10.50.0.11'],
  [
    'a pool of another network',
    changed('office', { pool: { first: '192.168.89.1', last: '192.168.89.2' } }),
    'PoolOutside',
    '192.168.89.1-192.168.89.2',
  ],
  [
    'a pool with the box in it',
    changed('office', { pool: { first: '192.168.88.1', last: '192.168.88.2' } }),
    'PoolOutside',
    '192.168.88.1-192.168.88.2',
  ],
  [
    'a router outside its network',
    changed('office', { ipv4: { kind: 'static', address: '192.168.88.1/24', gateway: '192.168.89.1' } }),
    'GatewayOutside',
    '192.168.89.1',
  ],
  [
    'the box as its own router',
    changed('office', { ipv4: { kind: 'static', address: '192.168.88.1/24', gateway: '192.168.88.1' } }),
    'GatewayOutside',
    '192.168.88.1',
  ],
  ['the address of everybody', changed('guests', { address: '10.40.255.255/16' }), 'AddressUnusable', '10.40.255.255'],
  ['guests without room', changed('guests', { address: '10.40.0.1/30' }), 'AddressUnusable', '10.40.0.1/30'],
  ['guests without a way out', without('isp'), 'UplinkMissing', ''],
  ['a gateway for nobody', without('guests', 'dial'), 'LanMissing', ''],
  ['guests beside routers', { ...gateway, role: 'aaa' }, 'LanNeedsGateway', ''],
  ['a name twice', changed('office', { name: 'isp' }), 'NameTwice', 'isp'],
] satisfies [string, NetworkPlan, NetworkFault['type'], string][])('%s is a fault', (_, plan, type, about) => {
  const found = faultsOf(plan, ports)
  expect(found).toContainEqual(expect.objectContaining({ type, about }))
  expect(isFeasible(found)).toBe(false)
})

test('all faults are told at once, and a port that is not there is a warning only', () => {
  expect(new Set(typesOf({ ...without('office', 'isp'), role: 'aaa' }))).toEqual(
    new Set(['DeskUnreachable', 'LanNeedsGateway', 'UplinkMissing']),
  )
  const missing = faultsOf(changed('office', { members: [{ port: '02:00:00:00:00:09' }] }), ports)
  expect(missing).toEqual([
    { type: 'PortMissing', at: 'networks.3.members.0.port', about: '02:00:00:00:00:09', isWarning: true },
  ])
  expect(isFeasible(missing)).toBe(true)
})

test.each([
  { hostName: 'a b' },
  { hostName: 'box\n' },
  { nasSecret: 'short' },
  { nasSecret: 'a secret with\nlines' },
  { networks: [] },
  { networks: [{ ...gateway.networks[0], members: [{ port: 'eth0; reboot' }] }] },
  { networks: [{ ...gateway.networks[0], members: [{ port: '../eth0' }] }] },
  { networks: [{ ...gateway.networks[0], members: [{ port: 'eth0', vlan: 4095 }] }] },
  { networks: [{ ...gateway.networks[0], name: 'UP"' }] },
  { networks: [{ ...gateway.networks[0], ipv4: { kind: 'pppoe', userName: 'a"\nplugin x', password: 'p' } }] },
  { networks: [{ ...gateway.networks[0], ipv4: { kind: 'static', address: '10.0.0.1/24\nDNS=x' } }] },
  { networks: [{ ...gateway.networks[2], acName: 'a b' }] },
  { networks: [{ ...gateway.networks[2], pool: { first: '10.50.0.9', last: '10.50.0.8' } }] },
  { overlay: { ...gateway.overlay, peer: { ...gateway.overlay?.peer, endpoint: 'x:1\nPostUp=reboot' } } },
  { overlay: { ...gateway.overlay, peer: { ...gateway.overlay?.peer, publicKey: 'short' } } },
  { extra: 1 },
])('what could be read as something else is no plan: %j', (change) => {
  expect(networkPlanSchema.safeParse({ ...gateway, ...change }).success).toBe(false)
})

test('what people see of a plan has no secret', () => {
  const dialled = changed('isp', { ipv4: { kind: 'pppoe', userName: 'box', password: 'dial-secret' } })
  const shown = JSON.stringify(withoutSecrets(dialled))
  expect(shown).not.toContain('dial-secret')
  expect(shown).not.toContain('a-secret-of-the-nas')
})

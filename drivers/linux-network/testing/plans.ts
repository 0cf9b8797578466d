/** Plans for tests: two by hand, and as many as wanted that are valid by how they are made. */
import fc from 'fast-check'
import type { NetworkPlan, PlannedNetwork } from '@lango/modules/network/port'
import { textOf } from '../ipv4.ts'

export const ports = [
  { name: 'eth0', mac: '02:00:00:00:00:01' },
  { name: 'eth1', mac: '02:00:00:00:00:02' },
  { name: 'eth2', mac: '02:00:00:00:00:03' },
]

export const besideRouters: NetworkPlan = {
  role: 'aaa',
  hostName: 'kisumu',
  networks: [
    {
      name: 'routers',
      use: 'access',
      members: [{ port: 'eth0' }],
      ipv4: { kind: 'static', address: '10.1.0.2/24', gateway: '10.1.0.1', dns: ['10.1.0.1'] },
    },
  ],
}

export const gateway: NetworkPlan = {
  role: 'gateway',
  hostName: 'kisumu',
  nasSecret: 'a-secret-of-the-nas',
  networks: [
    { name: 'isp', use: 'uplink', members: [{ port: '02:00:00:00:00:01' }], ipv4: { kind: 'dhcp' } },
    {
      name: 'guests',
      use: 'lan',
      members: [
        { port: 'eth1', vlan: 40 },
        { port: 'eth2', vlan: 40 },
      ],
      address: '10.40.0.1/16',
    },
    {
      name: 'dial',
      use: 'pppoe',
      members: [{ port: 'eth1', vlan: 50 }],
      acName: 'Kisumu',
      address: '10.50.0.1',
      pool: { first: '10.50.0.10', last: '10.50.0.250' },
      dns: ['9.9.9.9'],
      mtu: 1492,
      sessionsMax: 200,
    },
    {
      name: 'office',
      use: 'management',
      members: [{ port: 'eth2' }],
      ipv4: { kind: 'static', address: '192.168.88.1/24' },
      pool: { first: '192.168.88.10', last: '192.168.88.99' },
    },
  ],
  overlay: {
    keyNo: 1,
    addresses: ['10.255.0.7/32', 'fd00:1::7/128'],
    peer: {
      publicKey: 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
      endpoint: 'overlay.example:51820',
      allowedIps: ['10.255.0.0/16', 'fd00:1::/48'],
      keepaliveSec: 25,
    },
  },
}

/** Each network in a /16 of its own, each on a tag or a port of its own. */
const networkAt = (n: number): fc.Arbitrary<(isGateway: boolean) => PlannedNetwork> => {
  const base = (10 * 256 + 16 + n) * 65_536
  const address = `${textOf(base + 1)}/16`
  const pool = { first: textOf(base + 256), last: textOf(base + 511) }
  const name = `n${n}`
  // The first three stand on ports of their own, the others on tags.
  const member = fc.record({ port: fc.constantFrom('eth0', 'eth1', 'eth2'), vlan: fc.constant(n + 2) })
  const members =
    n < 3 ? fc.constant([{ port: `eth${n}` }]) : fc.uniqueArray(member, { minLength: 1, selector: ({ port }) => port })
  const ipv4 = fc.constantFrom(
    { kind: 'dhcp' } as const,
    { kind: 'static', address, gateway: textOf(base + 2), dns: ['1.1.1.1', 'fd00::53'] } as const,
  )
  const served = fc.record({ ipv4, pool: fc.constantFrom(undefined, pool) }).map((one) => ({
    ipv4: one.ipv4,
    ...(one.ipv4.kind === 'static' && one.pool ? { pool: one.pool } : {}),
  }))
  return fc
    .record({ members, ipv4, served, use: fc.constantFrom('uplink', 'access', 'management', 'lan', 'pppoe') })
    .map(({ members, ipv4, served, use }) => (isGateway: boolean): PlannedNetwork => {
      if (n === 0) return { name, members, use: 'management', ...served }
      if (n === 1) return { name, members, use: 'uplink', ipv4, ...(isGateway ? { desk: true } : {}) }
      if (!isGateway || n > 3)
        return use === 'uplink' ? { name, members, use, ipv4 } : { name, members, use: 'access', ...served }
      if (n === 2) return { name, members, use: 'lan', address, pool }
      const dial = { acName: 'AC-1', address: textOf(base + 1), pool, dns: [], mtu: 1480, sessionsMax: 256 }
      return { name, members: members.slice(0, 1), use: 'pppoe', ...dial }
    })
}

export const validPlans: fc.Arbitrary<NetworkPlan> = fc
  .record({
    isGateway: fc.boolean(),
    count: fc.integer({ min: 3, max: 8 }),
    networks: fc.tuple(...Array.from({ length: 8 }, (_, n) => networkAt(n))),
    hasOverlay: fc.boolean(),
  })
  .map(({ isGateway, count, networks, hasOverlay }) => ({
    role: isGateway ? 'gateway' : 'aaa',
    hostName: 'box-7',
    nasSecret: 'a-secret-of-the-nas',
    networks: networks.slice(0, count).map((of) => of(isGateway)),
    ...(hasOverlay && gateway.overlay ? { overlay: gateway.overlay } : {}),
  }))

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NetworkPlan } from '@lango/modules/network/port'
import { faultsOf } from './faults.ts'
import { FIREWALL_BASE, planned, type Planned } from './files.ts'
import { besideRouters, gateway, ports, validPlans } from './testing/plans.ts'

const around = {
  ports,
  start: '--listen 0.0.0.0 --web-port 443 --portal-port 80',
  overlayKeyFile: '/run/lango-network/overlay.key',
}
const of = (plan: NetworkPlan): Planned => planned(plan, around)
const content = (plan: NetworkPlan, end: string): string =>
  of(plan).files.find(({ path }) => path.endsWith(end))?.content ?? ''

test('a box beside routers has its address, and passes nothing on', () => {
  const { units, forwards, firewall } = of(besideRouters)
  expect({ units, forwards }).toEqual({ units: [], forwards: false })
  expect(content(besideRouters, '10-lango-port0.network')).toContain('Address=10.1.0.2/24\nDNS=10.1.0.1\n')
  expect(content(besideRouters, '10-lango-port0.network')).toContain('[Route]\nGateway=10.1.0.1\n')
  expect(firewall).toContain('add element inet lango_box access { "eth0" }')
  expect(firewall).not.toContain('masquerade')
})

test('a gateway bridges its tagged guests, dials nobody, and starts what it needs', () => {
  expect(of(gateway).units).toEqual(['lango-gateway.service', 'lango-pppoe-nas.service', 'lango-pppoe.service'])
  expect(content(gateway, '10-lango-v40-1.network')).toContain('Bridge=br-guests')
  expect(content(gateway, '10-lango-v40-2.netdev')).toContain('Kind=vlan\n\n[VLAN]\nId=40\n')
  expect(content(gateway, '10-lango-port2.network')).toMatch(/Address=192\.168\.88\.1\/24[^[]*VLAN=v40-2\n/)
  expect(content(gateway, 'gateway.env')).toBe(
    'GATEWAY_ARGS="--lan br-guests --wan eth0 --address 10.40.0.1/16 --portal http://10.40.0.1:8081/ --secret-file /run/lango-network/gateway.secret"\n',
  )
  expect(content(gateway, 'lango.env')).toContain('--portal-port 8081')
  expect(of(gateway).firewall).toContain('add element inet lango_box management { "eth2", "lango0" }')
})

test('a provider that is dialled is the uplink by the name of pppd’s own link', () => {
  const [isp, ...others] = gateway.networks
  const ipv4 = { kind: 'pppoe', userName: 'box@isp', password: 'p4ss' } as const
  const plan: NetworkPlan = { ...gateway, networks: [{ ...isp!, use: 'uplink', ipv4 }, ...others] }
  expect(content(plan, 'uplink.options')).toContain('nic-eth0\nifname uplink0\nuser "box@isp"\n')
  expect(of(plan).units).toContain('lango-pppoe-uplink.service')
  expect(content(plan, 'gateway.env')).toContain('--wan uplink0')
})

test('a box with two ports has its desk where the internet comes from, for private addresses alone', () => {
  const [isp, guests] = gateway.networks
  const plan: NetworkPlan = {
    ...gateway,
    networks: [{ ...isp!, use: 'uplink', ipv4: { kind: 'dhcp' }, desk: true }, guests!],
  }
  expect(faultsOf(plan, ports)).toEqual([])
  const opened = 'add rule inet lango_box from_uplink iifname { "eth0" } ip saddr'
  expect(of(plan).firewall).toContain(opened)
  expect(of(gateway).firewall).not.toContain(opened)
})

test('only root reads what has a secret in it, and no name leads out of its folder', () => {
  const ipv4 = { kind: 'pppoe', userName: 'box', password: 'dial-secret' } as const
  const plan: NetworkPlan = {
    ...gateway,
    networks: [{ ...gateway.networks[0]!, use: 'uplink', ipv4 }, ...gateway.networks.slice(1)],
  }
  const { files } = of(plan)
  const open = files.filter(({ mode }) => mode !== 0o600).map((file) => file.content)
  expect(open.filter((text) => text.includes('a-secret-of-the-nas') || text.includes('dial-secret'))).toEqual([])
  expect(files.filter(({ path }) => !/^run\/[a-z-]+(\/[a-z]+)?\/[\w.-]+$/.test(path))).toEqual([])
})

test('pppd’s dictionary has what a login, its speed and its accounting need', () => {
  const dictionary = content(gateway, 'pppoe/dictionary')
  for (const line of [
    'VENDOR Microsoft 311',
    'ATTRIBUTE User-Name 1 string',
    'ATTRIBUTE Framed-IP-Address 8 ipaddr',
    'ATTRIBUTE Acct-Input-Gigawords 52 integer',
    'ATTRIBUTE MS-CHAP2-Response 25 string Microsoft',
    'ATTRIBUTE WISPr-Bandwidth-Max-Down 8 integer WISPr',
    'ATTRIBUTE Mikrotik-Rate-Limit 8 string Mikrotik',
    'VALUE Service-Type Framed-User 2',
  ])
    expect(dictionary.split('\n')).toContain(line)
})

const isRoot = process.getuid?.() === 0
const base = join(import.meta.dirname, '../../images/overlay', FIREWALL_BASE)
const table = `table inet lango_box
delete table inet lango_box
table inet lango_box {
  set uplink { type ifname; }
  set access { type ifname; }
  set management { type ifname; }
  chain unassigned { accept; }
  chain input { type filter hook input priority filter; policy drop; jump unassigned; }
}
`

describe.skipIf(!isRoot)('what the machine’s own programs say of it', () => {
  test('nft takes the firewall of every plan, also over the one before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lango-net-'))
    const file = join(folder, 'base.nft')
    writeFileSync(file, existsSync(base) ? `include "${base}"\n` : table)
    const scripts = [besideRouters, gateway, ...fc.sample(validPlans, 20)].map((plan, n) => {
      const script = join(folder, `${n}.nft`)
      writeFileSync(script, of(plan).firewall.replace(FIREWALL_BASE, file))
      return script
    })
    const { status, stderr } = spawnSync(
      'unshare',
      [
        '-n',
        'sh',
        '-ec',
        'for f; do nft -f "$f"; nft -f "$f"; nft add element inet lango_net subscribers "{ ppp0 . 10.50.0.10 }"; done',
        'sh',
        ...scripts,
      ],
      { encoding: 'utf8' },
    )
    rmSync(folder, { recursive: true })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  const networkd = ['/usr/lib/systemd/systemd-networkd', '/lib/systemd/systemd-networkd'].find(existsSync)
  /** What systemd-networkd does not understand of a plan, and the addresses there are once `awaited` is one of them. */
  const tryNetworkd = (plan: NetworkPlan, awaited: string): { notUnderstood: string; addresses: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'lango-net-'))
    for (const { path, content } of of(plan).files.filter(({ path }) => path.startsWith('run/systemd'))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    // Where /sys is read only there is no udev to wait for.
    const script = `
      mount --make-rprivate / && mount -t tmpfs none /run && mount -t sysfs -o ro none /sys
      mkdir -p /run/systemd /run/lango-network && cp -r ${folder}/run/systemd/network /run/systemd/
      echo 'cMZ0Wbbj4o9EGgTqg6c7hZ5hCbWJz1aMNd0h4w8yPkA=' >/run/lango-network/overlay.key
      chmod -R go+rX /run/systemd /run/lango-network
      for i in 0 1 2; do ip link add eth$i address 02:00:00:00:00:0$((i+1)) type veth peer name far$i; ip link set far$i up; done
      SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=info timeout -s KILL 20 ${networkd} >/run/said 2>&1 &
      for i in $(seq 100); do ip -br a | grep -qF ${awaited} && break; sleep 0.1; done
      kill %1; ip -br a >&2; grep -E 'Unknown (key|section|lvalue)|nvalid|Failed to parse' /run/said; true`
    const { stdout, stderr } = spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    return { notUnderstood: stdout, addresses: stderr }
  }

  test.skipIf(networkd === undefined)(
    'systemd-networkd understands every line of a gateway',
    () => {
      expect(tryNetworkd(gateway, '10.40.0.1/16')).toEqual({
        notUnderstood: '',
        addresses: expect.stringMatching(/^br-guests .* 10\.40\.0\.1\/16/m),
      })
    },
    60_000,
  )

  test.skipIf(networkd === undefined)(
    'a port gets its address, and a bridge its ports',
    () => {
      const [, guests] = gateway.networks
      const bridged = { ...guests!, members: [{ port: 'eth1' }, { port: 'eth2' }] } as NetworkPlan['networks'][number]
      const { notUnderstood, addresses } = tryNetworkd(
        { ...besideRouters, networks: [...besideRouters.networks, bridged] },
        '10.1.0.2/24',
      )
      expect(notUnderstood).toBe('')
      expect(addresses).toMatch(/^eth0.* 10\.1\.0\.2\/24/m)
      expect(addresses).toMatch(/^br-guests /m)
    },
    60_000,
  )
})

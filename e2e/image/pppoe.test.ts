/**
 * PPPoE from end to end, in two machines of one image: one is the box, its second port a PPPoE server; the other dials
 * in over a socket between the two. Address, speed, counting, and the end at once when the box says so.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from '../box.ts'
import { newVm, type Vm } from './vm.ts'
import { makeStick } from './stick.ts'
import { openWorkshop, workshopFolder } from './workshop.ts'

const folder = workshopFolder()
const group = '230.0.0.47:10047'
/** A cable between the two: frames in datagrams of this machine's loopback. */
const cable = (mac: string): readonly string[] => [
  '-netdev',
  `socket,id=n1,mcast=${group},localaddr=127.0.0.1`,
  '-device',
  `virtio-net-pci,netdev=n1,mac=${mac}`,
]
const BOX_MAC = '02:00:00:00:50:01'
const CLIENT_MAC = '02:00:00:00:50:02'

// Two machines under emulation: minutes.
describe.runIf(isLong)('two machines and a cable', () => {
  let box: Vm
  let client: Vm

  const langoAt = (vm: Vm, ...args: string[]): Promise<string> =>
    vm.mustRoot(`runuser -u lango -- lango ${args.join(' ')} --data /var/lib/lango --json`)
  const lango = (...args: string[]): Promise<string> => langoAt(box, ...args)
  const isState = (vm: Vm, wanted: string) => async (): Promise<boolean> =>
    (JSON.parse(await vm.mustRoot('cat /run/lango-os/network.json')) as { state: string }).state === wanted
  const firstPort = async (vm: Vm): Promise<string> =>
    (await vm.mustRoot('ip -o route get 10.0.2.2 | sed -n "s/.* dev \\([^ ]*\\).*/\\1/p"')).trim()
  const wish = async (vm: Vm, plan: unknown): Promise<void> => {
    await vm.mustRoot(`printf %s '${JSON.stringify(plan)}' >/tmp/plan.json && chmod a+r /tmp/plan.json`)
    await langoAt(vm, 'network', 'set', '/tmp/plan.json')
    await vm.until('it is tried', isState(vm, 'trial'), 60)
  }
  const dial = (user: string, password: string): Promise<unknown> =>
    client.root(
      `pppd plugin pppoe.so nic-$(basename $(dirname $(grep -l ${CLIENT_MAC} /sys/class/net/*/address))) user ${user} password ${password} noauth nodefaultroute noipv6 mtu 1492 mru 1492 lcp-echo-interval 5 lcp-echo-failure 3 maxfail 1 updetach`,
    )
  const address = async (): Promise<string> => (await client.root('ip -4 -br addr show ppp0')).stdout

  beforeAll(async () => {
    const workshop = openWorkshop('amd64', folder)
    const start = async (name: string, mac: string): Promise<Vm> => {
      const own = join(folder, name)
      rmSync(own, { recursive: true, force: true })
      mkdirSync(own)
      const setup = join(own, 'lango-setup.json')
      const ssh = { keys: [readFileSync(`${workshop.sshKey}.pub`, 'utf8').trim()] }
      writeFileSync(
        setup,
        JSON.stringify({
          version: 1,
          owner: { login: 'wanjiru', name: 'Wanjiru' },
          country: 'KE',
          site: { timeZone: 'UTC' },
          ssh,
        }),
      )
      const more = [...cable(mac), ...makeStick(join(own, 'stick.img'), [setup])]
      return newVm({ arch: 'amd64', disk: workshop.disk, folder: own, sshKey: workshop.sshKey, more })
    }
    box = await start('pppoe-box', BOX_MAC)
    client = await start('pppoe-client', CLIENT_MAC)
    await box.until('the box serves', box.serves)
    await client.until('the client is up', async () => (await client.root('true')).code === 0)
  }, 900_000)
  afterAll(async () => {
    await box.powerOff()
    await client.powerOff()
  })

  test('a change that nobody confirms is taken back, one that is confirmed stays', async () => {
    const first = await firstPort(box)
    const plan = {
      role: 'gateway',
      hostName: 'kisumu',
      networks: [
        { name: 'desk', use: 'management', members: [{ port: first }], ipv4: { kind: 'dhcp' } },
        { name: 'tag', use: 'uplink', members: [{ port: first, vlan: 9 }], ipv4: { kind: 'dhcp' } },
        {
          name: 'dial',
          use: 'pppoe',
          members: [{ port: BOX_MAC }],
          acName: 'Kisumu',
          address: '10.50.0.1',
          pool: { first: '10.50.0.10', last: '10.50.0.59' },
          dns: [],
          mtu: 1492,
          sessionsMax: 50,
        },
      ],
    }
    await wish(box, plan)
    await box.until('and taken back', isState(box, 'reverted'), 120)
    await wish(box, plan)
    await lango('network', 'confirm')
    await box.until('it is kept', isState(box, 'confirmed'), 60)
    expect((await box.mustRoot('systemctl is-active lango-pppoe lango-pppoe-nas')).trim()).toBe('active\nactive')
  }, 400_000)

  test('a subscriber dials in, has an address and a speed, and is counted', async () => {
    await lango('plan', 'add', 'Home-4', '--kind', 'pppoe', '--down-kbps', '4000', '--up-kbps', '1000')
    await lango('subscriber', 'add', 'amina', '--password', 'p4ss', '--plan', 'Home-4')
    await dial('amina', 'wrong')
    expect(await address()).not.toContain('10.50.')
    await dial('amina', 'p4ss')
    expect(await address()).toMatch(/10\.50\.0\.\d+/)
    expect(await box.mustRoot('tc qdisc show dev ppp0')).toContain('cake')
    expect(await box.mustRoot('tc qdisc show dev ppp0')).toContain('bandwidth 4Mbit')
    expect(await box.mustRoot('tc qdisc show dev ifb-ppp0')).toContain('bandwidth 1Mbit')
    expect(await box.mustRoot('nft list set inet lango_net subscribers')).toContain('"ppp0" . 10.50.0.')
    expect(await lango('session', 'list')).toContain('amina')
  }, 300_000)

  test('when the box says so the line is over within seconds, and everything of it is gone', async () => {
    await lango('subscriber', 'suspend', 'amina')
    await box.until('the line is over', async () => (await box.root('ip link show ppp0')).code !== 0, 30)
    expect(await box.mustRoot('ls /run/lango-pppoe')).toBe('')
    expect(await box.mustRoot('nft list set inet lango_net subscribers')).not.toContain('ppp0')
  }, 120_000)

  test('at the end of its quota the line is cut, and dialled in vain', async () => {
    await lango(
      'plan',
      'add',
      'Small',
      '--kind',
      'pppoe',
      '--down-kbps',
      '4000',
      '--quota',
      '1MB',
      '--interim-sec',
      '60',
    )
    await lango('subscriber', 'add', 'brian', '--password', 'p4ss', '--plan', 'Small')
    await dial('brian', 'p4ss')
    expect(await address()).toMatch(/10\.50\.0\.\d+/)
    const sends = `const s=require("dgram").createSocket("udp4");let n=0;const go=()=>n++<2000?s.send(Buffer.alloc(1000),9,"10.50.0.1",()=>setImmediate(go)):s.close();go()`
    await client.mustRoot(`/opt/lango/node_modules/.bin/node -e '${sends}'`)
    await box.until('the line is over', async () => (await box.root('ip link show ppp0')).code !== 0, 180)
    await client.until('for the subscriber too', async () => (await address()) === '', 60)
    await dial('brian', 'p4ss')
    expect(await address()).toBe('')
  }, 400_000)

  test('another box has its line to the provider so', async () => {
    await lango('subscriber', 'add', 'estate', '--password', 'l1ne', '--plan', 'Home-4')
    const plan = {
      role: 'aaa',
      hostName: 'estate',
      networks: [
        { name: 'desk', use: 'management', members: [{ port: await firstPort(client) }], ipv4: { kind: 'dhcp' } },
        {
          name: 'isp',
          use: 'uplink',
          members: [{ port: CLIENT_MAC }],
          ipv4: { kind: 'pppoe', userName: 'estate', password: 'l1ne' },
        },
      ],
    }
    await wish(client, plan)
    await langoAt(client, 'network', 'confirm')
    const line = async (): Promise<string> => (await client.root('ip -4 -br addr show uplink0')).stdout
    await client.until('it has an address of the provider', async () => /10\.50\.0\.\d+/.test(await line()), 120)
    expect(await client.mustRoot('ip route show default')).toContain('uplink0')
    expect(await lango('session', 'list')).toContain('estate')
    await lango('subscriber', 'suspend', 'estate')
    await client.until('the provider has ended it', async () => !(await line()).includes('10.50.0.'), 60)
    await lango('subscriber', 'resume', 'estate')
    await client.until('it dials again by itself', async () => (await line()).includes('10.50.0.'), 120)
  }, 600_000)
})

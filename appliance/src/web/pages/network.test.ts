import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NetworkPlan } from '@lango/modules/network'
import { createAgent } from '../../../../drivers/linux-network/agent/agent.ts'
import { networkActions } from '../../network/actions.ts'
import { networkOnFiles } from '../../network/drivers.ts'
import { runOwnWhole, runWhole } from '../../run-named.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const PATH = '/settings/network'
const ports = [1, 2, 3].map((n) => ({
  name: `eth${n - 1}`,
  mac: `02:00:00:00:00:0${n}`,
  isUp: n < 3,
  speedMbps: n < 3 ? 1000 : null,
  uses: [],
  addresses: n === 1 ? ['192.0.2.7/24'] : [],
}))
let root: string
let upSec: number
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lango-network-page-'))
  upSec = 500
})
afterEach(() => rmSync(root, { recursive: true }))

/** The box's web over the root service itself, which runs no programs here. */
const boxWithPorts = (isAppliance = true) => {
  const late: { actions?: ReturnType<typeof networkActions> } = {}
  const desk = webUnderTest({
    others: {
      'network.show': () => late.actions!['network.show'](),
      'network.check': (input) => late.actions!['network.check'](input),
      'network.try': (input, by) => late.actions!['network.try'](input, by),
      'network.keep': (input, by) => late.actions!['network.keep'](input, by),
    },
  })
  const { site } = desk
  late.actions = networkActions({
    network: isAppliance ? networkOnFiles(join(root, 'wishes'), join(root, 'run/lango-os')) : undefined,
    readPorts: () => ports,
    uptimeSec: () => upSec,
    newId: () => `wish-${site.random.bytes(4).toString('hex')}`,
    newSecret: () => site.random.bytes(18).toString('base64url'),
    routers: site.database.raw,
    command: (name, input, actor) => Promise.resolve(runWhole(site, name, input, { actor })),
    own: (name, input, actor) => runOwnWhole(site, name, input, { actor }),
  })
  const agent = createAgent(
    { root, uptimeSec: () => upSec, ports: () => ports, run: () => undefined },
    join(root, 'wishes'),
  )
  if (isAppliance) agent.start()
  const audited = () => site.database.raw.prepare<[], string>('SELECT command FROM audit ORDER BY no').pluck().all()
  return { ...desk, agent, audited }
}

const form = (of: Record<string, string>): Record<string, string> => ({
  do: 'look',
  hostName: 'kisumu',
  ...Object.fromEntries(ports.map(({ mac }, n) => [`${n}-port`, mac])),
  ...of,
})
const staffAndRouters = form({
  '0-use': 'access',
  '0-kind': 'static',
  '0-address': '10.1.0.2/24',
  '0-gateway': '10.1.0.1',
  '1-use': 'management',
  '1-kind': 'static',
  '1-address': '192.168.88.1/24',
  '1-pool': '192.168.88.10-192.168.88.99',
})
const planOf = (page: string): string =>
  /name="plan" value="([^"]*)"/.exec(page)![1]!.replaceAll('&quot;', '"').replaceAll('&amp;', '&')

test('where there is no appliance image the page says so, and has no form', async () => {
  const page = await (await boxWithPorts(false).signInAs('owner').visit(PATH)).text()
  expect(page).toContain('This is no appliance image.')
  expect(page).not.toContain('name="0-use"')
})

test('ports are shown with cable and speed; a change is looked at first, tried, and kept', async () => {
  const { signInAs, agent, audited } = boxWithPorts()
  const owner = signInAs('owner')
  const first = await (await owner.visit(PATH)).text()
  expect(first).toContain('eth0, 02:00:00:00:00:01')
  expect(first).toMatch(/cable in<\/span> 1000 Mbit\/s/)
  expect(first).toContain('no cable')

  const looked = await (await owner.send(PATH, staffAndRouters)).text()
  expect(looked).toContain('eth0: Routers (RADIUS), 10.1.0.2/24 → 10.1.0.1')
  expect(looked).toContain('https://192.168.88.1/settings/network')
  const tried = await owner.send(PATH, { do: 'try', plan: planOf(looked) })
  expect(tried.headers.get('location')).toBe(`${PATH}?said=tried`)
  agent.apply()
  upSec += 20
  const trial = await (await owner.visit(PATH)).text()
  expect(trial).toContain('In 40 s all comes back')
  expect(trial).not.toContain('name="0-use"')

  expect((await owner.send(PATH, { do: 'keep' })).headers.get('location')).toBe(`${PATH}?said=kept`)
  agent.confirm()
  const kept = await (await owner.visit(PATH)).text()
  expect(kept).toContain('value="192.168.88.10-192.168.88.99"')
  expect(audited().filter((name) => name.startsWith('network.'))).toEqual(['network.changed', 'network.changed'])
})

test('what nobody confirms is told as taken back, in Swahili too', async () => {
  const { signInAs, agent } = boxWithPorts()
  const owner = signInAs('owner')
  await owner.send(PATH, { do: 'try', plan: planOf(await (await owner.send(PATH, staffAndRouters)).text()) })
  agent.apply()
  upSec += 60
  agent.revert()
  expect(await (await owner.visit(PATH)).text()).toContain('was taken back')
  expect((await owner.send(PATH, { do: 'keep' })).status).toBe(422)
  const swahili = await (await owner.visit(PATH, { headers: { 'accept-language': 'sw' } })).text()
  expect(swahili).toContain('Badiliko la mwisho limerudishwa')
})

test('a plan that would lock everybody out is told so, and can be tried by nobody', async () => {
  const { signInAs } = boxWithPorts()
  const owner = signInAs('owner')
  const looked = await (await owner.send(PATH, form({ '0-use': 'uplink', '0-kind': 'dhcp' }))).text()
  expect(looked).toContain('Nobody could reach the desk.')
  expect(looked).not.toContain('name="plan"')
  const plan: NetworkPlan = {
    role: 'aaa',
    hostName: 'x',
    networks: [{ name: 'a', use: 'uplink', members: [{ port: 'eth0' }], ipv4: { kind: 'dhcp' } }],
  }
  expect((await owner.send(PATH, { do: 'try', plan: JSON.stringify(plan) })).status).toBe(422)
  expect((await owner.send(PATH, form({ '0-use': 'access', '0-kind': 'static', '0-address': 'ten' }))).status).toBe(422)
})

test('a gateway is a router of the box, by a secret that nobody has to know', async () => {
  const { signInAs, agent, site } = boxWithPorts()
  const owner = signInAs('owner')
  const gateway = form({
    '0-use': 'uplink',
    '0-kind': 'pppoe',
    '0-userName': 'box@isp',
    '0-password': 'dial-secret',
    '1-use': 'lan',
    '1-address': '10.40.0.1/16',
    '2-use': 'management',
    '2-kind': 'dhcp',
  })
  await owner.send(PATH, { do: 'try', plan: planOf(await (await owner.send(PATH, gateway)).text()) })
  agent.apply()
  const wish = JSON.parse(readFileSync(join(root, 'wishes/network-wanted.json'), 'utf8')) as { plan: NetworkPlan }
  expect(wish.plan.role).toBe('gateway')
  expect(wish.plan.nasSecret).toMatch(/^[\w-]{24}$/)
  const routers = site.database.raw.prepare('SELECT name, address, vendor FROM routers').all()
  expect(routers).toEqual([{ name: 'gateway', address: '127.0.0.1', vendor: 'chillispot' }])
  // Again, with the password that the page does not show.
  await owner.send(PATH, { do: 'keep' })
  agent.confirm()
  const shown = await (await owner.visit(PATH)).text()
  expect(shown).not.toContain('dial-secret')
  await owner.send(PATH, {
    do: 'try',
    plan: planOf(await (await owner.send(PATH, { ...gateway, '0-password': '***', hostName: 'siaya' })).text()),
  })
  const again = JSON.parse(readFileSync(join(root, 'wishes/network-wanted.json'), 'utf8')) as { plan: NetworkPlan }
  expect(again.plan).toEqual({ ...wish.plan, hostName: 'siaya' })
})

test('who may only read sees the ports and no form', async () => {
  const { signInAs } = boxWithPorts()
  const page = await signInAs('technician').visit(PATH)
  expect(page.status).toBe(200)
  expect(await page.text()).not.toContain('name="0-use"')
})

test('a new box is made the gateway from its first steps: ports as they could be, tried, kept, and back', async () => {
  const { signInAs, agent, site } = boxWithPorts()
  const owner = signInAs('owner')
  const step = await (await owner.visit('/setup/router')).text()
  expect(step).toContain('this box is the gateway')
  const typed = (name: string): string =>
    new RegExp(`name="${name}"[^>]*>(?:<option[^>]*>[^<]*</option>)*?<option value="([^"]*)" selected`).exec(
      step,
    )?.[1] ??
    new RegExp(`name="${name}" value="([^"]*)"|value="([^"]*)"[^>]*name="${name}"`).exec(step)?.[1] ??
    ''
  expect(['0-use', '1-use', '2-use'].map(typed)).toEqual(['uplinkDesk', 'lan', 'lan'])
  const sent = form({
    '0-use': 'uplinkDesk',
    '0-kind': 'dhcp',
    '1-use': 'lan',
    '1-address': '10.87.0.1/22',
    '2-use': 'lan',
  })
  const looked = await (await owner.send(PATH, sent)).text()
  expect(looked).toContain('Internet, and the desk for who is there')
  await owner.send(PATH, { do: 'try', plan: planOf(looked) })
  agent.apply()
  await owner.send(PATH, { do: 'keep' })
  agent.confirm()
  expect(await (await owner.visit(`${PATH}?said=kept`)).text()).toContain('href="/setup"')
  expect(site.database.raw.prepare('SELECT name, address FROM routers').all()).toEqual([
    { name: 'gateway', address: '127.0.0.1' },
  ])
  expect(await (await owner.visit('/setup/router')).text()).not.toContain('this box is the gateway')
})

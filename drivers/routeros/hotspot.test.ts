import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import { hotspotFiles, hotspotSetUp, readNetwork, type HotspotInput } from '@lango/modules/network'
import { startRouterosSimulator, type RouterosSimulatorFault } from '../simulators/routeros/index.ts'
import { enforceHotspot, newPagesMemory, removeHotspot, type DesiredHotspot, type RouterosClient } from './index.ts'
import { full, startBench } from './testing/setup.ts'

const pageOf = (name: string): string => `<!doctype html><title>${name} é</title>$(if logged-in == 'yes')a$(endif)\n`

/** What a router fetches its pages from. */
const startPortal = async () => {
  const asked: string[] = []
  const state = { extra: '' }
  const server: Server = createServer((request, response) => {
    const name = (request.url ?? '').replace('/hotspot/', '')
    asked.push(name)
    if ((hotspotFiles as readonly string[]).includes(name)) response.end(pageOf(name) + state.extra)
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { asked, state, port: (server.address() as AddressInfo).port, close: () => server.close() }
}

const start = async () => {
  const bench = await startBench(startRouterosSimulator)
  const portal = await startPortal()
  const { router } = bench.simulator
  const memory = newPagesMemory()
  const input: HotspotInput = {
    box: '127.0.0.1',
    authPort: 1812,
    acctPort: 1813,
    coaPort: 3799,
    portalPort: portal.port,
    securePortal: undefined,
    secret: 'of the router',
    routerAddress: '10.9.0.1',
    interface: 'bridge-hotspot',
    network: readNetwork('10.30.0.0/16')!,
    openNames: [],
  }
  const desired = (more: Partial<HotspotInput> = {}): DesiredHotspot =>
    hotspotSetUp({ ...input, ...more }).map((step) =>
      step.part === 'pages' ? { ...step, files: new Map(step.files.map((name) => [name, pageOf(name)])) } : step,
    )
  return {
    ...bench,
    router,
    portal,
    desired,
    pass: async (client: RouterosClient, more: Partial<HotspotInput> = {}) => {
      // What is known of the version decides what is written.
      await client.probe()
      return enforceHotspot(client, desired(more), memory)
    },
    close: async () => {
      portal.close()
      await bench.close()
    },
  }
}
let box: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  box = await start()
})
afterEach(() => box.close())

const MENUS = [
  '/radius',
  '/ip/hotspot/walled-garden/ip',
  '/ip/hotspot/profile',
  '/ip/pool',
  '/ip/hotspot',
  '/ip/address',
  '/ip/dhcp-server/option',
  '/ip/dns/static',
  '/ip/dhcp-server/network',
  '/ip/dhcp-server',
]
const quiet = { isChanged: false, isUnfinished: false, troubles: [] }
const secure = { name: 'wifi.isp.example', port: 443, revocationHosts: ['ocsp.ca.example'] }

/** All of the router, but for ids. */
const stateOf = () => ({
  menus: MENUS.map((menu) => [
    menu,
    box.router
      .rows(menu)
      .map(({ '.id': _id, ...row }) => JSON.stringify(row))
      .toSorted(),
  ]),
  files: box.router.files.keys().toSorted(),
})
const order = () =>
  box.router.carriedOut.filter((path) => !path.endsWith('/print')).filter((path, at, all) => all[at - 1] !== path)

describe.each(['api', 'www'] as const)('by %s', (service) => {
  test('an empty router becomes a hotspot that leads to the portal, and then is left in peace', async () => {
    const client = box.client(service)
    expect(orThrow(await box.pass(client))).toMatchObject({ isChanged: true, troubles: [] })
    expect(box.router.rows('/ip/hotspot')).toMatchObject([
      { name: 'lango-hotspot', interface: 'bridge-hotspot', profile: 'lango-hotspot', disabled: 'false' },
    ])
    expect(box.router.rows('/ip/hotspot/profile')).toMatchObject([
      {
        'html-directory': 'lango-hotspot',
        'https-redirect': 'false',
        'login-by': 'http-chap,mac,mac-cookie',
        'use-radius': 'true',
      },
    ])
    expect(box.router.rows('/radius')).toMatchObject([{ service: 'hotspot', secret: 'of the router' }])
    expect(box.router.files.contents('lango-hotspot/login.html')).toBe(pageOf('login.html'))
    expect(box.router.files.keys()).toHaveLength(1 + hotspotFiles.length)
    const written = order().length
    expect(orThrow(await box.pass(client))).toEqual(quiet)
    expect(order()).toHaveLength(written)
    expect(box.portal.asked).toHaveLength(hotspotFiles.length)
  })
})

test('whoever joins is given an address last, when all that asks for a login is there', async () => {
  orThrow(await box.pass(box.client('api')))
  expect(order()).toEqual([
    '/radius/add',
    '/radius/incoming/set',
    '/ip/hotspot/walled-garden/ip/add',
    '/tool/fetch',
    '/ip/hotspot/profile/add',
    '/ip/pool/add',
    '/ip/hotspot/add',
    '/ip/address/add',
    '/ip/dhcp-server/network/add',
    '/ip/dhcp-server/add',
  ])
})

test('where there is a folder flash the pages lie in it, and outlast a loss of power', async () => {
  box.router.files.put('flash', undefined)
  const client = box.client('api')
  orThrow(await box.pass(client))
  expect(box.router.rows('/ip/hotspot/profile')).toMatchObject([{ 'html-directory': 'flash/lango-hotspot' }])
  box.router.reboot()
  box.clock.advance(600_000)
  expect(orThrow(await box.pass(client))).toEqual(quiet)
  expect(box.router.files.has('flash/lango-hotspot/login.html')).toBe(true)
})

test('RouterOS 6 is told nothing that it does not know', async () => {
  box.router.version = '6.49.10 (long-term)'
  const client = box.client('api')
  expect(orThrow(await box.pass(client, { securePortal: secure }))).toMatchObject({ troubles: [] })
  expect(box.router.rows('/radius')[0]).not.toHaveProperty('require-message-auth')
  expect(box.router.rows('/ip/dhcp-server/option')[0]).not.toHaveProperty('force')
  expect(orThrow(await box.pass(client, { securePortal: secure }))).toEqual(quiet)
})

test('the garden and the names follow the portal: its port, its public name, and when it has none any more', async () => {
  const client = box.client('api')
  orThrow(await box.pass(client))
  const garden = () =>
    box.router
      .rows('/ip/hotspot/walled-garden/ip')
      .map((row) => row['dst-host'] ?? `${row['dst-address']}:${row['dst-port']}`)
  const port = String(box.portal.port)
  expect(garden()).toEqual([`127.0.0.1:${port}`])
  orThrow(await box.pass(client, { securePortal: secure, openNames: ['bank.example'] }))
  expect(garden()).toEqual([`127.0.0.1:${port}`, '127.0.0.1:443', 'ocsp.ca.example', 'bank.example'])
  expect(box.router.rows('/ip/dhcp-server/network')).toMatchObject([{ 'dhcp-option': 'lango-hotspot' }])
  expect(box.router.rows('/ip/dns/static')).toMatchObject([{ name: 'wifi.isp.example', address: '127.0.0.1' }])
  const moved = { securePortal: { ...secure, name: 'other.isp.example', revocationHosts: ['ocsp.other.example'] } }
  orThrow(await box.pass(client, moved))
  expect(garden()).toEqual([`127.0.0.1:${port}`, '127.0.0.1:443', 'ocsp.other.example'])
  expect(box.router.rows('/ip/dhcp-server/option')[0]!['value']).toContain('https://other.isp.example/')
  expect(orThrow(await box.pass(client))).toMatchObject({ isChanged: true, troubles: [] })
  expect(garden()).toEqual([`127.0.0.1:${port}`])
  expect([box.router.rows('/ip/dhcp-server/option'), box.router.rows('/ip/dns/static')]).toEqual([[], []])
  expect(orThrow(await box.pass(client))).toEqual(quiet)
})

test.each<readonly [string, string, Record<string, string>, string]>([
  ['a hotspot of the same name', '/ip/hotspot', { name: 'lango-hotspot', interface: 'ether9' }, 'server'],
  [
    'a hotspot on the same interface',
    '/ip/hotspot',
    { name: 'mine', interface: 'bridge-hotspot', disabled: 'false' },
    'server',
  ],
  ['a profile of the same name', '/ip/hotspot/profile', { name: 'lango-hotspot' }, 'profile'],
  ['a pool of the same name', '/ip/pool', { name: 'lango-hotspot', ranges: '10.0.0.2-10.0.0.9' }, 'pool'],
  ['DHCP on the same interface', '/ip/dhcp-server', { name: 'mine', interface: 'bridge-hotspot' }, 'dhcp'],
  [
    'its own word for the network',
    '/ip/dhcp-server/network',
    { address: '10.30.0.0/16', gateway: '10.30.0.254' },
    'network',
  ],
])('%s is the operator’s: told, not touched, and nothing is begun', async (_, menu, row, part) => {
  box.router.seed(menu, [row])
  const before = stateOf()
  const outcome = orThrow(await box.pass(box.client('api')))
  expect(outcome).toMatchObject({ isChanged: false, troubles: [{ what: 'taken', part, menu }] })
  expect(stateOf()).toEqual(before)
  expect(order()).toEqual([])
})

test('an address that the operator has given already serves, and stays theirs', async () => {
  box.router.seed('/ip/address', [{ address: '10.30.0.1/16', interface: 'bridge-hotspot', comment: 'mine' }])
  const client = box.client('api')
  expect(orThrow(await box.pass(client))).toMatchObject({ troubles: [] })
  expect(box.router.rows('/ip/address')).toMatchObject([{ comment: 'mine' }])
  orThrow(await removeHotspot(client, box.desired()))
  expect(box.router.rows('/ip/address')).toHaveLength(1)
})

test('while the portal hands out no pages there is no hotspot that would lead nowhere', async () => {
  box.portal.close()
  const client = box.client('api')
  const outcome = orThrow(await box.pass(client, { portalPort: 1 }))
  expect(outcome.troubles[0]).toMatchObject({ what: 'page', said: expect.stringContaining('refused') as string })
  expect([box.router.rows('/ip/hotspot'), box.router.rows('/ip/dhcp-server')]).toEqual([[], []])
})

test('a page that comes otherwise than expected is told of, and not fetched over and over', async () => {
  const client = box.client('api')
  orThrow(await box.pass(client))
  box.portal.state.extra = 'from elsewhere'
  box.router.files.put('lango-hotspot/login.html', 'mine')
  for (let pass = 0; pass < 20; pass++)
    expect(orThrow(await box.pass(client)).troubles).toMatchObject([{ what: 'page', name: 'login.html' }])
  expect(box.portal.asked).toHaveLength(hotspotFiles.length + 3)
  expect(box.router.rows('/ip/hotspot/profile')).toMatchObject([{ 'html-directory': 'lango-hotspot' }])
})

test('leaving, everything of ours goes and everything else stays', async () => {
  box.router.seed('/ip/pool', [{ name: 'theirs', ranges: '10.1.0.2-10.1.0.9' }])
  box.router.files.put('mine.rsc', 'x')
  const before = stateOf()
  const client = box.client('api')
  orThrow(await box.pass(client, { securePortal: secure }))
  box.router.carriedOut.length = 0
  expect(orThrow(await removeHotspot(client, box.desired({ securePortal: secure })))).toMatchObject({
    isChanged: true,
    troubles: [],
  })
  expect(stateOf()).toEqual(before)
  // Nobody is handed an address, or keeps one, where nobody asks for a login any more.
  const removals = order()
  const at = (menu: string) => removals.indexOf(`${menu}/remove`)
  expect(at('/ip/dhcp-server')).toBe(0)
  expect(at('/ip/address')).toBeLessThan(at('/ip/hotspot'))
  expect(orThrow(await removeHotspot(client, box.desired()))).toEqual(quiet)
})

const drifts: readonly ((random: ReturnType<typeof seededRandom>) => void)[] = [
  ...MENUS.flatMap((menu) => [
    (random: ReturnType<typeof seededRandom>) => {
      const rows = box.router.rows(menu).filter(isOurs)
      const row = rows[random.below(Math.max(rows.length, 1))]
      if (row) box.router.execute(full, { menu, name: 'remove', values: { '.id': row['.id']! }, query: [] })
    },
    (random: ReturnType<typeof seededRandom>) => {
      const rows = box.router.rows(menu).filter(isOurs)
      const row = rows[random.below(Math.max(rows.length, 1))]
      const change = CHANGES[menu]
      if (row && change)
        box.router.execute(full, { menu, name: 'set', values: { '.id': row['.id']!, ...change }, query: [] })
    },
  ]),
  () => box.router.files.remove('lango-hotspot/alogin.html'),
  () => box.router.files.remove('lango-hotspot'),
  () => box.router.files.put('lango-hotspot/login.html', pageOf('login.html').replace('doctype', 'DOCTYPE')),
  () => box.router.files.put('lango-hotspot/login.html', 'short'),
  () => void box.router.execute(full, { menu: '/radius/incoming', name: 'set', values: { accept: 'no' }, query: [] }),
]
const CHANGES: Readonly<Record<string, Record<string, string>>> = {
  '/radius': { secret: 'another', disabled: 'yes' },
  '/ip/hotspot/walled-garden/ip': { action: 'drop', disabled: 'yes' },
  '/ip/hotspot/profile': { 'login-by': 'http-pap', 'html-directory': 'hotspot' },
  '/ip/pool': { ranges: '10.0.0.2-10.0.0.3' },
  '/ip/hotspot': { disabled: 'yes' },
  '/ip/address': { disabled: 'yes' },
  '/ip/dns/static': { address: '1.2.3.4' },
  '/ip/dhcp-server/option': { value: "'https://elsewhere.example'" },
  '/ip/dhcp-server/network': { 'dns-server': '8.8.8.8', 'dhcp-option': '' },
  '/ip/dhcp-server': { 'lease-time': '1d', disabled: 'yes' },
}
const isOurs = (row: { readonly name?: string; readonly comment?: string }): boolean =>
  row.comment?.startsWith('lango:hotspot:') === true || row.name === 'lango-hotspot'

test('every kind of drift is repaired by one pass', async () => {
  const client = box.client('api')
  orThrow(await box.pass(client, { securePortal: secure }))
  const right = stateOf()
  const random = seededRandom(3)
  for (const [at, drift] of drifts.entries()) {
    drift(random)
    const outcome = orThrow(await box.pass(client, { securePortal: secure }))
    expect([at, outcome.troubles]).toEqual([at, []])
    expect([at, stateOf()]).toEqual([at, right])
    expect(box.router.files.contents('lango-hotspot/login.html')).toBe(pageOf('login.html'))
  }
})

const seeds = process.env['LANGO_LONG'] === '1' ? 100 : 6
const spoilers: readonly RouterosSimulatorFault[] = ['write-ignored', 'write-partly', 'lost-answer', 'cut', 'trap']

test.each(Array.from({ length: seeds }, (_, seed) => seed))(
  'whatever is meddled with and lost in the middle, it comes to what is desired, the operator’s rows intact (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const theirs: readonly (readonly [string, Record<string, string>])[] = [
      ['/ip/pool', { name: 'theirs', ranges: '10.1.0.2-10.1.0.9' }],
      ['/ip/hotspot/walled-garden/ip', { action: 'drop', 'dst-address': '10.9.9.9', comment: 'mine' }],
      ['/radius', { address: '10.8.8.8', service: 'ppp', secret: 'x' }],
    ]
    for (const [menu, row] of theirs) box.router.seed(menu, [row])
    const client = box.client('api')
    for (let round = 0; round < 5; round++) {
      for (let meddled = random.below(6); meddled > 0; meddled--) drifts[random.below(drifts.length)]!(random)
      if (random.below(3) === 0) box.router.reboot()
      const faults = Array.from({ length: random.below(6) }, () => spoilers[random.below(spoilers.length)]!)
      box.simulator.fail(...faults)
      const more = random.below(2) === 0 ? { securePortal: secure } : {}
      for (let passes = 0; ; passes++) {
        expect(passes).toBeLessThan(40)
        const outcome = await box.pass(client, more)
        if (outcome.ok && !outcome.value.isChanged && outcome.value.troubles.length === 0) break
        // Past any backoff.
        box.clock.advance(600_000)
      }
      const ours = stateOf()
      const fresh = await start()
      const bare = box
      box = fresh
      for (const [menu, row] of theirs) box.router.seed(menu, [row])
      const port = { portalPort: bare.portal.port }
      orThrow(await box.pass(box.client('api'), { ...more, ...port }))
      const wanted = stateOf()
      box = bare
      await fresh.close()
      expect(ours).toEqual(wanted)
    }
  },
)

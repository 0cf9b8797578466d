import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mikrotikFiles } from '@lango/captive-portal/mikrotik-files'
import { startRouterosSimulator } from '@lango/drivers/simulators/routeros'
import { seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, Calendar } from '@lango/modules/access'
import {
  addRouter,
  hotspotGone,
  listHotspots,
  network,
  removeControl,
  removeHotspot,
  setControl,
  setHotspot,
  setRouter,
  type ControlStatus,
  type Reach,
} from '@lango/modules/network'
import { plans } from '@lango/modules/plans'
import { services } from '@lango/modules/services'
import { customers } from '@lango/modules/customers'
import { sessions } from '@lango/modules/sessions'
import { full, startBench, until } from '../../../drivers/routeros/testing/setup.ts'
import { RouterControl, type RouterControlNews } from './control.ts'
import { CHECK_EVERY_MS } from './keeper.ts'

/** The portal as routers fetch from it. */
const startPortal = async () => {
  const server = createServer((request, response) => {
    const { localPort } = request.socket
    const file = mikrotikFiles(`http://127.0.0.1:${localPort}`).get((request.url ?? '').replace('/hotspot/', ''))
    if (file === undefined) response.writeHead(404).end()
    else response.end(file)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

const start = async () => {
  const bench = await startBench(startRouterosSimulator)
  const portal = await startPortal()
  const site = memorySite([network, access, plans, customers, services, sessions])
  const { clock, must, vault, log, query } = site
  const { router, ports } = bench.simulator
  const told: ControlStatus[] = []
  const control = new RouterControl({
    reader: site.database.raw,
    vault,
    clock,
    timers: clock,
    random: seededRandom(1),
    log,
    calendar: new Calendar('Africa/Nairobi'),
    tell(one: RouterControlNews) {
      if (one.kind === 'status') told.push(one.status)
      if (one.kind === 'hotspot-gone') must(hotspotGone, { routerId: one.routerId })
    },
  })
  must(addRouter, { name: 'tower', address: '127.0.0.1', secret: 'a-shared-secret' })
  must(setControl, { name: 'tower', way: 'api', port: ports.api, user: full.name, password: full.password })
  const reach: Reach = {
    listen: '0.0.0.0',
    addresses: [],
    ports: { auth: 1812, acct: 1813, radsec: 2083, portal: portal.port },
  }
  return {
    ...site,
    router,
    reach,
    control,
    hotspots: () => query(listHotspots, {}),
    pass: async () => {
      const before = told.length
      control.look()
      await until(() => told.length > before)
      return told.at(-1)!
    },
    close: async () => {
      control.close()
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

test('a hotspot that is set at the desk stands on the router, and the portal’s own pages are there', async () => {
  box.must(setHotspot, { name: 'tower' })
  // Not before the box knows how it is reached itself.
  expect((await box.pass()).hotspot).toBeUndefined()
  box.control.take(box.reach)
  const status = await box.pass()
  expect(status.hotspot).toEqual({
    isLeaving: false,
    troubles: [],
    keptAt: box.clock.now(),
    changedAt: box.clock.now(),
  })
  expect(box.router.rows('/ip/hotspot')).toMatchObject([{ interface: 'bridge-hotspot', disabled: 'false' }])
  expect(box.router.rows('/radius')).toMatchObject([{ address: '127.0.0.1', secret: 'a-shared-secret' }])
  const { portal } = box.reach.ports
  expect(box.router.files.contents('lango-hotspot/login.html')).toBe(
    mikrotikFiles(`http://127.0.0.1:${portal}`).get('login.html'),
  )
})

test('another secret, interface or portal follows at once; what somebody changes there by the next look round', async () => {
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  await box.pass()
  box.must(setRouter, { name: 'tower', secret: 'another-secret' })
  box.must(setHotspot, { name: 'tower', interface: 'vlan30', openNames: ['Bank.Example'] })
  await box.pass()
  expect(box.router.rows('/radius')).toMatchObject([{ secret: 'another-secret' }])
  expect(box.router.rows('/ip/hotspot')).toMatchObject([{ interface: 'vlan30' }])
  expect(box.router.rows('/ip/hotspot/walled-garden/ip')).toMatchObject([{}, { 'dst-host': 'bank.example' }])
  const securePortal = { name: 'wifi.isp.example', port: 443, revocationHosts: [] }
  box.control.take({ ...box.reach, securePortal })
  await box.pass()
  expect(box.router.rows('/ip/dns/static')).toMatchObject([{ name: 'wifi.isp.example' }])
  box.router.files.remove('lango-hotspot')
  box.clock.advance(CHECK_EVERY_MS)
  expect((await box.pass()).hotspot).toMatchObject({ troubles: [], changedAt: box.clock.now() })
  expect(box.router.files.has('lango-hotspot/login.html')).toBe(true)
})

test('who pushes does not wait for the next look round', async () => {
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  await box.pass()
  box.router.files.remove('lango-hotspot')
  const { id } = box.hotspots()[0]!
  box.control.push(id)
  await until(() => box.router.files.has('lango-hotspot/api.json'))
  expect(box.router.files.has('lango-hotspot/login.html')).toBe(true)
})

test('a row of the operator’s in the way is told with its name', async () => {
  box.router.seed('/ip/hotspot', [{ name: 'mine', interface: 'bridge-hotspot', disabled: 'false' }])
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  expect((await box.pass()).hotspot).toMatchObject({
    keptAt: undefined,
    troubles: [{ what: 'taken', menu: '/ip/hotspot', name: 'lango-hotspot' }],
  })
  expect(box.router.rows('/radius')).toEqual([])
})

test('a box that has no address to tell says so, and writes nothing', async () => {
  box.must(setRouter, { name: 'tower', address: '10.0.0.1' })
  box.must(setControl, { name: 'tower', host: '127.0.0.1' })
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  expect((await box.pass()).hotspot).toMatchObject({ troubles: [{ what: 'unready' }] })
  expect(box.router.rows('/radius')).toEqual([])
  box.must(setHotspot, { name: 'tower', box: '127.0.0.1' })
  expect((await box.pass()).hotspot).toMatchObject({ troubles: [] })
})

test('taken off it is gone, and so is the box’s word of it; left alone it stays', async () => {
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  await box.pass()
  box.must(removeHotspot, { name: 'tower' })
  await box.pass()
  expect([box.router.rows('/ip/hotspot'), box.router.files.keys(), box.hotspots()]).toEqual([[], [], []])
  expect((await box.pass()).hotspot).toBeUndefined()
  box.must(setHotspot, { name: 'tower' })
  await box.pass()
  box.must(removeHotspot, { name: 'tower', leavesIt: true })
  await box.pass()
  expect([box.router.rows('/ip/hotspot').length, box.hotspots()]).toEqual([1, []])
})

test('who stops logging in leaves the hotspot as it is', async () => {
  box.must(setHotspot, { name: 'tower' })
  box.control.take(box.reach)
  await box.pass()
  box.must(removeControl, { name: 'tower' })
  box.control.look()
  expect([box.router.rows('/ip/hotspot').length, box.hotspots()]).toEqual([1, []])
})

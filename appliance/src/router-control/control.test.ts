import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRouterosSimulator } from '@lango/drivers/simulators/routeros'
import { seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, Calendar, firstUse } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { addRouter, network, removeControl, setControl } from '@lango/modules/network'
import { addPlan, plans } from '@lango/modules/plans'
import {
  addSubscriber,
  changeSubscribers,
  resumeSubscriber,
  services,
  setSpeed,
  suspendSubscriber,
} from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { authority, full, pin, startBench, until } from '../../../drivers/routeros/testing/setup.ts'
import { RouterControl, type RouterControlNews } from './control.ts'
import { CHECK_EVERY_MS, FAILING_EVERY_MS } from './keeper.ts'
import type { ControlStatus } from '@lango/modules/network'

const fibre = { network: '10.40.0.0/16', interface: 'bridge-ipoe' }
const HOUR_MS = 3_600_000

const start = async () => {
  const bench = await startBench(startRouterosSimulator)
  const site = memorySite([network, access, plans, customers, services, sessions])
  const { clock, must, vault, log } = site
  const { router, ports } = bench.simulator
  const told: ControlStatus[] = []
  const news: RouterControlNews[] = []
  const control = new RouterControl({
    reader: site.database.raw,
    vault,
    clock,
    timers: clock,
    random: seededRandom(1),
    log,
    calendar: new Calendar('Africa/Nairobi'),
    tell(one) {
      news.push(one)
      if (one.kind === 'status') told.push(one.status)
      if (one.kind === 'begin')
        for (const grant of one.grants) must(firstUse, { ...grant, bind: false, deviceLimit: 0 })
    },
  })
  must(addRouter, { name: 'tower', address: '127.0.0.1', secret: 'a-shared-secret' })
  must(addPlan, { name: 'Fibre', kind: 'static', policy: { downKbps: 20_000, upKbps: 5000 } })
  const rows = (menu: string, ...names: string[]) =>
    router.rows(menu).map((row) => names.map((name) => row[name]).join(' '))
  return {
    ...site,
    bench,
    router,
    news,
    control,
    /** Looks, and waits for what the router then becomes. */
    pass: async () => {
      const before = told.length
      control.look()
      await until(() => told.length > before)
      return told.at(-1)!
    },
    controlled: (more: object = {}) =>
      must(setControl, {
        name: 'tower',
        way: 'api',
        port: ports.api,
        user: full.name,
        password: full.password,
        networks: [fibre],
        ...more,
      }),
    ports,
    fixed: (login: string, ip: string, mac = 'AA:BB:CC:00:00:01', plan = 'Fibre') =>
      must(addSubscriber, { login, plan, ip, mac, password: 'x' }),
    passing: () => rows('/ip/firewall/address-list', 'list', 'address'),
    queues: () => rows('/queue/simple', 'target', 'max-limit'),
    bindings: () => rows('/ip/arp', 'address', 'mac-address', 'interface'),
    close: async () => {
      control.close()
      await bench.close()
    },
  }
}
let box: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  box = await start()
})
afterEach(() => box.close())

test('customers with an address in its networks are held there, and nobody else', async () => {
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  box.fixed('elsewhere', '10.50.0.7', 'AA:BB:CC:00:00:02')
  box.must(addPlan, { name: 'Dial', kind: 'pppoe', policy: {} })
  box.must(addSubscriber, { login: 'dials', plan: 'Dial', password: 'x', ip: '10.40.0.9' })
  expect(await box.pass()).toMatchObject({
    customers: 1,
    active: 1,
    troubleCount: 0,
    keptAt: box.clock.now(),
    router: { version: '7.18.2 (stable)' },
  })
  expect(box.queues()).toEqual(['10.40.0.7/32 5000000/20000000'])
  expect(box.bindings()).toEqual(['10.40.0.7 AA:BB:CC:00:00:01 bridge-ipoe'])
  expect(box.passing()).toEqual(['lango-active 10.40.0.7'])
})

test('who is suspended may not pass until they are taken up again, and another speed is another queue', async () => {
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  await box.pass()
  box.must(suspendSubscriber, { login: 'amina' })
  expect(await box.pass()).toMatchObject({ customers: 1, active: 0 })
  expect([box.passing(), box.queues().length]).toEqual([[], 1])
  box.must(resumeSubscriber, { login: 'amina' })
  box.must(setSpeed, { login: 'amina', speed: { downKbps: 50_000, upKbps: 10_000 } })
  await box.pass()
  expect([box.passing().length, box.queues()]).toEqual([1, ['10.40.0.7/32 10000000/50000000']])
})

test('another address or device is written in place of the old one', async () => {
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  await box.pass()
  box.must(changeSubscribers, { rows: [{ login: 'amina', ip: '10.40.0.8', mac: 'AA:BB:CC:00:00:09' }] })
  await box.pass()
  expect(box.bindings()).toEqual(['10.40.0.8 AA:BB:CC:00:00:09 bridge-ipoe'])
  expect(box.passing()).toEqual(['lango-active 10.40.0.8'])
})

test('the end of validity shuts out without anybody doing anything', async () => {
  box.controlled()
  box.must(addPlan, { name: 'Day', kind: 'static', policy: {}, validitySec: 86_400 })
  box.fixed('amina', '10.40.0.7', 'AA:BB:CC:00:00:01', 'Day')
  await box.pass()
  const { clock } = box
  clock.advance(24 * HOUR_MS - 1)
  await box.pass()
  expect(box.passing()).toHaveLength(1)
  clock.advance(1)
  expect(await box.pass()).toMatchObject({ active: 0 })
  expect(box.passing()).toEqual([])
})

test('hours of the day turn by the clock', async () => {
  box.controlled()
  const night = { days: [0, 1, 2, 3, 4, 5, 6], from: '22:00', to: '06:00', downKbps: 100_000, upKbps: 100_000 }
  box.must(addPlan, { name: 'Owl', kind: 'static', policy: { downKbps: 1000, upKbps: 1000, windows: [night] } })
  box.fixed('amina', '10.40.0.7', 'AA:BB:CC:00:00:01', 'Owl')
  const seen = new Set<string>()
  await box.pass()
  for (let hour = 0; hour < 24; hour++) {
    box.clock.advance(HOUR_MS)
    await box.pass()
    seen.add(box.queues()[0]!)
  }
  expect([...seen].toSorted()).toEqual(['10.40.0.7/32 1000000/1000000', '10.40.0.7/32 100000000/100000000'])
})

test('time that runs from the first use begins when the router has let them in, and not before', async () => {
  box.fixed('amina', '10.40.0.7')
  box.database.raw.prepare('UPDATE grants SET validity_sec = ?').run(7 * 86_400)
  const expiry = box.database.raw.prepare<[], number | null>('SELECT expires_at FROM grants').pluck()
  box.controlled()
  box.bench.simulator.power(false)
  await box.pass()
  expect(expiry.get()).toBeNull()
  box.bench.simulator.power(true)
  box.clock.advance(HOUR_MS)
  await box.pass()
  expect(expiry.get()).toBe(box.clock.now() + 7 * 86_400_000)
  box.clock.advance(7 * 86_400_000)
  await box.pass()
  expect(box.passing()).toEqual([])
})

test('with a clock that nobody trusts no time begins', async () => {
  box.fixed('amina', '10.40.0.7')
  box.database.raw.prepare('UPDATE grants SET validity_sec = ?').run(7 * 86_400)
  box.clock.setSure(false)
  box.controlled()
  await box.pass()
  expect(box.passing()).toHaveLength(1)
  expect(box.news.some(({ kind }) => kind === 'begin')).toBe(false)
})

test('a certificate that nobody has confirmed gets no password; it is told, and good once it is confirmed', async () => {
  box.fixed('amina', '10.40.0.7')
  box.controlled({ way: 'api-tls', port: box.ports['api-ssl'] })
  const shown = pin.pinSha256.replaceAll(':', '').toLowerCase()
  expect(await box.pass()).toMatchObject({
    fault: { why: 'certificate', certificateSha256: shown },
    failingSince: box.clock.now(),
  })
  expect(box.router.carriedOut).toEqual([])
  box.must(setControl, { name: 'tower', certificateSha256: pin.pinSha256 })
  const kept = await box.pass()
  expect([kept.fault, kept.active]).toEqual([undefined, 1])
  const { cert } = await authority.issue({ name: 'another', names: [], purpose: 'server' })
  box.must(setControl, { name: 'tower', certificateSha256: new X509Certificate(cert).fingerprint256 })
  expect(await box.pass()).toMatchObject({ fault: { why: 'certificate' } })
})

test('REST by TLS does the same', async () => {
  box.fixed('amina', '10.40.0.7')
  box.controlled({ way: 'rest', port: box.ports['www-ssl'], certificateSha256: pin.pinSha256 })
  expect(await box.pass()).toMatchObject({ active: 1, troubleCount: 0 })
  expect(box.passing()).toHaveLength(1)
})

test('a login that is refused is told, and mended at the desk it is tried at once', async () => {
  box.fixed('amina', '10.40.0.7')
  box.controlled({ password: 'mistyped' })
  expect(await box.pass()).toMatchObject({ fault: { why: 'login' }, customers: 1 })
  box.must(setControl, { name: 'tower', password: full.password })
  expect((await box.pass()).fault).toBeUndefined()
  expect(box.passing()).toHaveLength(1)
})

test('what changes while a router is away is written when it is back', async () => {
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  box.fixed('juma', '10.40.0.8', 'AA:BB:CC:00:00:02')
  const before = await box.pass()
  box.bench.simulator.power(false)
  box.must(suspendSubscriber, { login: 'amina' })
  const away = await box.pass()
  expect(away).toMatchObject({ fault: { detail: expect.any(String) as string }, keptAt: before.keptAt })
  box.clock.advance(FAILING_EVERY_MS)
  expect((await box.pass()).failingSince).toBe(away.failingSince)
  box.bench.simulator.power(true)
  // The client has waited longer and longer before it connects again.
  let status = away
  for (let tries = 0; status.fault !== undefined && tries < 20; tries++) {
    box.clock.advance(60_000)
    status = await box.pass()
  }
  expect(status).toMatchObject({ active: 1, customers: 2 })
  expect(box.passing()).toEqual(['lango-active 10.40.0.8'])
})

test('what somebody changes on the router is put right at the next look round, and their own rows are left alone', async () => {
  box.router.seed('/queue/simple', [{ name: 'of the operator', target: '10.0.0.0/24' }])
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  await box.pass()
  const [entry] = box.router.rows('/ip/firewall/address-list')
  const user = { ...full }
  box.router.execute(user, {
    menu: '/ip/firewall/address-list',
    name: 'remove',
    values: { '.id': entry!['.id']! },
    query: [],
  })
  box.clock.advance(CHECK_EVERY_MS)
  await box.pass()
  expect(box.passing()).toEqual(['lango-active 10.40.0.7'])
  expect(box.queues()).toEqual(['10.40.0.7/32 5000000/20000000', '10.0.0.0/24 '])
})

test('when nothing has changed a router is left in peace', async () => {
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  await box.pass()
  const readings = () => box.router.carriedOut.filter((command) => command.startsWith('/queue')).length
  const before = readings()
  box.fixed('elsewhere', '10.50.0.7', 'AA:BB:CC:00:00:02')
  box.clock.advance(61_000)
  box.control.look()
  // Long enough for a pass to come to its end, if there were one.
  for (let turns = 0; turns < 500; turns++) await new Promise((turn) => setImmediate(turn))
  expect(readings()).toBe(before)
})

test('what the router has of the operator, or will not take, is told by customer', async () => {
  box.router.seed('/ip/firewall/address-list', [{ list: 'lango-active', address: '10.40.0.7' }])
  box.controlled()
  box.fixed('amina', '10.40.0.7')
  box.fixed('juma', '10.40.0.8', 'AA:BB:CC:00:00:02')
  box.bench.simulator.fail('write-ignored')
  const { troubles, troubleCount, active } = await box.pass()
  expect({ troubleCount, active }).toEqual({ troubleCount: 2, active: 2 })
  expect(troubles).toContainEqual({ login: 'juma', what: 'refused', menu: '/queue/simple', said: '' })
  box.clock.advance(60_000)
  expect((await box.pass()).troubles).toEqual([
    { login: 'amina', what: 'taken', menu: '/ip/firewall/address-list', said: '' },
  ])
})

test('a network that is taken off takes its customers off the router; a control that is removed leaves them', async () => {
  box.controlled({ networks: [fibre, { network: '10.60.0.0/24', interface: 'ether9' }] })
  box.fixed('amina', '10.40.0.7')
  box.fixed('juma', '10.60.0.8', 'AA:BB:CC:00:00:02')
  await box.pass()
  box.must(setControl, { name: 'tower', networks: [fibre] })
  await box.pass()
  expect(box.passing()).toEqual(['lango-active 10.40.0.7'])
  box.must(removeControl, { name: 'tower' })
  box.control.look()
  expect(box.news.at(-1)).toMatchObject({ kind: 'gone' })
  expect(box.passing()).toEqual(['lango-active 10.40.0.7'])
})

test('a password whose key is lost is told', async () => {
  box.controlled()
  box.database.raw.prepare('UPDATE router_controls SET password = ?').run(Buffer.alloc(60, 1))
  expect(await box.pass()).toMatchObject({ fault: { why: 'password' } })
})

test.each([1, 2, 3, 4, 5, 6])(
  'whatever happens in whatever order, the router comes to hold what it should (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const below = (n: number): number => Math.floor(random.unit() * n)
    const states = new Map<string, { address: string; isActive: boolean; kbps: number }>()
    box.controlled()
    const deeds: readonly (() => void)[] = [
      () => {
        const n = states.size + 1
        const login = `c${n}`
        box.fixed(login, `10.40.1.${n}`, `AA:BB:CC:00:01:${n.toString(16).padStart(2, '0').toUpperCase()}`)
        states.set(login, { address: `10.40.1.${n}`, isActive: true, kbps: 20_000 })
      },
      ...(['suspend', 'resume'] as const).map((kind) => () => {
        const [login, state] = [...states][below(states.size)] ?? []
        if (login === undefined || state!.isActive === (kind === 'resume')) return
        box.must(kind === 'suspend' ? suspendSubscriber : resumeSubscriber, { login })
        states.set(login, { ...state!, isActive: kind === 'resume' })
      }),
      () => {
        const [login, state] = [...states][below(states.size)] ?? []
        if (login === undefined) return
        const kbps = 1000 * (1 + below(50))
        box.must(setSpeed, { login, speed: { downKbps: kbps, upKbps: kbps } })
        states.set(login, { ...state!, kbps })
      },
      () => box.bench.simulator.cut(),
      () => box.router.reboot(),
      () => box.bench.simulator.fail((['write-ignored', 'lost-answer', 'cut', 'trap'] as const)[below(4)]!),
      () => {
        const rows = box.router.rows('/queue/simple')
        const row = rows[below(rows.length)]
        if (row)
          box.router.execute(
            { ...full },
            { menu: '/queue/simple', name: 'remove', values: { '.id': row['.id']! }, query: [] },
          )
      },
    ]
    for (let step = 0; step < 40; step++) {
      deeds[below(deeds.length)]!()
      if (below(3) === 0) box.control.look()
      if (below(3) === 0) box.clock.advance(below(90_000))
      for (let turns = below(20); turns > 0; turns--) await new Promise((turn) => setImmediate(turn))
    }
    box.clock.advance(CHECK_EVERY_MS)
    let status = await box.pass()
    for (let tries = 0; tries < 30 && (status.fault !== undefined || status.troubleCount > 0 || tries < 2); tries++) {
      box.clock.advance(CHECK_EVERY_MS)
      status = await box.pass()
    }
    const all = [...states.values()]
    const active = all.filter(({ isActive }) => isActive)
    expect(status).toMatchObject({ customers: all.length, active: active.length, troubleCount: 0 })
    expect(box.passing().toSorted()).toEqual(active.map(({ address }) => `lango-active ${address}`).toSorted())
    expect(
      box
        .queues()
        .map((line) => line.replace(/^(\S+)\/32 \S+\/(\d+)$/, '$1 $2'))
        .toSorted(),
    ).toEqual(all.map(({ address, kbps }) => `${address} ${kbps * 1000}`).toSorted())
  },
)

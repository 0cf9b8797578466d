import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { afterEach, expect, test } from 'vitest'
import { startRouterosSimulator } from '@lango/drivers/simulators/routeros'
import { ok } from '@lango/kernel'
import { memorySite, seededRandom } from '@lango/kernel/testing'
import { access } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { addRouter, network, removeControl, setControl } from '@lango/modules/network'
import { plans } from '@lango/modules/plans'
import {
  addRouterPackage,
  cancelRollout,
  listRolloutDevices,
  listRollouts,
  listRouterSoftware,
  pauseRollout,
  resumeRollout,
  rollouts,
  startRollout,
} from '@lango/modules/rollouts'
import { services } from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { updates } from '@lango/modules/updates'
import { full } from '../../../drivers/routeros/testing/setup.ts'
import { BACK_WITHIN_MS, HEALTHY_WITHIN_MS, ORDER_AGAIN_MS } from './device-step.ts'
import { PackageHandOut, packageFolder } from './hand-out.ts'
import { LATER_MS, RolloutKeeper } from './keeper.ts'
import { Routers } from './routers.ts'
import { keeperOn } from './service.ts'

const SYSTEM = 'routeros-7.20.1-arm64.npk'
const contents = 'a package of RouterOS 7.20.1'
const stop: (() => unknown)[] = []
afterEach(async () => {
  for (const end of stop.splice(0).toReversed()) await end()
})

type Simulator = Awaited<ReturnType<typeof startRouterosSimulator>>

/** A box that logs in to so many routers, on one clock that is moved by hand. */
const start = async (count: number, bootMs = 20_000) => {
  const site = memorySite([network, access, plans, customers, services, sessions, updates, rollouts])
  const { clock, must, query, vault, log } = site
  const dir = mkdtempSync(join(tmpdir(), 'lango-test-rollouts-'))
  mkdirSync(packageFolder(dir))
  const handOut = new PackageHandOut(dir, seededRandom(2))
  let fetches = 0
  const server = createServer((request, response) => {
    fetches += 1
    void getRequestListener(() => handOut.answer(request.url ?? '') ?? new Response(null, { status: 404 }))(
      request,
      response,
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const portal = (server.address() as AddressInfo).port
  const simulators: Record<string, Simulator> = {}
  stop.push(
    () => rmSync(dir, { recursive: true }),
    () => new Promise((done) => server.close(done)),
  )
  for (const n of Array.from({ length: count }, (_, at) => at + 1)) {
    const simulator = await startRouterosSimulator({
      users: [full],
      version: '7.18.2 (stable)',
      bootMs,
      clock,
      timers: clock,
      random: seededRandom(n),
    })
    stop.push(() => simulator.close())
    simulator.router.software.architecture = 'arm64'
    simulator.router.seed('/interface', [{ name: 'ether1', type: 'ether', running: 'true', disabled: 'false' }])
    simulators[`r${n}`] = simulator
    must(addRouter, { name: `r${n}`, address: `127.0.0.${n}`, secret: 'a-shared-secret' })
    must(setControl, {
      name: `r${n}`,
      way: 'api',
      host: '127.0.0.1',
      port: simulator.ports.api,
      user: full.name,
      password: full.password,
    })
  }
  clock.advance(86_400_000)
  const put = (name: string, text: string): void => {
    writeFileSync(join(packageFolder(dir), name), text)
    const sha256 = createHash('sha256').update(text).digest('hex')
    must(addRouterPackage, { name, sha256, sizeBytes: Buffer.byteLength(text) })
  }
  put(SYSTEM, contents)
  const begin = (): RolloutKeeper => {
    const routers = new Routers({
      reader: site.database.raw,
      ask: (name, input) => Promise.resolve(ok(name === 'sessions.routerStays' && input ? [] : [])),
      vault,
      clock,
      timers: clock,
      random: seededRandom(3),
      reach: () => ({ listen: '127.0.0.1', addresses: [], ports: { auth: 1, acct: 2, radsec: 3, portal } }),
      timeZone: 'Africa/Nairobi',
    })
    const keeper = new RolloutKeeper({ ...keeperOn(site), clock, log, routers, handOut })
    stop.push(() => keeper.close())
    return keeper
  }
  let keeper = begin()
  const look = async (): Promise<void> => {
    keeper.look()
    await keeper.settled()
  }
  /** So long, looking every ten seconds. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 10_000) {
      await clock.advanceAsync(Math.min(left, 10_000))
      await look()
    }
  }
  const latest = () => query(listRollouts, { limit: 1 })[0]!
  const devices = () => query(listRolloutDevices, { rolloutId: latest().id })
  return {
    ...site,
    simulators,
    put,
    look,
    pass,
    latest,
    devices,
    dir,
    fetches: () => fetches,
    states: () => devices().map(({ name, state, why }) => [name, state, why].filter((part) => part !== '').join(' ')),
    versions: () => Object.values(simulators).map(({ router }) => router.version.split(' ')[0]),
    reboots: () =>
      Object.values(simulators).map(
        ({ router }) => router.carriedOut.filter((path) => /\/(reboot|downgrade)$/.test(path)).length,
      ),
    now: (more: object = {}) => must(startRollout, { version: '7.20.1', isAtOnce: true, ...more }),
    /** As after a kill: what was in memory is gone. */
    anew: () => {
      keeper = begin()
    },
    keeper: () => keeper,
  }
}

const MINUTE_MS = 60_000

test('one router comes first, then the others; each is brought to the version once', async () => {
  const box = await start(4)
  box.now()
  await box.look()
  expect(box.states()).toEqual(['r1 restarting', 'r2 waiting', 'r3 waiting', 'r4 waiting'])
  await box.pass(30_000)
  expect(box.states().slice(0, 2)).toEqual(['r1 good', 'r2 restarting'])
  await box.pass(3 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 good', 'r2 good', 'r3 good', 'r4 good'])
  expect(box.latest()).toMatchObject({ state: 'done' })
  expect(box.versions()).toEqual(['7.20.1', '7.20.1', '7.20.1', '7.20.1'])
  expect(box.reboots()).toEqual([1, 1, 1, 1])
  expect(box.query(listRouterSoftware, {})[0]).toMatchObject({
    name: 'r1',
    version: '7.20.1 (stable)',
    architecture: 'arm64',
  })
})

test('RouterBOOT follows RouterOS, with a restart of its own; where it does not, that is told', async () => {
  const box = await start(2)
  for (const { router } of Object.values(box.simulators))
    router.software.firmware = { current: '7.18.2', offered: '7.18.2' }
  box.simulators['r2']!.router.software.goesWrong.add('no-firmware')
  box.now({ failPercent: 100 })
  await box.pass(8 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 good', 'r2 failed firmware'])
  expect(box.simulators['r1']!.router.software.firmware).toEqual({ current: '7.20.1', offered: '7.20.1' })
  expect(box.reboots()[0]).toBe(2)
})

test('a router that is away is waited for until the last day, and the others go on', async () => {
  const box = await start(3)
  box.simulators['r1']!.power(false)
  box.now({ waitDays: 1 })
  await box.pass(6 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 waiting offline', 'r2 good', 'r3 good'])
  box.simulators['r1']!.power(true)
  await box.pass(6 * MINUTE_MS)
  expect([box.states()[0], box.latest().state]).toEqual(['r1 good', 'done'])
  box.put('routeros-7.20.2-arm64.npk', 'newer')
  box.simulators['r1']!.power(false)
  box.must(startRollout, { version: '7.20.2', isAtOnce: true, waitDays: 1 })
  await box.pass(6 * MINUTE_MS)
  box.clock.advance(86_400_000)
  await box.look()
  await box.look()
  expect([box.states(), box.latest().state]).toEqual([['r1 skipped late', 'r2 good', 'r3 good'], 'done'])
})

test('it stops when too many fail, goes on when somebody says so, and tries again what failed where that is said', async () => {
  const box = await start(4)
  box.simulators['r2']!.router.software.goesWrong.add('keeps-version')
  box.now({ batchPercents: [50] })
  await box.pass(5 * MINUTE_MS)
  expect([box.states(), box.latest().state]).toEqual([
    ['r1 good', 'r2 failed old-version', 'r3 waiting', 'r4 waiting'],
    'halted',
  ])
  expect(box.devices()[1]).toMatchObject({ said: '7.18.2 (stable)', fromVersion: '7.18.2' })
  box.must(resumeRollout, {})
  await box.pass(5 * MINUTE_MS)
  expect([box.states(), box.latest().state]).toEqual([
    ['r1 good', 'r2 failed old-version', 'r3 good', 'r4 good'],
    'done',
  ])
  box.simulators['r2']!.router.software.goesWrong.clear()
  box.now({ routers: ['r2'] })
  await box.pass(2 * MINUTE_MS)
  expect(box.versions()).toEqual(['7.20.1', '7.20.1', '7.20.1', '7.20.1'])
})

test('a first router that never comes back stops it, and can be tried again once it is there', async () => {
  const box = await start(2)
  const { router } = box.simulators['r1']!
  router.software.goesWrong.add('stays-down')
  box.now()
  await box.pass(BACK_WITHIN_MS + MINUTE_MS)
  expect([box.states(), box.latest().state]).toEqual([['r1 failed gone', 'r2 waiting'], 'halted'])
  router.software.goesWrong.clear()
  box.simulators['r1']!.power(true)
  box.must(resumeRollout, { retries: true })
  await box.pass(5 * MINUTE_MS)
  // It had installed it before it stayed away.
  expect(box.states()).toEqual(['r1 skipped running', 'r2 good'])
})

test.each(['bringing', 'restarting', 'firmware'])(
  'a box that is killed while a router is %s goes on there, and tells no router twice',
  async (state) => {
    const box = await start(1)
    const { router } = box.simulators['r1']!
    router.software.firmware = { current: '7.18.2', offered: '7.18.2' }
    const over = Promise.withResolvers<void>()
    if (state === 'bringing') router.software.downloading = over.promise
    box.now()
    if (state === 'bringing') {
      box.keeper().look()
      while (box.fetches() === 0) await new Promise((turn) => setImmediate(turn))
    } else for (let looks = 0; box.devices()[0]!.state !== state && looks < 20; looks += 1) await box.pass(10_000)
    expect(box.states()).toEqual([`r1 ${state}`])
    await box.keeper().close()
    over.resolve()
    box.anew()
    await box.pass(5 * MINUTE_MS)
    expect(box.states()).toEqual(['r1 good'])
    expect(box.reboots()).toEqual([2])
    expect(router.software.firmware).toEqual({ current: '7.20.1', offered: '7.20.1' })
  },
)

test('a box that was killed before its order left gives it again; a router that does not listen has failed', async () => {
  const box = await start(1)
  const { router } = box.simulators['r1']!
  router.software.goesWrong.add('ignores-reboot')
  box.now({ withFirmware: false })
  await box.look()
  expect([box.states(), box.reboots()]).toEqual([['r1 restarting'], [1]])
  await box.pass(ORDER_AGAIN_MS + 20_000)
  expect(box.reboots()).toEqual([2])
  router.software.goesWrong.clear()
  await box.pass(3 * MINUTE_MS)
  expect([box.states(), box.versions()]).toEqual([['r1 good'], ['7.20.1']])
})

test('while it is paused none is begun, and what lies on a router is taken away again', async () => {
  const box = await start(2)
  const { router } = box.simulators['r1']!
  const over = Promise.withResolvers<void>()
  router.software.downloading = over.promise
  box.now()
  box.keeper().look()
  while (box.fetches() === 0) await new Promise((turn) => setImmediate(turn))
  box.must(pauseRollout, {})
  over.resolve()
  await box.keeper().settled()
  expect([box.states(), router.files.keys()]).toEqual([['r1 waiting', 'r2 waiting'], []])
  await box.pass(5 * MINUTE_MS)
  expect([box.reboots(), box.latest().state]).toEqual([[0, 0], 'paused'])
  box.must(cancelRollout, {})
  expect(box.states()).toEqual(['r1 skipped cancelled', 'r2 skipped cancelled'])
  box.now()
  await box.pass(5 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 good', 'r2 good'])
})

test('a router whose interface stays down, or that RADIUS does not hear again, is not well', async () => {
  const box = await start(2)
  const { raw } = box.database
  const heard = (at: number) =>
    raw
      .prepare(
        `INSERT INTO router_health (router_no, last_packet_at, last_address, requests) VALUES (2, ?, '', 1)
         ON CONFLICT (router_no) DO UPDATE SET last_packet_at = excluded.last_packet_at`,
      )
      .run(at)
  box.simulators['r1']!.router.seed('/interface', [{ name: 'sfp1', type: 'ether', running: 'true', dynamic: 'false' }])
  box.now({ routers: ['r1'], failPercent: 100 })
  await box.look()
  const { router } = box.simulators['r1']!
  router.execute(full, { menu: '/interface', name: 'set', values: { numbers: 'sfp1', running: 'false' }, query: [] })
  await box.pass(HEALTHY_WITHIN_MS)
  expect(box.states()).toEqual(['r1 checking'])
  await box.pass(MINUTE_MS)
  expect([box.states(), box.devices()[0]!.said]).toEqual([['r1 failed interfaces'], 'sfp1'])
  box.must(cancelRollout, {})
  const columns = raw
    .prepare<[], { name: string; type: string; notnull: number }>('PRAGMA table_info(live_sessions)')
    .all()
  const filled = columns.filter(({ notnull, name }) => notnull === 1 && name !== 'no')
  const value = ({ name, type }: (typeof filled)[number]) => (name === 'router_no' ? 2 : type === 'TEXT' ? "'[]'" : 0)
  raw.exec(`INSERT INTO live_sessions (${filled.map(({ name }) => name).join()}) VALUES (${filled.map(value).join()})`)
  heard(box.clock.now())
  box.now({ routers: ['r2'] })
  await box.pass(2 * MINUTE_MS)
  expect(box.states()).toEqual(['r2 checking'])
  heard(box.clock.now())
  await box.pass(MINUTE_MS)
  expect(box.states()).toEqual(['r2 good'])
})

test('what does not fit a router is left out and told, and counts as no failure', async () => {
  const box = await start(5)
  const [one, two, three, four] = Object.values(box.simulators).map(({ router }) => router)
  one!.software.architecture = 'mipsbe'
  two!.software.freeDiskBytes = 1000
  three!.software.packages = ['container']
  four!.version = '7.21 (stable)'
  box.now()
  await box.pass(5 * MINUTE_MS)
  expect(box.states()).toEqual([
    'r1 skipped no-file',
    'r2 skipped no-space',
    'r3 skipped no-package',
    'r4 skipped older',
    'r5 good',
  ])
  expect(box.devices()[0]!.said).toBe('routeros-7.20.1-mipsbe.npk')
  expect(box.latest().state).toBe('done')
})

test('a router restarts in its own quiet hour, or in the window; a file that was altered is not handed out', async () => {
  const box = await start(1)
  // Nobody was ever online: three at night, in Nairobi.
  box.must(startRollout, { version: '7.20.1' })
  const hour = () => (new Date(box.clock.now()).getUTCHours() + 3) % 24
  const before = hour()
  while (hour() !== 12) await box.clock.advanceAsync(3_600_000)
  await box.look()
  expect([before < 24, box.states()]).toEqual([true, ['r1 waiting quiet']])
  while (hour() !== 3) await box.clock.advanceAsync(3_600_000)
  writeFileSync(join(packageFolder(box.dir), SYSTEM), contents.replace('20.1', '20.9'))
  await box.pass(LATER_MS + 10_000)
  expect([box.states(), box.latest().state]).toEqual([['r1 failed altered'], 'halted'])
  expect(box.fetches()).toBe(0)
})

test('from MikroTik’s servers, over the stepping stones, back to an older version, or not at all', async () => {
  const box = await start(2)
  const [one, two] = Object.values(box.simulators).map(({ router }) => router)
  one!.version = '6.49.18 (long-term)'
  one!.software.offers = { upgrade: '7.12.1', 'long-term': '7.19.6', stable: '7.20.1' }
  two!.software.offers = { 'long-term': '7.19.5' }
  box.now({ version: '7.19.6', source: 'mikrotik', channel: 'long-term', allowsMajor: true })
  await box.pass(8 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 good', 'r2 skipped not-offered'])
  expect([box.versions()[0], box.reboots()[0], box.devices()[1]!.said]).toEqual(['7.19.6', 2, '7.19.5'])
  box.put('routeros-7.16-arm64.npk', 'older')
  box.must(startRollout, { version: '7.16', isAtOnce: true, allowsDowngrade: true })
  await box.pass(8 * MINUTE_MS)
  expect(box.versions()).toEqual(['7.16', '7.16'])
})

test('a router that the box logs in to no more is left alone', async () => {
  const box = await start(2)
  box.now()
  box.must(removeControl, { name: 'r1' })
  await box.pass(3 * MINUTE_MS)
  expect(box.states()).toEqual(['r1 skipped no-control', 'r2 good'])
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { startRouterosSimulator } from '../simulators/routeros/index.ts'
import {
  bringFile,
  bringFromMikrotik,
  readSoftware,
  restart,
  takeAwayFiles,
  writeFirmware,
  type RouterosClient,
} from './index.ts'
import { startBench, until, ways } from './testing/setup.ts'

const contents = 'a package of RouterOS'
const name = 'routeros-7.20.1-arm64.npk'
const start = () => startBench(startRouterosSimulator)
let bench: Awaited<ReturnType<typeof start>>
let server: Server
let asked: number
beforeEach(async () => {
  bench = await start()
  bench.simulator.router.software.architecture = 'arm64'
  asked = 0
  server = createServer((request, response) => {
    asked += 1
    if (request.url === `/${name}`) response.end(contents)
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  await bench.close()
  await new Promise((done) => server.close(done))
})

const file = (change: object = {}) => ({
  name,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
  sizeBytes: Buffer.byteLength(contents),
  ...change,
})
/** After it was away, a connection that ended while nobody spoke may be heard of only now. */
const read = async (client: RouterosClient) => {
  const first = await readSoftware(client)
  if (first.ok) return first.value
  bench.clock.advance(1000)
  return orThrow(await readSoftware(client))
}

describe.each(Object.entries(ways))('%s', (_, service) => {
  test('a router tells what it runs, what came with it, and which interfaces run', async () => {
    const { router } = bench.simulator
    Object.assign(router.software, {
      packages: ['container'],
      firmware: { current: '7.16', offered: '7.18.2' },
      freeDiskBytes: 77,
      freeMemoryBytes: 99,
    })
    router.seed('/interface', [
      { name: 'ether1', type: 'ether', running: 'true', disabled: 'false' },
      { name: 'ether2', type: 'ether', running: 'false', disabled: 'false' },
      { name: 'ether3', type: 'ether', running: 'false', disabled: 'true' },
      { name: '<pppoe-amina>', type: 'pppoe-in', running: 'true', dynamic: 'true' },
    ])
    router.files.put('flash', undefined)
    router.files.put('hotspot/old.npk', 'x')
    router.files.put('stray-7.1-arm64.npk', 'x')
    bench.clock.advance(60_000)
    expect(orThrow(await readSoftware(bench.client(service)))).toEqual({
      versionText: '7.18.2 (stable)',
      architecture: 'arm64',
      board: 'hEX',
      uptimeMs: 60_000,
      freeDiskBytes: 77,
      freeMemoryBytes: 99,
      hasFlash: true,
      firmware: { current: '7.16', offered: '7.18.2' },
      packages: ['container'],
      interfaces: [
        { name: 'ether1', type: 'ether', isRunning: true },
        { name: 'ether2', type: 'ether', isRunning: false },
      ],
      waitingFiles: ['stray-7.1-arm64.npk'],
    })
  })

  test('a file is fetched once, and is installed when the router restarts; RouterBOOT follows with the next', async () => {
    const { router } = bench.simulator
    router.software.firmware = { current: '7.18.2', offered: '7.18.2' }
    const client = bench.client(service)
    orThrow(await bringFile(client, file()))
    orThrow(await bringFile(client, file()))
    expect([asked, router.files.contents(name)]).toEqual([1, contents])
    orThrow(await restart(client, false))
    expect(await read(client)).toMatchObject({
      versionText: '7.20.1 (stable)',
      waitingFiles: [],
      firmware: { current: '7.18.2', offered: '7.20.1' },
    })
    orThrow(await writeFirmware(client))
    expect(await read(client)).toMatchObject({ firmware: { current: '7.18.2' } })
    await restart(client, false)
    expect(await read(client)).toMatchObject({ firmware: { current: '7.20.1', offered: '7.20.1' } })
  })

  test('what is cut short, is not there or does not fit was not brought', async () => {
    const { router } = bench.simulator
    const client = bench.client(service)
    const bring = (change: object = {}) => bringFile(client, file(change))
    const notBrought = (said: unknown) => ({ ok: false, error: { type: 'NotBrought', name, said } })
    orThrow(await readSoftware(client))
    bench.simulator.fail('write-partly')
    expect(await bring()).toEqual(notBrought(''))
    expect(await bring({ url: file().url.replace('20', '21') })).toEqual(notBrought(expect.stringContaining('404')))
    router.software.goesWrong.add('no-space')
    expect(await bring()).toEqual(notBrought('failure: no space left on device'))
    router.software.goesWrong.clear()
    orThrow(await bring())
    orThrow(await takeAwayFiles(client, [name, 'never-was.npk']))
    expect(router.files.keys()).toEqual([])
  })

  test('an answer that is lost says nothing of the file: it is looked for', async () => {
    const client = bench.client(service)
    orThrow(await readSoftware(client))
    bench.simulator.fail('lost-answer')
    const brought = bringFile(client, file())
    expect(await brought).toEqual({ ok: true, value: undefined })
    expect(asked).toBe(1)
  })

  test('a slow download is waited for, and given up after its time', async () => {
    const { software } = bench.simulator.router
    const client = bench.client(service)
    orThrow(await readSoftware(client))
    const over = Promise.withResolvers<void>()
    software.downloading = over.promise
    const brought = bringFile(client, file())
    await until(() => asked === 1)
    bench.clock.advance(60_000)
    over.resolve()
    expect(await brought).toEqual({ ok: true, value: undefined })
    orThrow(await takeAwayFiles(client, [name]))
    software.downloading = new Promise(() => {})
    const endless = bringFile(client, file())
    await until(() => asked === 2)
    bench.clock.advance(600_000)
    const given = await endless
    expect(!given.ok && given.error.type).toBe('TimedOut')
  })

  test.each([
    ['of another architecture', 'routeros-7.20.1-arm.npk'],
    ['that is older', 'routeros-7.17-arm64.npk'],
  ])('a package %s is refused when the router restarts: it comes back as it was', async (_kind, other) => {
    const { router } = bench.simulator
    router.files.put(other, contents)
    const client = bench.client(service)
    orThrow(await restart(client, false))
    expect((await read(client)).versionText).toBe('7.18.2 (stable)')
  })

  test('it goes back only when it is told so', async () => {
    bench.simulator.router.files.put('routeros-7.17-arm64.npk', contents)
    const client = bench.client(service)
    orThrow(await restart(client, true))
    expect((await read(client)).versionText).toBe('7.17 (stable)')
  })

  test('from MikroTik’s servers it loads what they offer, when that is what is wanted', async () => {
    const { software } = bench.simulator.router
    software.offers = { stable: '7.20.2', 'long-term': '7.19.6' }
    const client = bench.client(service)
    const bring = (channel: string, wanted: string) =>
      bringFromMikrotik(client, { channel, isWanted: (version) => version === wanted })
    expect(await bring('stable', '7.20.1')).toEqual({
      ok: false,
      error: { type: 'NotOffered', version: '7.20.2', said: '' },
    })
    expect(orThrow(await bring('long-term', '7.19.6'))).toBe('7.19.6')
    orThrow(await restart(client, false))
    expect((await read(client)).versionText).toBe('7.19.6 (long-term)')
    software.offers = {}
    expect(await bring('stable', '7.20.2')).toMatchObject({
      error: { type: 'NotOffered', version: '', said: 'ERROR: could not resolve dns name' },
    })
    software.offers = { stable: '7.20.2' }
    software.goesWrong.add('no-space')
    expect(await bring('stable', '7.20.2')).toMatchObject({
      error: { type: 'NotBrought', said: 'ERROR: not enough disk space' },
    })
  })

  test('a router that restarts is away, and may stay so', async () => {
    const { router } = bench.simulator
    const client = bench.client(service)
    orThrow(await readSoftware(client))
    router.software.goesWrong.add('stays-down')
    orThrow(await restart(client, false))
    bench.clock.advance(600_000)
    expect((await readSoftware(client)).ok).toBe(false)
    bench.simulator.power(true)
    bench.clock.advance(600_000)
    expect((await readSoftware(client)).ok).toBe(true)
  })
})

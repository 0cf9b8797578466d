import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { recorded } from '../machine/testing/recorded.ts'
import type { BoxStatus, Check } from './check.ts'
import { checkHardware, checkSteadyHardware } from './hardware.ts'
import { checkInodes } from './machine.ts'
import { checkReach } from './reach.ts'
import { checkSynced } from './time-service.ts'
import { checkUpdate } from './update.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const told = (checks: readonly Check[]) => checks.map(({ name, state, finding }) => [name, state, finding?.type ?? ''])
const kB = (total: number, available: number) => `MemTotal: ${total} kB\nMemAvailable: ${available} kB\n`

test('a machine in order is told with its figures', () => {
  const root = recorded({
    'proc/meminfo': `${kB(1_000_000, 500_000)}SwapTotal: 400000 kB\nSwapFree: 300000 kB\n`,
    'proc/vmstat': 'oom_kill 0\n',
    'proc/loadavg': '0.1 1.0 0.1 1/1 1\n',
    'proc/stat': 'cpu0 1\ncpu1 1\n',
    'sys/class/thermal/thermal_zone0/temp': '48000\n',
    'sys/block/zram0/size': '1\n',
  })
  const checks = checkHardware(root, box.folder)
  expect(told(checks)).toEqual([
    ['memory', 'ok', ''],
    ['temperature', 'ok', ''],
    ['load', 'ok', ''],
  ])
  expect(checks[0]!.sentence).toBe('512 MB of 1.0 GB of memory are left; 102 MB of 410 MB of compressed swap are used.')
})

test('what is short, too warm or has failed is told, each with what to do', () => {
  const root = recorded({
    'proc/meminfo': kB(1_000_000, 40_000),
    'proc/vmstat': 'oom_kill 2\n',
    'proc/pressure/memory': 'full avg10=0 avg60=0 avg300=12.00 total=1\n',
    'proc/pressure/io': 'full avg10=0 avg60=0 avg300=41.00 total=1\n',
    'proc/loadavg': '9 9.0 9 1/1 1\n',
    'proc/stat': 'cpu0 1\n',
    'sys/class/thermal/thermal_zone0/temp': '86000\n',
    'proc/self/mountinfo': '1 0 8:1 / / ro,relatime - ext4 /dev/sda1 rw\n',
    'sys/dev/block/8:1': '-> ../../devices/sda/sda1',
    'sys/devices/sda/sda1/partition': '1\n',
    'sys/devices/sda/device/life_time': '0x0b 0x01\n',
    'sys/devices/sda/device/pre_eol_info': '0x03\n',
    'sys/fs/ext4/sda1/errors_count': '1\n',
  })
  const checks = checkHardware(root, box.folder)
  expect(told(checks)).toEqual([
    ['disk', 'stopped', 'disk-read-only'],
    ['memory', 'attention', 'memory-ran-out'],
    ['memory', 'attention', 'memory-low'],
    ['temperature', 'attention', 'too-warm'],
    ['disk-health', 'attention', 'disk-errors'],
    ['disk-health', 'attention', 'disk-reserve-low'],
    ['disk-health', 'attention', 'disk-worn'],
    ['memory', 'attention', 'memory-pressed'],
    ['disk', 'attention', 'disk-pressed'],
    ['load', 'attention', 'load-high'],
  ])
  for (const { sentence, remedy } of checks) {
    expect(sentence).toMatch(/\.$/)
    expect(remedy).not.toBe('')
  }
  // A running box tells what has happened since its start.
  expect(told(checkSteadyHardware(root, box.folder, 2))).not.toContainEqual(['memory', 'attention', 'memory-ran-out'])
})

test('files that can no longer be made are told before the last', () => {
  const left = (inodes?: number) =>
    told(checkInodes(box.folder, { free: 1e9, size: 1e9, ...(inodes !== undefined && { inodes }) }))
  expect(left()).toEqual([])
  expect(left(1e6)).toEqual([['inodes', 'ok', '']])
  expect(left(900)).toEqual([['inodes', 'attention', 'inodes-low']])
  expect(left(3)).toEqual([['inodes', 'stopped', 'inodes-out']])
})

test('a clock that nothing keeps in step is told where anybody can tell', () => {
  const synced = recorded({ 'run/systemd/timesync/synchronized': '' })
  expect(told(checkSynced(synced, () => false))).toEqual([['time-service', 'ok', '']])
  expect(told(checkSynced(recorded({}), () => true))).toEqual([['time-service', 'ok', '']])
  expect(told(checkSynced(recorded({}), () => false))).toEqual([['time-service', 'attention', 'clock-unsynced']])
  expect(checkSynced(recorded({}), () => undefined)).toEqual([])
})

test('the last update is told as the updater left word, and a plain Debian has none', () => {
  const said = (text: string) => checkUpdate(recorded({ 'run/lango-os/update.json': text }))
  expect(checkUpdate(recorded({})).sentence).toMatch(/not an appliance image/)
  expect(checkUpdate(recorded({ 'run/lango-os/network.json': '{}' })).sentence).toMatch(/No update/)
  expect(said('{"slot":"A","phase":"good","percent":null,"why":null,"at":1790000000000}')).toMatchObject({
    state: 'ok',
  })
  expect(said('{"phase":"rolled-back","why":"no login succeeded","at":1790000000000}')).toMatchObject({
    finding: { type: 'update-rolled-back', why: 'no login succeeded' },
  })
  expect(said('{"phase":"refused","why":""}')).toMatchObject({ finding: { type: 'update-refused', why: 'refused' } })
  for (const nonsense of ['', '{', '7', '{"phase":1}']) expect(said(nonsense).state).toBe('attention')
})

const nameServer = async (answer: boolean) => {
  const server = createSocket('udp4')
  server.on('message', (query, { address, port }) => {
    if (!answer) return
    const reply = Buffer.from(query)
    // QR, RA; no records, which is an answer too.
    reply.writeUInt16BE(0x8180, 2)
    server.send(reply, port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return { at: `127.0.0.1:${server.address().port}`, close: () => server.close() }
}

const reached = async (more: Partial<Parameters<typeof checkReach>[0]> = {}) =>
  told(await checkReach({ root: recorded({}), folder: box.folder, status: undefined, nameServers: [], ...more }))

test('the name server of the machine is asked, and nobody else', async () => {
  const [good, deaf] = [await nameServer(true), await nameServer(false)]
  expect(await reached({ nameServers: [good.at] })).toContainEqual(['names', 'ok', ''])
  good.close()
  expect(await reached({ nameServers: [good.at] })).toContainEqual(['names', 'attention', 'names-unanswered'])
  deaf.close()
  expect(await reached()).toEqual([
    ['uplink', 'attention', 'uplink-none'],
    ['names', 'attention', 'names-none'],
  ])
})

test('a program that has the port of a box that is down is named', async () => {
  const root = recorded({
    'proc/net/udp': 'sl\n1: 00000000:0714 00000000:0000 07 0:0 0:0 0 117 0 30551 2 0 0\n',
    'etc/passwd': 'freerad:x:117:124::/etc:/bin/false\n',
  })
  const [taken] = await checkReach({ root, folder: box.folder, status: undefined, nameServers: [] })
  expect(taken).toMatchObject({
    name: 'ports',
    state: 'attention',
    sentence: expect.stringContaining('Port 1812') as string,
    finding: { type: 'port-taken', name: 'auth', holder: { user: 'freerad' } },
  })
})

const listening = async () => {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => once(server.close(), 'close') }
}
const bound = async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => void socket.close() }
}

test('a running box has all its ports, or the one it lost is told', async () => {
  const [web, radsec, auth, acct] = [await listening(), await listening(), await bound(), await bound()]
  const ports = { auth: auth.port, acct: acct.port, radsec: radsec.port, web: web.port }
  const status: BoxStatus = {
    pid: process.pid,
    listen: '127.0.0.1',
    webListen: '127.0.0.1',
    ports,
    startedAt: 0,
    now: 1,
    clockSure: true,
  }
  expect((await reached({ root: '/', status }))[0]).toEqual(['ports', 'ok', ''])
  expect((await reached({ root: '/', status: { ...status, pid: 1 } }))[0]).toEqual(['ports', 'stopped', 'port-closed'])
  await web.close()
  acct.close()
  const checks = await checkReach({ root: '/', folder: box.folder, status, nameServers: [] })
  expect(checks.filter(({ name }) => name === 'ports').map(({ finding }) => finding)).toEqual([
    { type: 'port-closed', name: 'web', port: web.port },
    { type: 'port-closed', name: 'acct', port: acct.port },
  ])
  await radsec.close()
  auth.close()
})

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  AttributeWriter,
  changeOfAuthorization,
  createRadiusClient,
  disconnect,
  encodeNamed,
  prepareSecret,
  type NamedAttributes,
  type RadiusClient,
  type UdpServer,
} from '@lango/drivers/radius'
import { createLog, systemRandom } from '@lango/kernel'
import { linesFor, readLines } from './lines.ts'
import { startPppoeNas } from './obey.ts'

const SECRET = 'a-secret-of-the-nas'
const NOTED_SEC = 0x6b0108ad + 1
let dir: string
let server: UdpServer
let client: RadiusClient
let ended: string[]
let shaped: string[]

const note = (iface: string, of: Record<string, string>): void => {
  writeFileSync(
    join(dir, iface),
    Object.entries(of)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  )
  utimesSync(join(dir, iface), NOTED_SEC, NOTED_SEC)
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lango-lines-'))
  client = createRadiusClient({ random: systemRandom(), monotonicMs: () => performance.now() })
  server = await startPppoeNas({
    secret: SECRET,
    address: '127.0.0.1',
    port: 0,
    name: 'kisumu',
    lines: () => readLines(dir),
    end: ({ iface }) => ended.push(iface),
    shape: ({ iface }, attributes) => shaped.push(`${iface} ${attributes}`),
    now: Date.now,
    log: createLog({ level: 'error', sink: process.stderr }),
  })
})
afterAll(async () => {
  client.close()
  await server.close()
  rmSync(dir, { recursive: true })
})
beforeEach(() => {
  ;[ended, shaped] = [[], []]
  note('ppp0', { PPPD_PID: '4711', PEERNAME: 'amina', IPREMOTE: '10.50.0.10' })
  note('ppp1', { PPPD_PID: '4712', PEERNAME: 'x\nPEERNAME=amina', IPREMOTE: '10.50.0.11' })
  writeFileSync(join(dir, '.ppp2'), 'PPPD_PID=1')
  writeFileSync(join(dir, 'ppp3'), 'half of')
})

const send = async (how: typeof disconnect | typeof changeOfAuthorization, named: NamedAttributes, secret = SECRET) => {
  const at = { address: '127.0.0.1', port: server.port, secret: prepareSecret(Buffer.from(secret)) }
  const attributes = new AttributeWriter().append(encodeNamed(named))
  return how(client, at, {
    attributes,
    eventAtMs: Date.now(),
    retransmission: { initialMs: 100, countMax: 2, durationMaxMs: 400 },
  })
}
const who = { 'User-Name': 'amina', 'Framed-IP-Address': '10.50.0.10' }

test('a Disconnect ends the line of that name and address, and no other', async () => {
  expect(await send(disconnect, { ...who, 'Acct-Session-Id': '%lX6b0108ad%hX' })).toMatchObject({ type: 'ack' })
  expect(ended).toEqual(['ppp0'])
})

test('one for the session before does not end the one after it', async () => {
  expect(await send(disconnect, { ...who, 'Acct-Session-Id': '%lX6b010000%hX' })).toMatchObject({
    type: 'session-not-found',
  })
  expect(await send(disconnect, { ...who, 'User-Name': 'baraka' })).toMatchObject({ type: 'session-not-found' })
  expect(ended).toEqual([])
  expect(
    linesFor(readLines(dir), { userName: 'amina', sessionId: 'of another make' }).map(({ iface }) => iface),
  ).toEqual(['ppp0'])
})

test('a change gives the line its new speed; one without a speed is refused, so that the line is ended for it', async () => {
  const rates = { 'WISPr-Bandwidth-Max-Up': 512_000, 'WISPr-Bandwidth-Max-Down': 4_000_000 }
  expect(await send(changeOfAuthorization, { ...who, ...rates })).toMatchObject({ type: 'ack' })
  expect(shaped).toEqual(['ppp0 WISPr-Bandwidth-Max-Up 512000\nWISPr-Bandwidth-Max-Down 4000000\n'])
  expect(await send(changeOfAuthorization, { ...who, 'Idle-Timeout': 60 })).toMatchObject({ type: 'nak', code: 401 })
})

test('an order for nobody in particular, for another NAS, or under another secret ends nothing', async () => {
  expect(await send(disconnect, { 'Acct-Session-Id': '%lX6b0108ad%hX' })).toMatchObject({ type: 'nak', code: 402 })
  expect(await send(disconnect, { ...who, 'NAS-Identifier': 'siaya' })).toMatchObject({ type: 'nak', code: 403 })
  expect(await send(disconnect, who, 'another-secret')).toMatchObject({ type: 'timeout' })
  expect(ended).toEqual([])
})

import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRpc } from '../appliance/src/rpc/client.ts'
import {
  AttributeWriter,
  codes,
  createRadsecClient,
  encodeReply,
  parsePacket,
  prepareSecret,
  text,
  type Outcome,
  type Packet,
  type RadiusRequest,
  type RadiusVersion,
  type RadsecClient,
} from '../drivers/radius/index.ts'
import { Peer } from '../drivers/radius/testing/loopback.ts'
import { newBox, temporaryFolder, type Box } from './box.ts'

const SECRET = 'between-router-and-box'
const USER_NAME = 1
const USER_PASSWORD = 2
const ACCT_STATUS_TYPE = 40
const ACCT_SESSION_ID = 44
const ERROR_CAUSE = 101
const [START, STOP] = [1, 2]

type Ending = { state: string; steps: { means: string; outcome: string }[] }
const said = ({ steps }: Ending): string[] => steps.map(({ means, outcome }) => `${means}: ${outcome}`)

/** A router that dials the box by RadSec; `onRequest` is what it does with what the box asks of it. */
class RadsecNas {
  readonly asked: Packet[] = []
  readonly #client: RadsecClient
  onRequest: (request: RadiusRequest<undefined>) => void = (request) => request.ignore()

  constructor(box: Box, folder: string, name: string, serverName: string, version: RadiusVersion) {
    this.#client = createRadsecClient({
      host: '127.0.0.1',
      port: box.ports.radsec,
      tls: {
        key: readFileSync(join(folder, `${name}.key`), 'utf8'),
        cert: readFileSync(join(folder, `${name}.pem`), 'utf8'),
        ca: readFileSync(join(folder, 'ca.pem'), 'utf8'),
        serverName,
      },
      versions: [version],
      random: { bytes: (count) => randomBytes(count) },
      monotonicMs: () => performance.now(),
      onRequest: (request) => {
        this.asked.push(request.packet)
        this.onRequest(request)
      },
    })
  }

  get version(): RadiusVersion | undefined {
    return this.#client.version
  }

  async account(status: number, user: string, id: string): Promise<void> {
    const attributes = new AttributeWriter()
      .text(USER_NAME, user)
      .uint32(ACCT_STATUS_TYPE, status)
      .text(ACCT_SESSION_ID, id)
    const outcome = await this.#client.request({ code: codes.accountingRequest, attributes })
    if (outcome.type !== 'reply') throw new Error(`accounting of ${id} was not answered: ${outcome.type}`)
  }

  /** A login whose password stands in clear inside the tunnel, as RADIUS/1.1 has it. */
  login(user: string, password: string): Promise<Outcome> {
    return this.#client.request({
      code: codes.accessRequest,
      attributes: new AttributeWriter().text(USER_NAME, user).text(USER_PASSWORD, password),
    })
  }

  hangUp(): void {
    this.#client.close()
  }
}

describe('control of a router that is connected by RadSec', () => {
  const folder = temporaryFolder('radsec-control')
  const box = newBox()
  const open: RadsecNas[] = []
  let serverName = ''
  /** Where datagrams to the router's CoA port arrive. */
  let coaPort: Peer

  const dial = (name: string, version: RadiusVersion = 'radius/1.1'): RadsecNas => {
    const nas = new RadsecNas(box, folder, name, serverName, version)
    open.push(nas)
    return nas
  }

  const disconnect = async (id: string): Promise<{ code: number; ending: Ending }> => {
    const { code, stdout } = await box.cli('session', 'disconnect', id, '--json')
    const [ending] = JSON.parse(stdout) as Ending[]
    return { code, ending: ending! }
  }

  /** Brings a session in line with its plan; no command line has it yet. */
  const change = async (acctSessionId: string): Promise<Ending[]> => {
    const link = await connectRpc(join(box.data, 'control.sock'))
    if (!link.ok || link.value === undefined) throw new Error('the box has no socket')
    const changed = await link.value.action('sessions.change', { acctSessionId })
    await link.value.close()
    return changed.ok ? (changed.value as Ending[]) : []
  }

  /** Answers one Disconnect that comes by UDP, and sends the Stop by `nas`. */
  const obeyByUdp = async (stop: () => Promise<void>): Promise<void> => {
    const { bytes, port } = await coaPort.next()
    const request = parsePacket(bytes) as Packet
    const attributes = Buffer.alloc(0)
    coaPort.send(
      encodeReply({ code: codes.disconnectAck, request, secret: prepareSecret(Buffer.from(SECRET)), attributes }),
      port,
    )
    await stop()
  }

  beforeAll(async () => {
    await box.start()
    coaPort = await Peer.at()
    const { server } = await box.json<{ server: { names: string } }>('tls', 'show')
    serverName = /DNS:([^,\s]+)/.exec(server.names)![1]!
    const options = ['--secret', SECRET, '--coa-port', `${coaPort.port}`]
    // No datagram gets to the first: it is documentation's address (RFC 5737).
    await box.json('router', 'add', 'behind-nat', '--address', '192.0.2.77', ...options)
    await box.json('router', 'add', 'in-reach', '--address', '127.0.0.1', ...options)
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--password', 'p', '--plan', 'Any')
    await box.json('subscriber', 'add', 'baraka', '--password', 'p', '--plan', 'Any')
    for (const name of ['behind-nat', 'in-reach']) {
      await box.json('tls', 'issue', name, '--out', folder, '--replace')
    }
  })
  afterAll(async () => {
    for (const nas of open) nas.hangUp()
    coaPort?.close()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(['radius/1.0', 'radius/1.1'] as const)(
    'a Disconnect goes down the connection that the router has opened (%s), and is done when its Stop has come',
    async (version) => {
      const nas = dial('behind-nat', version)
      const id = `tls-${version.slice(-1)}`
      nas.onRequest = (request) => {
        request.answer(codes.disconnectAck, Buffer.alloc(0))
        void nas.account(STOP, 'amina', id)
      }
      await nas.account(START, 'amina', id)
      expect(nas.version).toBe(version)
      const { code, ending } = await disconnect(id)
      expect(said(ending)).toEqual(['disconnect session+user+address over RadSec: ack', 'accounting: ended'])
      expect([code, ending.state]).toEqual([0, 'done'])
      expect(nas.asked.map((packet) => [packet.code, text(packet, ACCT_SESSION_ID)])).toEqual([
        [codes.disconnectRequest, id],
      ])
      expect(await box.json('session', 'show', id)).toMatchObject([{ state: 'stop', userName: 'amina' }])
      nas.hangUp()
    },
  )

  test('a CoA-Request down the connection carries the plan’s speed, and who is suspended is disconnected', async () => {
    const nas = dial('behind-nat')
    nas.onRequest = (request) => {
      if (request.packet.code === codes.coaRequest) return request.answer(codes.coaAck, Buffer.alloc(0))
      request.answer(codes.disconnectAck, Buffer.alloc(0))
      void nas.account(STOP, 'baraka', 'tls-coa')
    }
    expect(await nas.login('baraka', 'p')).toMatchObject({ type: 'reply', packet: { code: codes.accessAccept } })
    await nas.account(START, 'baraka', 'tls-coa')
    expect((await change('tls-coa')).map(said)).toEqual([['coa session+user+address over RadSec: ack']])
    expect(nas.asked[0]!.bytes.toString('latin1')).toContain('1M/1M')
    await box.json('subscriber', 'suspend', 'baraka')
    await expect
      .poll(() => box.json('session', 'show', 'tls-coa'), { timeout: 10_000 })
      .toMatchObject([{ state: 'stop' }])
    nas.hangUp()
  })

  test('a router that refuses on its connection is believed: no datagram is sent, and the session stands', async () => {
    const nas = dial('in-reach')
    nas.onRequest = (request) => request.answer(codes.disconnectNak, new AttributeWriter().uint32(ERROR_CAUSE, 501))
    await nas.account(START, 'amina', 'tls-nak')
    const { code, ending } = await disconnect('tls-nak')
    expect([code, ending.state]).toEqual([1, 'failed'])
    const refused = 'over RadSec: nak 501 administratively-prohibited'
    expect(said(ending)).toEqual([
      `disconnect session+user+address ${refused}`,
      `disconnect session+user ${refused}`,
      `disconnect session ${refused}`,
    ])
    expect(coaPort.unread).toBe(0)
    expect(await box.json('session', 'show', 'tls-nak')).toMatchObject([{ state: 'start' }])
    nas.hangUp()
  })

  test('a connection that is lost over the request is said to be, and UDP is tried', async () => {
    const nas = dial('in-reach')
    await nas.account(START, 'amina', 'tls-lost')
    nas.onRequest = () => nas.hangUp()
    const obeyed = obeyByUdp(() => dial('in-reach').account(STOP, 'amina', 'tls-lost'))
    const { code, ending } = await disconnect('tls-lost')
    await obeyed
    expect(said(ending)).toEqual([
      'disconnect session+user+address over RadSec: unreachable: the connection was closed',
      'disconnect session+user+address over UDP: ack',
      'accounting: ended',
    ])
    expect([code, ending.state]).toEqual([0, 'done'])
  })

  test('a router whose connection is gone is asked by UDP as ever', async () => {
    const before = dial('in-reach')
    await before.account(START, 'amina', 'tls-gone')
    for (const nas of open) nas.hangUp()
    const obeyed = obeyByUdp(async () => {
      const after = dial('in-reach')
      await after.account(STOP, 'amina', 'tls-gone')
      after.hangUp()
    })
    const { ending } = await disconnect('tls-gone')
    await obeyed
    expect(said(ending)).toEqual(['disconnect session+user+address over UDP: ack', 'accounting: ended'])
  })

  test('the doctor says that a certificate names no router, and nothing of connections that have ended', async () => {
    await box.json('tls', 'issue', 'nobody', '--out', folder, '--replace')
    await expect(dial('nobody').account(START, 'amina', 'tls-nobody')).rejects.toThrow(/not answered/)
    const told = async () => {
      const { stdout } = await box.cli('doctor', '--json')
      const checks = JSON.parse(stdout) as { name: string; sentence: string }[]
      return checks.filter(({ name }) => name.startsWith('radsec-')).map(({ sentence }) => sentence)
    }
    await expect.poll(told, { timeout: 15_000 }).toHaveLength(1)
    expect((await told())[0]).toMatch(/^1 RadSec connection was closed .* no router goes by its name/)
  })

  test('a router that is connected by RadSec counts as heard', async () => {
    const told = async () => (await box.cli('doctor')).stdout
    await expect.poll(told, { timeout: 25_000, interval: 1000 }).toContain('All 2 routers have been heard')
  })

  test('behind NAT with the connection gone, the order fails and says that UDP did not get there', async () => {
    const nas = dial('behind-nat')
    await nas.account(START, 'amina', 'tls-nat')
    nas.hangUp()
    const { code, ending } = await disconnect('tls-nat')
    expect([code, ending.state]).toEqual([1, 'failed'])
    for (const step of said(ending)) expect(step).toMatch(/over UDP: (timeout|unreachable: E[A-Z]+)$/)
    expect(await box.json('session', 'show', 'tls-nat')).toMatchObject([{ state: 'start' }])
  })
})

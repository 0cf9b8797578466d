/** A hotspot, a RADIUS server that knows one customer, and phones that ask from addresses of their own. */
import { request as httpRequest } from 'node:http'
import {
  AttributeWriter,
  attribute,
  authenticator,
  codes,
  createRadiusClient,
  createUdpServer,
  prepareSecret,
  revealPassword,
  text,
  verifyChap,
  type DynamicRequest,
  type Packet,
  type RadiusRequest,
} from '../../radius/index.ts'
import { knownClient } from '../../radius/testing/loopback.ts'
import { collectingLog, fakeClock, seededRandom } from '@lango/kernel/testing'
import { startHotspotSimulator, type HotspotSimulatorOptions } from './index.ts'

const secret = prepareSecret(Buffer.from('of the hotspot'))
export const amina = { user: 'amina', password: 'Pass-1' }

type Accounted = { readonly status: number; readonly packet: Packet }

export type Given = Partial<Pick<HotspotSimulatorOptions, 'loginBy' | 'html' | 'walledGarden'>>

/** As a router comes: every page shows what it can. */
const pages = new Map(
  ['login', 'flogin', 'alogin', 'status', 'logout', 'rlogin', 'rstatus', 'redirect', 'error'].map((name) => [
    `${name}.html`,
    `${name}|$(mac)|$(link-orig)|$(link-redirect)|$(chap-id)|$(chap-challenge)|$(error)|$(username)`,
  ]),
)

const isRight = ({ packet }: RadiusRequest<undefined>, plain: string): boolean => {
  const [hidden, chap] = [attribute(packet, 2), attribute(packet, 3)]
  const password = Buffer.from(plain)
  if (text(packet, 1) !== amina.user) return false
  if (chap) return verifyChap(chap, password, attribute(packet, 60) ?? authenticator(packet))
  return hidden !== undefined && revealPassword(hidden, authenticator(packet), secret)?.equals(password) === true
}

/** A server that knows Amina, and keeps what it is asked and told. */
const startServer = async () => {
  const asked: Packet[] = []
  const accounted: Accounted[] = []
  const grants = {
    password: amina.password,
    accept: (writer: AttributeWriter): AttributeWriter => writer,
    refusal: 'Your bundle is used up',
  }
  const client = knownClient(undefined, { secret, requireMessageAuthenticator: 'yes' })
  const server = await createUdpServer<undefined>({
    address: '127.0.0.1',
    port: 0,
    codes: [codes.accessRequest, codes.accountingRequest],
    clientFor: () => client,
    onRequest(request) {
      const packet = { ...request.packet, bytes: Buffer.from(request.packet.bytes) }
      if (packet.code === codes.accountingRequest) {
        accounted.push({ status: attribute(packet, 40)!.readUInt32BE(), packet })
        return request.answer(codes.accountingResponse, Buffer.alloc(0))
      }
      asked.push(packet)
      if (isRight(request, grants.password))
        return request.answer(codes.accessAccept, grants.accept(new AttributeWriter()))
      const refusal = new AttributeWriter()
      request.answer(codes.accessReject, grants.refusal === '' ? refusal : refusal.text(18, grants.refusal))
    },
    monotonicMs: () => performance.now(),
    log: collectingLog(),
  })
  return { server, asked, accounted, grants }
}

export const startLab = async (given: Given = {}) => {
  const clock = fakeClock()
  const { server, asked, accounted, grants } = await startServer()
  const hotspot = await startHotspotSimulator({
    radius: { address: '127.0.0.1', authPort: server.port, acctPort: server.port, secret },
    nasAddress: '127.0.0.1',
    identity: 'tower',
    serverName: 'hotspot1',
    interfaceName: 'bridge-hotspot',
    html: pages,
    loginBy: ['http-chap', 'http-pap'],
    walledGarden: [],
    internet: (_, response) => void response.end('the internet'),
    clock,
    timers: clock,
    random: seededRandom(3),
    log: collectingLog(),
    ...given,
  })
  const radius = createRadiusClient({ random: seededRandom(4), monotonicMs: clock.monotonicMs })
  return {
    clock,
    hotspot,
    asked,
    accounted,
    grants,
    /** What the box sends to the router. */
    tell: async (code: number, { attributes }: Pick<DynamicRequest, 'attributes'>) => {
      const outcome = await radius.request(
        { address: '127.0.0.1', port: hotspot.coaPort, secret },
        { code, attributes },
      )
      return outcome.type === 'reply' ? outcome.packet.code : outcome.type
    },
    browse: (path: string, how: Browse = {}) => browse(hotspot.port, path, how),
    close: async () => {
      radius.close()
      await hotspot.close()
      await server.close()
    },
  }
}

type Browse = {
  readonly from?: string
  /** Undefined for the hotspot itself. */
  readonly host?: string
  readonly form?: Readonly<Record<string, string>>
}
export type Got = {
  readonly status: number
  readonly version: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** What the lab's own pages show. */
  readonly shown: readonly string[]
}

const browse = (port: number, path: string, { from = '127.0.0.1', host, form }: Browse): Promise<Got> =>
  new Promise((got, failed) => {
    const headers = {
      ...(host && { host }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const options = { host: '127.0.0.1', port, path, localAddress: from, headers, agent: false }
    const request = httpRequest({ ...options, method: form ? 'POST' : 'GET' }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => void chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const { statusCode: status = 0, httpVersion: version } = response
        got({ status, version, headers: response.headers, body, shown: body.split('|') })
      })
    })
    request.on('error', failed)
    request.end(form && new URLSearchParams(form).toString())
  })

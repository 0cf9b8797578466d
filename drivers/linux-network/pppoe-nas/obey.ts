/** Disconnect and CoA (RFC 5176) for lines of pppd, which knows neither. */
import {
  AttributeWriter,
  attributes,
  codes,
  createUdpServer,
  nothingLearned,
  prepareSecret,
  text,
  uint32,
  vendorAttribute,
  type Packet,
  type RadiusRequest,
  type UdpServer,
} from '@lango/drivers/radius'
import type { Log } from '@lango/kernel'
import { linesFor, type Line, type Target } from './lines.ts'

/** RFC 5176 §3.5. */
const REFUSAL = { unsupported: 401, missingAttribute: 402, otherNas: 403, notFound: 503 } as const
/** RFC 5176 §6.3: an older request is one that somebody has kept. */
const AGE_SEC_MAX = 300
const WISPR = { id: 14122, up: 7, down: 8 } as const
const MIKROTIK = { id: 14988, rate: 8 } as const

export type PppoeNasOptions = {
  readonly secret: string
  readonly address: string
  readonly port: number
  /** NAS-Identifier. */
  readonly name: string
  readonly lines: () => readonly Line[]
  /** Throws where it cannot be done. */
  readonly end: (line: Line) => void
  /** `attributes` as `lango-pppoe-shape` reads them. */
  readonly shape: (line: Line, attributes: string) => void
  /** Epoch ms. */
  readonly now: () => number
  readonly log: Log
}

const number = (packet: Packet, vendor: number, type: number): number | undefined => {
  const value = vendorAttribute(packet, vendor, type)
  return value?.length === 4 ? value.readUInt32BE(0) : undefined
}

/** The speeds of a change, a line each; empty where it has none. */
export const ratesIn = (packet: Packet): string => {
  const [up, down] = [number(packet, WISPR.id, WISPR.up), number(packet, WISPR.id, WISPR.down)]
  const ros = vendorAttribute(packet, MIKROTIK.id, MIKROTIK.rate)?.toString()
  return [
    ...(ros !== undefined && /^[\w/. ]{1,100}$/.test(ros) ? [`Mikrotik-Rate-Limit ${ros}\n`] : []),
    ...(up === undefined ? [] : [`WISPr-Bandwidth-Max-Up ${up}\n`]),
    ...(down === undefined ? [] : [`WISPr-Bandwidth-Max-Down ${down}\n`]),
  ].join('')
}

const targetIn = (packet: Packet): Target => {
  const sessionId = text(packet, attributes['Acct-Session-Id'].number)
  const userName = text(packet, attributes['User-Name'].number)
  const ip = uint32(packet, attributes['Framed-IP-Address'].number)
  return {
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(userName === undefined ? {} : { userName }),
    ...(ip === undefined ? {} : { ip: [24, 16, 8, 0].map((shift) => (ip >>> shift) & 0xff).join('.') }),
  }
}

const refusalOf = (packet: Packet, { name, lines, end, shape }: PppoeNasOptions): number | undefined => {
  const meant = text(packet, attributes['NAS-Identifier'].number)
  if (meant !== undefined && meant !== name) return REFUSAL.otherNas
  const target = targetIn(packet)
  // A session id alone is a second in time.
  if (target.userName === undefined && target.ip === undefined) return REFUSAL.missingAttribute
  const found = linesFor(lines(), target)
  if (found.length === 0) return REFUSAL.notFound
  if (packet.code === codes.disconnectRequest) {
    for (const line of found) end(line)
    return undefined
  }
  // Whatever else would be changed, the line has to be ended for and come back.
  const rates = ratesIn(packet)
  if (rates === '') return REFUSAL.unsupported
  for (const line of found) shape(line, rates)
  return undefined
}

const obey = (request: RadiusRequest<undefined>, options: PppoeNasOptions): void => {
  const { packet } = request
  const stampSec = uint32(packet, attributes['Event-Timestamp'].number)
  if (stampSec !== undefined && Math.abs(options.now() / 1000 - stampSec) > AGE_SEC_MAX) return request.ignore()
  const isDisconnect = packet.code === codes.disconnectRequest
  try {
    const cause = refusalOf(packet, options)
    if (cause === undefined) return request.answer(isDisconnect ? codes.disconnectAck : codes.coaAck, Buffer.alloc(0))
    const why = new AttributeWriter().uint32(attributes['Error-Cause'].number, cause)
    request.answer(isDisconnect ? codes.disconnectNak : codes.coaNak, why)
  } catch (error) {
    options.log.error('an order of the box could not be carried out', { error })
    request.ignore()
  }
}

/** Hears the box alone, which is this machine. */
export const startPppoeNas = (options: PppoeNasOptions): Promise<UdpServer> => {
  const box = {
    secret: prepareSecret(Buffer.from(options.secret)),
    requireMessageAuthenticator: 'no',
    limitProxyState: 'no',
    learned: nothingLearned,
    data: undefined,
  } as const
  return createUdpServer<undefined>({
    address: options.address,
    port: options.port,
    codes: [codes.disconnectRequest, codes.coaRequest],
    clientFor: (address) => (address.startsWith('127.') ? box : undefined),
    onRequest: (request) => obey(request, options),
    monotonicMs: () => performance.now(),
    log: options.log,
  })
}

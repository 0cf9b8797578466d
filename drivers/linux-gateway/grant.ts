/** What the box grants, read from a packet's attributes: pure. A limit may be told in any of three vendors' words. */
import { attribute, attributes, uint32, vendorAttribute, type Packet } from '@lango/drivers/radius'
import type { Change, Grant } from './sessions.ts'

const CLASS = attributes['Class'].number
const SESSION_TIMEOUT = attributes['Session-Timeout'].number
const IDLE_TIMEOUT = attributes['Idle-Timeout'].number
const ACCT_INTERIM_INTERVAL = attributes['Acct-Interim-Interval'].number

const CHILLISPOT = { id: 14559, totalLow: 3, totalHigh: 23, up: 4, down: 5 } as const
const MIKROTIK = { id: 14988, rate: 8, totalLow: 17, totalHigh: 18 } as const
const WISPR = { id: 14122, up: 7, down: 8 } as const

const WORD = 2 ** 32
/** RFC 2869 §5.16: reports are never closer. */
const INTERIM_SEC_MIN = 60

const number = (packet: Packet, vendor: number, type: number): number | undefined => {
  const value = vendorAttribute(packet, vendor, type)
  return value?.length === 4 ? value.readUInt32BE(0) : undefined
}

type Rates = { readonly upKbps: number; readonly downKbps: number }

const UNITS: Readonly<Record<string, number>> = { '': 0.001, k: 1, M: 1000, G: 1_000_000 }

/** `2M/10M …` as RouterOS reads it: upload first; one value is for both. */
const mikrotikRates = (packet: Packet): Rates | undefined => {
  const value = vendorAttribute(packet, MIKROTIK.id, MIKROTIK.rate)?.toString()
  const [, up, upUnit, down = up, downUnit = upUnit] =
    /^(\d+)([kMG]?)(?:\/(\d+)([kMG]?))?(?: |$)/.exec(value ?? '') ?? []
  if (up === undefined || upUnit === undefined || down === undefined || downUnit === undefined) return undefined
  return { upKbps: Math.ceil(Number(up) * UNITS[upUnit]!), downKbps: Math.ceil(Number(down) * UNITS[downUnit]!) }
}

/** A direction that is not told is not limited. */
const ratesIn = (packet: Packet): Rates | undefined => {
  const [up, down] = [number(packet, CHILLISPOT.id, CHILLISPOT.up), number(packet, CHILLISPOT.id, CHILLISPOT.down)]
  if (up !== undefined || down !== undefined) return { upKbps: up ?? 0, downKbps: down ?? 0 }
  const [upBits, downBits] = [number(packet, WISPR.id, WISPR.up), number(packet, WISPR.id, WISPR.down)]
  if (upBits === undefined && downBits === undefined) return mikrotikRates(packet)
  return { upKbps: Math.ceil((upBits ?? 0) / 1000), downKbps: Math.ceil((downBits ?? 0) / 1000) }
}

const quotaIn = (packet: Packet): number | undefined => {
  for (const { id, totalLow, totalHigh } of [CHILLISPOT, MIKROTIK]) {
    const [low, high] = [number(packet, id, totalLow), number(packet, id, totalHigh)]
    if (low !== undefined || high !== undefined) return (high ?? 0) * WORD + (low ?? 0)
  }
  return undefined
}

export const grantIn = (packet: Packet): Grant => {
  const interimSec = uint32(packet, ACCT_INTERIM_INTERVAL) ?? 0
  return {
    ...(ratesIn(packet) ?? { downKbps: 0, upKbps: 0 }),
    sessionSec: uint32(packet, SESSION_TIMEOUT),
    quotaBytes: quotaIn(packet),
    idleSec: uint32(packet, IDLE_TIMEOUT) ?? 0,
    interimSec: interimSec === 0 ? 0 : Math.max(interimSec, INTERIM_SEC_MIN),
    className: attribute(packet, CLASS)?.toString('hex') ?? '',
  }
}

/** What a CoA tells is changed, the rest stays. */
export const changeIn = (packet: Packet): Change => {
  const [sessionSec, quotaBytes, idleSec] = [
    uint32(packet, SESSION_TIMEOUT),
    quotaIn(packet),
    uint32(packet, IDLE_TIMEOUT),
  ]
  return {
    ...ratesIn(packet),
    ...(sessionSec === undefined ? {} : { sessionSec }),
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
    ...(idleSec === undefined ? {} : { idleSec }),
  }
}

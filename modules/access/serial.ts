/** Serials of ONTs and CPEs, as access nodes and routers tell them. Pure. */
import { isMac, normaliseDevice } from './device.ts'

/** A GPON serial as OLTs show it in hex: the vendor's four letters, then four octets (ITU-T G.984.3). */
const GPON_HEX = /^((?:4[1-9A-F]|5[0-9A]){4})([0-9A-F]{8})$/

/** A serial in one form: `48575443a1b2c3d4` and `hwtcA1B2C3D4` are `HWTCA1B2C3D4`. */
export const normaliseSerial = (text: string): string => {
  const plain = text.trim()
  const device = normaliseDevice(plain)
  if (isMac(device)) return device
  const upper = plain.toUpperCase()
  const [, vendor, rest] = GPON_HEX.exec(upper) ?? []
  return vendor === undefined ? upper : Buffer.from(vendor, 'hex').toString('latin1') + rest
}

/**
 * Whether what was seen is this serial, or names it among other things: many OLTs write port and serial into one text
 * (`olt1 eth 0/1/3:HWTCA1B2C3D4`).
 */
export const isSerialSeen = (serial: string, seen: readonly string[]): boolean =>
  seen.some((text) => text === serial || text.split(/[^0-9A-Z]+/).some((word) => normaliseSerial(word) === serial))

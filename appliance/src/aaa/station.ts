/** What an access point tells of a device that wants onto a Wi-Fi network with a passphrase. Pure. */
import { attributes, attributesOf, text, vendorAttribute, type Packet } from '@lango/drivers/radius'
import { isMac, normaliseDevice } from '@lango/modules/access/rules'
import type { Origin } from './gate.ts'

const CALLED_STATION_ID = attributes['Called-Station-Id'].number
const EXTENDED_5 = 245
const EXTENDED_VENDOR = 26
const MORE = 0x80
const FREERADIUS = 11_344
const FREERADIUS_ANONCE = 1
const FREERADIUS_EAPOL_KEY = 2
const ARUBA = 14_823
const ARUBA_ESSID = 5
const SSID_OCTETS_MAX = 32
/** `AA-BB-CC-DD-EE-FF:name` (RFC 3580 §3.20); some write the address without separators, or in other ones. */
const NAMED_BSSID = /^([0-9a-f]{2}(?:[-:.]?[0-9a-f]{2}){5})[:;,_ -](.+)$/isu

export type Station = {
  readonly ssid: string
  /** The device, normalised. */
  readonly device: string
  /** The access point's radio, normalised; '' where it is not named. */
  readonly bssid: string
  /** What hostapd sends of the 4-way handshake (`wpa_psk_radius=3`): its nonce, and message 2 of the device. */
  readonly shown: { readonly anonce: Uint8Array; readonly frame: Uint8Array } | undefined
}

/**
 * Undefined unless the name is the device's own address (twelve digits may be a voucher's code as well) and the request
 * names a Wi-Fi network.
 */
export const stationIn = (
  packet: Packet,
  { userName, device }: Pick<Origin, 'userName' | 'device'>,
): Station | undefined => {
  // Before anything else is looked at: twelve digits, with or without separators.
  if (userName.length !== 12 && userName.length !== 14 && userName.length !== 17) return undefined
  if (!isMac(device) || normaliseDevice(userName) !== device) return undefined
  const network = networkIn(packet)
  return network && { ...network, device, shown: shownIn(packet) }
}

const networkIn = (packet: Packet): Pick<Station, 'ssid' | 'bssid'> | undefined => {
  const called = text(packet, CALLED_STATION_ID) ?? ''
  const [, radio = called, name] = NAMED_BSSID.exec(called) ?? []
  const ssid = name ?? vendorAttribute(packet, ARUBA, ARUBA_ESSID)?.toString('utf8') ?? ''
  if (ssid === '' || Buffer.byteLength(ssid) > SSID_OCTETS_MAX) return undefined
  return { ssid, bssid: normaliseDevice(radio) }
}

const shownIn = (packet: Packet): Station['shown'] => {
  const extended = extendedIn(packet)
  const anonce = freeradiusValue(extended, FREERADIUS_ANONCE)
  const frame = freeradiusValue(extended, FREERADIUS_EAPOL_KEY)
  // Copies: a message to another thread would clone the datagram's whole block.
  return anonce && frame && { anonce: Uint8Array.from(anonce), frame: Uint8Array.from(frame) }
}

/** What Extended-Vendor-Specific-5 says, joined: all pieces of one but its last have the flag M (RFC 6929 §2.2). */
const extendedIn = (packet: Packet): readonly Buffer[] => {
  const whole: Buffer[] = []
  let pieces: Buffer[] = []
  for (const value of attributesOf(packet, EXTENDED_5)) {
    if (value.length < 2 || value[0] !== EXTENDED_VENDOR) continue
    pieces.push(value.subarray(2))
    if (value[1]! >= MORE) continue
    whole.push(Buffer.concat(pieces))
    pieces = []
  }
  return whole
}

/** Vendor-Id and the vendor's own type, then the value (RFC 6929 §2.4). */
const freeradiusValue = (extended: readonly Buffer[], type: number): Buffer | undefined =>
  extended.find((value) => value.length > 5 && value.readUInt32BE(0) === FREERADIUS && value[4] === type)?.subarray(5)

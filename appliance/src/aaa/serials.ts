/** Which ONT or CPE a request comes from, as the access node or the router says it: the subscriber cannot change that. */
import { isIP } from 'node:net'
import { attribute, attributes, vendorAttribute, type Packet } from '@lango/drivers/radius'
import { isMac, normaliseDevice, normaliseSerial } from '@lango/modules/access/rules'

const CALLING_STATION_ID = attributes['Calling-Station-Id'].number
/** RFC 4679 §3.3: the Broadband Forum's, for PPPoE and for what DHCP option 82 had. */
const BROADBAND_FORUM = { vendor: 3561, circuitId: 1, remoteId: 2 }
/** What RouterOS and Redback send in their place. */
const REDBACK = { vendor: 2352, circuitId: 97, remoteId: 96 }
const PRINTABLE = /^[\x20-\x7e]+$/

/** What names a device of its own first, then what names its line, then the station where that is no address. */
export const serialsIn = (packet: Packet): readonly string[] => {
  const station = attribute(packet, CALLING_STATION_ID)
  const seen = [
    vendorAttribute(packet, BROADBAND_FORUM.vendor, BROADBAND_FORUM.remoteId),
    vendorAttribute(packet, REDBACK.vendor, REDBACK.remoteId),
    vendorAttribute(packet, BROADBAND_FORUM.vendor, BROADBAND_FORUM.circuitId),
    vendorAttribute(packet, REDBACK.vendor, REDBACK.circuitId),
    station && isAddress(station.toString('latin1')) ? undefined : station,
  ]
  return seen.flatMap((octets) => (octets === undefined || octets.length === 0 ? [] : [serialText(octets)]))
}

const isAddress = (station: string): boolean => isIP(station) !== 0 || isMac(normaliseDevice(station))

/** Option 82 may hold any octets: those that are no text are told in hex. */
const serialText = (octets: Buffer): string => {
  const text = octets.toString('latin1')
  return normaliseSerial(PRINTABLE.test(text) ? text : octets.toString('hex'))
}

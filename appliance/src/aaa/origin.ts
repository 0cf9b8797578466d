import { attribute, attributes, text, uint32 } from '@lango/drivers/radius'
import { normaliseDevice } from '@lango/modules/access/rules'
import { octetText } from './accounting-record.ts'
import type { Origin } from './gate.ts'
import type { Request } from './login-handler.ts'

const USER_NAME = attributes['User-Name'].number
const NAS_PORT = attributes['NAS-Port'].number
const CALLING_STATION_ID = attributes['Calling-Station-Id'].number
const ACCT_SESSION_ID = attributes['Acct-Session-Id'].number
const NAS_PORT_ID = attributes['NAS-Port-Id'].number

/** What the request tells about where it comes from. */
export const originOf = (request: Request): Origin => {
  const { packet, client } = request
  const name = attribute(packet, USER_NAME)
  const device = normaliseDevice(text(packet, CALLING_STATION_ID) ?? '')
  const userName = name ? octetText(name, 0, name.length) : ''
  const { realm, no: router } = client.data
  return { userName, realm, router, device, place: device === '' ? placeOf(request) : device }
}

/** A device without an address is told apart by its session, else by its port. */
const placeOf = ({ packet }: Request): string => {
  const session = text(packet, ACCT_SESSION_ID) ?? text(packet, NAS_PORT_ID)
  if (session) return session
  const port = uint32(packet, NAS_PORT)
  return port === undefined ? '' : String(port)
}

/**
 * Logins to routers and switches themselves. Who asks for a terminal is held against the staff and never against the
 * subscribers, so that no subscriber's password opens a router; the control thread checks it, since passwords of people
 * are argon2id, and the front goes on meanwhile.
 */
import { isIP } from 'node:net'
import { attribute, attributes, findAttribute, text, uint32, type Packet } from '@lango/drivers/radius'
import { STAFF_LOGIN } from '@lango/modules/people/rules'
import type { AdminQuestion, AdminVerdict } from './control-link.ts'
import type { Proof } from './credentials.ts'
import type { Request } from './login-handler.ts'
import { RouterRates } from './rates.ts'
import type { Reason } from './reasons.ts'

const SERVICE_TYPE = attributes['Service-Type'].number
const FRAMED_IP_ADDRESS = attributes['Framed-IP-Address'].number
const CALLING_STATION_ID = attributes['Calling-Station-Id'].number
const ACCT_SESSION_ID = attributes['Acct-Session-Id'].number
const NAS_PORT_TYPE = attributes['NAS-Port-Type'].number
const MESSAGE_AUTHENTICATOR = attributes['Message-Authenticator'].number

/** RFC 2865 §5.6. */
const LOGIN = 1
/** Administrative, NAS Prompt, and both with a call back: a terminal of the NAS itself and nothing else. */
const OF_THE_NAS: ReadonlySet<number | undefined> = new Set([6, 7, 9, 11])
/** RFC 2865 §5.41: a console line, and a session over the network. */
const ASYNC = 0
const VIRTUAL = 5

/**
 * Whether the request is for a terminal of the router. RouterOS and IOS ask with Service-Type Login for those, and some
 * hotspots do for their guests: a guest has a session, an address, or a port of a cable or a radio. In doubt it is a
 * terminal: a hotspot that is refused is seen at once, a router that is open is not.
 */
export const isTerminalLogin = (packet: Packet): boolean => {
  const service = uint32(packet, SERVICE_TYPE)
  if (service !== LOGIN) return OF_THE_NAS.has(service)
  const portType = uint32(packet, NAS_PORT_TYPE)
  if (portType === VIRTUAL || portType === ASYNC) return true
  // RouterOS tells the address that the terminal is opened from.
  if (isIP(text(packet, CALLING_STATION_ID) ?? '') !== 0) return true
  const isGuest =
    portType !== undefined ||
    findAttribute(packet, ACCT_SESSION_ID) >= 0 ||
    findAttribute(packet, FRAMED_IP_ADDRESS) >= 0
  return !isGuest
}

/** People type slowly; more than this is somebody guessing. Each costs the control thread's helpers some 20 ms. */
const RATES = { router: { perSecond: 0.5, burst: 10 }, all: { perSecond: 2, burst: 20 } }

export type AdminDeps = {
  readonly monotonicMs: () => number
  readonly ask: (question: AdminQuestion) => Promise<AdminVerdict>
}

export class AdminDoor {
  readonly #ask: AdminDeps['ask']
  readonly #rates: RouterRates

  constructor({ monotonicMs, ask }: AdminDeps) {
    this.#ask = ask
    this.#rates = new RouterRates(monotonicMs, RATES)
  }

  /** Who may log in to the router and how, or why not; only what could be right is asked on. */
  async enter(request: Request, proof: Proof, userName: string): Promise<AdminVerdict> {
    const { packet, client } = request
    const login = userName.trim().toLowerCase()
    const fault = faultOf(request, proof)
    if (fault !== undefined) return refusal(fault)
    if (!STAFF_LOGIN.test(login)) return refusal('admin-unknown')
    if (!this.#rates.mayTry(client.data.no)) return refusal('admin-too-many')
    return this.#ask({
      kind: 'admin-login',
      login,
      password: proof.method === 'pap' ? proof.password.toString('utf8') : '',
      routerName: client.data.name,
      from: attribute(packet, CALLING_STATION_ID)?.toString('utf8').slice(0, 64) ?? '',
    })
  }
}

const refusal = (reason: Reason): AdminVerdict => ({ kind: 'refused', reason })

const faultOf = ({ packet, client, transport }: Request, proof: Proof): Reason | undefined => {
  if (!client.data.adminLogins) return 'admin-off'
  if (proof.method !== 'pap') return 'admin-pap-only'
  // Without either, whoever is on the way could turn a refusal into an acceptance (CVE-2024-3596).
  const isSigned = transport === 'tls' || findAttribute(packet, MESSAGE_AUTHENTICATOR) >= 0
  return isSigned ? undefined : 'admin-unsigned'
}

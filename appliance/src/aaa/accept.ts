/** The attributes of an Access-Accept: the policy's, encoded once per policy and vendor, then the subscriber's own. */
import { attributes, authenticator, encodeNamed, type AttributeWriter } from '@lango/drivers/radius'
import { atInterim, type Policy } from '@lango/modules/access/rules'
import type { GrantRow } from './decide.ts'
import type { Admitted } from './gate.ts'
import type { Request } from './login-handler.ts'
import { classOf } from './readers.ts'
import { passphraseAttributes, policyAttributes, totalLimit, type Vendor } from './vendors.ts'

const USER_NAME = attributes['User-Name'].number
const FRAMED_IP_ADDRESS = attributes['Framed-IP-Address'].number
const REPLY_MESSAGE = attributes['Reply-Message'].number
const CLASS = attributes['Class'].number
const SESSION_TIMEOUT = attributes['Session-Timeout'].number
const FRAMED_IPV6_PREFIX = attributes['Framed-IPv6-Prefix'].number
const DELEGATED_IPV6_PREFIX = attributes['Delegated-IPv6-Prefix'].number
const TUNNEL_TYPE = attributes['Tunnel-Type'].number
const TUNNEL_MEDIUM_TYPE = attributes['Tunnel-Medium-Type'].number
const TUNNEL_PRIVATE_GROUP_ID = attributes['Tunnel-Private-Group-Id'].number
/** RFC 3580 §3.31. */
const TUNNEL_TYPE_VLAN = 13
const TUNNEL_MEDIUM_802 = 6

const WORD = 2 ** 32
const SEC_MAX = WORD - 1

/** Writes Accepts for one thread. Policies never change, so their encoded form is kept. */
export class AcceptWriter {
  // Weakly: a policy that came from another thread is a copy, and is gone with its login.
  readonly #encoded = new WeakMap<Policy, Map<Vendor, Buffer>>()

  /** Adds everything that policy and grant give; the caller adds what the method and the protocol ask for. */
  write(writer: AttributeWriter, vendor: Vendor, grant: GrantRow, admitted: Admitted): void {
    const policy = reportedInTime(vendor, admitted)
    writer.append(this.#policy(vendor, policy))
    const { speed, reason } = admitted
    const timeoutSec = admitted.sessionTimeoutSec > 0 ? Math.min(admitted.sessionTimeoutSec, SEC_MAX) : undefined
    // Of who is let in only to pay it is not kept: paid for, they are to come in anew, and not to stay so for longer.
    writer.text(CLASS, classOf(grant.no, { speed, timeoutSec: reason === 'accepted' ? timeoutSec : undefined }))
    if (timeoutSec !== undefined) writer.uint32(SESSION_TIMEOUT, timeoutSec)
    writeVlan(writer, grant.vlan ?? policy.vlan)
    if (reason === 'accepted-expired') return
    if (grant.framedIp !== null) writer.ipv4(FRAMED_IP_ADDRESS, grant.framedIp)
    if (grant.framedIpv6Prefix !== null) writer.append(prefixAttribute(FRAMED_IPV6_PREFIX, grant.framedIpv6Prefix))
    if (grant.delegatedIpv6Prefix !== null)
      writer.append(prefixAttribute(DELEGATED_IPV6_PREFIX, grant.delegatedIpv6Prefix))
    if (admitted.quotaLeftOctets !== undefined) writer.append(quotaAttributes(vendor, admitted.quotaLeftOctets))
  }

  #policy(vendor: Vendor, policy: Policy): Buffer {
    const byVendor = this.#encoded.get(policy) ?? new Map<Vendor, Buffer>()
    const known = byVendor.get(vendor)
    if (known) return known
    const encoded = encodeNamed(policyAttributes(vendor, policy, 'accept'))
    this.#encoded.set(policy, byVendor.set(vendor, encoded))
    return encoded
  }
}

/** Where nothing else limits a speed: what the fastest home line takes. */
const FAST_KBPS = 1_000_000
const INTERIM_SEC_MIN = 60

/**
 * A NAS that does not count octets itself reports more often where the rest could be used up between two reports, but
 * never more than once a minute (RFC 2869 §5.16). In whole minutes, so that few forms of a policy are kept.
 */
const reportedInTime = (vendor: Vendor, { policy, quotaLeftOctets, tierLeftOctets }: Admitted): Policy => {
  const quotaLeft = totalLimit[vendor] ? Infinity : (quotaLeftOctets ?? Infinity)
  const left = Math.min(quotaLeft, tierLeftOctets ?? Infinity)
  if (left === Infinity) return policy
  const kbps = policy.downKbps === 0 || policy.upKbps === 0 ? FAST_KBPS : policy.downKbps + policy.upKbps
  const minutes = Math.floor((left * 8) / (kbps * 1000) / INTERIM_SEC_MIN)
  const interimSec = Math.max(minutes * INTERIM_SEC_MIN, INTERIM_SEC_MIN)
  return interimSec < policy.interimSec ? atInterim(policy, interimSec) : policy
}

export const writeReplyMessage = (writer: AttributeWriter, text: string): void => {
  if (text !== '') writer.text(REPLY_MESSAGE, text)
}

/** A device's own Wi-Fi passphrase, hidden where the vendor has it hidden. */
export const writePassphrase = (
  writer: AttributeWriter,
  grant: GrantRow,
  passphrase: string,
  { packet, client, version }: Request,
  salt: () => number,
): void => {
  const hide = { secret: client.secret, requestAuthenticator: authenticator(packet), version, salt }
  writer.append(encodeNamed(passphraseAttributes(client.data.vendor, passphrase), hide))
  // hostapd sends no Class in accounting for such a device, but this name in place of the address.
  writer.text(USER_NAME, grant.login)
}

const writeVlan = (writer: AttributeWriter, vlan: number | undefined): void => {
  if (vlan === undefined) return
  writer
    .uint32(TUNNEL_TYPE, TUNNEL_TYPE_VLAN)
    .uint32(TUNNEL_MEDIUM_TYPE, TUNNEL_MEDIUM_802)
    .text(TUNNEL_PRIVATE_GROUP_ID, String(vlan))
}

const prefixAttribute = (type: typeof FRAMED_IPV6_PREFIX | typeof DELEGATED_IPV6_PREFIX, prefix: string): Buffer =>
  encodeNamed({ [type === FRAMED_IPV6_PREFIX ? 'Framed-IPv6-Prefix' : 'Delegated-IPv6-Prefix']: prefix })

/** A limit of 0 and 0 would mean none: what is used up is refused before it comes here. */
const quotaAttributes = (vendor: Vendor, octets: number): Buffer => {
  const names = totalLimit[vendor]
  if (!names) return Buffer.alloc(0)
  const high = Math.floor(octets / WORD)
  const low = { [names.low]: octets % WORD }
  return encodeNamed(high > 0 ? { ...low, [names.gigawords]: high } : low)
}

/** Where passkeys can be: they belong to a host name (RP ID), and browsers keep them for https only. */
import { isIP } from 'node:net'
import { err, ok, type Result } from '@lango/kernel'

export type PasskeyPlace = {
  /** The name that a passkey is made for (WebAuthn section 5.1.3). */
  readonly rpId: string
  /** What the browser says it signed for: scheme, name and port. */
  readonly origin: string
}

export type NoPasskeyPlace =
  /** The box was asked for by an address, or by a name that is not its own. */
  { readonly type: 'NameMissing' } | { readonly type: 'HttpsMissing' }

/** As DNS has them (RFC 1123 section 2.1): browsers take no other for an RP ID. */
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/**
 * The place of a request for `address`, where passkeys are offered; else what is missing. The name is taken from no
 * header that says more than `hostNames`, the box's own in lower case. `localhost` is a secure context by itself (W3C
 * Secure Contexts section 3.1), so that a box can be tried on one's own machine.
 */
export const passkeyPlace = (address: string, hostNames: readonly string[]): Result<PasskeyPlace, NoPasskeyPlace> => {
  const { protocol, hostname, origin } = new URL(address)
  const isLocal = hostname === 'localhost'
  // A name that ends in a number is read as an address by browsers, and was by URL.
  const isName = DNS_NAME.test(hostname) && isIP(hostname) === 0
  if (!isLocal && !(isName && hostNames.includes(hostname))) return err({ type: 'NameMissing' })
  if (!isLocal && protocol !== 'https:') return err({ type: 'HttpsMissing' })
  return ok({ rpId: hostname, origin })
}

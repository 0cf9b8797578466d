import { findAttribute, vendorAttribute, type Packet } from './packet.ts'

/**
 * Defences against CVE-2024-3596 for Access-Requests over UDP and TCP (draft-ietf-radext-deprecate-radius §5).
 * Replies are protected by being signed always; these rules keep an attacker from getting a chosen prefix signed.
 */
export type Switch = 'yes' | 'no' | 'auto'

export interface BlastRadiusPolicy {
  /** `yes`: an Access-Request without Message-Authenticator is dropped. `auto`: from the first valid one on. */
  readonly requireMessageAuthenticator: Switch
  /** `yes`: Proxy-State without Message-Authenticator is dropped. `auto`: from the first request without Proxy-State on. */
  readonly limitProxyState: Switch
}

/** What `auto` has seen of a client. Both only ever turn true, so that what was learned holds. */
export type BlastRadiusLearned = {
  readonly sentMessageAuthenticator: boolean
  readonly sentWithoutProxyState: boolean
}

export const nothingLearned: BlastRadiusLearned = { sentMessageAuthenticator: false, sentWithoutProxyState: false }

export type AccessRequestFacts = {
  /** A Message-Authenticator is present, anywhere in the packet, and was verified. */
  readonly hasMessageAuthenticator: boolean
  readonly hasProxyState: boolean
  /** Of such a nature that it needs a Message-Authenticator under any policy. */
  readonly demandsSignature: boolean
}

export type BlastRadiusVerdict = 'ok' | 'message-authenticator-missing' | 'proxy-state-limited'

const isOn = (setting: Switch, seen: boolean): boolean => setting === 'yes' || (setting === 'auto' && seen)

/** Judges an Access-Request whose Message-Authenticator, if it has one, is known to be right. */
export function judgeAccessRequest(
  policy: BlastRadiusPolicy,
  learned: BlastRadiusLearned,
  facts: AccessRequestFacts,
): BlastRadiusVerdict {
  if (facts.hasMessageAuthenticator) return 'ok'
  if (facts.demandsSignature) return 'message-authenticator-missing'
  if (isOn(policy.requireMessageAuthenticator, learned.sentMessageAuthenticator)) return 'message-authenticator-missing'
  if (facts.hasProxyState && isOn(policy.limitProxyState, learned.sentWithoutProxyState)) return 'proxy-state-limited'
  return 'ok'
}

/** What is known after an accepted request: the same object when it taught nothing new. */
export function learn(learned: BlastRadiusLearned, facts: AccessRequestFacts): BlastRadiusLearned {
  // A request that must be signed in any case (EAP) says nothing of the others: a NAS may sign only those.
  const signedByChoice = facts.hasMessageAuthenticator && !facts.demandsSignature
  const sentMessageAuthenticator = learned.sentMessageAuthenticator || signedByChoice
  const sentWithoutProxyState = learned.sentWithoutProxyState || !facts.hasProxyState
  const isNew =
    sentMessageAuthenticator !== learned.sentMessageAuthenticator ||
    sentWithoutProxyState !== learned.sentWithoutProxyState
  return isNew ? { sentMessageAuthenticator, sentWithoutProxyState } : learned
}

const USER_PASSWORD = 2
const CHAP_PASSWORD = 3
const EAP_MESSAGE = 79
const MICROSOFT = 311
const MS_CHAP_RESPONSE = 1
const MS_CHAP2_RESPONSE = 25

/**
 * EAP-Message needs a signature (RFC 3579 §3.1), and so does a request without any credential: nothing else in it
 * depends on the secret (RFC 3579 §3.3 note 1, RFC 5080 §2.1.1).
 */
export function demandsSignature(packet: Packet): boolean {
  if (findAttribute(packet, EAP_MESSAGE) !== -1) return true
  return (
    findAttribute(packet, USER_PASSWORD) === -1 &&
    findAttribute(packet, CHAP_PASSWORD) === -1 &&
    vendorAttribute(packet, MICROSOFT, MS_CHAP2_RESPONSE) === undefined &&
    vendorAttribute(packet, MICROSOFT, MS_CHAP_RESPONSE) === undefined
  )
}

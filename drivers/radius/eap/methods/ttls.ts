import { verifyChap } from '../../crypto/chap.ts'
import { type Avp, avpCode, decodeAvps, encodeAvp, MICROSOFT } from '../avp.ts'
import { Exchange, type ExchangeStep, type MethodFactory, readIdentity } from '../exchange.ts'
import { eapCode, encodeEap, parseEap } from '../packet.ts'
import type { Tunnel } from '../tls-engine.ts'
import type { InnerMethod } from '../types.ts'
import { type Candidate, judge, NO_PASSWORD, type Nominate, type Round } from './method.ts'
import { proveMsChap1, proveMsChap2 } from './ms-chap.ts'
import { isPassword } from './password.ts'
import type { Inner, InnerStep } from './tunneled.ts'

export type TtlsOptions = {
  nominate: Nominate
  /** The inner protocols allowed beside EAP. */
  allowed: readonly InnerMethod[]
  /** Inner EAP methods. */
  eapMethods: readonly MethodFactory[]
}

const failed = (reason: string): InnerStep => ({ kind: 'failure', reason })
const find = (avps: readonly Avp[], code: number, vendor = 0): Buffer | undefined =>
  avps.find((avp) => avp.code === code && avp.vendor === vendor)?.data

type Credentials = {
  method: 'pap' | 'chap' | 'mschap' | 'mschapv2'
  /** The octets sent as proof and, but for PAP, the challenge they claim to answer. */
  proof: Buffer
  challenge: Buffer
}

/** Which proof a peer sent; the first that is complete counts. */
function credentialsOf(avps: readonly Avp[]): Credentials | undefined {
  const password = find(avps, avpCode.userPassword)
  if (password !== undefined) return { method: 'pap', proof: password, challenge: Buffer.alloc(0) }
  const challenges = { chap: find(avps, avpCode.chapChallenge), ms: find(avps, avpCode.msChapChallenge, MICROSOFT) }
  const kinds = [
    { method: 'chap', proof: find(avps, avpCode.chapPassword), challenge: challenges.chap },
    { method: 'mschapv2', proof: find(avps, avpCode.msChap2Response, MICROSOFT), challenge: challenges.ms },
    { method: 'mschap', proof: find(avps, avpCode.msChapResponse, MICROSOFT), challenge: challenges.ms },
  ] as const
  for (const { method, proof, challenge } of kinds) if (proof && challenge) return { method, proof, challenge }
  return undefined
}

/** Zeros that pad a User-Password to 16 octets (RFC 5281 §11.2.5) are no part of it. */
function unpadded(password: Buffer): Buffer {
  let end = password.length
  while (end > 0 && password[end - 1] === 0) end--
  return password.subarray(0, end)
}

function provePap(candidate: Candidate, { proof }: Credentials): InnerStep {
  const password = candidate.password()
  return judge(candidate, isPassword(unpadded(proof), password), password)
}

/** Octets of the challenge that each takes from the tunnel (RFC 5281 §11.2.2 to §11.2.4). */
const challengeBytes = { chap: 16, mschap: 8, mschapv2: 16 }

/**
 * A proof counts only for the challenge that both sides take from this very tunnel (RFC 5281 §11.1): the challenge and
 * one octet of identifier. So no proof from another place can be replayed in it.
 */
function answersTunnel({ method, proof, challenge }: Credentials, tunnel: Tunnel): boolean {
  if (method === 'pap') return true
  if (challenge.length !== challengeBytes[method]) return false
  const implicit = tunnel.exportKey(challenge.length + 1, 'ttls challenge')
  return Buffer.concat([challenge, proof.subarray(0, 1)]).equals(implicit)
}

/** CHAP-Password: identifier(1), MD5(identifier ‖ password ‖ challenge). */
function proveChap(candidate: Candidate, { proof, challenge }: Credentials): InnerStep {
  const password = candidate.password()
  return judge(candidate, verifyChap(proof, Buffer.from(password ?? NO_PASSWORD), challenge), password)
}

function proveMs2(candidate: Candidate, { proof, challenge }: Credentials): InnerStep {
  const proved = proveMsChap2(candidate, challenge, proof, Buffer.from(candidate.identity))
  if (proved.kind === 'failure') return proved
  const data = Buffer.concat([proof.subarray(0, 1), Buffer.from(proved.authenticatorResponse)])
  return { kind: 'write', plaintext: encodeAvp({ code: avpCode.msChap2Success, vendor: MICROSOFT, data }) }
}

const provers = {
  pap: provePap,
  chap: proveChap,
  mschap: (candidate: Candidate, { proof, challenge }: Credentials) => proveMsChap1(candidate, challenge, proof),
  mschapv2: proveMs2,
}

/** TTLSv0: RADIUS-like attributes, or EAP, inside (RFC 5281). */
export function ttlsInner({ nominate, allowed, eapMethods }: TtlsOptions): Inner {
  let exchange: Exchange | undefined
  /** Identifier of the inner EAP request that is out. */
  let expectedId: number | undefined
  /** MS-CHAPv2's success was sent: the peer checks it and acknowledges with an empty message. */
  let awaitsAcknowledgement = false

  function prove(avps: readonly Avp[], tunnel: Tunnel): InnerStep {
    const identity = readIdentity(find(avps, avpCode.userName) ?? Buffer.alloc(0))
    const credentials = credentialsOf(avps)
    if (credentials === undefined) return failed('no-credentials')
    if (identity === undefined) return failed('malformed-identity')
    if (!allowed.includes(credentials.method)) return failed('method-not-allowed')
    if (!answersTunnel(credentials, tunnel)) return failed('bad-challenge')
    const step = provers[credentials.method](nominate(identity, `ttls-${credentials.method}`), credentials)
    awaitsAcknowledgement = step.kind === 'write'
    return step
  }
  function conclude(step: ExchangeStep, round: Round): InnerStep {
    if (step.kind === 'success') return { kind: 'success' }
    if (step.kind === 'failure') return step
    expectedId = round.nextId
    const data = encodeEap(eapCode.request, round.nextId, step.type, step.data)
    return { kind: 'write', plaintext: encodeAvp({ code: avpCode.eapMessage, vendor: 0, data }) }
  }
  function receiveEap(message: Buffer, round: Round): InnerStep {
    const packet = parseEap(message)
    if (typeof packet === 'string' || packet.code !== eapCode.response) return failed('malformed')
    if (expectedId !== undefined && packet.id !== expectedId) return failed('unexpected-identifier')
    exchange ??= new Exchange(eapMethods)
    return conclude(exchange.respond(packet.type, packet.data, { ...round, id: packet.id }), round)
  }
  return {
    // The peer speaks first.
    open: () => ({ kind: 'wait' }),
    receive(plaintext, tunnel, round) {
      if (awaitsAcknowledgement) return plaintext.length === 0 ? { kind: 'success' } : failed('unexpected-data')
      const avps = decodeAvps(plaintext)
      if (avps === undefined) return failed('malformed')
      // An empty message before the credentials acknowledges what only concerned TLS, such as session tickets.
      if (avps.length === 0 && exchange === undefined) return { kind: 'wait' }
      const eap = find(avps, avpCode.eapMessage)
      if (eap !== undefined) return receiveEap(eap, round)
      return exchange === undefined ? prove(avps, tunnel) : failed('unexpected-data')
    },
    destroy: () => exchange?.destroy(),
  }
}

import { challengeResponse, ntHash, ntResponse } from '../../crypto/mschap.ts'
import { encodeEap } from '../packet.ts'
import type { EapOutcome } from '../types.ts'
import {
  chapAvps,
  gtcPeer,
  md5Peer,
  microsoftAvp,
  mschapv2Peer,
  papAvps,
  peapPeer,
  plainAvp,
  type Sent,
  type TlsPeer,
  type TlsPeerOptions,
  ttlsEapPeer,
  ttlsPeer,
} from './peer.ts'

export const versions = ['TLSv1.2', 'TLSv1.3'] as const

export const mschapAvps = (name: string, password: string, challenge: Buffer, id: number): Buffer => {
  const response = Buffer.concat([Buffer.of(id, 1), Buffer.alloc(24), challengeResponse(challenge, ntHash(password))])
  return Buffer.concat([plainAvp(1, Buffer.from(name)), microsoftAvp(11, challenge), microsoftAvp(1, response)])
}
export const mschapv2Avps = (name: string, password: string, challenge: Buffer, id: number): Buffer => {
  const own = Buffer.alloc(16, 9)
  const answer = ntResponse(challenge, own, Buffer.from(name), ntHash(password))
  const response = Buffer.concat([Buffer.of(id, 0), own, Buffer.alloc(8), answer])
  return Buffer.concat([plainAvp(1, Buffer.from(name)), microsoftAvp(11, challenge), microsoftAvp(25, response)])
}

/** AVPs over the tunnel's own challenge of so many octets. */
const overImplicit =
  (octets: number, avps: typeof chapAvps, name: string, password: string) =>
  (challenge: (octets: number) => Buffer) => {
    const implicit = challenge(octets + 1)
    return avps(name, password, implicit.subarray(0, octets), implicit.readUInt8(octets))
  }

type MakePeer = (name: string, password: string, options: TlsPeerOptions) => TlsPeer
/** A peer of each tunneled method. */
export const tunneledPeers: Record<string, MakePeer> = {
  'peap-mschapv2': (name, password, options) => peapPeer(name, mschapv2Peer(name, password), options),
  'peap-gtc': (name, password, options) => peapPeer(name, gtcPeer(password), options),
  'ttls-pap': (name, password, options) => ttlsPeer(() => papAvps(name, password), options),
  'ttls-chap': (name, password, options) => ttlsPeer(overImplicit(16, chapAvps, name, password), options),
  'ttls-mschap': (name, password, options) => ttlsPeer(overImplicit(8, mschapAvps, name, password), options),
  'ttls-mschapv2': (name, password, options) => ttlsPeer(overImplicit(16, mschapv2Avps, name, password), options),
  'ttls-eap-mschapv2': (name, password, options) => ttlsEapPeer(name, mschapv2Peer(name, password), options),
  'ttls-eap-gtc': (name, password, options) => ttlsEapPeer(name, gtcPeer(password), options),
  'ttls-eap-md5': (name, password, options) => ttlsEapPeer(name, md5Peer(password), options),
}
export const outerMethod = (method: string) => (method.startsWith('peap') ? 'peap' : 'ttls')

/** MSK[0..63] as the server gave it. */
export function keysOf(outcome: EapOutcome<string>): Buffer {
  if (outcome.kind !== 'accept' || outcome.keys === undefined) throw new Error(JSON.stringify(outcome))
  return Buffer.concat([outcome.keys.recv, outcome.keys.send])
}

/** The same Response with other type-data. */
export const withData = (sent: Sent, data: Buffer): Sent => ({
  ...sent,
  eap: encodeEap(2, sent.eap.readUInt8(1), sent.eap.readUInt8(4), data),
})

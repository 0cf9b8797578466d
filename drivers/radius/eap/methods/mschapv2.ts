import { msChapErrors } from '../../crypto/mschap.ts'
import { eapType } from '../packet.ts'
import { type Candidate, failure, type Method, type MethodStep } from './method.ts'
import { proveMsChap2 } from './ms-chap.ts'

/** draft-kamath-pppext-eap-mschapv2 §2: OpCode(1) MS-CHAPv2-ID(1) MS-Length(2), then by OpCode. */
const opCode = { challenge: 1, response: 2, success: 3, failure: 4 } as const

const HEADER_BYTES = 4
const CHALLENGE_BYTES = 16
/** Peer challenge(16) reserved(8) NT-Response(24) flags(1). */
const RESPONSE_BYTES = 49
const MSK_BYTES = 64

function packet(op: number, id: number, body: Buffer): Buffer {
  const header = Buffer.of(op, id, 0, 0)
  header.writeUInt16BE(HEADER_BYTES + body.length, 2)
  return Buffer.concat([header, body])
}

/** A Response's proof in the order of MS-CHAP2-Response (RFC 2548 §2.3.2), and its name; undefined when it is none. */
function readResponse(data: Buffer, id: number): { proof: Buffer; name: Buffer } | undefined {
  const valueAt = HEADER_BYTES + 1
  const nameAt = valueAt + RESPONSE_BYTES
  if (data.length < nameAt || data[0] !== opCode.response || data[1] !== id) return undefined
  if (data.readUInt16BE(2) !== data.length || data[HEADER_BYTES] !== RESPONSE_BYTES) return undefined
  const proof = Buffer.concat([Buffer.of(id, 0), data.subarray(valueAt, nameAt - 1)])
  return { proof, name: data.subarray(nameAt) }
}

/** EAP-MSCHAPv2: challenge, response, then the server proves that it knows the password too. */
export function mschapv2Method(
  candidate: Candidate,
  { randomBytes, serverName }: { randomBytes: (count: number) => Buffer; serverName: string },
): Method {
  const challenge = randomBytes(CHALLENGE_BYTES)
  const id = randomBytes(1).readUInt8(0)
  /** Where the peer's acknowledgement of our last word leads. */
  let outcome: MethodStep | undefined

  // No retry is offered: the peer is to come again, as a login that is counted.
  function refuse(reason: string): MethodStep {
    outcome = failure(reason)
    const isPassword = reason === 'no-password' || reason === 'bad-password' || reason === 'identity-mismatch'
    const code = isPassword ? msChapErrors.authenticationFailure : msChapErrors.noDialInPermission
    const text = `E=${code} R=0 C=${challenge.toString('hex').toUpperCase()} V=3 M=Access denied`
    return { kind: 'request', data: packet(opCode.failure, id, Buffer.from(text)) }
  }
  function prove(data: Buffer): MethodStep {
    const response = readResponse(data, id)
    if (response === undefined) return failure('malformed')
    const proved = proveMsChap2(candidate, challenge, response.proof, response.name)
    if (proved.kind === 'failure') return refuse(proved.reason)
    // Both master keys, then zeros (draft-kamath §2; wpa_supplicant agrees).
    outcome = { kind: 'success', msk: Buffer.concat([proved.keys.receive, proved.keys.send], MSK_BYTES) }
    return { kind: 'request', data: packet(opCode.success, id, Buffer.from(`${proved.authenticatorResponse} M=OK`)) }
  }
  return {
    type: eapType.mschapv2,
    start() {
      const value = Buffer.concat([Buffer.of(CHALLENGE_BYTES), challenge, Buffer.from(serverName)])
      return packet(opCode.challenge, id, value)
    },
    respond(data) {
      if (outcome === undefined) return prove(data)
      // A peer that did not like the server's proof says so, or says nothing.
      return outcome.kind === 'success' && data[0] !== opCode.success ? failure('server-refused') : outcome
    },
  }
}

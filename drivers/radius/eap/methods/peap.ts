import { Exchange, type ExchangeStep, type MethodFactory } from '../exchange.ts'
import { eapCode, eapType, encodeEap, parseEap } from '../packet.ts'
import type { Round } from './method.ts'
import type { Inner, InnerStep } from './tunneled.ts'

const IDENTITY_REQUEST = Buffer.of(eapType.identity)

/** TLVs of the Extensions method: M and R bits with type(2), length(2), value (draft-josefsson-pppext-eap-tls-eap-10). */
const tlv = { result: 3, mandatory: 0x8000, typeMask: 0x3fff, headerBytes: 4 } as const
const result = { success: 1, failure: 2 } as const

const resultTlv = (value: number): Buffer => {
  const bytes = Buffer.alloc(tlv.headerBytes + 2)
  bytes.writeUInt16BE(tlv.mandatory | tlv.result, 0)
  bytes.writeUInt16BE(2, 2)
  bytes.writeUInt16BE(value, tlv.headerBytes)
  return bytes
}

/** The peer's Result; others, such as a crypto-binding we did not ask for, are passed over. */
function readResult(tlvs: Buffer): number | undefined {
  for (let offset = 0; offset + tlv.headerBytes <= tlvs.length;) {
    const type = tlvs.readUInt16BE(offset) & tlv.typeMask
    const end = offset + tlv.headerBytes + tlvs.readUInt16BE(offset + 2)
    if (end > tlvs.length) return undefined
    if (type === tlv.result && end - offset === tlv.headerBytes + 2) return tlvs.readUInt16BE(offset + tlv.headerBytes)
    offset = end
  }
  return undefined
}

/** Inner packets travel without their header, type first, but for the Extensions method, which keeps it. */
function readInner(plaintext: Buffer): { type: number; data: Buffer } | undefined {
  const whole = parseEap(plaintext)
  if (typeof whole !== 'string' && whole.code === eapCode.response && whole.type === eapType.extensions) return whole
  const type = plaintext[0]
  return type === undefined ? undefined : { type, data: plaintext.subarray(1) }
}

/** PEAPv0: identity and one method inside, then both sides say how it ended (MS-PEAP §3.3.5). */
export function peapInner(methods: readonly MethodFactory[]): Inner {
  const exchange = new Exchange(methods)
  let outcome: InnerStep | undefined

  function finish(step: InnerStep & { kind: 'success' | 'failure' }, { nextId }: Round): InnerStep {
    outcome = step
    const value = step.kind === 'success' ? result.success : result.failure
    return { kind: 'write', plaintext: encodeEap(eapCode.request, nextId, eapType.extensions, resultTlv(value)) }
  }
  function conclude(ended: InnerStep, inner: { type: number; data: Buffer } | undefined): InnerStep {
    if (ended.kind !== 'success') return ended
    const isAgreed = inner?.type === eapType.extensions && readResult(inner.data) === result.success
    return isAgreed ? ended : { kind: 'failure', reason: 'result-refused' }
  }
  function proceed(step: ExchangeStep, round: Round): InnerStep {
    if (step.kind === 'request') return { kind: 'write', plaintext: Buffer.concat([Buffer.of(step.type), step.data]) }
    return finish(step.kind === 'success' ? { kind: 'success' } : step, round)
  }
  return {
    open: () => ({ kind: 'write', plaintext: IDENTITY_REQUEST }),
    receive(plaintext, _tunnel, round) {
      const inner = readInner(plaintext)
      if (outcome !== undefined) return conclude(outcome, inner)
      if (inner === undefined) return { kind: 'failure', reason: 'unexpected-data' }
      return proceed(exchange.respond(inner.type, inner.data, round), round)
    },
    destroy: () => exchange.destroy(),
  }
}

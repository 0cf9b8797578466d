import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  demandsSignature,
  judgeAccessRequest,
  learn,
  nothingLearned,
  type AccessRequestFacts,
  type BlastRadiusLearned,
  type BlastRadiusPolicy,
} from './blast-radius.ts'
import { AttributeWriter, type Packet } from './packet.ts'

const facts = (change: Partial<AccessRequestFacts> = {}): AccessRequestFacts => ({
  hasMessageAuthenticator: false,
  hasProxyState: false,
  demandsSignature: false,
  ...change,
})
const policy = (requireMessageAuthenticator: 'yes' | 'no' | 'auto', limitProxyState: 'yes' | 'no' | 'auto') =>
  ({ requireMessageAuthenticator, limitProxyState }) satisfies BlastRadiusPolicy

test.each<[string, BlastRadiusPolicy, Partial<BlastRadiusLearned>, Partial<AccessRequestFacts>, string]>([
  ['require: no signature, dropped', policy('yes', 'no'), {}, {}, 'message-authenticator-missing'],
  ['require: signed, taken', policy('yes', 'no'), {}, { hasMessageAuthenticator: true }, 'ok'],
  ['no: not demanded even of one who has signed', policy('no', 'no'), { sentMessageAuthenticator: true }, {}, 'ok'],
  ['auto: not demanded before the first one', policy('auto', 'no'), {}, {}, 'ok'],
  [
    'auto: demanded after',
    policy('auto', 'no'),
    { sentMessageAuthenticator: true },
    {},
    'message-authenticator-missing',
  ],
  ['limit: Proxy-State unsigned, dropped', policy('no', 'yes'), {}, { hasProxyState: true }, 'proxy-state-limited'],
  [
    'limit: Proxy-State signed, taken',
    policy('no', 'yes'),
    {},
    { hasProxyState: true, hasMessageAuthenticator: true },
    'ok',
  ],
  ['limit: no Proxy-State, taken', policy('no', 'yes'), {}, {}, 'ok'],
  [
    'limit no: a proxy without signature is taken',
    policy('no', 'no'),
    { sentWithoutProxyState: true },
    { hasProxyState: true },
    'ok',
  ],
  ['limit auto: a proxy from the first packet on is taken', policy('no', 'auto'), {}, { hasProxyState: true }, 'ok'],
  [
    'limit auto: a NAS that never proxied is held to it',
    policy('no', 'auto'),
    { sentWithoutProxyState: true },
    { hasProxyState: true },
    'proxy-state-limited',
  ],
  [
    'a packet that needs a signature needs it under any policy',
    policy('no', 'no'),
    {},
    { demandsSignature: true },
    'message-authenticator-missing',
  ],
])('%s', (_, rule, learned, change, verdict) => {
  expect(judgeAccessRequest(rule, { ...nothingLearned, ...learned }, facts(change))).toBe(verdict)
})

test('what was learned is never unlearned, and nothing new gives the same object', () => {
  const anyFacts = fc.record({ hasMessageAuthenticator: fc.boolean(), hasProxyState: fc.boolean() })
  fc.assert(
    fc.property(fc.array(anyFacts), (seen) => {
      let learned = nothingLearned
      for (const change of seen) {
        const next = learn(learned, facts(change))
        expect(next.sentMessageAuthenticator).toBe(learned.sentMessageAuthenticator || change.hasMessageAuthenticator)
        expect(next.sentWithoutProxyState).toBe(learned.sentWithoutProxyState || !change.hasProxyState)
        expect(learn(next, facts(change))).toBe(next)
        learned = next
      }
    }),
  )
})

const packetWith = (fill: (writer: AttributeWriter) => void): Packet => {
  const writer = new AttributeWriter()
  fill(writer)
  return { bytes: Buffer.concat([Buffer.alloc(20), writer.bytes]), code: 1, id: 0 }
}

test('EAP, and a request without any credential, must be signed; PAP, CHAP and MS-CHAP need not', () => {
  const octets = Buffer.alloc(50)
  expect(demandsSignature(packetWith(() => {}))).toBe(true)
  expect(demandsSignature(packetWith((w) => w.text(1, 'alice').octets(24, Buffer.from('state'))))).toBe(true)
  expect(demandsSignature(packetWith((w) => w.octets(79, octets).octets(2, octets)))).toBe(true)
  expect(demandsSignature(packetWith((w) => w.octets(2, octets)))).toBe(false)
  expect(demandsSignature(packetWith((w) => w.octets(3, octets)))).toBe(false)
  expect(demandsSignature(packetWith((w) => w.vendor(311, 25, octets)))).toBe(false)
  expect(demandsSignature(packetWith((w) => w.vendor(311, 1, octets)))).toBe(false)
})

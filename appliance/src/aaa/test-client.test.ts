import { expect, test } from 'vitest'
import {
  attribute,
  AttributeWriter,
  codes,
  encodeReply,
  parsePacket,
  prepareSecret,
  verifyRequest,
  type Packet,
} from '@lango/drivers/radius'
import { seededRandom } from '@lango/kernel/testing'
import { Peer } from '../../../drivers/radius/testing/loopback.ts'
import { isProven, readProof } from './credentials.ts'
import { sendTestLogin, testMethods } from './test-client.ts'

const text = 'a-shared-secret'
const secret = prepareSecret(Buffer.from(text))
const deps = { random: seededRandom(4), monotonicMs: () => performance.now() }

/** Answers one login as a server that knows the password would. */
const serve = async (peer: Peer, password: string, key = secret): Promise<Packet> => {
  const { bytes, port } = await peer.next()
  const packet = parsePacket(bytes) as Packet
  const isRight = isProven(readProof(packet, secret, 'radius/1.0'), password, attribute(packet, 1)!)
  const attributes = new AttributeWriter().text(18, isRight ? 'Karibu' : 'Hapana\u001b[2J')
  const code = isRight ? codes.accessAccept : codes.accessReject
  peer.send(encodeReply({ code, request: packet, secret: key, attributes, messageAuthenticator: true }), port)
  return packet
}

test.each(testMethods)('%s: the right password is accepted, another is not', async (method) => {
  const peer = await Peer.at()
  const server = { address: '127.0.0.1', port: peer.port, secret: text }
  for (const [password, code] of [
    ['pä ss', 'Access-Accept'],
    ['other', 'Access-Reject'],
  ] as const) {
    const asked = serve(peer, 'pä ss')
    const reply = await sendTestLogin(
      { server, login: 'amina', password, method, nas: '10.0.0.1', device: 'AA:BB:CC:DD:EE:FF' },
      deps,
    )
    expect(reply).toMatchObject({ type: 'reply', code })
    const packet = await asked
    expect(verifyRequest(packet, secret)).toBe('ok')
    expect(attribute(packet, 4)).toEqual(Buffer.of(10, 0, 0, 1))
    expect(attribute(packet, 31)!.toString()).toBe('AA:BB:CC:DD:EE:FF')
    expect(packet.bytes.includes(password)).toBe(false)
  }
  peer.close()
})

test('attributes are named, and what is unknown is shown by number', async () => {
  const peer = await Peer.at()
  const answering = peer.next().then(({ bytes, port }) => {
    const attributes = new AttributeWriter().uint32(28, 600).vendor(14_988, 8, '2M/10M').octets(250, Buffer.of(1, 255))
    const request = parsePacket(bytes) as Packet
    peer.send(encodeReply({ code: codes.accessAccept, request, secret, attributes, messageAuthenticator: true }), port)
  })
  const server = { address: '127.0.0.1', port: peer.port, secret: text }
  const reply = await sendTestLogin({ server, login: 'amina', password: 'p', method: 'pap' }, deps)
  await answering
  peer.close()
  expect(reply.type === 'reply' && reply.attributes.slice(1)).toEqual([
    { name: 'Idle-Timeout', value: '600' },
    { name: 'Mikrotik-Rate-Limit', value: '2M/10M' },
    { name: 'Attr-250', value: '0x01ff' },
  ])
})

test('an answer under another secret is none', async () => {
  const peer = await Peer.at()
  const server = { address: '127.0.0.1', port: peer.port, secret: text }
  const answering = serve(peer, 'p', prepareSecret(Buffer.from('not the same')))
  const reply = await sendTestLogin({ server, login: 'amina', password: 'p', method: 'pap', withinMs: 300 }, deps)
  await answering
  peer.close()
  expect(reply).toEqual({ type: 'none', cause: 'bad-reply: bad-authenticator' })
})

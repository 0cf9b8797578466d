import { expect, test } from 'vitest'
import {
  encodeReply,
  encodeRequest,
  hasMessageAuthenticator,
  prepareSecret,
  verifyReply,
  verifyRequest,
} from './authenticity.ts'
import {
  attributesOf,
  AttributeWriter,
  codes,
  findAttribute,
  headerOctets,
  parsePacket,
  type Packet,
} from './packet.ts'
import { encodeReply11, encodeRequest11, parsePacket11 } from './radius11.ts'

const secret = prepareSecret(Buffer.from('xyzzy5461'))
const requestAuthenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex')
const messageAuthenticator = 80

function parsed(bytes: Buffer): Packet {
  const packet = parsePacket(bytes)
  if (typeof packet === 'string') throw new Error(packet)
  return packet
}

function accessRequest(attributes: Uint8Array | AttributeWriter): Packet {
  return parsed(encodeRequest({ code: codes.accessRequest, id: 9, secret, attributes, requestAuthenticator }))
}

/** The same packet with one octet changed. */
function flipped(packet: Packet, offset: number): Packet {
  const bytes = Buffer.from(packet.bytes)
  bytes[offset]! ^= 1
  return { bytes, code: bytes[0]!, id: bytes[1]! }
}

const name = new AttributeWriter().text(1, 'nemo').bytes
const blank = Buffer.concat([Buffer.of(messageAuthenticator, 18), Buffer.alloc(16)])

test('a request is signed first, and any change of an octet is noticed', () => {
  const request = accessRequest(name)
  expect(findAttribute(request, messageAuthenticator)).toBe(headerOctets)
  expect(verifyRequest(request, secret)).toBe('ok')
  for (let offset = 0; offset < request.bytes.length; offset++) {
    if (offset === 2 || offset === 3) continue
    const changed = parsePacket(flipped(request, offset).bytes)
    if (typeof changed === 'string') continue
    // Turned into another code it is judged by another rule, turned into another attribute it is unsigned.
    if (!hasMessageAuthenticator(changed)) continue
    expect(verifyRequest(changed, secret)).toBe('bad-message-authenticator')
  }
})

test.each([codes.accountingRequest, codes.disconnectRequest, codes.coaRequest])(
  'any change of an octet of a request with code %i is noticed, with and without Message-Authenticator',
  (code) => {
    for (const signed of [false, true]) {
      const request = parsed(encodeRequest({ code, id: 9, secret, attributes: name, messageAuthenticator: signed }))
      expect(hasMessageAuthenticator(request)).toBe(signed)
      expect(verifyRequest(request, secret)).toBe('ok')
      for (let offset = 4; offset < request.bytes.length; offset++) {
        expect(verifyRequest(flipped(request, offset), secret)).toBe('bad-authenticator')
      }
    }
  },
)

test('accounting whose authenticator is right and whose Message-Authenticator is wrong is refused', () => {
  const wrong = Buffer.concat([Buffer.of(messageAuthenticator, 17), Buffer.alloc(15), name])
  const request = encodeRequest({ code: codes.accountingRequest, id: 1, secret, attributes: wrong })
  expect(verifyRequest(parsed(request), secret)).toBe('bad-message-authenticator')
})

test('an unsigned Access-Request is for the caller to judge', () => {
  const parts = { code: codes.accessRequest, id: 1, secret, attributes: name, requestAuthenticator }
  const request = parsed(encodeRequest({ ...parts, messageAuthenticator: false }))
  expect(hasMessageAuthenticator(request)).toBe(false)
  expect(verifyRequest(request, secret)).toBe('ok')
})

test('a Message-Authenticator is verified wherever it stands', () => {
  for (const attributes of [
    [name, blank],
    [name, blank, name],
  ]) {
    const request = accessRequest(Buffer.concat(attributes))
    expect(findAttribute(request, messageAuthenticator)).toBe(headerOctets + name.length)
    expect(verifyRequest(request, secret)).toBe('ok')
    expect(verifyRequest(flipped(request, request.bytes.length - 1), secret)).toBe('bad-message-authenticator')
  }
})

test('two Message-Authenticators are a bad one, even when the first is right', () => {
  const single = accessRequest(name)
  const twice = accessRequest(Buffer.concat([blank, name, blank]))
  expect(verifyRequest(single, secret)).toBe('ok')
  expect(verifyRequest(twice, secret)).toBe('bad-message-authenticator')
})

test('a Message-Authenticator of any length but 16 octets is a bad one', () => {
  for (let length = 0; length <= 32; length++) {
    const wrong = Buffer.concat([Buffer.of(messageAuthenticator, length + 2), Buffer.alloc(length)])
    const bytes = Buffer.concat([Buffer.of(1, 1, 0, headerOctets + wrong.length), requestAuthenticator, wrong])
    expect(verifyRequest(parsed(bytes), secret)).toBe('bad-message-authenticator')
  }
})

test('a reply answers its own request only, and any change of an octet is noticed', () => {
  const request = accessRequest(name)
  const other = flipped(request, 10)
  const reply = parsed(encodeReply({ code: codes.accessAccept, request, secret, attributes: name }))
  expect(findAttribute(reply, messageAuthenticator)).toBe(headerOctets)
  expect(verifyReply(reply, request, secret, { requireMessageAuthenticator: true })).toBe('ok')
  expect(verifyReply(reply, other, secret)).toBe('bad-authenticator')
  expect(verifyReply(flipped(reply, 1), request, secret)).toBe('wrong-identifier')
  for (let offset = 4; offset < reply.bytes.length; offset++) {
    expect(verifyReply(flipped(reply, offset), request, secret)).toBe('bad-authenticator')
  }
})

test('a reply without Message-Authenticator is refused where one is required, and always beside EAP', () => {
  const request = accessRequest(name)
  const parts = { code: codes.accessReject, request, secret, messageAuthenticator: false }
  const bare = parsed(encodeReply(parts))
  expect(verifyReply(bare, request, secret)).toBe('ok')
  expect(verifyReply(bare, request, secret, { requireMessageAuthenticator: true })).toBe(
    'message-authenticator-missing',
  )
  const eap = parsed(encodeReply({ ...parts, attributes: new AttributeWriter().octets(79, Buffer.of(4, 1, 0, 4)) }))
  expect(verifyReply(eap, request, secret)).toBe('message-authenticator-missing')
})

test('a reply whose authenticator is right and whose Message-Authenticator is wrong is refused', () => {
  const request = accessRequest(name)
  const wrong = Buffer.concat([Buffer.of(messageAuthenticator, 17), Buffer.alloc(15)])
  const parts = { code: codes.accessAccept, request, secret, attributes: wrong, messageAuthenticator: false }
  expect(verifyReply(parsed(encodeReply(parts)), request, secret)).toBe('bad-message-authenticator')
})

test('by default every reply about access is signed, and one to accounting when its request was', () => {
  const parts = { code: codes.accountingRequest, id: 1, secret, attributes: name }
  const plain = parsed(encodeRequest(parts))
  const signed = parsed(encodeRequest({ ...parts, messageAuthenticator: true }))
  const status = parsed(encodeRequest({ code: codes.statusServer, id: 1, secret, requestAuthenticator }))
  const unsigned = { ...parts, code: codes.accessRequest, requestAuthenticator, messageAuthenticator: false }
  const isSigned = (code: number, request: Packet): boolean => {
    const reply = parsed(encodeReply({ code, request, secret }))
    expect(verifyReply(reply, request, secret)).toBe('ok')
    return hasMessageAuthenticator(reply)
  }
  expect(isSigned(codes.accountingResponse, plain)).toBe(false)
  expect(isSigned(codes.accountingResponse, signed)).toBe(true)
  expect(isSigned(codes.accountingResponse, status)).toBe(true)
  expect(isSigned(codes.accessReject, parsed(encodeRequest(unsigned)))).toBe(true)
})

test('Proxy-State is copied back unmodified, in order, after the rest', () => {
  const states = ['first', '\0\0', '', 'x'.repeat(253)].map((state) => Buffer.from(state))
  const asking = new AttributeWriter()
  for (const state of states) asking.octets(33, state).text(1, 'between')
  const request = accessRequest(asking)
  const reply = parsed(encodeReply({ code: codes.accessReject, request, secret, attributes: name }))
  expect(attributesOf(reply, 33)).toEqual(states)
  expect(findAttribute(reply, 1)).toBeLessThan(findAttribute(reply, 33))
  expect(findAttribute(reply, 33, findAttribute(reply, 33) + 7)).toBe(findAttribute(reply, 33) + 7)
  expect(verifyReply(reply, request, secret)).toBe('ok')
})

test('a packet over 4096 octets is not encoded', () => {
  const attributes = Buffer.concat(
    Array.from({ length: 16 }, () => Buffer.concat([Buffer.of(18, 254), Buffer.alloc(252)])),
  )
  const request = accessRequest(name)
  expect(() => encodeReply({ code: 2, request, secret, attributes })).toThrow(RangeError)
  expect(() => encodeRequest({ code: 1, id: 1, secret, attributes, requestAuthenticator })).toThrow(RangeError)
  expect(() =>
    encodeRequest11({ code: 1, token: 1, attributes: Buffer.concat([attributes, name, name, name]) }),
  ).toThrow(RangeError)
})

test('an Access-Request without 16 random octets is not encoded', () => {
  expect(() => encodeRequest({ code: 1, id: 1, secret })).toThrow(RangeError)
  expect(() => encodeRequest({ code: 1, id: 1, secret, requestAuthenticator: Buffer.alloc(15) })).toThrow(RangeError)
})

test('RADIUS/1.1 carries a token, no hash and no Message-Authenticator, and answers with token and Proxy-State', () => {
  const asking = new AttributeWriter().append(blank).text(1, 'nemo').text(33, 'p1').append(blank)
  const bytes = encodeRequest11({ code: codes.accessRequest, token: 0xfedcba98, attributes: asking })
  expect(bytes.toString('hex')).toBe(`0100001efedcba98${'00'.repeat(12)}01066e656d6f21047031`)
  const request = parsePacket11(bytes)
  if (typeof request === 'string') throw new Error(request)
  expect(request).toMatchObject({ code: 1, id: 0, token: 0xfedcba98 })
  const reply = parsePacket11(encodeReply11({ code: codes.accessAccept, request, attributes: name }))
  expect(reply).toMatchObject({ code: 2, token: 0xfedcba98 })
  expect((reply as Packet).bytes.subarray(headerOctets)).toEqual(Buffer.concat([name, Buffer.from('21047031', 'hex')]))
})

test('RADIUS/1.1 ignores the reserved octets and refuses what is malformed', () => {
  const bytes = encodeRequest11({ code: 1, token: 5, attributes: name })
  bytes[1] = 200
  bytes.fill(0xff, 8, 20)
  expect(parsePacket11(bytes)).toMatchObject({ id: 0, token: 5 })
  for (let length = 0; length < bytes.length; length++) {
    expect(parsePacket11(bytes.subarray(0, length))).toBe(length < headerOctets ? 'short' : 'truncated')
  }
})

// The packets printed in the RFCs, and a few of our own recomputed independently of this code.

import { expect, test } from 'vitest'
import { encodeReply, encodeRequest, prepareSecret, verifyReply, verifyRequest } from './authenticity.ts'
import { verifyChap } from './crypto/chap.ts'
import { hidePassword, hideSalted, revealPassword, revealSalted } from './crypto/password.ts'
import {
  attribute,
  AttributeWriter,
  authenticator,
  findAttribute,
  headerOctets,
  parsePacket,
  text,
  uint32,
  type Packet,
} from './packet.ts'

const secret = prepareSecret(Buffer.from('xyzzy5461'))
const noSecret = prepareSecret(Buffer.from('xyzzy5462'))

function octets(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function packet(hex: string): Packet {
  const parsed = parsePacket(octets(hex))
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

const nemo =
  '010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003'
const flopsy =
  '010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772750406c0a801100506000000140606000000020706000000 01'
const mopsy =
  '01020039f3a47a1f6a6d76710b947ab93041a03901076d6f7073790212336575737782 89b570885e15084825c50406c0a80110050600000007'
const mopsyState =
  '01030043b122556d428a13d0d6253807c457ecf001076d6f7073790212692c1f205fc081b919b95195f561a5810406c0a80110050600000007'

// oxfmt-ignore
const exchanges: [name: string, request: string, reply: string][] = [
  ['RFC 2865 §7.1', nemo, '0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103'],
  ['RFC 2865 §7.2', flopsy, '0201003815efbc7dab26cfa3dc34d9c03c8601a40606000000020706000000010806fffffffe0a06000000020d06000000010c06000005dc'],
  ['RFC 2865 §7.3', mopsy, '0b02004e36f3c8764ae8c71157403c0c71ff9c4512304368616c6c656e67652033323736393433302e2020456e74657220726573706f6e73652061742070726f6d70742e180a3332373639343330'],
  ['RFC 5997 §6.1', '0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3', '02da0014ef0d552a4bf2d693ec2b6fe8b5411d66'],
  ['RFC 5997 §6.2', '0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858', '05b300140f6f92145f107e2f504e860a4860669c'],
  ['RFC 5997 §6.3', '0c47002cbf58de56ae408ad3b70c8513f9b03fbe0406c00002105012852d6fec61e7ed74b8e32dac2f2a5fb2', '0247003446f43e62fd0354424cbbebfd6d214e061220524144495553205365727665722075702032206461797 32c2031383a3430'],
  ['Access-Request with Message-Authenticator first', '0100004a0f403f9473978057bd83d5cb98f4227a50128f16b45f90d3494989a4f14f4421c61801066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003', '0200002c3a1c25719ab13f14712dec45a96c9cc550127538cd9da80377ea046755ae96c0ebfa060600000002'],
  ['Accounting Start', '04070030be7a4734f1ca5f3a4b5cc02f3a6de2292806000000012c0a303030303030303101066e656d6f0406c0a80110', '05070014cecbf83fa24b81488a6adc8e40fb6f59'],
]
const disconnect =
  '280900360ebd045a17b079e5b1ad0ceb3d1f8b0301066e656d6f2c0a30303030303030315012688dbddd02480c8bbfc214a080c1defd'
const changeOfAuthorization =
  '2b0a003cdf7b848ff5d339f853806692b1fa63a301066e656d6f2c0a30303030303030311b0600000e10501258699a9ba9282f7b1c1e7948315bff40'

/** What another secret shows as; an Access-Request without Message-Authenticator has nothing to show it by. */
function wrongSecretVerdict(request: Packet): string {
  if (request.code === 4) return 'bad-authenticator'
  return findAttribute(request, 80) >= 0 ? 'bad-message-authenticator' : 'ok'
}

test.each(exchanges)('%s: both packets verify with the secret and with no other', (_, request, reply) => {
  const asked = packet(request)
  const answered = packet(reply)
  expect(verifyRequest(asked, secret)).toBe('ok')
  expect(verifyReply(answered, asked, secret)).toBe('ok')
  expect(verifyReply(answered, asked, noSecret)).toBe('bad-authenticator')
  expect(verifyRequest(asked, noSecret)).toBe(wrongSecretVerdict(asked))
})

test.each(exchanges)('%s: encoded again, both packets are the same octets', (_, request, reply) => {
  const asked = packet(request)
  const answered = packet(reply)
  const attributes = asked.bytes.subarray(headerOctets)
  const requestAuthenticator = authenticator(asked)
  const again = encodeRequest({
    code: asked.code,
    id: asked.id,
    secret,
    attributes,
    requestAuthenticator,
    messageAuthenticator: false,
  })
  expect(again).toEqual(asked.bytes)
  const answer = encodeReply({
    code: answered.code,
    request: asked,
    secret,
    attributes: answered.bytes.subarray(headerOctets),
    messageAuthenticator: false,
  })
  expect(answer).toEqual(answered.bytes)
})

test.each([
  ['Disconnect-Request', disconnect],
  ['CoA-Request', changeOfAuthorization],
])('%s: verifies, and is the same octets when encoded again', (_, request) => {
  const asked = packet(request)
  expect(verifyRequest(asked, secret)).toBe('ok')
  expect(verifyRequest(asked, noSecret)).toBe('bad-authenticator')
  const attributes = asked.bytes.subarray(headerOctets)
  expect(encodeRequest({ code: asked.code, id: asked.id, secret, attributes })).toEqual(asked.bytes)
})

test('RFC 2865 §7.1 is the same octets when written attribute by attribute', () => {
  const asked = packet(nemo)
  expect(text(asked, 1)).toBe('nemo')
  expect(attribute(asked, 4)).toEqual(octets('c0a80110'))
  expect(uint32(asked, 5)).toBe(3)
  const requestAuthenticator = authenticator(asked)
  const attributes = new AttributeWriter()
    .text(1, 'nemo')
    .octets(2, hidePassword(Buffer.from('arctangent'), requestAuthenticator, secret))
    .ipv4(4, '192.168.1.16')
    .uint32(5, 3)
  const parts = { code: 1, id: 0, secret, attributes, requestAuthenticator }
  expect(encodeRequest({ ...parts, messageAuthenticator: false })).toEqual(asked.bytes)
  expect(encodeRequest(parts)).toEqual(octets(exchanges[6]![1]))
})

test('the reply to a signed request carries the Message-Authenticator first', () => {
  const request = packet(exchanges[6]![1])
  const attributes = new AttributeWriter().uint32(6, 2)
  expect(encodeReply({ code: 2, request, secret, attributes })).toEqual(octets(exchanges[6]![2]))
})

test.each([
  [nemo, 'arctangent'],
  [mopsy, 'challenge'],
])('the User-Password of RFC 2865 §7 is revealed', (hex, password) => {
  const asked = packet(hex)
  const value = attribute(asked, 2)!
  expect(revealPassword(value, authenticator(asked), secret)).toEqual(Buffer.from(password))
  expect(hidePassword(Buffer.from(password), authenticator(asked), secret)).toEqual(value)
})

test('the CHAP-Password of RFC 2865 §7.2 is answered for the Request Authenticator', () => {
  const asked = packet(flopsy)
  const value = attribute(asked, 3)!
  expect(value[0]).toBe(0x16)
  expect(verifyChap(value, Buffer.from('arctangent'), authenticator(asked))).toBe(true)
  expect(verifyChap(value, Buffer.from('arctangenT'), authenticator(asked))).toBe(false)
})

test('the second request of RFC 2865 §7.3 is refused as printed, where State claims 16 octets of 10', () => {
  expect(parsePacket(octets(`${mopsyState}18103332373639343330`))).toBe('attribute-length')
})

test('the second request of RFC 2865 §7.3, corrected, is answered by the printed Access-Reject', () => {
  const asked = packet(`${mopsyState}180a3332373639343330`)
  expect(revealPassword(attribute(asked, 2)!, authenticator(asked), secret)).toEqual(Buffer.from('99101462'))
  const reject = packet('03030014a42f4fca45916c4e09c8340f9e746aa0')
  expect(verifyReply(reject, asked, secret)).toBe('ok')
  expect(encodeReply({ code: 3, request: asked, secret, messageAuthenticator: false })).toEqual(reject.bytes)
})

test('the answer of RFC 5997 §6.2 verifies as Accounting-Response and not with the code as printed', () => {
  const [, request, reply] = exchanges[4]!
  const printed = packet(`02${reply.slice(2)}`)
  expect(verifyReply(printed, packet(request), secret)).toBe('bad-authenticator')
})

const vector = octets('0f403f9473978057bd83d5cb98f4227a')

test.each([
  [
    'MS-MPPE-Send-Key',
    0x8001,
    '8b7cdc149b993a1ba118cb153f56dccb',
    '8001d7c4aaa4718a06cddca737c2f3bcd1ffef26b141dc036e4cdb731d79248c658e',
  ],
  [
    'MS-MPPE-Recv-Key',
    0x8002,
    'd5f0e9521e3ea9589645e86051c82226',
    '80028118c1340bddec5f79718a8085b7273966e0d8bf4cd44176fa9f6eabd96e2af8',
  ],
])('%s is hidden and revealed', (_, salt, key, hidden) => {
  expect(hideSalted(octets(key), salt, vector, secret)).toEqual(octets(hidden))
  expect(revealSalted(octets(hidden), vector, secret)).toEqual(octets(key))
})

test('a password of 33 octets takes three chained blocks', () => {
  const password = Buffer.from('correct horse battery staple 1234')
  const hidden = octets(
    '0fa3618b97d9008b378d964c1d0a688ff81cf1b33b8febbd4ef4b93600995c172fefe74b06f8b143bba2fadef6b4c89e',
  )
  expect(hidePassword(password, vector, secret)).toEqual(hidden)
  expect(revealPassword(hidden, vector, secret)).toEqual(password)
})

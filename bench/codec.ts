// Where a request's time goes in the codec, one thread, no socket: node bench/codec.ts [seconds per line]

import { createHmac, hash } from 'node:crypto'
import {
  attribute,
  AttributeWriter,
  authenticator,
  codes,
  decodeAll,
  encodeReply,
  encodeRequest,
  equalOctets,
  hidePassword,
  hideSalted,
  hmacKey,
  hmacMd5,
  md5,
  msChap2Success,
  mppeKeys,
  ntHash,
  ntResponse,
  parsePacket,
  prepareSecret,
  revealPassword,
  text,
  verifyChap,
  verifyMsChap2,
  verifyRequest,
  chapPassword,
  type Packet,
} from '@lango/drivers/radius'

const lineSeconds = Number(process.argv[2] ?? 1)
const secret = prepareSecret(Buffer.from('a-secret-of-24-octets-ok'))
const requestAuthenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex')
const password = Buffer.from('correct horse')
const userName = Buffer.from('subscriber-004711')

const datagram = encodeRequest({
  code: codes.accessRequest,
  id: 7,
  secret,
  requestAuthenticator,
  attributes: new AttributeWriter()
    .octets(1, userName)
    .octets(2, hidePassword(password, requestAuthenticator, secret))
    .ipv4(4, '10.0.0.1')
    .uint32(5, 15728640)
    .uint32(61, 15)
    .text(30, 'pppoe-lan')
    .text(31, 'AA:BB:CC:DD:EE:FF')
    .text(87, 'ether2'),
})
const request = packet(datagram)
const accepted = new AttributeWriter().uint32(27, 86_400).uint32(85, 300).vendor(14988, 8, '2M/10M').text(25, 'class')
const acceptedOctets = Buffer.from(accepted.bytes)

const authChallenge = Buffer.alloc(16, 1)
const peerChallenge = Buffer.alloc(16, 2)
const ntHashed = ntHash('correct horse')
const response = Buffer.concat([
  Buffer.of(7, 0),
  peerChallenge,
  Buffer.alloc(8),
  ntResponse(authChallenge, peerChallenge, userName, ntHashed),
])
const chap = chapPassword(1, password, requestAuthenticator)
const rawKey = Buffer.from('a-secret-of-24-octets-ok')
const key = hmacKey(rawKey)
const writer = new AttributeWriter()

function packet(bytes: Buffer): Packet {
  const parsed = parsePacket(bytes)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

/** What must not be optimised away. */
let sink = 0

function measure(name: string, run: () => unknown): void {
  const batch = 2000
  for (let i = 0; i < batch * 10; i++) sink ^= run() === undefined ? 1 : 0
  let operations = 0
  const start = process.hrtime.bigint()
  const end = start + BigInt(lineSeconds * 1e9)
  while (process.hrtime.bigint() < end) {
    for (let i = 0; i < batch; i++) sink ^= run() === undefined ? 1 : 0
    operations += batch
  }
  const us = Number(process.hrtime.bigint() - start) / 1000 / operations
  console.log(
    `${name.padEnd(58)} ${us.toFixed(3).padStart(9)} µs ${Math.round(1e6 / us)
      .toString()
      .padStart(10)} /s`,
  )
}

function papExchange(): Buffer {
  const asked = packet(datagram)
  if (verifyRequest(asked, secret) !== 'ok') throw new Error('request')
  const revealed = revealPassword(attribute(asked, 2)!, authenticator(asked), secret)
  if (text(asked, 1) === undefined || revealed === undefined || !equalOctets(revealed, password))
    throw new Error('login')
  writer.reset().uint32(27, 86_400).uint32(85, 300).vendor(14988, 8, '2M/10M').text(25, 'class')
  return encodeReply({ code: codes.accessAccept, request: asked, secret, attributes: writer })
}

console.log(`request ${datagram.length} octets, reply ${papExchange().length} octets`)
measure('PAP + Message-Authenticator: parse, verify, reveal, reply', papExchange)
measure('  parsePacket', () => parsePacket(datagram))
measure('  verifyRequest (Message-Authenticator)', () => verifyRequest(request, secret))
measure('  text(User-Name)', () => text(request, 1))
measure('  revealPassword', () => revealPassword(attribute(request, 2)!, authenticator(request), secret))
measure('  encodeReply, attributes already encoded', () =>
  encodeReply({ code: codes.accessAccept, request, secret, attributes: acceptedOctets }),
)
measure('  AttributeWriter, four attributes', () =>
  writer.reset().uint32(27, 86_400).uint32(85, 300).vendor(14988, 8, '2M/10M').text(25, 'class'),
)
measure('CHAP check', () => verifyChap(chap, password, requestAuthenticator))
measure('MS-CHAPv2 check, hash from the password', () =>
  verifyMsChap2(response, authChallenge, userName, ntHash('correct horse')),
)
measure('MS-CHAPv2 proof, MPPE keys, both hidden', () => {
  msChap2Success(response, authChallenge, userName, ntHashed)
  const keys = mppeKeys(ntHashed, response.subarray(26))
  hideSalted(keys.send, 1, requestAuthenticator, secret)
  return hideSalted(keys.receive, 2, requestAuthenticator, secret)
})
measure('decodeAll by the dictionary', () => decodeAll(request))
const input = Buffer.alloc(130, 9)
measure('MD5 of 130 octets, own', () => md5(input))
measure('MD5 of 130 octets, crypto.hash', () => hash('md5', input, 'buffer'))
measure('HMAC-MD5 of 130 octets, own', () => hmacMd5(key, input))
measure('HMAC-MD5 of 130 octets, createHmac', () => createHmac('md5', rawKey).update(input).digest())
const long = Buffer.alloc(4000, 9)
measure('MD5 of 4000 octets, own', () => md5(long))
measure('MD5 of 4000 octets, crypto.hash', () => hash('md5', long, 'buffer'))
if (sink === 2) console.log(sink)

import { expect, test } from 'vitest'
import {
  AttributeWriter,
  chapPassword,
  challengeResponse,
  codes,
  encodeRequest,
  hidePassword,
  ntHash,
  ntResponse,
  parsePacket,
  passwordOctetsMax,
  prepareSecret,
  vendorAttribute,
  type Packet,
  type RadiusVersion,
} from '@lango/drivers/radius'
import { isDeviceProof, isProven, proofAttributes, readProof, refusalAttributes, type Proof } from './credentials.ts'

const secret = prepareSecret(Buffer.from('testing123'))
const AUTHENTICATOR = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const CHALLENGE = Buffer.from('5b5d7c7d7b3f2f3e3c2c602132262628', 'hex')
const MICROSOFT = 311
const name = Buffer.from('alice')
const PASSWORD = 'clientPass'
const plain = Buffer.from(PASSWORD)

const request = (fill: (writer: AttributeWriter) => unknown): Packet => {
  const writer = new AttributeWriter()
  fill(writer)
  const bytes = encodeRequest({
    code: codes.accessRequest,
    id: 1,
    secret,
    attributes: writer,
    requestAuthenticator: AUTHENTICATOR,
  })
  return parsePacket(bytes) as Packet
}
const proofOf = (fill: (writer: AttributeWriter) => unknown, version: RadiusVersion = 'radius/1.0'): Proof =>
  readProof(request(fill), secret, version)

const pap = (password: string | Buffer): Proof =>
  proofOf((writer) => writer.octets(2, hidePassword(Buffer.from(password), AUTHENTICATOR, secret)))

const msChap1 = (password: string): Proof => {
  const challenge = CHALLENGE.subarray(0, 8)
  const nt = challengeResponse(challenge, ntHash(password))
  const response = Buffer.concat([Buffer.of(7, 1), Buffer.alloc(24), nt])
  return proofOf((writer) => writer.vendor(MICROSOFT, 11, challenge).vendor(MICROSOFT, 1, response))
}

const msChap2 = (password: string, user = name): Proof => {
  const peer = Buffer.alloc(16, 0x21)
  const nt = ntResponse(CHALLENGE, peer, user, ntHash(password))
  const response = Buffer.concat([Buffer.of(7, 0), peer, Buffer.alloc(8), nt])
  return proofOf((writer) => writer.vendor(MICROSOFT, 11, CHALLENGE).vendor(MICROSOFT, 25, response))
}

const ways: readonly (readonly [Proof['method'], string, (password: string) => Proof])[] = [
  ['pap', 'PAP', pap],
  [
    'chap',
    'CHAP over the authenticator',
    (password) => proofOf((writer) => writer.octets(3, chapPassword(9, Buffer.from(password), AUTHENTICATOR))),
  ],
  [
    'chap',
    'CHAP over its own challenge',
    (password) =>
      proofOf((writer) => writer.octets(3, chapPassword(9, Buffer.from(password), CHALLENGE)).octets(60, CHALLENGE)),
  ],
  ['mschapv1', 'MS-CHAP version 1', msChap1],
  ['mschapv2', 'MS-CHAP version 2', msChap2],
]

test.each(ways)('%s: the right password is proven, near ones are not (%s)', (method, _title, proofFor) => {
  const proof = proofFor(PASSWORD)
  expect(proof.method).toBe(method)
  expect(isProven(proof, PASSWORD, name)).toBe(true)
  for (const other of ['clientpass', 'clientPas', 'clientPass1', 'clientPass ', 'clientPass\0', ''])
    expect(isProven(proof, other, name)).toBe(false)
})

test.each(ways)('%s: a password beyond ASCII is proven (%s)', (_method, _title, proofFor) => {
  const password = 'Nywila-ya-Ngũgĩ-密码'
  expect(isProven(proofFor(password), password, name)).toBe(true)
})

test.each(ways.filter(([method]) => method.startsWith('mschap')))(
  '%s: a response of the wrong length or without the NT half proves nothing (%s)',
  (_method, _title, proofFor) => {
    const proof = proofFor(PASSWORD) as Extract<Proof, { response: Buffer }>
    const changed = [
      proof.response.subarray(0, 49),
      Buffer.concat([proof.response, Buffer.of(0)]),
      Buffer.alloc(0),
      Buffer.concat([proof.response.subarray(0, 26), Buffer.alloc(24)]),
    ]
    for (const response of changed) expect(isProven({ ...proof, response }, PASSWORD, name)).toBe(false)
    expect(isProven({ ...proof, challenge: proof.challenge.subarray(1) }, PASSWORD, name)).toBe(false)
  },
)

test('MS-CHAP version 2 is bound to the name as it was sent', () => {
  const proof = msChap2(PASSWORD)
  expect(isProven(proof, PASSWORD, Buffer.from('alice\0'))).toBe(false)
  expect(isProven(proof, PASSWORD, Buffer.from('Alice'))).toBe(false)
  expect(isProven(proof, PASSWORD, Buffer.from('DOMAIN\\alice'))).toBe(true)
})

test('a CHAP-Password of a wrong length proves nothing', () => {
  const value = chapPassword(9, plain, AUTHENTICATOR)
  for (const octets of [value.subarray(0, 16), Buffer.concat([value, Buffer.of(0)]), Buffer.alloc(0)])
    expect(
      isProven(
        proofOf((writer) => writer.octets(3, octets)),
        PASSWORD,
        name,
      ),
    ).toBe(false)
})

test('two passwords, or a password beside CHAP, are no proof', () => {
  const hidden = (password: string) => hidePassword(Buffer.from(password), AUTHENTICATOR, secret)
  const chap = chapPassword(9, plain, AUTHENTICATOR)
  for (const other of [PASSWORD, 'other']) {
    expect(proofOf((writer) => writer.octets(2, hidden(PASSWORD)).octets(2, hidden(other))).method).toBe('unknown')
    expect(proofOf((writer) => writer.octets(2, hidden(other)).octets(3, chap)).method).toBe('unknown')
    expect(proofOf((writer) => writer.octets(3, chap).octets(2, hidden(other))).method).toBe('unknown')
  }
  expect(proofOf((writer) => writer.octets(3, chap).octets(3, chap)).method).toBe('unknown')
})

test('over RADIUS/1.1 nothing stands in for a CHAP-Challenge', () => {
  const bare = chapPassword(9, plain, AUTHENTICATOR)
  expect(proofOf((writer) => writer.octets(3, bare), 'radius/1.1').method).toBe('unknown')
  const challenged = chapPassword(9, plain, CHALLENGE)
  const proof = proofOf((writer) => writer.octets(3, challenged).octets(60, CHALLENGE), 'radius/1.1')
  expect(isProven(proof, PASSWORD, name)).toBe(true)
})

test('a CHAP-Challenge under five octets is no challenge', () => {
  for (const size of [0, 1, 4]) {
    const challenge = Buffer.alloc(size)
    const proof = proofOf((writer) => writer.octets(3, chapPassword(9, plain, challenge)).octets(60, challenge))
    expect(proof.method).toBe('unknown')
  }
})

test('a request without any proof, or half of one, proves no password, not even an empty one', () => {
  const without = [
    proofOf(() => {}),
    proofOf((writer) => writer.vendor(MICROSOFT, 11, CHALLENGE)),
    proofOf((writer) => writer.vendor(MICROSOFT, 25, Buffer.alloc(50))),
  ]
  for (const proof of without) {
    expect(proof).toEqual({ method: 'unknown' })
    expect(isProven(proof, '', name)).toBe(false)
    expect(isProven(proof, PASSWORD, name)).toBe(false)
  }
})

test('a hidden password that is too long or no multiple of 16 octets is no password', () => {
  for (const octets of [passwordOctetsMax + 16, 17, 15])
    expect(proofOf((writer) => writer.octets(2, Buffer.alloc(octets, 1))).method).toBe('unknown')
  const longest = 'x'.repeat(passwordOctetsMax)
  expect(isProven(pap(longest), longest, name)).toBe(true)
})

test('an empty User-Password is the empty password, not any password', () => {
  const proof = proofOf((writer) => writer.octets(2, Buffer.alloc(0)))
  expect(isProven(proof, '', name)).toBe(true)
  expect(isProven(proof, PASSWORD, name)).toBe(false)
})

test('a NUL within a password is a part of it', () => {
  expect(isProven(pap('client\0Pass'), 'client', name)).toBe(false)
  expect(isProven(pap('client\0Pass'), 'client\0Pass', name)).toBe(true)
})

test('in RADIUS/1.1 the password stands in clear, to the last octet', () => {
  const clear = proofOf((writer) => writer.octets(2, plain), 'radius/1.1')
  expect(isProven(clear, PASSWORD, name)).toBe(true)
  const padded = proofOf((writer) => writer.octets(2, Buffer.from(`${PASSWORD}\0`)), 'radius/1.1')
  expect(isProven(padded, PASSWORD, name)).toBe(false)
  const hidden = proofOf((writer) => writer.octets(2, hidePassword(plain, AUTHENTICATOR, secret)), 'radius/1.1')
  expect(isProven(hidden, PASSWORD, name)).toBe(false)
})

test('a password hidden under another secret is another password', () => {
  const other = prepareSecret(Buffer.from('testing124'))
  const proof = proofOf((writer) => writer.octets(2, hidePassword(plain, AUTHENTICATOR, other)))
  expect(isProven(proof, PASSWORD, name)).toBe(false)
})

const MAC = 'AA-BB-CC-DD-EE-FF'
const empty = request(() => {})

test.each([
  ['the address as password', pap(MAC)],
  ['an empty password', pap('')],
  ['CHAP of the address', proofOf((w) => w.octets(3, chapPassword(1, Buffer.from(MAC), AUTHENTICATOR)))],
  ['MS-CHAP version 1 of the address', msChap1(MAC)],
  ['MS-CHAP version 2 of the address', msChap2(MAC, Buffer.from(MAC))],
])('a device shows its address: %s', (_way, proof) => {
  expect(isDeviceProof(proof, empty, MAC)).toBe(true)
})

test.each([
  ['another address', pap('AA-BB-CC-DD-EE-FE')],
  ['the address in another spelling', pap('aabbccddeeff')],
  ['another CHAP', proofOf((w) => w.octets(3, chapPassword(1, plain, AUTHENTICATOR)))],
  ['nothing at all', { method: 'unknown' } as const],
])('a device does not show its address: %s', (_way, proof) => {
  expect(isDeviceProof(proof, empty, MAC)).toBe(false)
})

test('a router that vouches by Call-Check needs no password; another Service-Type vouches for nothing', () => {
  const nothing: Proof = { method: 'unknown' }
  expect(
    isDeviceProof(
      nothing,
      request((writer) => writer.uint32(6, 10)),
      MAC,
    ),
  ).toBe(true)
  expect(
    isDeviceProof(
      nothing,
      request((writer) => writer.uint32(6, 2)),
      MAC,
    ),
  ).toBe(false)
})

const hide = { salted: (key: Buffer) => key, asPassword: (keys: Buffer) => keys }
const accepted = (proof: Proof): Packet => request((writer) => proofAttributes(writer, proof, PASSWORD, name, hide))

test('an Accept carries the server’s proof and the keys of MS-CHAP, and nothing for PAP and CHAP', () => {
  const v2 = accepted(msChap2(PASSWORD))
  expect(vendorAttribute(v2, MICROSOFT, 26)?.subarray(1).toString()).toMatch(/^S=[0-9A-F]{40}$/)
  expect(vendorAttribute(v2, MICROSOFT, 26)?.[0]).toBe(7)
  expect(vendorAttribute(v2, MICROSOFT, 16)).toHaveLength(16)
  expect(vendorAttribute(v2, MICROSOFT, 17)).toHaveLength(16)
  expect(vendorAttribute(accepted(msChap1(PASSWORD)), MICROSOFT, 12)).toHaveLength(32)
  for (const proof of [pap(PASSWORD), proofOf((w) => w.octets(3, chapPassword(1, plain, AUTHENTICATOR)))]) {
    const writer = new AttributeWriter()
    proofAttributes(writer, proof, PASSWORD, name, hide)
    expect(writer.length).toBe(0)
  }
})

test('a Reject tells MS-CHAP clients why, without a retry', () => {
  const told = (proof: Proof, suspended: boolean): string | undefined =>
    vendorAttribute(
      request((writer) => refusalAttributes(writer, proof, suspended)),
      MICROSOFT,
      2,
    )?.toString('latin1')
  expect(told(msChap2('x'), false)).toBe('\x07E=691 R=0 V=3')
  expect(told(msChap1('x'), true)).toBe('\x07E=647 R=0 V=2')
  expect(told(pap('x'), false)).toBeUndefined()
})

import { expect, test } from 'vitest'
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  msChap1MppeKeys,
  msChap2Success,
  msChapError,
  mppeKeys,
  mppeMasterKey,
  ntHash,
  ntResponse,
  verifyMsChap1,
  verifyMsChap2,
} from './mschap.ts'

const hex = (octets: string): Buffer => Buffer.from(octets, 'hex')

// RFC 2759 §9.2, RFC 3079 §3.5.3
const userName = Buffer.from('User')
const hash = ntHash('clientPass')
const authChallenge = hex('5b5d7c7d7b3f2f3e3c2c602132262628')
const peerChallenge = hex('21402324255e262a28295f2b3a337c7e')
const nt = hex('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df')
const response = Buffer.concat([hex('0700'), peerChallenge, Buffer.alloc(8), nt])
const proof = 'S=407A5589115FD0D6209F510FE9C04566932CDA56'

test('the sample of RFC 2759 §9.2 gives each of its values', () => {
  expect(hash).toEqual(hex('44ebba8d5312b8d611474411f56989ae'))
  expect(challengeHash(peerChallenge, authChallenge, userName)).toEqual(hex('d02e4386bce91226'))
  expect(ntResponse(authChallenge, peerChallenge, userName, hash)).toEqual(nt)
  expect(authenticatorResponse(response, authChallenge, userName, hash)).toBe(proof)
})

test('the hash of a password is over UTF-16LE, not over the octets as RFC 2759 §9.3 prints them', () => {
  expect(ntHash('MyPw')).toEqual(hex('fc156af7edcd6c0edde3337d427f4eac'))
})

test('the sample of RFC 3079 §3.5.3 gives the keys of the server', () => {
  expect(mppeMasterKey(hash, nt)).toEqual(hex('fdece3717a8c838cb388e527ae3cdd31'))
  const keys = mppeKeys(hash, nt)
  expect(keys.send).toEqual(hex('8b7cdc149b993a1ba118cb153f56dccb'))
  expect(keys.receive).toEqual(hex('d5f0e9521e3ea9589645e86051c82226'))
  expect(mppeKeys(hash, nt, 8).send).toEqual(hex('8b7cdc149b993a1b'))
})

test('MS-CHAP-MPPE-Keys hold no LAN Manager key, then the hash of the hash', () => {
  expect(msChap1MppeKeys(hash)).toEqual(
    Buffer.concat([Buffer.alloc(8), hex('41c00c584bd2d91c4017a2a12fa59f3f'), Buffer.alloc(8)]),
  )
})

test('an MS-CHAP2-Response verifies with its own challenge, name and password only', () => {
  expect(verifyMsChap2(response, authChallenge, userName, hash)).toBe(true)
  expect(verifyMsChap2(response, authChallenge, Buffer.from('user'), hash)).toBe(false)
  expect(verifyMsChap2(response, peerChallenge, userName, hash)).toBe(false)
  expect(verifyMsChap2(response, authChallenge, userName, ntHash('clientpass'))).toBe(false)
  const changed = Buffer.from(response)
  changed[49]! ^= 1
  expect(verifyMsChap2(changed, authChallenge, userName, hash)).toBe(false)
})

test('a domain before the name is not part of the hash', () => {
  expect(verifyMsChap2(response, authChallenge, Buffer.from('OFFICE\\User'), hash)).toBe(true)
})

test('MS-CHAP2-Success is the identifier and 42 characters of proof', () => {
  expect(msChap2Success(response, authChallenge, userName, hash)).toEqual(
    Buffer.concat([hex('07'), Buffer.from(proof)]),
  )
  const high = Buffer.concat([hex('ff'), response.subarray(1)])
  expect(msChap2Success(high, authChallenge, userName, hash)).toHaveLength(43)
})

// RFC 2433's sample, whose password is that of RFC 2759 §9.3
const challenge1 = hex('102db5df085d3041')
const nt1 = hex('4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61')

test('an MS-CHAP-Response verifies by its NT half', () => {
  expect(challengeResponse(challenge1, ntHash('MyPw'))).toEqual(nt1)
  const response1 = Buffer.concat([hex('0101'), Buffer.alloc(24), nt1])
  expect(verifyMsChap1(response1, challenge1, ntHash('MyPw'))).toBe(true)
  expect(verifyMsChap1(response1, challenge1, ntHash('wrong'))).toBe(false)
  const lanManagerOnly = Buffer.concat([hex('0100'), Buffer.alloc(24), nt1])
  expect(verifyMsChap1(lanManagerOnly, challenge1, ntHash('MyPw'))).toBe(false)
})

test('a response or challenge of another length is refused', () => {
  for (let length = 0; length <= 60; length++) {
    const cut = Buffer.concat([response, Buffer.alloc(10)]).subarray(0, length)
    expect(verifyMsChap2(cut, authChallenge, userName, hash)).toBe(length === 50)
    expect(verifyMsChap1(cut, challenge1, hash)).toBe(false)
  }
  expect(verifyMsChap2(response, authChallenge.subarray(1), userName, hash)).toBe(false)
})

test('MS-CHAP-Error tells the code, the retry and the new challenge', () => {
  expect(msChapError(7, { code: 691, version: 2 }).subarray(1).toString()).toBe('E=691 R=0 V=2')
  const retry = msChapError(7, { code: 691, version: 3, retry: true, challenge: peerChallenge, message: 'Try again' })
  expect(retry[0]).toBe(7)
  expect(retry.subarray(1).toString()).toBe('E=691 R=1 C=21402324255E262A28295F2B3A337C7E V=3 M=Try again')
})

test('a name or password of any length is compared, never thrown at', () => {
  const longName = Buffer.alloc(4000, 'x')
  const longHash = ntHash('p'.repeat(4000))
  const answer = ntResponse(authChallenge, peerChallenge, longName, longHash)
  const long = Buffer.concat([response.subarray(0, 26), answer])
  expect(verifyMsChap2(long, authChallenge, longName, longHash)).toBe(true)
  expect(verifyMsChap2(response, authChallenge, longName, longHash)).toBe(false)
})

import { expect, test } from 'vitest'
import {
  codes,
  encodeNamed,
  encodeRequest,
  parsePacket,
  prepareSecret,
  type NamedAttributes,
  type Packet,
} from '@lango/drivers/radius'
import { serialsIn } from './serials.ts'

const seenIn = (attributes: NamedAttributes): readonly string[] => {
  const secret = prepareSecret(Buffer.from('secret-of-the-router'))
  const request = { code: codes.accessRequest, id: 1, secret, requestAuthenticator: Buffer.alloc(16, 7) }
  return serialsIn(parsePacket(encodeRequest({ ...request, attributes: encodeNamed(attributes) })) as Packet)
}

test('what names a device comes before what names its line', () => {
  expect(
    seenIn({
      'ADSL-Agent-Circuit-Id': Buffer.from('olt1 eth 0/1/3'),
      'ADSL-Agent-Remote-Id': Buffer.from('hwtca1b2c3d4'),
      'Calling-Station-Id': 'AA-00-00-00-00-01',
    }),
  ).toEqual(['HWTCA1B2C3D4', 'OLT1 ETH 0/1/3'])
})

test('RouterOS tells option 82 in the words of Redback', () => {
  expect(seenIn({ 'Agent-Remote-Id': 'ZTEGC0FFEE01', 'Agent-Circuit-Id': 'pon1/7' })).toEqual([
    'ZTEGC0FFEE01',
    'PON1/7',
  ])
})

test('octets that are no text are told in hex; a station counts where it is no address', () => {
  expect(seenIn({ 'ADSL-Agent-Remote-Id': Buffer.from('000101020304', 'hex') })).toEqual(['00:01:01:02:03:04'])
  expect(seenIn({ 'ADSL-Agent-Remote-Id': Buffer.from('0006010203', 'hex') })).toEqual(['0006010203'])
  expect(seenIn({ 'Calling-Station-Id': 'CPE-0042' })).toEqual(['CPE-0042'])
  for (const station of ['aa:00:00:00:00:01', '1:aa:0:0:0:0:1', '10.0.0.7', '']) {
    expect(seenIn({ 'Calling-Station-Id': station })).toEqual([])
  }
})

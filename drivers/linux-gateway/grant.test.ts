import {
  encodeNamed,
  encodeRequest,
  codes,
  parsePacket,
  prepareSecret,
  type NamedAttributes,
  type Packet,
} from '@lango/drivers/radius'
import { openPolicy } from '@lango/modules/access/rules'
import { expect, test } from 'vitest'
import { policyAttributes, vendors } from '../../appliance/src/aaa/vendors.ts'
import { changeIn, grantIn } from './grant.ts'

const packet = (attributes: NamedAttributes): Packet => {
  const secret = prepareSecret(Buffer.from('s'))
  const parsed = parsePacket(
    encodeRequest({ code: codes.coaRequest, id: 1, secret, attributes: encodeNamed(attributes) }),
  )
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

test.each(['chillispot', 'mikrotik', 'generic', 'ubiquiti', 'cambium', 'ruckus'] as const)(
  'what the box tells a router of %s is understood',
  (vendor) => {
    expect(vendors).toContain(vendor)
    const policy = { ...openPolicy, downKbps: 4000, upKbps: 512, idleTimeoutSec: 600, interimSec: 300 }
    expect(grantIn(packet(policyAttributes(vendor, policy, 'accept')))).toEqual({
      downKbps: 4000,
      upKbps: 512,
      sessionSec: undefined,
      quotaBytes: undefined,
      idleSec: 600,
      interimSec: 300,
      className: '',
    })
    expect(changeIn(packet(policyAttributes(vendor, policy, 'coa')))).toEqual({
      downKbps: 4000,
      upKbps: 512,
      idleSec: 600,
    })
  },
)

test('a limit of octets may need more than 32 bits', () => {
  const octets = { 'ChilliSpot-Max-Total-Octets': 5, 'ChilliSpot-Max-Total-Gigawords': 2 }
  expect(grantIn(packet(octets)).quotaBytes).toBe(2 * 2 ** 32 + 5)
  expect(grantIn(packet({ 'Mikrotik-Total-Limit': 7 })).quotaBytes).toBe(7)
})

test('a rate in the words of a MikroTik: upload first, one value for both, the rest is not looked at', () => {
  const rates = (text: string) => {
    const { upKbps, downKbps } = grantIn(packet({ 'Mikrotik-Rate-Limit': text }))
    return [upKbps, downKbps]
  }
  expect(rates('512k/4M 1M/8M 512k/2M 10/10 8')).toEqual([512, 4000])
  expect(rates('2M')).toEqual([2000, 2000])
  expect(rates('100/1G')).toEqual([1, 1_000_000])
  for (const text of ['', 'fast', '2M/', '2X/3X']) expect(rates(text)).toEqual([0, 0])
})

test('reports are never asked for more often than once a minute', () => {
  expect(grantIn(packet({ 'Acct-Interim-Interval': 1 })).interimSec).toBe(60)
  expect(grantIn(packet({})).interimSec).toBe(0)
})

test('a change tells only what it tells', () => {
  expect(changeIn(packet({}))).toEqual({})
  expect(changeIn(packet({ 'Session-Timeout': 60 }))).toEqual({ sessionSec: 60 })
})

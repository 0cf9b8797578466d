import { expect, test } from 'vitest'
import { AttributeWriter } from '@lango/drivers/radius'
import { openPolicy } from '@lango/modules/access'
import { AcceptWriter } from './accept.ts'
import type { GrantRow } from './decide.ts'
import type { Admitted } from './gate.ts'
import type { Vendor } from './vendors.ts'

const grant = { no: 36, framedIp: null, framedIpv6Prefix: null, delegatedIpv6Prefix: null, vlan: null } as GrantRow
const policy = { ...openPolicy, downKbps: 8000, upKbps: 2000, interimSec: 600 }
const ACCT_INTERIM_INTERVAL = 85
const CLASS = 25

const written = (admitted: Partial<Admitted>, vendor: Vendor = 'generic'): ReadonlyMap<number, Buffer> => {
  const writer = new AttributeWriter()
  new AcceptWriter().write(writer, vendor, grant, {
    kind: 'accept',
    reason: 'accepted',
    policy,
    speed: undefined,
    sessionTimeoutSec: 0,
    quotaLeftOctets: undefined,
    tierLeftOctets: undefined,
    firstUse: false,
    bindSerial: undefined,
    ...admitted,
  })
  const bytes = writer.bytes
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length; at += bytes[at + 1]!)
    found.set(bytes[at]!, bytes.subarray(at + 2, at + bytes[at + 1]!))
  return found
}
const interim = (...asked: Parameters<typeof written>): number =>
  written(...asked)
    .get(ACCT_INTERIM_INTERVAL)!
    .readUInt32BE()

// At 10 Mbit/s both ways a minute moves 75 MB.
test.each([
  ['no quota', {}, 600],
  ['a large rest', { quotaLeftOctets: 10e9 }, 600],
  ['a rest of five minutes', { quotaLeftOctets: 400e6 }, 300],
  ['a rest of seconds', { quotaLeftOctets: 1 }, 60],
  ['a tier of fair use two minutes away', { quotaLeftOctets: 10e9, tierLeftOctets: 150e6 }, 120],
  ['a rest that a faster line moves sooner', { quotaLeftOctets: 15e9, policy: { ...policy, downKbps: 0 } }, 120],
] as const)('usage is reported in time for %s', (_what, admitted, sec) => {
  expect(interim(admitted)).toBe(sec)
})

test('a router that counts the rest itself need not report it sooner; a tier it does not know', () => {
  expect(interim({ quotaLeftOctets: 1 }, 'mikrotik')).toBe(600)
  expect(interim({ quotaLeftOctets: 1, tierLeftOctets: 1 }, 'mikrotik')).toBe(60)
})

test('Class tells the grant, the speed where it is not the plan’s own, and how long the session may last', () => {
  expect(written({}).get(CLASS)!.toString()).toBe('lango:10')
  expect(
    written({ speed: { downKbps: 512, upKbps: 256 } })
      .get(CLASS)!
      .toString(),
  ).toBe('lango:10.512.256')
  expect(written({ sessionTimeoutSec: 3600 }).get(CLASS)!.toString()).toBe('lango:10:2s0')
  // Who is let in only to pay is to come in anew once they have.
  const walled = written({ sessionTimeoutSec: 3600, reason: 'accepted-expired' })
  expect(walled.get(CLASS)!.toString()).toBe('lango:10')
})

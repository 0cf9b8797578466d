import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '@lango/modules/access'
import { classOf, grantLookup } from './readers.ts'

test.each([
  {},
  { speed: { downKbps: 512, upKbps: 0 } },
  { timeoutSec: 3600 },
  { speed: { downKbps: 512, upKbps: 256 }, timeoutSec: 0xffff_ffff },
])('what a Class tells of %j is read back from accounting', (given) => {
  const { database } = memorySite([access])
  const lookup = grantLookup(database.raw, () => undefined)
  expect(lookup(classOf(36, given), 'nobody')).toMatchObject({ no: 36, ...given })
})

test('a Class of the release before tells no time', () => {
  const { database } = memorySite([access])
  expect(grantLookup(database.raw, () => undefined)('lango:10.512.256', 'nobody')).toEqual({
    no: 36,
    hasQuota: true,
    speed: { downKbps: 512, upKbps: 256 },
    timeoutSec: undefined,
  })
})

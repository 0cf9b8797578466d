import { expect, test } from 'vitest'
import { isSerialSeen, normaliseSerial } from './serial.ts'

test.each([
  ['hwtca1b2c3d4', 'HWTCA1B2C3D4'],
  [' HWTCA1B2C3D4 ', 'HWTCA1B2C3D4'],
  // The hex that OLTs show for the same.
  ['48575443a1b2c3d4', 'HWTCA1B2C3D4'],
  ['5A544547C0FFEE01', 'ZTEGC0FFEE01'],
  // Sixteen digits that are no four letters.
  ['0102030405060708', '0102030405060708'],
  ['aa-bb-cc-00-11-22', 'AA:BB:CC:00:11:22'],
  ['', ''],
])('%j is %j', (text, serial) => {
  expect(normaliseSerial(text)).toBe(serial)
  expect(normaliseSerial(serial)).toBe(serial)
})

test.each([
  ['HWTCA1B2C3D4', true],
  ['OLT1 ETH 0/1/3:HWTCA1B2C3D4', true],
  ['OLT1 PON 0/1/3:48575443A1B2C3D4', true],
  ['HWTCA1B2C3D4X', false],
  ['OLT1 ETH 0/1/3', false],
  ['', false],
])('%j names HWTCA1B2C3D4: %s', (seen, is) => {
  expect(isSerialSeen('HWTCA1B2C3D4', [seen])).toBe(is)
})

import { expect, test } from 'vitest'
import { wifiCode } from './wifi-code.ts'

test.each([
  ['Lakeview', 'WIFI:T:nopass;S:Lakeview;;'],
  ['Mama’s "Wi-Fi"; free, 2:1 \\o/', 'WIFI:T:nopass;S:Mama’s \\"Wi-Fi\\"\\; free\\, 2\\:1 \\\\o/;;'],
  // All hexadecimal digits: readers would take it for octets.
  ['CAFE01', 'WIFI:T:nopass;S:"CAFE01";;'],
])('the code that joins %s', (name, code) => {
  expect(wifiCode(name)).toBe(code)
})

import { expect, test } from 'vitest'
import { readPrefix6 } from './address.ts'
import { closingRules, hasRule } from './closing.ts'

const config = { lan: 'br0', wan: 'wan0', address: '10.40.0.1', prefix: 16, prefix6: undefined }
const lines = (...given: Parameters<typeof closingRules>) =>
  closingRules(...given).map(({ pref, words }) => `${pref} ${words.join(' ')}`)

test('what has the mark goes on, and what lacks it finds no way, in or out', () => {
  expect(lines(config, '-4')).toEqual([
    '293 nop',
    '290 fwmark 0x10000000/0x10000000 goto 293',
    '291 iif br0 blackhole',
    '292 iif wan0 to 10.40.0.1/16 blackhole',
  ])
  expect(lines(config, '-6')).toEqual(['293 nop', '290 fwmark 0x10000000/0x10000000 goto 293', '291 iif br0 blackhole'])
  expect(lines({ ...config, prefix6: readPrefix6('2001:db8:40::/64')! }, '-6')).toContain(
    '292 iif wan0 to 2001:db8:40::/64 blackhole',
  )
})

test('a rule that is there is known by its number', () => {
  const shown =
    '0:\tfrom all lookup local\n290:\tfrom all fwmark 0x10000000/0x10000000 goto 293\n32766:\tfrom all lookup main\n'
  expect(closingRules(config, '-4').map((rule) => hasRule(shown, rule))).toEqual([false, true, false, false])
})

import { expect, test } from 'vitest'
import { readPrefix6 } from './address.ts'
import {
  admitScript,
  changeScript,
  forgetScript,
  openScript,
  releaseScript,
  shutScript,
  tableScript,
} from './ruleset.ts'
import { begun } from './sessions.ts'

const config = {
  lan: 'br0',
  wan: 'wan0',
  address: '10.40.0.1',
  prefix: 16,
  prefix6: undefined,
  portal: { ip: undefined, port: 443 },
  apiPort: 8443,
}
const rulesOf = (script: string, chain: string): string[] =>
  script.split('\n').flatMap((line) => {
    const head = `add rule inet lango ${chain} `
    return line.startsWith(head) ? [line.slice(head.length)] : []
  })
const grant = { downKbps: 4000, upKbps: 0, sessionSec: 60, quotaBytes: 1000, idleSec: 0, interimSec: 0, className: '' }
const who = { id: 'ab12', ip: '10.40.0.11', mac: '02:00:00:00:40:01', userName: 'a "name"\n', minor: 0x1f }
const session = begun(grant, who, 0)

test('no rule lets a flow pass because it was there before, and without a prefix nothing of IPv6 passes', () => {
  const script = tableScript(config, false)
  for (const chain of ['from_lan', 'to_lan', 'to_box']) {
    const rules = rulesOf(script, chain)
    expect(rules[0]).toBe('meta nfproto ipv6 drop')
    expect(rules.at(-1)).toMatch(/^(drop|goto refused)$/)
  }
  expect(script).not.toMatch(/established.*accept/)
  expect(rulesOf(script, 'from_online')[0]).toContain('quota')
})

test('with a prefix IPv6 passes by address and hardware address, both counted as IPv4 is, and the rest ends where it did', () => {
  const script = tableScript({ ...config, prefix6: readPrefix6('2001:db8:40::/64')! }, false)
  expect(script).not.toContain('nfproto ipv6 drop')
  const fromLan = rulesOf(script, 'from_lan')
  expect(fromLan).toContain('ip6 saddr . ether saddr @online6 jump from_online6')
  expect(fromLan.filter((rule) => rule.includes('ip6') && rule.includes('accept'))).toEqual([])
  for (const chain of ['from_online', 'to_online', 'from_lan', 'to_lan', 'to_box'])
    expect(rulesOf(script, chain).at(-1)).toMatch(/^(accept|drop|goto refused)$/)
  for (const way of ['from_online', 'to_online'])
    expect(rulesOf(script, `${way}6`)).toEqual(
      rulesOf(script, way).map((rule) => rule.replace('ip ', 'ip6 ').replace(/@\w+/, '$&6')),
    )
})

test('only a prefix that nobody outside knows a way to is masqueraded', () => {
  const masqueraded = (prefix: string) =>
    rulesOf(tableScript({ ...config, prefix6: readPrefix6(prefix)! }, false), 'postrouting').slice(1)
  expect(masqueraded('2001:db8:40::/64')).toEqual([])
  expect(masqueraded('fd00:40::/64')).toEqual(['ip6 saddr fd00:40::/64 oifname "wan0" masquerade'])
})

test('a table that is loaded again keeps its sets; a fresh one begins empty', () => {
  expect(tableScript(config, false)).not.toMatch(/delete|flush (set|map|table)/)
  expect(tableScript(config, true).split('\n').slice(0, 2)).toEqual(['add table inet lango', 'delete table inet lango'])
})

test('a portal that is given by address is reachable by it, and by its port alone', () => {
  const script = tableScript({ ...config, portal: { ip: '10.40.0.1', port: 8081 } }, false)
  for (const chain of ['from_lan', 'to_box', 'prerouting'])
    expect(rulesOf(script, chain)).toContain('ip daddr 10.40.0.1 tcp dport 8081 accept')
})

test('the API, which has a name, is reachable by its port too', () => {
  expect(rulesOf(tableScript(config, false), 'from_lan')).toContain(
    'ip daddr @garden tcp dport { 80, 443, 8443 } accept',
  )
})

test('who is let through is one address with one hardware address, for no longer than is left', () => {
  const script = openScript(session, 59_500)
  expect(script).toContain('add element inet lango online { 10.40.0.11 . 02:00:00:00:40:01 timeout 59s500ms }')
  expect(script).toContain('add quota inet lango quota_ab12 { over 1000 bytes }')
  expect(script).toContain('down_class { 10.40.0.11 : 1:1f }')
  expect(script).not.toContain('up_class')
  expect(openScript(session, undefined)).not.toContain('timeout')
})

const address6 = '2001:db8:40::a1'
const dual = { ...session, addresses6: [address6] }

test('an address of IPv6 is of the same session: its counters, its quota, its class, its end', () => {
  const admitted = admitScript(session, address6, 59_500).trimEnd().split('\n')
  expect(admitted).toEqual([
    `add element inet lango down_class6 { ${address6} : 1:1f }`,
    `add element inet lango up_of6 { ${address6} : "up_ab12" }`,
    `add element inet lango down_of6 { ${address6} : "down_ab12" }`,
    `add element inet lango quota_of6 { ${address6} : "quota_ab12" }`,
    `add element inet lango online6 { ${address6} . 02:00:00:00:40:01 timeout 59s500ms }`,
    `add element inet lango reached6 { ${address6} timeout 59s500ms }`,
  ])
  for (const line of admitted) expect(openScript(dual, 59_500)).toContain(line)
  const sets = (script: string) => new Set(script.match(/delete element inet lango \w+ \{ 2001:db8:40::a1/g))
  expect(sets(releaseScript(dual, address6)).size).toBe(6)
  expect(sets(shutScript(dual) + forgetScript(dual)).size).toBe(6)
  expect(releaseScript(dual, address6)).not.toContain('10.40.0.11')
})

test('what a client calls itself is in no script', () => {
  const scripts = [
    openScript(session, 1),
    shutScript(session),
    forgetScript(session),
    changeScript(session, session, 1),
  ]
  for (const script of scripts) {
    expect(script).not.toContain('name')
    for (const line of script.trimEnd().split('\n'))
      expect(line).toMatch(/^(add|delete) (element|counter|quota) inet lango /)
  }
})

test('whatever is removed was added before, so that what is gone already is no fault', () => {
  const lines = [...shutScript(session).split('\n'), ...forgetScript(session).split('\n')]
  const before = lines.flatMap((line, at) => (line.startsWith('delete element') ? [lines[at - 1]] : []))
  expect(before.length).toBeGreaterThan(4)
  for (const line of before)
    expect(line).toMatch(/^add element inet lango (\w+ \{ 10\.40\.0\.11 |guests \{ 02:00:00:00:40:01 )/)
})

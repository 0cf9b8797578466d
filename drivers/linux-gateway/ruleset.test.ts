import { expect, test } from 'vitest'
import { changeScript, forgetScript, openScript, shutScript, tableScript } from './ruleset.ts'
import { begun } from './sessions.ts'

const config = {
  lan: 'br0',
  wan: 'wan0',
  address: '10.40.0.1',
  prefix: 16,
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

test('no rule lets a flow pass because it was there before, and nothing of IPv6 passes', () => {
  const script = tableScript(config, false)
  for (const chain of ['from_lan', 'to_lan', 'to_box']) {
    const rules = rulesOf(script, chain)
    expect(rules[0]).toBe('meta nfproto ipv6 drop')
    expect(rules.at(-1)).toMatch(/^(drop|goto refused)$/)
  }
  expect(script).not.toMatch(/established.*accept/)
  expect(rulesOf(script, 'from_online')[0]).toContain('quota')
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
  for (const line of before) expect(line).toMatch(/^add element inet lango \w+ \{ 10\.40\.0\.11 /)
})

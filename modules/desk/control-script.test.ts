import { expect, test } from 'vitest'
import { controlScript, PASSWORD_PLACEHOLDER, type ControlScriptInput } from './control-script.ts'

const input: ControlScriptInput = {
  box: '192.168.88.10',
  way: 'api-tls',
  port: 8729,
  user: 'lango',
  password: 'p$w"1',
  networks: [{ network: '10.40.0.0/16', interface: 'bridge-ipoe' }],
  keepsHotspot: false,
}

test('the user comes from the box’s address alone, and may neither manage users nor files', () => {
  const lines = controlScript(input).split('\n')
  expect(lines).toContain('/user group set [find name=lango] policy=read,write,api')
  expect(lines).toContain('/user set [find name="lango"] group=lango password="p\\$w\\"1" address=192.168.88.10')
  expect(controlScript({ ...input, way: 'rest' })).toContain('policy=read,write,rest-api')
  // What it takes to bring pages there, and to see whether the secret is the right one.
  const rights = 'policy=read,write,api,ftp,test,sensitive'
  expect(controlScript({ ...input, keepsHotspot: true })).toContain(`set [find name=lango] ${rights}`)
})

test('by TLS it makes a certificate once, and prints what to compare', () => {
  const text = controlScript(input)
  expect(text).toContain('/ip service set api-ssl certificate=lango-control port=8729 disabled=no')
  expect(text).toMatch(/\/certificate print detail where name=lango-control\n$/)
  const plain = controlScript({ ...input, way: 'api', port: 8728 })
  expect(plain).toContain('/ip service set api port=8728 disabled=no')
  expect(plain).not.toContain('certificate')
})

test('who may not pass is dropped above all other rules, FastTrack too', () => {
  const rules = controlScript(input)
    .split('\n')
    .filter((line) => line.includes('/ip firewall filter add'))
  // Each is put at the top, so the last comes first.
  expect(rules).toHaveLength(3)
  expect(rules[2]).toContain('src-address=10.40.0.0/16 src-address-list=!lango-active action=drop')
  for (const rule of rules) expect(rule).toContain('place-before=[:pick [/ip firewall filter find where dynamic=no] 0]')
  expect(controlScript({ ...input, networks: [] })).not.toContain('firewall')
})

test('without a password there stands what no router takes for one', () => {
  expect(controlScript({ ...input, password: undefined })).toContain(`password="${PASSWORD_PLACEHOLDER}"`)
})

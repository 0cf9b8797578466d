import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterEach, expect, test } from 'vitest'
import { orThrow, systemRandom } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import { PortalDoor, originOf } from './portal-door.ts'
import { makeAuthority, makeLeaf, type Credential } from './tls/authority.ts'
import { loadTls, publicNameOf, type BoxTls } from './tls/index.ts'

const DAY_MS = 86_400_000
const random = systemRandom()
const validity = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS }
const authority = await makeAuthority('An authority that phones know', validity, random)
const box = await makeAuthority('Lango CA', validity, random)
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const signed = async (by: Credential, ...names: string[]): Promise<BoxTls> => {
  const leaf = { purpose: 'server', commonName: names[0]!, validity } as const
  const told = names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value }))
  const { keyPem, certPem } = await makeLeaf(by, { ...leaf, names: told }, random)
  return tlsOf(keyPem, certPem)
}
const tlsOf = (key: string, cert: string): BoxTls => ({
  eap: { key, cert, ca: [] },
  web: { key, cert },
  caCertPem: box.certPem,
  serverCertPem: cert,
  isOwn: true,
  notAfter: validity.notAfter,
  isNew: false,
})

const named = (tls: BoxTls, ...webNames: string[]) => {
  const name = publicNameOf(tls, webNames)
  return name.ok ? name.value.name : name.error.why
}

test('a public name is one that an authority of others has signed, and that means the same everywhere', async () => {
  expect(named(await signed(authority, 'tower', 'pop.local', '192.168.88.2', 'WiFi.isp.example'))).toBe(
    'wifi.isp.example',
  )
  expect(named(await signed(authority, 'tower', 'pop.lan', '192.168.88.2'))).toBe('unnamed')
  expect(named(await signed(authority, 'a.isp.example', 'b.isp.example'), 'b.isp.example')).toBe('b.isp.example')
  expect(named(await signed(authority, 'a.isp.example'), 'b.isp.example')).toBe('a.isp.example')
  const wild = await signed(authority, '*.isp.example')
  expect(named(wild)).toBe('unnamed')
  expect(named(wild, 'wifi.isp.example')).toBe('wifi.isp.example')
  expect(named(await signed(box, 'wifi.isp.example'))).toBe('box')
  expect(named(tlsOf(authority.keyPem, authority.certPem))).toBe('self-signed')

  const tlsDir = mkdtempSync(join(tmpdir(), 'lango-door-'))
  stops.push(() => rmSync(tlsDir, { recursive: true }))
  const made = orThrow(await loadTls({ tlsDir }, { now: Date.now, sure: true, random, hostName: 'wifi.isp.example' }))
  expect(named(made)).toBe('box')
})

const newDoor = (port = 0) => {
  const app = new Hono().get('/', (c) => c.text(new URL(c.req.url).origin))
  const door = new PortalDoor({ app, listen: '127.0.0.1', port, webNames: [], log: collectingLog() })
  stops.push(() => door.stop())
  return door
}

/** As a phone that knows the authority and nothing else. */
const ask = ({ name, port }: { name: string; port: number }) =>
  new Promise<string>((resolve, reject) => {
    const headers = { host: `${name}:${port}` }
    const to = { host: '127.0.0.1', port, servername: name, headers, ca: authority.certPem, agent: false } as const
    get(to, (answer) => answer.setEncoding('utf8').on('data', resolve)).on('error', reject)
  })

test('the portal is open over https for as long as its certificate has a public name, and takes each new one', async () => {
  const door = newDoor()
  const finding = () => door.checks().map((check) => check.finding)
  orThrow(await door.take(await signed(box, 'wifi.isp.example')))
  expect([door.now(), finding()]).toEqual([undefined, [{ type: 'portal-nameless', why: 'box', port: 0 }]])

  orThrow(await door.take(await signed(authority, 'wifi.isp.example')))
  const first = door.now()!
  expect(first).toMatchObject({ name: 'wifi.isp.example', revocationHosts: [] })
  expect(await ask(first)).toBe(`https://wifi.isp.example:${first.port}`)
  expect(finding()).toEqual([])

  orThrow(await door.take(await signed(authority, 'hotspot.isp.example')))
  expect(door.now()).toMatchObject({ name: 'hotspot.isp.example', port: first.port })
  expect(await ask(door.now()!)).toBe(`https://hotspot.isp.example:${first.port}`)
  await expect(ask(first)).rejects.toThrow(/does not match/)

  orThrow(await door.take(await signed(authority, 'tower')))
  expect([door.now(), finding()]).toEqual([undefined, [{ type: 'portal-nameless', why: 'unnamed', port: 0 }]])
  await expect(ask(first)).rejects.toThrow(/ECONNREFUSED/)
})

test('a port that somebody else has is told, and tried again with the next certificate', async () => {
  const first = newDoor()
  const tls = await signed(authority, 'wifi.isp.example')
  orThrow(await first.take(tls))
  const { port } = first.now()!
  const door = newDoor(port)
  expect(await door.take(tls)).toMatchObject({ error: { type: 'PortalTlsPortUnavailable', code: 'EADDRINUSE', port } })
  expect(door.checks().map((check) => check.finding)).toEqual([{ type: 'portal-nameless', why: 'port', port }])
  await first.stop()
  orThrow(await door.take(tls))
  expect(door.now()).toMatchObject({ port })
})

test('an address says its port only where that is not the one of https', () => {
  expect(originOf({ name: 'wifi.isp.example', port: 443 })).toBe('https://wifi.isp.example')
  expect(originOf({ name: 'wifi.isp.example', port: 8443 })).toBe('https://wifi.isp.example:8443')
})

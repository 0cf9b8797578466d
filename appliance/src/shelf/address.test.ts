import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, seededRandom } from '@lango/kernel'
import { loadTls, type BoxTls } from '../tls/index.ts'
import { shelfAddress } from './index.ts'

let tlsDir: string
let tls: BoxTls
beforeAll(async () => {
  tlsDir = mkdtempSync(join(tmpdir(), 'lango-shelf-tls-'))
  tls = orThrow(await loadTls({ tlsDir }, { now: Date.now, sure: true, random: seededRandom(7), hostName: 'keeper' }))
})
afterAll(() => rmSync(tlsDir, { recursive: true }))

const pin = (): string =>
  `#sha256:${new X509Certificate(tls.caCertPem).fingerprint256.replaceAll(':', '').toLowerCase()}`

test('a box with a certificate of its own authority is reached by address, and known by that authority', () => {
  const at = { listen: '0.0.0.0', port: 443, certPem: tls.web.cert }
  expect(shelfAddress(at, ['10.0.0.3/24', 'fd00::3/64'])).toEqual({
    ok: true,
    value: { endpoint: `https://10.0.0.3/shelf${pin()}`, others: [`https://[fd00::3]/shelf${pin()}`] },
  })
  expect(shelfAddress({ ...at, listen: '10.9.0.3', port: 8443 }, ['10.0.0.3/24'])).toEqual({
    ok: true,
    value: { endpoint: `https://10.9.0.3:8443/shelf${pin()}`, others: [] },
  })
})

test('one with a certificate that others vouch for is reached by its names, and any of them may be believed', () => {
  const at = { listen: '0.0.0.0', port: 8443, certPem: tls.serverCertPem }
  expect(shelfAddress(at, ['10.0.0.3/24'])).toEqual({
    ok: true,
    value: { endpoint: 'https://keeper:8443/shelf', others: ['https://lango.local:8443/shelf'] },
  })
})

test.each([
  ['127.0.0.1', undefined],
  ['0.0.0.0', 'https'],
])('a box that nobody else reaches is told so (%s)', (listen, https) => {
  const certPem = https && tls.web.cert
  expect(shelfAddress({ listen, port: 8443, certPem }, [])).toEqual({
    ok: false,
    error: { type: 'ShelfUnreachable', listen },
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemRandom } from '../kernel/src/base/index.ts'
import { makeAuthority, makeLeaf } from '../appliance/src/tls/authority.ts'
import { startAcmeSimulator } from '../drivers/simulators/acme/index.ts'
import { newBox } from './box.ts'
import { suite } from './peer.ts'

// The portal over https, as a phone sees it that knows one authority and nothing else.

const DAY_MS = 86_400_000
const random = systemRandom()
const validity = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + 90 * DAY_MS }
const start = { args: ['--portal-port', '0', '--portal-tls-port', '0'] }

suite('portal over https', () => {
  const box = newBox()
  const dir = mkdtempSync(join(tmpdir(), 'lango-names-'))
  const [certFile, keyFile] = [join(dir, 'fullchain.pem'), join(dir, 'privkey.pem')]
  let authority: Awaited<ReturnType<typeof makeAuthority>>

  const use = async (name: string) => {
    const leaf = {
      purpose: 'server' as const,
      validity,
      commonName: name,
      names: [{ type: 'dns' as const, value: name }],
    }
    const { keyPem, certPem } = await makeLeaf(authority, leaf, random)
    writeFileSync(keyFile, keyPem)
    writeFileSync(certFile, certPem)
    await box.json('tls', 'use', '--cert', certFile, '--key', keyFile)
  }
  const ask = (servername: string, path: string, ca = authority.certPem) => {
    const port = box.ports.portalTls
    const to = { host: '127.0.0.1', port, path, servername, ca, agent: false }
    const { promise, resolve, reject } = Promise.withResolvers<{ type: string | undefined; body: string }>()
    get({ ...to, headers: { host: `${servername}:${port}`, accept: 'application/captive+json' } }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (piece) => (body += String(piece)))
      answer.on('end', () => resolve({ type: answer.headers['content-type'], body }))
    }).on('error', reject)
    return promise
  }
  const said = async () => (await box.cli('doctor')).stdout

  beforeAll(async () => {
    authority = await makeAuthority('An authority that phones know', validity, random)
    await box.start(start)
  })
  afterAll(async () => {
    await box.remove()
    rmSync(dir, { recursive: true })
  })

  test('with the box’s own certificate it is not open, and the log says why', async () => {
    expect(box.ports.portal).toBeGreaterThan(0)
    expect(box.ports.portalTls).toBeUndefined()
    expect(box.output()).toContain('the portal is not served over https')
  })

  test('with one for a public name phones are told of the portal by it', async () => {
    await use('wifi.isp.example')
    await box.stop()
    await box.start(start)
    const { type, body } = await ask('wifi.isp.example', '/captive-portal/api')
    expect(type).toBe('application/captive+json')
    const url = `https://wifi.isp.example:${box.ports.portalTls}/`
    expect(JSON.parse(body)).toEqual({ captive: true, 'user-portal-url': url })
    expect((await ask('wifi.isp.example', '/')).body).toContain('<html')
    expect((await fetch(`http://127.0.0.1:${box.ports.portal}/`)).status).toBe(200)
    expect(await said()).not.toContain('not served over https')
  })

  test('a renewed one is taken over by a box that runs', async () => {
    await use('hotspot.isp.example')
    const told = () => ask('hotspot.isp.example', '/captive-portal/api').then(({ body }) => body, String)
    await expect.poll(told, { timeout: 40_000, interval: 1000 }).toContain('https://hotspot.isp.example:')
  })

  test('the box gets a certificate by itself, proved by DNS, and serves the portal with it', async () => {
    const secret = Buffer.from('a secret of the zone')
    const acme = await startAcmeSimulator({
      zone: 'isp.example',
      key: { name: 'lango', secret },
      lifeDays: 90,
      now: Date.now,
    })
    const [caFile, secretFile] = [join(dir, 'acme-ca.pem'), join(dir, 'tsig.key')]
    writeFileSync(caFile, acme.caPem)
    writeFileSync(secretFile, secret.toString('base64'))
    const server = ['--server', '127.0.0.1', '--port', `${acme.dns.port}`, '--zone', 'isp.example']
    const key = ['--key-name', 'lango', '--key-secret-file', secretFile]
    const at = ['--directory', acme.directory, '--acme-ca', caFile]
    await box.json('tls', 'acme', '--name', 'lango.isp.example', ...at, '--dns', 'rfc2136', ...server, ...key)
    expect(await box.json('tls', 'acme', '--now')).toMatchObject({ failures: 0, isAside: false })
    const told = () => ask('lango.isp.example', '/captive-portal/api', acme.caPem).then(({ body }) => body, String)
    await expect.poll(told, { timeout: 10_000 }).toContain('https://lango.isp.example:')
    expect(await box.json('tls', 'show')).toMatchObject({ server: { isOwn: true, names: 'DNS:lango.isp.example' } })
    await box.json('tls', 'acme', '--off')
    expect(await box.json('tls', 'acme')).toBeNull()
    await acme.close()
  })
})

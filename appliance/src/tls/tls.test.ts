import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { fakeClock, seededRandom } from '@lango/kernel/testing'
import { RELEASED_AT } from '../site.ts'
import { issueClient, loadTls, readPair, useOwnCertificate } from './index.ts'

const DAY_MS = 86_400_000
const folders: string[] = []
const newFolder = () => {
  const tlsDir = mkdtempSync(join(tmpdir(), 'lango-tls-'))
  folders.push(tlsDir)
  return { tlsDir }
}
afterEach(() => folders.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })))

const clock = fakeClock()
const deps = (more: { now?: () => number; sure?: boolean; hostName?: string } = {}) => ({
  now: clock.now,
  sure: true,
  hostName: 'pop-kisumu',
  random: seededRandom(7),
  ...more,
})

test('the first start makes an authority and a server certificate, a second one keeps them', async () => {
  const folder = newFolder()
  const first = orThrow(await loadTls(folder, deps()))
  const [ca, server] = [new X509Certificate(first.caCertPem), new X509Certificate(first.serverCertPem)]
  expect(server.checkIssued(ca) && server.verify(ca.publicKey)).toBe(true)
  expect(ca.ca).toBe(true)
  expect(server.ca).toBe(false)
  expect(server.subjectAltName).toBe('DNS:pop-kisumu, DNS:lango.local')
  expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(first.notAfter).toBe(server.validToDate.getTime())
  for (const name of ['ca.pem', 'server.pem']) {
    expect(statSync(join(folder.tlsDir, name)).mode & 0o777).toBe(0o600)
  }
  const second = orThrow(await loadTls(folder, deps({ hostName: 'renamed' })))
  expect(second).toEqual({ ...first, isNew: false })
})

test('a host name that is no DNS name stays out of the certificate', async () => {
  const { serverCertPem } = orThrow(await loadTls(newFolder(), deps({ hostName: 'Kisumu, "POP" 1' })))
  expect(new X509Certificate(serverCertPem).subjectAltName).toBe('DNS:lango.local')
})

test('a name that the desk is opened by from now on gets into the certificate, once; an address does not', async () => {
  const folder = newFolder()
  const load = async (...webNames: string[]) => orThrow(await loadTls(folder, { ...deps(), webNames }))
  const first = await load()
  const named = await load('pop.example.net', '192.168.88.2', 'under_score')
  expect([named.isNew, named.caCertPem === first.caCertPem]).toEqual([true, true])
  expect(new X509Certificate(named.serverCertPem).subjectAltName).toBe(
    'DNS:pop-kisumu, DNS:pop.example.net, DNS:lango.local',
  )
  expect((await load('pop.example.net')).isNew).toBe(false)
  expect((await load('tower')).isNew).toBe(true)
  expect((await load('tower')).isNew).toBe(false)
})

test('a server certificate is renewed thirty days ahead, by the same authority', async () => {
  const folder = newFolder()
  const first = orThrow(await loadTls(folder, deps()))
  const early = orThrow(await loadTls(folder, deps({ now: () => first.notAfter - 31 * DAY_MS })))
  expect(early.serverCertPem).toBe(first.serverCertPem)
  const unsure = orThrow(await loadTls(folder, deps({ now: () => first.notAfter + DAY_MS, sure: false })))
  expect(unsure.serverCertPem).toBe(first.serverCertPem)
  const renewed = orThrow(await loadTls(folder, deps({ now: () => first.notAfter - 29 * DAY_MS })))
  expect(renewed.caCertPem).toBe(first.caCertPem)
  expect(renewed.serverCertPem).not.toBe(first.serverCertPem)
  expect(renewed.isNew).toBe(true)
})

test('with an unsure clock in 1970 certificates begin with the release and are good afterwards', async () => {
  const { serverCertPem } = orThrow(await loadTls(newFolder(), deps({ now: () => DAY_MS, sure: false })))
  const server = new X509Certificate(serverCertPem)
  expect(server.validFromDate.getTime()).toBe(RELEASED_AT)
  expect(server.validToDate.getTime()).toBeGreaterThan(RELEASED_AT + 700 * DAY_MS)
})

test('a file whose parts do not fit, or are missing, is a fault and is left as it is', async () => {
  const [folder, other] = [newFolder(), newFolder()]
  orThrow(await loadTls(folder, deps()))
  orThrow(await loadTls(other, deps()))
  const file = join(folder.tlsDir, 'server.pem')
  const [mine, theirs] = [folder, other].map((one) => orThrow(readPair(one, 'server'))!)
  writeFileSync(file, theirs!.keyPem + mine!.certPem)
  expect(await loadTls(folder, deps())).toMatchObject({ ok: false, error: { type: 'TlsMismatch', cert: file } })
  for (const content of [mine!.keyPem, mine!.certPem, '', mine!.keyPem + mine!.certPem.slice(0, 200)]) {
    writeFileSync(file, content)
    expect(await loadTls(folder, deps())).toMatchObject({ ok: false, error: { type: 'TlsUnreadable', file } })
    expect(readFileSync(file, 'utf8')).toBe(content)
  }
})

/** The names a TLS server sees in a client's certificate; undefined when it is refused. */
const handshake = (
  server: { key: string; cert: string; ca: string[] },
  client: { key: string; cert: string; ca: string },
) =>
  new Promise<string | undefined>((resolve) => {
    const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true }, (socket: TLSSocket) => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName)
      socket.destroy()
    })
    listener.on('tlsClientError', () => resolve(undefined))
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as { port: number }
      const socket = connect({ port, host: '127.0.0.1', servername: 'lango.local', ...client }, () => undefined)
      socket.on('error', () => undefined)
      socket.on('close', () => listener.close())
    })
  })

test('a client certificate opens a connection; one of another box does not', async () => {
  const [folder, other] = [newFolder(), newFolder()]
  const real = { now: () => Date.now() }
  const box = orThrow(await loadTls(folder, deps(real)))
  orThrow(await loadTls(other, deps(real)))
  const server = { ...box.eap, ca: [...box.eap.ca] }
  const clientOf = async (from: { tlsDir: string }) => {
    const issued = orThrow(await issueClient(from, 'tower-1', join(from.tlsDir, 'out'), deps(real)))
    expect(statSync(issued.keyFile).mode & 0o777).toBe(0o600)
    return { key: readFileSync(issued.keyFile, 'utf8'), cert: readFileSync(issued.certFile, 'utf8'), ca: box.caCertPem }
  }
  expect(await handshake(server, await clientOf(folder))).toBe('DNS:tower-1')
  expect(await handshake(server, await clientOf(other))).toBeUndefined()
})

test('a name with an @ is an e-mail address in the certificate', async () => {
  const folder = newFolder()
  orThrow(await loadTls(folder, deps()))
  const { certFile } = orThrow(
    await issueClient(folder, 'amina@isp.example', folder.tlsDir, { ...deps(), replace: true }),
  )
  expect(new X509Certificate(readFileSync(certFile)).subjectAltName).toBe('email:amina@isp.example')
})

test.each(['', '../ca', 'a/b', 'ca', '-x', 'a b', 'x'.repeat(65)])(
  'no certificate is issued to the name %j',
  async (name) => {
    const folder = newFolder()
    orThrow(await loadTls(folder, deps()))
    expect(await issueClient(folder, name, folder.tlsDir, deps())).toEqual({
      ok: false,
      error: { type: 'NameUnfit', name },
    })
  },
)

test('issuing overwrites nothing, and needs a box', async () => {
  const folder = newFolder()
  const out = newFolder().tlsDir
  expect(await issueClient(folder, 'tower', out, deps())).toMatchObject({ error: { type: 'TlsMissing' } })
  orThrow(await loadTls(folder, deps()))
  orThrow(await issueClient(folder, 'tower', out, deps()))
  const key = readFileSync(join(out, 'tower.key'), 'utf8')
  expect(await issueClient(folder, 'tower', out, deps())).toMatchObject({ error: { type: 'FileExists' } })
  expect(readFileSync(join(out, 'tower.key'), 'utf8')).toBe(key)
  orThrow(await issueClient(folder, 'tower-2', out, deps()))
})

test('the owner’s certificate takes the place of the box’s, and makes way again', async () => {
  const [folder, elsewhere] = [newFolder(), newFolder()]
  const before = orThrow(await loadTls(folder, deps()))
  orThrow(await loadTls(elsewhere, deps({ hostName: 'radius.isp.example' })))
  const server = join(elsewhere.tlsDir, 'server.pem')
  const files = { certFile: server, keyFile: server }
  orThrow(useOwnCertificate(folder, { ...files, clientCaFile: join(elsewhere.tlsDir, 'ca.pem') }, clock))
  const own = orThrow(await loadTls(folder, deps()))
  expect(own.isOwn).toBe(true)
  expect(new X509Certificate(own.serverCertPem).subjectAltName).toContain('radius.isp.example')
  expect(own.eap.ca).toHaveLength(2)
  expect(own.caCertPem).toBe(before.caCertPem)
  orThrow(useOwnCertificate(folder, undefined, clock))
  expect(orThrow(await loadTls(folder, deps()))).toEqual({ ...before, isNew: false })
})

test('an own certificate that would not serve is refused, and the box’s stays', async () => {
  const [folder, elsewhere] = [newFolder(), newFolder()]
  orThrow(await loadTls(folder, deps()))
  const other = orThrow(await loadTls(elsewhere, deps()))
  const file = (name: string) => join(elsewhere.tlsDir, name)
  writeFileSync(file('no-cert.pem'), 'nothing')
  const use = (certFile: string, keyFile: string, now = clock.now) =>
    useOwnCertificate(folder, { certFile: file(certFile), keyFile: file(keyFile) }, { now })
  expect(use('server.pem', 'ca.pem')).toMatchObject({ error: { type: 'TlsMismatch' } })
  expect(use('no-cert.pem', 'server.pem')).toMatchObject({ error: { type: 'TlsUnreadable' } })
  expect(use('absent.pem', 'server.pem')).toMatchObject({ error: { type: 'TlsUnreadable', cause: 'ENOENT' } })
  expect(use('server.pem', 'server.pem', () => other.notAfter)).toMatchObject({ error: { type: 'TlsOutOfDate' } })
  expect(orThrow(readPair(folder, 'own'))).toBeUndefined()
})

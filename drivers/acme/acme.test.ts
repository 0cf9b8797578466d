import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import 'reflect-metadata'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as x509 from '@peculiar/x509'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ok, systemRandom } from '@lango/kernel'
import { createAuthority } from '../simulators/acme/authority.ts'
import { startDnsSimulator } from '../simulators/acme/dns.ts'
import { startAcmeSimulator, type AcmeSimulator } from '../simulators/acme/index.ts'
import { signedUpdate, updateOutcome } from './dns-message.ts'
import {
  createDnsWebhook,
  createRfc2136,
  createSeen,
  obtainCertificate,
  publicServersOf,
  type DnsProvider,
} from './index.ts'

const ZONE = 'isp.example'
const key = { name: 'lango-key', secret: Buffer.from('a secret of thirty-two octets ok') }
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const newKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' })
}
const csrFor = async (...names: string[]) => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const alternative = names.map((value) => ({ type: 'dns' as const, value }))
  const extensions = [new x509.SubjectAlternativeNameExtension(alternative)]
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm, extensions })
  return Buffer.from(csr.rawData)
}

let acme: AcmeSimulator
const waited: number[] = []
const { signal } = new AbortController()
const wait = (ms: number) => Promise.resolve(waited.push(ms))

beforeEach(async () => {
  waited.length = 0
  acme = await startAcmeSimulator({ zone: ZONE, key, lifeDays: 90, now: Date.now })
})
afterEach(() => acme.close())

const rfc2136 = (more: Partial<Parameters<typeof createRfc2136>[0]> = {}) =>
  createRfc2136({
    server: '127.0.0.1',
    port: acme.dns.port,
    zone: ZONE,
    key,
    random: systemRandom(),
    now: Date.now,
    ...more,
  })

const account = { keyPem: newKey(), url: '' }
const obtain = async (dns: DnsProvider, ...names: string[]) => {
  const order = {
    directory: acme.directory,
    caPem: acme.caPem,
    email: 'noc@isp.example',
    names,
    csr: await csrFor(...names),
  }
  return obtainCertificate(account, order, {
    dns,
    wait,
    signal,
    seen: createSeen(() => Promise.resolve([`127.0.0.1:${acme.dns.port}`]), wait),
  })
}

test('a name is proved by a dynamic update, and its certificate comes; nothing stays behind in the DNS', async () => {
  const done = await obtain(rfc2136(), 'wifi.isp.example', 'radius.isp.example')
  expect(done).toMatchObject({ ok: true, value: { account: { url: expect.stringContaining('/account/0') as string } } })
  const [leaf] = done.ok ? [new X509Certificate(done.value.certPem)] : []
  expect(leaf!.subjectAltName).toBe('DNS:wifi.isp.example, DNS:radius.isp.example')
  expect(done.ok && done.value.certPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  expect([...acme.dns.texts.values()].map((values) => values.size)).toEqual([0, 0])
  expect(waited).toEqual([])
  await obtain(rfc2136(), 'wifi.isp.example')
  expect([acme.accounts, acme.issued.length]).toEqual([1, 2])
})

test('a nonce that is not taken is tried with the next, and what is slow is waited for', async () => {
  acme.fail('badNonce')
  acme.fail('slow')
  acme.fail('slow')
  expect(await obtain(rfc2136(), 'wifi.isp.example')).toMatchObject({ ok: true })
  expect(waited.length).toBeGreaterThan(2)
  expect(waited.every((ms) => ms === 3000)).toBe(true)
})

test('a limit is told with the time it lasts', async () => {
  acme.fail('rateLimited')
  expect(await obtain(rfc2136(), 'wifi.isp.example')).toEqual({
    ok: false,
    error: {
      type: 'AcmeRefused',
      problem: 'rateLimited',
      detail: 'too many certificates for this name',
      retryAfterSec: 7200,
    },
  })
})

test('what does not stand in the DNS is not proved, and is not asked for twice', async () => {
  const nowhere: DnsProvider = {
    put: () => Promise.resolve(ok(undefined)),
    remove: () => Promise.resolve(ok(undefined)),
  }
  expect(await obtain(nowhere, 'wifi.isp.example')).toEqual({
    ok: false,
    error: {
      type: 'AcmeUnproven',
      name: 'wifi.isp.example',
      detail: 'No TXT record found at _acme-challenge.wifi.isp.example',
    },
  })
  expect(acme.asked.filter((path) => path === 'challenge')).toHaveLength(1)
})

test('an authority that is not there, or not the one that is trusted, is told', async () => {
  const order = { directory: acme.directory, caPem: '', email: '', names: ['a.isp.example'], csr: Buffer.alloc(0) }
  const dns = rfc2136()
  const seen = () => Promise.resolve()
  expect(await obtainCertificate(account, order, { dns, wait, seen, signal })).toMatchObject({
    error: { type: 'AcmeUnreachable', cause: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  })
  const closed = { ...order, directory: 'https://127.0.0.1:1/directory' }
  expect(await obtainCertificate(account, closed, { dns, wait, seen, signal })).toMatchObject({
    error: { type: 'AcmeUnreachable', server: '127.0.0.1:1', cause: 'ECONNREFUSED' },
  })
})

test('an update is believed to be done only when the server has signed that it is', async () => {
  const put = (more = {}) => rfc2136(more).put('_acme-challenge.wifi.isp.example', 'v')
  const other = { name: key.name, secret: Buffer.from('another secret') }
  expect(await put({ key: other })).toMatchObject({ error: { type: 'DnsRefused', cause: '127.0.0.1: NOTAUTH' } })
  expect(await put({ zone: 'other.example' })).toMatchObject({ error: { cause: '127.0.0.1: REFUSED' } })
  expect(acme.dns.texts.size).toBe(0)
  expect(await put()).toEqual(ok(undefined))
  expect([...acme.dns.texts.get('_acme-challenge.wifi.isp.example')!]).toEqual(['v'])
})

test('an answer that another has signed, or nobody, is none', async () => {
  const update = { zone: ZONE, name: '_acme-challenge.wifi.isp.example', value: 'v', isRemoval: false }
  const asked = signedUpdate(7, update, key, Math.floor(Date.now() / 1000))
  const answer = async () => {
    const socket = createSocket('udp4')
    socket.send(asked.message, acme.dns.port, '127.0.0.1')
    const [message] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    return message
  }
  const good = await answer()
  expect(updateOutcome(good, 7, key, asked.mac)).toBe('')
  expect(updateOutcome(good, 8, key, asked.mac)).toBeUndefined()
  expect(updateOutcome(good, 7, key, Buffer.alloc(32))).toBeUndefined()
  const bare = Buffer.from(good.subarray(0, 12))
  bare.writeUInt16BE(0, 10)
  expect(updateOutcome(bare, 7, key, asked.mac)).toBeUndefined()
  for (let length = 0; length < good.length; length++)
    expect(updateOutcome(good.subarray(0, length), 7, key, asked.mac)).toBeUndefined()
  acme.dns.forge(Buffer.from('another secret'))
  expect(updateOutcome(await answer(), 7, key, asked.mac)).toBeUndefined()
})

test('the authority is let look only once every server of the zone has the proof', async () => {
  const secondary = await startDnsSimulator(ZONE, key)
  const servers = () => Promise.resolve([acme.dns, secondary].map(({ port }) => `127.0.0.1:${port}`))
  const name = '_acme-challenge.wifi.isp.example'
  await rfc2136().put(name, 'v')
  let looks = 0
  const seen = createSeen(servers, async () => {
    looks++
    if (looks === 2) await rfc2136({ port: secondary.port }).put(name, 'v')
  })
  await seen(name, 'v')
  expect(looks).toBe(2)
  // One that never has it is not waited for without end.
  await seen(name, 'another')
  expect(looks).toBe(32)
  expect(await publicServersOf(`127.0.0.1:${acme.dns.port}`, ZONE)).toEqual([])
  await secondary.close()
})

test('a webhook is posted what to put, and sent what to take away', async () => {
  const { tls, caPem } = await createAuthority(1)
  const heard: string[] = []
  let status = 204
  const server = createServer(tls, (request, response) => {
    let body = ''
    request.on('data', (piece) => (body += String(piece)))
    request.on('end', () => {
      heard.push(`${request.method} ${request.headers.authorization} ${body}`)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `https://localhost:${(server.address() as AddressInfo).port}/dns`
  const webhook = createDnsWebhook({ url, token: 't', caPem })
  expect(await webhook.put('_acme-challenge.a', 'v')).toEqual(ok(undefined))
  expect(await webhook.remove('_acme-challenge.a', 'v')).toEqual(ok(undefined))
  const body = '{"name":"_acme-challenge.a","value":"v"}'
  expect(heard).toEqual([`POST Bearer t ${body}`, `DELETE Bearer t ${body}`])
  status = 500
  expect(await webhook.put('a', 'v')).toMatchObject({ error: { type: 'DnsRefused', cause: 'the webhook answers 500' } })
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  expect(await webhook.put('a', 'v')).toMatchObject({ error: { cause: 'ECONNREFUSED' } })
})

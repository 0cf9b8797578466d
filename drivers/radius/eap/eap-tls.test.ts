import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { gtcPeer, peapPeer, run, type TlsPeerOptions, tlsPeer } from './testing/peer.ts'
import { setUp, testWorld } from './testing/setup.ts'
import { keysOf, versions } from './testing/tunnels.ts'

const world = await testWorld()

describe.each(versions)('EAP-TLS over %s', (maxVersion) => {
  const client = (options: TlsPeerOptions) => tlsPeer({ ca: world.tls.ca, maxVersion, ...options })

  test('a certificate is the proof, both sides have the same keys, and the server says so inside', async () => {
    const { server, proofs, asked } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({ name: 'alice', serial: '0abc' })
    const peer = client(credential)
    const { outcome } = await run(server, peer, { outerIdentity: 'anonymous' })
    expect(outcome).toMatchObject({ kind: 'accept', identity: 'alice', outerIdentity: 'anonymous', method: 'tls' })
    expect(keysOf(outcome)).toEqual(peer.msk())
    const fingerprint = expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    const certificate = { subject: 'CN=alice', san: '', names: ['alice'], serial: '0ABC', fingerprint }
    expect(proofs).toMatchObject([{ identity: 'alice', method: 'tls', certificate }])
    expect(asked).toEqual([])
    expect(peer.heard.toString('hex')).toBe(maxVersion === 'TLSv1.3' ? '00' : '')
  })

  test.each([
    ['none', async () => ({}), /^(no-certificate|tls: )/],
    ['one of a foreign authority of the same name', () => world.rogue.issue({ name: 'alice' }), /^certificate: /],
    [
      'one that has expired',
      () => world.authority.issue({ name: 'alice', days: -1 }),
      /^certificate: CERT_HAS_EXPIRED$/,
    ],
    [
      'one for servers',
      () => world.authority.issue({ name: 'alice', purpose: 'server' }),
      /^certificate: INVALID_PURPOSE$/,
    ],
    ['one without a name', () => world.authority.issue({ name: '' }), /^certificate-without-name$/],
  ])('a client with %s is refused', async (_, credential, reason) => {
    const { server, proofs } = setUp({ methods: ['tls'], tls: world.tls })
    const { outcome } = await run(server, client(await credential()))
    expect(outcome).toMatchObject({ kind: 'reject', reason: expect.stringMatching(reason) })
    expect(proofs).toEqual([])
    expect(server.open()).toBe(0)
  })

  test('the outer identity chooses among the names of the certificate, and cannot add one', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({
      name: 'common',
      names: [
        { type: 'dns', value: 'laptop.isp' },
        { type: 'email', value: 'alice@isp' },
        { type: 'email', value: 'x, DNS:mallory' },
      ],
    })
    const seen: string[] = []
    for (const outerIdentity of ['mallory', 'laptop.isp', 'common', 'alice@isp']) {
      const { outcome } = await run(server, client(credential), { outerIdentity })
      if (outcome.kind === 'accept') seen.push(outcome.identity)
    }
    expect(seen).toEqual(['alice@isp', 'laptop.isp', 'common', 'alice@isp'])
  })

  test('whoever may not be online is refused before the server says that all is well', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const peer = client(await world.authority.issue({ name: 'mallory' }))
    const { outcome } = await run(server, peer)
    expect(outcome).toMatchObject({ kind: 'reject', identity: 'mallory', method: 'tls', reason: 'suspended' })
    expect(peer.heard).toHaveLength(0)
  })

  test('a revoked certificate is refused from the moment the list is in place', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls })
    const credential = await world.authority.issue({ name: 'alice', serial: '77' })
    const login = async () => (await run(server, client(credential))).outcome
    expect(await login()).toMatchObject({ kind: 'accept' })
    server.setTls({ ...world.tls, crl: await world.authority.revoke('77') })
    expect(await login()).toMatchObject({ kind: 'reject', reason: 'certificate: CERT_REVOKED' })
    server.setTls({ ...world.tls, crl: await world.authority.revoke('78') })
    expect(await login()).toMatchObject({ kind: 'accept' })
    server.setTls({ ...world.tls, crl: await world.rogue.revoke('78') })
    expect(await login()).toMatchObject({ kind: 'reject', reason: expect.stringMatching(/^certificate: .*CRL/) })
    server.setTls(world.tls)
    expect(await login()).toMatchObject({ kind: 'accept' })
  })

  test('long chains and small packets go through in fragments both ways', async () => {
    const { server } = setUp({ methods: ['tls'], tls: world.tls, fragmentBytes: 120 })
    const credential = await world.authority.issue({ name: 'alice', algorithm: 'rsa' })
    const { outcome, largest } = await run(server, client({ ...credential, fragmentBytes: 120 }))
    expect(outcome.kind).toBe('accept')
    expect(largest).toBeLessThanOrEqual(120)
  })
})

test('supplicants that log in by password are not asked for a certificate', async () => {
  const { server } = setUp({ methods: ['tls', 'peap'], tls: world.tls })
  const credential = await world.authority.issue({ name: 'alice' })
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca, ...credential })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
  const foreign = peapPeer('alice', gtcPeer('correct horse'), {
    ca: world.tls.ca,
    ...(await world.rogue.issue({ name: 'x' })),
  })
  expect((await run(server, foreign)).outcome.kind).toBe('accept')
})

test('TLS files that are no good are refused at start, and at a change without harm', async () => {
  expect(() => setUp({ methods: ['tls'], tls: { ...world.tls, key: 'no key' } })).toThrow(/PEM|DECODER|no start line/)
  const { server } = setUp({ methods: ['peap'], tls: world.tls })
  const other = await testWorld()
  expect(() => server.setTls({ ...world.tls, key: other.tls.key })).toThrow(/mismatch/)
  const peer = peapPeer('alice', gtcPeer('correct horse'), { ca: world.tls.ca })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
})

test('half a list is refused whole, no list at all is none, and nobody is asked for a pass phrase', async () => {
  const { server } = setUp({ methods: ['tls'], tls: world.tls })
  const broken = '-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n'
  const list = await world.authority.revoke('77')
  for (const tls of [
    { ...world.tls, ca: `${String(world.tls.ca)}\n${broken}` },
    { ...world.tls, crl: `${list}\n${list.slice(0, list.length / 2)}` },
    { ...world.tls, crl: 'no list' },
  ])
    expect(() => server.setTls(tls)).toThrow(/PEM that cannot be read/)
  const key = createPrivateKey(world.tls.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'hush',
  })
  expect(() => server.setTls({ ...world.tls, key })).toThrow(/PEM that cannot be read/)
  server.setTls({ ...world.tls, crl: '' })
  const peer = tlsPeer({ ca: world.tls.ca, ...(await world.authority.issue({ name: 'alice' })) })
  expect((await run(server, peer)).outcome.kind).toBe('accept')
})

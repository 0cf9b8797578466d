import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { startAcmeSimulator, type AcmeSimulator } from '@lango/drivers/simulators/acme'
import { ok, openVault, orThrow, systemRandom } from '@lango/kernel'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import { system } from '@lango/kernel/verbs'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCertificates } from '../certificates.ts'
import { PortalDoor } from '../portal-door.ts'
import { loadTls, type BoxTls } from '../tls/index.ts'
import { createObtain } from './drivers.ts'
import { Acme } from './renewal.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const random = systemRandom()
const secret = Buffer.from('a secret of thirty-two octets ok')
const owner = system('owner')
let acme: AcmeSimulator
const stops: (() => unknown)[] = []

const box = async () => {
  const tlsDir = mkdtempSync(join(tmpdir(), 'lango-acme-'))
  stops.push(() => rmSync(tlsDir, { recursive: true }))
  const folder = { tlsDir }
  let isSure = true
  const clock = { ...fakeClock(Date.now()), sure: () => isSure }
  const log = collectingLog()
  const vault = orThrow(openVault({ file: join(tlsDir, 'keys.json'), create: true, random }))
  acme = await startAcmeSimulator({ zone: 'isp.example', key: { name: 'lango', secret }, lifeDays: 90, now: clock.now })
  stops.push(() => acme.close())
  const tls = orThrow(await loadTls(folder, { now: clock.now, sure: true, random, hostName: 'pop' }))
  const app = new Hono().get('/', (c) => c.text('the portal'))
  const door = new PortalDoor({ app, listen: '127.0.0.1', port: 0, webNames: [], log })
  orThrow(await door.take(tls))
  stops.push(() => door.stop())
  const told: string[] = []
  const command = (name: string, input: unknown) => {
    told.push(`${name} ${JSON.stringify(input)}`)
    return Promise.resolve(ok(undefined))
  }
  const shared = { folder, clock, random, command }
  let taken: Promise<unknown> = Promise.resolve()
  const take = (next: BoxTls): void => void (taken = door.take(next))
  const certificates = createCertificates({ ...shared, hostName: 'pop', take })
  const obtain = createObtain({ random, now: Date.now })
  const renewal = new Acme({ ...shared, vault, certificates, obtain, every: () => () => undefined, log })
  const dns = { kind: 'rfc2136', server: '127.0.0.1', port: acme.dns.port, zone: 'isp.example', keyName: 'lango' }
  const settings = {
    directory: acme.directory,
    caPem: acme.caPem,
    names: ['wifi.isp.example'],
    dns: { ...dns, secret: secret.toString('base64') },
  }
  const issued = () => acme.issued.map((pem) => new X509Certificate(pem).fingerprint256)
  return {
    renewal,
    certificates,
    clock,
    door,
    settings,
    told,
    issued,
    taken: () => taken,
    log,
    sealed: () => readFileSync(join(tlsDir, 'acme.sealed')),
    trust: (sure: boolean) => void (isSure = sure),
    set: async () => orThrow(await renewal.set(settings, owner)),
  }
}

let pop: Awaited<ReturnType<typeof box>>
beforeEach(async () => {
  pop = await box()
})
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** The certificate that a phone sees, which knows the authority and nothing else. */
const served = async (): Promise<string> => {
  await pop.taken()
  const { name, port } = pop.door.now()!
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  get({ host: '127.0.0.1', port, servername: name, ca: acme.caPem, agent: false }, (answer) => {
    answer.resume()
    resolve((answer.socket as TLSSocket).getPeerX509Certificate()!.fingerprint256)
  }).on('error', reject)
  return promise
}
const shown = () => orThrow(pop.renewal.show())!

test('a certificate is got, is what the portal serves with, and is renewed thirty days before its end', async () => {
  const { renewal, clock, door, issued, set } = pop
  await set()
  expect(door.now()).toBeUndefined()
  await renewal.look()
  expect(issued()).toHaveLength(1)
  expect(await served()).toBe(issued()[0])
  expect(door.now()).toMatchObject({ name: 'wifi.isp.example' })

  clock.advance(59 * DAY_MS)
  await renewal.look()
  expect(issued()).toHaveLength(1)
  clock.advance(2 * DAY_MS)
  await renewal.look()
  await renewal.look()
  expect(issued()).toHaveLength(2)
  expect(await served()).toBe(issued()[1])
  expect([acme.accounts, shown().failures, renewal.checks()]).toEqual([1, 0, []])
  expect([...acme.dns.texts.values()].map((values) => values.size)).toEqual([0])
})

test('keys and secrets are sealed, and what is told and logged has none of them', async () => {
  await pop.set()
  await pop.renewal.look()
  const { told, sealed, settings, log } = pop
  expect(sealed().toString('latin1')).not.toMatch(/isp\.example|PRIVATE|names/)
  for (const text of [JSON.stringify(shown()), told.join()]) expect(text).not.toMatch(new RegExp(settings.dns.secret))
  expect(told[0]).toBe(
    `certificates.acme ${JSON.stringify({ names: ['wifi.isp.example'], directory: acme.directory, dns: 'rfc2136' })}`,
  )
  expect(log.text()).not.toContain(settings.dns.secret)
  expect(told[1]).toMatch(/^certificates\.changed .*"to":"own"/)
})

test('what fails is told before anything ends, and is tried ever more seldom, and no sooner than the authority says', async () => {
  const { renewal, clock, set, door } = pop
  await set()
  await renewal.look()
  await pop.taken()
  clock.advance(61 * DAY_MS)
  acme.fail('rateLimited')
  await renewal.look()
  expect(shown()).toMatchObject({
    failures: 1,
    nextAt: clock.now() + 120 * MINUTE_MS,
    fault: { problem: 'rateLimited' },
  })
  const [finding] = renewal.checks().map((check) => check.finding)
  expect(finding).toMatchObject({ type: 'acme-failing', names: 'wifi.isp.example', failures: 1 })
  expect(door.now()).toMatchObject({ name: 'wifi.isp.example' })

  const orders = () => acme.asked.filter((path) => path === 'new-order').length
  const before = orders()
  clock.advance(119 * MINUTE_MS)
  await renewal.look()
  expect(orders()).toBe(before)
  clock.advance(MINUTE_MS)
  acme.fail('rateLimited')
  await renewal.look()
  expect(orders()).toBe(before + 1)
  clock.advance(121 * MINUTE_MS)
  await renewal.look()
  expect(shown()).toMatchObject({ failures: 0, nextAt: 0 })
  expect(renewal.checks()).toEqual([])
})

test('while the clock is unsure nothing is asked for, whoever asks', async () => {
  const { renewal, trust, set } = pop
  await set()
  trust(false)
  await renewal.look()
  expect(await renewal.renew(owner)).toMatchObject({ error: { type: 'ClockUnsure' } })
  expect(acme.asked).toEqual([])
  trust(true)
  await renewal.look()
  expect(acme.issued).toHaveLength(1)
})

test('a certificate that somebody puts in its place stays, until another is asked for', async () => {
  const { renewal, certificates, clock, set } = pop
  await set()
  await renewal.look()
  orThrow(await certificates.useBox({}, owner))
  clock.advance(80 * DAY_MS)
  await renewal.look()
  expect([acme.issued.length, shown().isAside]).toEqual([1, true])
  expect(orThrow(await renewal.renew(owner))).toMatchObject({ isAside: false })
  expect(acme.issued).toHaveLength(2)
  orThrow(await renewal.off(owner))
  expect([orThrow(renewal.show()), await renewal.renew(owner)]).toMatchObject([null, { error: { type: 'AcmeUnset' } }])
})

test.each([
  ['names', { names: ['wifi'] }],
  ['names', { names: [] }],
  ['directory', { directory: 'http://acme.example/directory' }],
  ['dns', { dns: { kind: 'webhook', url: 'http://dns.example' } }],
])('what cannot be %s is refused, and nothing is set', async (_, change) => {
  expect(await pop.renewal.set({ ...pop.settings, ...change }, owner)).toMatchObject({
    error: { type: 'InputInvalid' },
  })
  expect(orThrow(pop.renewal.show())).toBeNull()
})

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { err, orThrow, type Fault, type Result } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import type { Actor } from '@lango/kernel/verbs'
import { Acme } from '../../acme/renewal.ts'
import { createCertificates } from '../../certificates.ts'
import { runOwn } from '../../run-named.ts'
import { loadTls, type TlsFiles } from '../../tls/index.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const folders: string[] = []
const newFolder = () => {
  const tlsDir = mkdtempSync(join(tmpdir(), 'lango-tls-'))
  folders.push(tlsDir)
  return { tlsDir }
}
afterEach(() => folders.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })))

/** A box with certificates, and another's that stands for one that was bought. */
const boxWithCertificates = async () => {
  const [folder, elsewhere] = [newFolder(), newFolder()]
  const taken: TlsFiles[] = []
  const late: { certificates?: ReturnType<typeof createCertificates>; acme?: Acme } = {}
  const desk = webUnderTest({
    others: {
      'tls.show': () => late.certificates!.show(),
      'tls.use': (input, by) => late.certificates!.use(input, by),
      'tls.useBox': (input, by) => late.certificates!.useBox(input, by),
      'tls.renew': (input, by) => late.certificates!.renew(input, by),
      'acme.show': () => late.acme!.show(),
      'acme.set': (input, by) => late.acme!.set(input, by),
      'acme.renew': (_, by) => late.acme!.renew(by),
      'acme.off': (_, by) => late.acme!.off(by),
    },
  })
  const { clock } = desk.site
  const random = seededRandom(7)
  const deps = (hostName: string) => ({ now: clock.now, sure: true, random, hostName })
  orThrow(await loadTls(folder, deps('pop-kisumu')))
  const bought = orThrow(await loadTls(elsewhere, deps('radius.isp.example')))
  const command = (name: string, input: unknown, actor: Actor): Promise<Result<unknown, Fault>> =>
    Promise.resolve(runOwn(desk.site, name, input, { actor }))
  late.certificates = createCertificates({
    folder,
    clock: { now: clock.now, sure: () => true },
    random,
    hostName: 'pop-kisumu',
    take: ({ eap }) => taken.push(eap),
    command,
  })
  late.acme = new Acme({
    folder,
    vault: desk.site.vault,
    clock: { now: clock.now, sure: () => true },
    random,
    certificates: late.certificates,
    obtain: () =>
      Promise.resolve(err({ type: 'DnsRefused', name: '_acme-challenge.wifi.isp.example', cause: 'REFUSED' })),
    command,
    every: () => () => undefined,
    log: desk.log,
  })
  const files = () =>
    Object.fromEntries(
      readdirSync(folder.tlsDir).map((name) => [name, readFileSync(join(folder.tlsDir, name), 'utf8')]),
    )
  const audited = () =>
    desk.site.database.raw
      .prepare<[], string>("SELECT record FROM audit WHERE command = 'certificates.changed' ORDER BY no")
      .pluck()
      .all()
  return { ...desk, bought, taken, files, audited }
}

const upload = (
  { visit }: ReturnType<ReturnType<typeof webUnderTest>['signInAs']>,
  parts: Readonly<Record<string, string>>,
) => {
  const body = new FormData()
  body.set('do', 'use')
  for (const [name, text] of Object.entries(parts)) body.set(name, new File([text], `${name}.pem`))
  return visit('/settings/certificates', { method: 'POST', body, headers: { origin: 'http://localhost' } })
}

test('the page tells what is in use, and gives the authority’s certificate to who may look', async () => {
  const { signInAs, files } = await boxWithCertificates()
  const technician = signInAs('technician')
  const page = await (await technician.visit('/settings/certificates')).text()
  expect(page).toContain('pop-kisumu, lango.local')
  expect(page).toMatch(/([0-9A-F]{2}:){31}[0-9A-F]{2}/)
  expect(page).not.toContain('Use this certificate')
  const given = await technician.send('/settings/certificates', { do: 'authority' })
  expect(given.headers.get('content-disposition')).toContain('lango-ca.crt')
  const pem = await given.text()
  expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----[^]+-----END CERTIFICATE-----\s*$/)
  expect(files()['ca.pem']).toContain(pem.trim())
  expect((await technician.send('/settings/certificates', { do: 'renew' })).status).toBe(403)
})

test('a certificate of the owner’s is in use at once; its key is told nowhere', async () => {
  const { signInAs, bought, taken, files, audited, log } = await boxWithCertificates()
  const owner = signInAs('owner')
  const { cert, key } = bought.eap
  const answer = await upload(owner, { cert, key })
  expect(answer.headers.get('location')).toBe('/settings/certificates?said=use')
  expect(taken.map((tls) => tls.cert)).toEqual([cert])
  expect(files()['own.pem']).toContain(cert.trim())
  const page = await (await owner.visit('/settings/certificates')).text()
  expect(page).toContain('radius.isp.example')
  const told = [page, ...audited(), log.text()].join('\n')
  const secret = key.split('\n').find((line) => /^[\w+/=]{20,}$/.test(line))!
  expect(told).not.toContain(secret)
  expect(audited().join()).toContain('radius.isp.example')
  expect((await owner.send('/settings/certificates', { do: 'useBox' })).status).toBe(303)
  expect(Object.keys(files())).not.toContain('own.pem')
  expect(taken.at(-1)!.cert).not.toBe(cert)
})

test.each([
  ['a key of another', 'key', 'not the key of the certificate'],
  ['no certificate', 'cert', 'holds no certificate'],
  ['no key', 'nothing', 'holds no private key'],
] as const)('%s is refused beside its file, and the old certificate stays', async (_, wrong, why) => {
  const { signInAs, bought, taken, files, audited } = await boxWithCertificates()
  const before = files()
  const { cert, key } = bought.eap
  const parts = {
    key: { cert, key: before['server.pem']! },
    cert: { cert: 'nothing', key },
    nothing: { cert, key: 'nothing' },
  }[wrong]
  const answer = await upload(signInAs('owner'), parts)
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(why)
  expect([files(), taken, audited()]).toEqual([before, [], []])
})

test('a new one of the box’s own is in use at once, by the same authority', async () => {
  const { signInAs, taken, files, audited } = await boxWithCertificates()
  const before = files()
  const answer = await signInAs('owner').send('/settings/certificates', { do: 'renew' })
  expect(answer.headers.get('location')).toBe('/settings/certificates?said=renew')
  expect(files()['ca.pem']).toBe(before['ca.pem'])
  expect(files()['server.pem']).not.toBe(before['server.pem'])
  expect([taken.length, audited().length]).toEqual([1, 1])
})

test('what gets a certificate by itself is set on the page; its key is told nowhere, and what failed stands there', async () => {
  const { signInAs, log, site } = await boxWithCertificates()
  const owner = signInAs('owner')
  const page = '/settings/certificates'
  const form = {
    do: 'acme',
    names: 'wifi.isp.example, radius.isp.example',
    kind: 'rfc2136',
    server: '192.0.2.53',
    zone: 'isp.example',
    keyName: 'lango',
    secret: 'c2VjcmV0LW9mLXRoZS16b25l',
  }
  const wrong = await owner.send(page, { ...form, server: 'ns.isp.example', names: 'wifi' })
  expect(wrong.status).toBe(422)
  const refused = await wrong.text()
  expect(refused.match(/This cannot be used/g)).toHaveLength(2)
  expect(refused).not.toContain(form.secret)
  expect((await owner.send(page, form)).headers.get('location')).toBe(`${page}?said=acme`)
  const shown = await (await owner.visit(page)).text()
  expect(shown).toContain('wifi.isp.example, radius.isp.example')
  expect(shown).toContain('acme-v02.api.letsencrypt.org')
  expect((await owner.send(page, { do: 'acmeNow' })).status).not.toBe(303)
  expect(await (await owner.visit(page)).text()).toContain('Why stands on the home page')
  const records = site.database.raw.prepare<[], string>('SELECT record FROM audit').pluck().all().join()
  expect(records).toContain('wifi.isp.example')
  for (const text of [shown, records, log.text()]) expect(text).not.toContain(form.secret)
  expect((await signInAs('technician').send(page, form)).status).toBe(403)
  expect((await owner.send(page, { do: 'acmeOff' })).headers.get('location')).toBe(`${page}?said=off`)
  expect(await (await owner.visit(page)).text()).not.toContain('radius.isp.example')
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access, credentialPurpose } from '@lango/modules/access'
import { grants } from '@lango/modules/access/tables'
import { backups, lendShelf, shelfSecretPurpose } from '@lango/modules/backups'
import { backupShelves } from '@lango/modules/backups/tables'
import { ledger } from '@lango/modules/ledger'
import { mpesaSecretsPurpose, payments, setMpesa } from '@lango/modules/payments'
import { paymentAccounts } from '@lango/modules/payments/tables'
import { customers } from '@lango/modules/customers'
import { messages, senderSecretPurpose, setSender } from '@lango/modules/messages'
import { messageSenders } from '@lango/modules/messages/tables'
import { addRouter, network, revealControl, routerSecretPurpose, setControl } from '@lango/modules/network'
import { routerControls, routers } from '@lango/modules/network/tables'
import { addPlan, plans } from '@lango/modules/plans'
import { settings } from '@lango/modules/settings'
import { importSubscribers, services } from '@lango/modules/services'
import { revealWallet, topUpCash, wallets } from '@lango/modules/wallets'
import { wallets as walletsTable } from '@lango/modules/wallets/tables'
import { addWebhook, webhookSecretPurpose, webhooks } from '@lango/modules/webhooks'
import { webhookEndpoints } from '@lango/modules/webhooks/tables'
import { createAcmeStore, resealAcme } from './acme/settings.ts'
import { rotateKeys } from './rotate-keys.ts'

const modules = [
  settings,
  messages,
  network,
  access,
  plans,
  ledger,
  customers,
  wallets,
  services,
  payments,
  webhooks,
  backups,
]
const folder = { tlsDir: mkdtempSync(join(tmpdir(), 'lango-rotate-')) }
afterAll(() => rmSync(folder.tlsDir, { recursive: true }))
const actor = { kind: 'console', id: 'test' } as const

test('rotation seals every password and secret under the new key, and each still opens', async () => {
  const site = memorySite(modules)
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  const { secret } = site.must(addWebhook, { url: 'https://crm.example' })
  site.must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'shared-secret' })
  site.must(setControl, { name: 'tower', password: 'password-of-the-router' })
  site.must(setMpesa, { shortcode: '174379', consumerSecret: 'key-of-mpesa', initiatorPassword: 'password-of-mpesa' })
  const sender = { driver: 'africastalking' as const, username: 'isp', prefixes: ['+254'], secret: 'key-of-sms' }
  site.must(setSender, { sender })
  site.must(topUpCash, { phone: '+254712345678', amountMinor: 5000 })
  const { code } = site.must(revealWallet, { wallet: 1 })
  const { secretKey } = site.must(lendShelf, { name: 'sibling' })
  const logins = Array.from({ length: 1001 }, (_, n) => `user${n}`)
  for (let at = 0; at < logins.length; at += 200) {
    site.must(importSubscribers, {
      rows: logins.slice(at, at + 200).map((login) => ({ login, plan: 'Home', password: `pw-${login}` })),
    })
  }
  let current = 0
  const rotated = orThrow(
    await rotateKeys(site, folder, actor, () => {
      current = site.database.orm
        .select()
        .from(grants.site)
        .all()
        .filter(({ credential }) => site.vault.isCurrent(credential!)).length
      return Promise.resolve()
    }),
  )
  // The threads are told before the first box under the new key exists.
  expect(current).toBe(0)
  expect(rotated).toMatchObject({ resealed: 1009, unreadable: 0 })
  for (const { id, login, credential } of site.database.orm.select().from(grants.site).all()) {
    expect(site.vault.isCurrent(credential!)).toBe(true)
    expect(orThrow(site.vault.open(credential!, credentialPurpose(id))).reveal()).toBe(`pw-${login}`)
  }
  expect(site.vault.isCurrent(site.database.orm.select().from(walletsTable.site).get()!.code)).toBe(true)
  expect(site.must(revealWallet, { wallet: 1 }).code).toBe(code)
  const router = site.database.orm.select().from(routers.site).get()!
  expect(site.vault.isCurrent(router.secret)).toBe(true)
  expect(orThrow(site.vault.open(router.secret, routerSecretPurpose(router.id))).reveal()).toBe('shared-secret')
  expect(site.vault.isCurrent(site.database.orm.select().from(routerControls.site).get()!.password)).toBe(true)
  expect(site.must(revealControl, { name: 'tower' }).password).toBe('password-of-the-router')
  const shelf = site.database.orm.select().from(backupShelves.site).get()!
  expect(site.vault.isCurrent(shelf.secret)).toBe(true)
  expect(orThrow(site.vault.open(shelf.secret, shelfSecretPurpose(shelf.id))).reveal()).toBe(secretKey)
  const webhook = site.database.orm.select().from(webhookEndpoints.site).get()!
  expect(site.vault.isCurrent(webhook.secret)).toBe(true)
  expect(orThrow(site.vault.open(webhook.secret, webhookSecretPurpose(webhook.id))).reveal()).toBe(secret)
  const { secrets } = site.database.orm.select().from(paymentAccounts.site).get()!
  expect(site.vault.isCurrent(secrets!)).toBe(true)
  expect(orThrow(site.vault.open(secrets!, mpesaSecretsPurpose)).reveal()).toMatch(/key-of-mpesa.*password-of-mpesa/)
  const sms = site.database.orm.select().from(messageSenders.site).get()!
  expect(site.vault.isCurrent(sms.secret!)).toBe(true)
  expect(orThrow(site.vault.open(sms.secret!, senderSecretPurpose('sms'))).reveal()).toBe('key-of-sms')
})

test('a password that cannot be opened is counted and kept', async () => {
  const site = memorySite(modules)
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  site.must(importSubscribers, { rows: [{ login: 'a', plan: 'Home', password: 'pw' }] })
  const damaged = Buffer.alloc(60, 1)
  site.database.orm.update(grants.site).set({ credential: damaged }).where(eq(grants.site.login, 'a')).run()
  const rotated = orThrow(await rotateKeys(site, folder, actor, () => Promise.resolve()))
  expect(rotated).toMatchObject({ resealed: 0, unreadable: 1 })
  expect(site.database.orm.select().from(grants.site).get()!.credential).toEqual(damaged)
})

test('what the certificate is got with, in its file, is sealed anew and says the same', async () => {
  const site = memorySite(modules)
  const store = createAcmeStore(folder, site.vault)
  const dns = { kind: 'webhook', url: 'https://dns.isp.example', token: 'token-of-dns', caPem: '' } as const
  const settings = { directory: 'https://acme.example/dir', caPem: '', email: '', names: ['wifi.isp.example'], dns }
  store.write({ settings, account: { keyPem: 'key', url: '' }, issued: '', failures: 0, nextAt: 0, lastAt: 0 })
  const file = join(folder.tlsDir, 'acme.sealed')
  const before = readFileSync(file)
  expect(orThrow(await rotateKeys(site, folder, actor, () => Promise.resolve()))).toMatchObject({ resealed: 1 })
  expect(site.vault.isCurrent(before)).toBe(false)
  expect(site.vault.isCurrent(readFileSync(file))).toBe(true)
  expect(orThrow(store.read())).toMatchObject({ settings: { dns: { token: 'token-of-dns' } } })
  expect(resealAcme(folder, site.vault)).toEqual({ resealed: 0, unreadable: 0 })
})

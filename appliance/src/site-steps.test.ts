import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase } from '@lango/kernel/db'
import { kernelModule, partsOf } from '@lango/kernel/verbs'
import { siteSteps } from './site-steps.ts'
import { SCHEMA, siteModules } from './site.ts'

/** As releases of schema 9 made it. */
const PURCHASES_9 = `CREATE TABLE "purchases" ("id" TEXT NOT NULL PRIMARY KEY, "number" INTEGER NOT NULL, "reference" TEXT NOT NULL, "state" TEXT NOT NULL, "plan_id" TEXT NOT NULL REFERENCES "plans", "amount_minor" INTEGER NOT NULL, "currency" TEXT NOT NULL, "phone" TEXT NOT NULL, "requested_at" INTEGER NOT NULL, "prompted_at" INTEGER, "unheard" INTEGER NOT NULL, "accepted_at" INTEGER, "provider_ref" TEXT, "confirmed_at" INTEGER, "granted_at" INTEGER, "failed_at" INTEGER, "failure" TEXT, "may_still_be_paid" INTEGER NOT NULL, "claimed_at" INTEGER, "ahead_at" INTEGER, "denied_at" INTEGER, "first_used_at" INTEGER, "expires_at" INTEGER) STRICT`

const parts = partsOf([kernelModule, ...siteModules])
const tables = parts.tables.filter(({ home }) => home === 'site')

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'steps-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('a database of the release before learns that money is put into wallets; what was bought stays, and a release that was rolled back still writes', () => {
  const database = orThrow(openDatabase({ file: join(folder, 'site.db') }))
  const { raw } = database
  const before = tables.filter(({ name }) => name !== 'purchases' && name !== 'wallets')
  raw.exec(PURCHASES_9)
  orThrow(migrate(database, { version: 9, tables: before, changeLog: true }))
  raw.exec(`INSERT INTO plans (id, name, kind, policy, status, price_minor, currency, valid_from)
    VALUES ('p', 'Day', 'hotspot', '{}', 'active', 5000, 'KES', 'first-use')`)
  const buy = (n: number, plan: string) =>
    raw.exec(`INSERT INTO purchases (id, number, reference, state, plan_id, amount_minor, currency, phone, requested_at, unheard, may_still_be_paid)
      VALUES ('pur_${n}', ${n}, 'L${n}', 'requested', ${plan}, 5000, 'KES', '+254712345678', 1, 0, 0)`)
  buy(1, "'p'")
  raw.exec(`INSERT INTO payments (id, receipt, shortcode, amount_minor, currency, paid_at, account, phones, heard_at, state, purchase_id)
    VALUES ('pay_1', 'R1', '1', 5000, 'KES', 1, '', '[]', 1, 'matched', 'pur_1')`)
  expect(() => buy(2, 'NULL')).toThrow('NOT NULL')
  const state = orThrow(migrate(database, { version: SCHEMA, tables, steps: siteSteps, changeLog: true }))
  expect(state).toEqual({ schema: SCHEMA, minReader: 1 })
  buy(2, 'NULL')
  buy(3, "'p'")
  expect(() => buy(4, "'nobody'")).toThrow('FOREIGN KEY')
  expect(raw.prepare('SELECT id, purpose, paid_by, wallet_id, plan_id FROM purchases').all()).toEqual(
    [1, 2, 3].map((n) => ({
      id: `pur_${n}`,
      purpose: 'plan',
      paid_by: 'mpesa',
      wallet_id: null,
      plan_id: n === 2 ? null : 'p',
    })),
  )
  expect(database.integrityFaults()).toEqual([])
  expect(orThrow(migrate(database, { version: 9, tables: before, changeLog: true }))).toEqual(state)
  database.close()
})

/** As releases of schema 10 made it. */
const REGISTRATIONS_10 = `CREATE TABLE "registrations" ("no" INTEGER NOT NULL PRIMARY KEY, "token" TEXT NOT NULL, "by" TEXT NOT NULL, "contact" TEXT NOT NULL, "contact_hash" TEXT NOT NULL, "address_hash" TEXT NOT NULL, "name" TEXT NOT NULL, "language" TEXT NOT NULL, "plan_id" TEXT NOT NULL REFERENCES "plans", "state" TEXT NOT NULL, "reason" TEXT, "code_hash" TEXT, "code_expires_at" INTEGER NOT NULL, "tries" INTEGER NOT NULL, "created_at" INTEGER NOT NULL, "ended_at" INTEGER, "customer_id" TEXT, "service_id" TEXT) STRICT`

test('a database of the release before learns that people agree to messages without a plan; who asked for a code goes on', () => {
  const database = orThrow(openDatabase({ file: join(folder, 'site.db') }))
  const { raw } = database
  const before = tables.filter(({ name }) => !['registrations', 'consents', 'consent_texts'].includes(name))
  raw.exec(REGISTRATIONS_10)
  orThrow(migrate(database, { version: 10, tables: before, steps: siteSteps, changeLog: true }))
  raw.exec(`INSERT INTO plans (id, name, kind, policy, status, price_minor, currency, valid_from)
    VALUES ('p', 'Trial', 'hotspot', '{}', 'active', 0, 'KES', 'first-use')`)
  const ask = (no: number, plan: string) =>
    raw.exec(`INSERT INTO registrations (no, token, by, contact, contact_hash, address_hash, name, language, plan_id, state, code_expires_at, tries, created_at)
      VALUES (${no}, 't${no}', 'phone', '+254712345678', 'h', 'a', 'Amina', 'sw', ${plan}, 'waiting', 9, 0, 1)`)
  ask(1, "'p'")
  expect(() => ask(2, 'NULL')).toThrow('NOT NULL')
  const state = orThrow(migrate(database, { version: SCHEMA, tables, steps: siteSteps, changeLog: true }))
  ask(2, 'NULL')
  expect(() => ask(3, "'nobody'")).toThrow('FOREIGN KEY')
  expect(raw.prepare('SELECT no, plan_id, agreed, place, device_hash FROM registrations').all()).toEqual(
    [1, 2].map((no) => ({ no, plan_id: no === 1 ? 'p' : null, agreed: '[]', place: null, device_hash: null })),
  )
  expect(database.integrityFaults()).toEqual([])
  expect(orThrow(migrate(database, { version: 10, tables: before, steps: siteSteps, changeLog: true }))).toEqual(state)
  database.close()
})

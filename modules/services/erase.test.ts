import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { createPersonalReader, verifyAudit } from '@lango/kernel/verbs'
import { access, freeDevice, topUp } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { wallets } from '../wallets/index.ts'
import { ledger } from '../ledger/index.ts'
import { messages } from '../messages/index.ts'
import { settings } from '../settings/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import {
  addSubscriber,
  changeSubscribers,
  eraseCustomer,
  importSubscribers,
  revealPasswords,
  services,
  setSpeed,
  suspendSubscriber,
} from './index.ts'

const person = {
  login: 'amina.k',
  name: 'Amina Kamau',
  phone: '+254712345678',
  email: 'amina@example.org',
  ip: '10.9.8.7',
  serial: 'HWTC1A2B3C4D',
}
const traces = [...Object.values(person), 'AA:BB:CC:DD:EE:01']

/** Everything that is done with a subscriber is done with this one. */
const livedSite = () => {
  const site = memorySite([settings, messages, access, ledger, customers, wallets, plans, services])
  const { must } = site
  must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 1000, upKbps: 500 }, quotaOctets: 1_000_000 })
  must(addSubscriber, { ...person, password: 'pw-of-amina', plan: 'Home' })
  must(changeSubscribers, { rows: [{ login: person.login, phone: person.phone, devices: 'AA:BB:CC:DD:EE:01' }] })
  must(setSpeed, { login: person.login, speed: { downKbps: 9000, upKbps: 9000 } })
  must(topUp, { login: person.login, octets: 5 })
  must(freeDevice, { login: person.login, device: 'AA:BB:CC:DD:EE:01' })
  must(suspendSubscriber, { login: person.login })
  must(revealPasswords, { logins: [person.login] })
  must(importSubscribers, { rows: [{ login: 'juma', password: 'x', plan: 'Home' }] })
  return site
}
const auditText = ({ database: { raw } }: ReturnType<typeof livedSite>) =>
  raw
    .prepare<[], { record: string }>('SELECT record FROM audit ORDER BY no')
    .all()
    .map(({ record }) => record)

test('nothing of a person stands in the audit log in clear, and whoever may read it is told all of it', () => {
  const site = livedSite()
  const records = auditText(site)
  for (const trace of [...traces, 'juma']) expect(records.join('\n')).not.toContain(trace)
  const read = createPersonalReader(site.database.raw, site.vault)
  const told = records.map((record) => JSON.stringify(read(record) ?? JSON.parse(record)))
  for (const trace of traces) expect(told.join('\n')).toContain(trace)
  expect(told.filter((record) => record.includes(person.login))).toHaveLength(7)
  expect(told.find((record) => record.includes('"status":"suspended"'))).toContain('"before":{"status":"active"}')
})

test('who was erased is nowhere in the database any more, their services are ended, and the log still verifies', () => {
  const site = livedSite()
  const { must, database, told, query: _ } = site
  expect(must(eraseCustomer, { login: person.login })).toMatchObject({ services: 1 })
  const read = createPersonalReader(database.raw, site.vault)
  const records = auditText(site).map((record) => JSON.stringify(read(record) ?? JSON.parse(record)))
  for (const trace of traces) expect(records.join('\n')).not.toContain(trace)
  expect(records.join('\n')).toContain('juma')
  for (const table of ['customers', 'services', 'grants', 'person_keys'])
    for (const trace of traces)
      expect(JSON.stringify(database.raw.prepare(`SELECT * FROM ${table}`).all())).not.toContain(trace)
  expect(database.raw.prepare("SELECT status, credential FROM grants WHERE login LIKE 'erased-%'").all()).toEqual([
    { status: 'ended', credential: null },
  ])
  expect(told.at(-1)).toMatchObject({ name: 'access.changed' })
  expect(verifyAudit(database.raw).ok).toBe(true)
})

test('a login that is free again may be another’s, who is not taken for the one before', () => {
  const site = livedSite()
  site.must(eraseCustomer, { login: person.login })
  site.must(addSubscriber, { login: person.login, name: 'Another', password: 'x', plan: 'Home' })
  const read = createPersonalReader(site.database.raw, site.vault)
  const told = auditText(site).map((record) => JSON.stringify(read(record) ?? JSON.parse(record)))
  expect(told.filter((record) => record.includes(person.login))).toHaveLength(1)
  expect(site.dispatch(eraseCustomer, { login: 'nobody' })).toMatchObject({ error: { type: 'SubscriberUnknown' } })
})

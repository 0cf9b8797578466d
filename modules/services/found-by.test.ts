import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { wallets } from '../wallets/index.ts'
import { ledger } from '../ledger/index.ts'
import { messages } from '../messages/index.ts'
import { settings } from '../settings/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addSubscriber, changeSubscribers, eraseCustomer, fillFoundBy, services } from './index.ts'

const site = () => {
  const made = memorySite([settings, messages, access, plans, ledger, customers, wallets, services])
  made.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  const found = made.database.raw.prepare<[], string>('SELECT found_by FROM services ORDER BY login').pluck()
  return { ...made, found: () => found.all() }
}
const amina = { login: 'Amina1', password: 'p@ss', plan: 'Home', name: 'Amína OTIENO', phone: '+254712345678' }

test('a subscriber is found by login, name, telephone, address and device, in lower case, and by nothing else', () => {
  const { must, found } = site()
  must(addSubscriber, { ...amina, email: 'a@example.org', ip: '100.64.0.9', mac: 'AA-BB-CC-00-00-01' })
  expect(found()).toEqual(['amina1\namína otieno\n+254712345678\n100.64.0.9\naa:bb:cc:00:00:01'])
})

test('what is changed is found as it is now', () => {
  const { must, found } = site()
  must(addSubscriber, amina)
  must(changeSubscribers, { rows: [{ login: 'Amina1', name: 'Baraka', phone: '', ip: '100.64.0.7' }] })
  expect(found()).toEqual(['amina1\nbaraka\n100.64.0.7'])
})

test('rows of a release that did not know it are filled in, and others left alone', () => {
  const { must, database, found } = site()
  must(addSubscriber, amina)
  must(addSubscriber, { ...amina, login: 'baraka' })
  const before = found()
  database.raw.exec("UPDATE services SET found_by = '' WHERE login = 'Amina1'; DELETE FROM change_log")
  fillFoundBy(database.raw)
  expect(found()).toEqual(before)
  expect(database.raw.prepare('SELECT count(*) FROM change_log').pluck().get()).toBe(1)
})

test('nothing of somebody who was erased is left in it', () => {
  const { must, found } = site()
  must(addSubscriber, { ...amina, ip: '100.64.0.9', mac: 'AA-BB-CC-00-00-01' })
  must(eraseCustomer, { login: 'Amina1' })
  expect(found().join()).toMatch(/^erased-\w+\nerased$/)
})

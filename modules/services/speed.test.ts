import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { createPersonalReader } from '@lango/kernel/verbs'
import { access } from '../access/index.ts'
import { customers } from '../customers/index.ts'
import { addPlan, plans } from '../plans/index.ts'
import { addSubscriber, services, setSpeed } from './index.ts'

const site = () => {
  const made = memorySite([access, plans, customers, services])
  const burst = { downKbps: 20_000, upKbps: 4_000, thresholdDownKbps: 8_000, thresholdUpKbps: 1_500, timeSec: 10 }
  made.must(addPlan, {
    name: 'Home',
    kind: 'pppoe',
    policy: { downKbps: 10_000, upKbps: 2_000, deviceLimit: 2, burst },
  })
  for (const login of ['amina', 'baraka']) made.must(addSubscriber, { login, password: 'x', plan: 'Home' })
  const policyOf = (login: string) =>
    JSON.parse(
      made.database.raw
        .prepare<[string], { policy: string }>(
          'SELECT p.policy FROM grants g JOIN policies p ON p.id = g.policy_id WHERE g.login = ?',
        )
        .get(login)!.policy,
    ) as { downKbps: number; upKbps: number; deviceLimit: number; burst?: unknown }
  return { ...made, policyOf }
}

test('a speed of one’s own is nobody else’s, keeps the rest, and is given back', () => {
  const { must, policyOf, told } = site()
  const before = policyOf('amina')
  must(setSpeed, { login: 'amina', speed: { downKbps: 1000, upKbps: 500 } })
  expect(policyOf('amina')).toMatchObject({ downKbps: 1000, upKbps: 500, deviceLimit: 2 })
  expect(policyOf('amina').burst).toBeUndefined()
  expect(policyOf('baraka')).toEqual(before)
  expect(told.at(-1)).toMatchObject({ name: 'access.changed', data: { grantNo: 1 } })
  must(setSpeed, { login: 'amina' })
  expect(policyOf('amina')).toEqual(before)
})

test('the log says which speed it was, and which it is', () => {
  const { must, database, vault } = site()
  must(setSpeed, { login: 'amina', speed: { downKbps: 1000, upKbps: 500 } })
  const row = database.raw
    .prepare<[], { record: string }>(`SELECT record FROM audit WHERE command = 'subscribers.setSpeed'`)
    .get()!
  const told = createPersonalReader(database.raw, vault)(row.record)
  expect(told).toMatchObject({ before: { downKbps: 10_000 }, after: { downKbps: 1000 } })
})

test('nobody has no speed, and no speed is none', () => {
  const { dispatch } = site()
  expect(dispatch(setSpeed, { login: 'nobody' })).toMatchObject({ ok: false, error: { type: 'SubscriberUnknown' } })
  expect(dispatch(setSpeed, { login: 'amina', speed: { downKbps: 0, upKbps: 0 } })).toMatchObject({
    ok: false,
    error: { type: 'InputInvalid' },
  })
})

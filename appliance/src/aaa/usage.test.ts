import { expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { insertSql, migrate, openDatabase } from '@lango/kernel/db'
import { Calendar, openPolicy } from '@lango/modules/access'
import { sessions } from '@lango/modules/sessions'
import { usageHours } from '@lango/modules/sessions/tables'
import { allowancesFrom } from './usage.ts'

const calendar = new Calendar('Africa/Nairobi')
const NOW = Date.UTC(2026, 10, 21, 6)
const DAY_MS = 86_400_000
const grant = {
  no: 1,
  login: 'amina',
  status: 'active',
  expiresAt: null,
  validitySec: null,
  firstUsedAt: null,
  beginsAt: 0,
  quotaOctets: 100,
  quotaSec: null,
  topUps: null,
}
const policy = { ...openPolicy, quotaPeriod: 'day', rolloverOctets: 50 } as const

test('what rolls over follows late records of the last days; of days long over the sum is kept', () => {
  const database = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(database, { version: 1, tables, changeLog: false }))
  const add = database.raw.prepare(insertSql(usageHours, { without: ['no'] }))
  const use = (daysAgo: number, octets: number): void => {
    const hourAt = NOW - daysAgo * DAY_MS
    add.run({ grantNo: 1, hourAt, inputOctets: octets, outputOctets: 0, sessionTimeSec: 0 })
  }
  const allowanceOf = allowancesFrom(database.raw, calendar)
  const rolledOver = (): number => allowanceOf(grant, policy, NOW)!.octets!.rolledOver
  use(1, 70)
  expect(rolledOver()).toBe(50)
  use(1, 50)
  expect(rolledOver()).toBe(30)
  use(2, 1000)
  expect(rolledOver()).toBe(0)
  database.raw.exec('DELETE FROM usage_hours')
  expect(rolledOver()).toBe(50)
})

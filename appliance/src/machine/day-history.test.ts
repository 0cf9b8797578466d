import { expect, test } from 'vitest'
import { busiestOf, DayHistory, hoursOf, MINUTE_MS } from './day-history.ts'

const machine = (cpuShare: number) => ({ cpuShare, memoryUsedShare: 0.5, clockSure: true, upSec: 1 })
const HOUR = 3_600_000

test('each minute has what came in it, and a day is kept', () => {
  const history = new DayHistory({ logins: 1000, accounting: 0 })
  for (let at = 1; at <= 1500; at++)
    history.add(at * MINUTE_MS, machine(0), { logins: 1000 + at * 60, accounting: at * 120 })
  const minutes = history.minutes()
  expect(minutes).toHaveLength(1440)
  expect(minutes[0]).toMatchObject({ at: 61 * MINUTE_MS, logins: 60, accounting: 120 })
  expect(busiestOf(minutes)).toEqual({ loginsPerSec: 1, accountingPerSec: 2 })
  expect(busiestOf([])).toEqual({ loginsPerSec: 0, accountingPerSec: 0 })
})

test('an hour tells its busiest minute; the one that ends with it is still its own', () => {
  const history = new DayHistory({ logins: 0, accounting: 0 })
  history.add(HOUR - MINUTE_MS, machine(0.2), { logins: 60, accounting: 0 })
  history.add(HOUR, { ...machine(0.9), temperatureC: 60 }, { logins: 660, accounting: 60 })
  history.add(HOUR + MINUTE_MS, { ...machine(0), memoryUsedShare: 0.7 }, { logins: 660, accounting: 60 })
  expect(hoursOf(history.minutes())).toEqual([
    { at: 0, cpuShare: 0.9, memoryUsedShare: 0.5, temperatureC: 60, loginsPerSec: 10, accountingPerSec: 1 },
    { at: HOUR, cpuShare: 0, memoryUsedShare: 0.7, temperatureC: undefined, loginsPerSec: 0, accountingPerSec: 0 },
  ])
  expect(hoursOf([])).toEqual([])
})

import { expect, test } from 'vitest'
import { defaultSettings } from '@lango/modules/settings'
import { siteTimeZone, watchTimeZone } from './time-zone.ts'

test('the environment says the zone, else what is set, else the machine', () => {
  expect(siteTimeZone({ LANGO_TIME_ZONE: 'Africa/Cairo' }, 'Africa/Nairobi')).toBe('Africa/Cairo')
  expect(siteTimeZone({}, 'Africa/Nairobi')).toBe('Africa/Nairobi')
  expect(siteTimeZone({}, '')).toBe(Temporal.Now.timeZoneId())
})

test('another zone that is set is told once, and the one of the start holds until then', () => {
  const [told, set]: [string[], { zone: string }] = [[], { zone: 'Africa/Nairobi' }]
  const looking: { run?: () => void } = {}
  const watched = (env: Record<string, string>) =>
    watchTimeZone({
      env,
      settings: () => ({ ...defaultSettings, timeZone: set.zone }),
      every: (_, run) => {
        looking.run = run
        return () => undefined
      },
      onTimeZone: (zone) => told.push(zone),
    })
  expect(watched({}).timeZone).toBe('Africa/Nairobi')
  looking.run!()
  set.zone = 'Africa/Kampala'
  looking.run!()
  looking.run!()
  expect(told).toEqual(['Africa/Kampala'])
  expect(watched({ LANGO_TIME_ZONE: 'UTC' }).timeZone).toBe('UTC')
  set.zone = 'Africa/Nairobi'
  looking.run!()
  expect(told).toHaveLength(1)
})

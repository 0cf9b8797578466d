import { expect, test } from 'vitest'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import { askerLimits, DeviceAsker } from './device-asker.ts'

const TV = '8a:b3:a0:eb:d5:e7'
const PHONE = '02:00:00:00:00:01'

const gateway = (listed: ReadonlySet<string> = new Set([TV.toUpperCase()])) => {
  const clock = fakeClock()
  const asked: string[] = []
  const online = new Set<string>()
  const state = { isSilent: false }
  const asker = new DeviceAsker({
    monotonicMs: clock.monotonicMs,
    isOnline: (_, mac) => online.has(mac),
    login(_, mac, userName, password) {
      expect(password).toBe(userName)
      asked.push(userName)
      if (state.isSilent) return Promise.resolve('radius-timeout')
      if (!listed.has(userName)) return Promise.resolve('invalid-username')
      online.add(mac)
      return Promise.resolve(undefined)
    },
    log: collectingLog(),
  })
  return { clock, asked, online, state, asker }
}

test('who joins is asked for once, and who is in is left in peace', async () => {
  const { asker, asked, online } = gateway()
  const leases = new Map([
    ['10.30.0.2', TV],
    ['10.30.0.3', PHONE],
  ])
  for (let look = 0; look < 5; look++) await asker.look(leases)
  expect(asked).toEqual([TV.toUpperCase(), PHONE.toUpperCase()])
  expect([...online]).toEqual([TV])
})

test('who was refused is asked for again some minutes later, and at once when they join anew', async () => {
  const { asker, asked, clock } = gateway()
  const leases = new Map([['10.30.0.3', PHONE]])
  await asker.look(leases)
  clock.advance(askerLimits.againAfterMs - 1)
  await asker.look(leases)
  expect(asked).toHaveLength(1)
  clock.advance(1)
  await asker.look(leases)
  expect(asked).toHaveLength(2)
  await asker.look(new Map())
  await asker.look(leases)
  expect(asked).toHaveLength(3)
})

test('a crowd is asked for a few at a time, and nobody while the box is silent', async () => {
  const { asker, asked, state, clock } = gateway()
  const crowd = new Map(
    Array.from({ length: 50 }, (_, n) => [`10.30.1.${n}`, `02:00:00:00:01:${String(n).padStart(2, '0')}`]),
  )
  for (let look = 1; look <= 3; look++) {
    await asker.look(crowd)
    expect(asked).toHaveLength(Math.min(50, look * askerLimits.asksMax))
  }
  state.isSilent = true
  const more = new Map([...crowd, ['10.30.0.2', TV], ['10.30.0.3', PHONE]])
  await asker.look(more)
  await asker.look(more)
  expect(asked).toHaveLength(51)
  state.isSilent = false
  clock.advance(askerLimits.waitAfterSilenceMs)
  await asker.look(more)
  expect(asked).toHaveLength(53)
})

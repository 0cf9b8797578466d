import { expect, test } from 'vitest'
import { begun, causes, changed, counted, dueEnd, dueReport, ended, freeMinor } from './sessions.ts'

const grant = { downKbps: 0, upKbps: 0, sessionSec: 60, quotaBytes: 1000, idleSec: 30, interimSec: 60, className: '' }
const who = { id: 'a', ip: '10.40.0.11', mac: '02:00:00:00:40:01', userName: 'u', minor: 16 }
const session = begun(grant, who, 5000)
const octets = (upBytes: number, downBytes: number) => ({ upBytes, downBytes, quotaUsedBytes: 0 })

test('a session ends at its time, at its quota, and when nothing has come from it for long enough', () => {
  expect(dueEnd(session, 999, 5000 + 29_999)).toBeUndefined()
  expect(dueEnd(session, 999, 5000 + 30_000)).toBe(causes.idleTimeout)
  expect(dueEnd(session, 1000, 6000)).toBe(causes.sessionTimeout)
  expect(dueEnd(session, 0, 65_000)).toBe(causes.sessionTimeout)
  const endless = begun({ ...grant, sessionSec: undefined, quotaBytes: undefined, idleSec: 0 }, who, 0)
  expect(dueEnd(endless, 1e15, 1e12)).toBeUndefined()
})

test('what strangers send to a phone does not keep it there', () => {
  expect(counted(session, octets(0, 500), 9000).activeMs).toBe(5000)
  expect(counted(session, octets(1, 500), 9000).activeMs).toBe(9000)
})

test('a session has not lasted longer than the kernel let it, however late that is noticed', () => {
  expect(ended(session, causes.sessionTimeout, 5000 + 90_000, 1_000_000)).toMatchObject({
    sessionSec: 60,
    endedAt: 970_000,
  })
  expect(ended(session, causes.userRequest, 5000 + 12_999, 1_000_000)).toMatchObject({
    sessionSec: 12,
    endedAt: 1_000_000,
  })
})

test('the start is reported first, then what was used, by the interval', () => {
  expect(dueReport(session, 5000)).toBe('start')
  const known = { ...session, isStartReported: true }
  expect(dueReport(known, 64_999)).toBeUndefined()
  expect(dueReport(known, 65_000)).toBe('interim')
  expect(dueReport({ ...known, interimSec: 0 }, 1e9)).toBeUndefined()
})

test('a changed time counts from the start', () => {
  expect(changed(session, { sessionSec: 10, downKbps: 5 })).toMatchObject({
    endsMs: 15_000,
    downKbps: 5,
    quotaBytes: 1000,
  })
  expect(changed(session, {})).toEqual(session)
})

test('a class is given again once it is free', () => {
  expect(freeMinor(new Set())).toBe(0x10)
  expect(freeMinor(new Set([0x10, 0x12]))).toBe(0x11)
  expect(freeMinor(new Set(Array.from({ length: 0x8000 }, (_, n) => n)))).toBeUndefined()
})

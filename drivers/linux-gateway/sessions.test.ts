import { expect, test } from 'vitest'
import { begun, causes, changed, counted, dueEnd, dueReport, ended, freeMinor, joined, unclaimed } from './sessions.ts'

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

test('a client has so many addresses of IPv6 and no more: the oldest makes room', () => {
  const at = (n: number): string => `2001:db8:40::${n.toString(16)}`
  let some = session
  for (let n = 1; n <= 16; n++) {
    const after = joined(some, at(n))
    expect(after.left).toEqual([])
    some = after.session
  }
  const after = joined(some, at(17))
  expect(after.left).toEqual([at(1)])
  expect(after.session.addresses6).toHaveLength(16)
  expect(after.session.addresses6.at(-1)).toBe(at(17))
  expect(after.session).toMatchObject({ ip: session.ip, upBytes: session.upBytes })
})

test('an address is of the first who is heard by it, and what is somebody’s stays theirs', () => {
  const [a, b] = ['a', 'b'].map((id) => ({ ...session, id, mac: `02:00:00:00:40:0${id}` }))
  const heard = (...pairs: string[]) =>
    pairs.map((pair) => ({ ip: `2001:db8:40::${pair[0]}`, mac: `02:00:00:00:40:0${pair[1]}` }))
  const claims = (sessions: (typeof session)[], ...pairs: string[]) =>
    unclaimed(heard(...pairs), sessions).map(({ id, address }) => `${address.at(-1)}${id}`)
  expect(claims([a!, b!], '1b', '1a', '2a', '2b', '3c')).toEqual(['1b', '2a'])
  expect(claims([{ ...a!, addresses6: ['2001:db8:40::1'] }, b!], '1b', '1a', '4b')).toEqual(['4b'])
})

test('a class is given again once it is free', () => {
  expect(freeMinor(new Set())).toBe(0x10)
  expect(freeMinor(new Set([0x10, 0x12]))).toBe(0x11)
  expect(freeMinor(new Set(Array.from({ length: 0x8000 }, (_, n) => n)))).toBeUndefined()
})

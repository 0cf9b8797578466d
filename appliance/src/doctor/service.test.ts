import { afterEach, beforeEach, expect, test } from 'vitest'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { fine, type BoxStatus, type Check } from './check.ts'
import { createDoctor, doctorActions, type DoctorDeps } from './service.ts'

let box: TestBox
beforeEach(() => void (box = testBox()))
afterEach(() => box.remove())

const status: BoxStatus = {
  pid: 1,
  listen: '127.0.0.1',
  webListen: '127.0.0.1',
  ports: { auth: 1, acct: 1, radsec: 1, web: 1 },
  startedAt: 0,
  now: 1,
  clockSure: true,
}
const machine = () => ({ memoryUsedShare: 0.5, clockSure: true, upSec: 1 })
const doctorOf = (examine?: NonNullable<DoctorDeps['examine']>) => {
  const log = collectingLog()
  const doctor = createDoctor({
    folder: box.folder,
    clock: fakeClock(),
    machine,
    minutes: () => [],
    log,
    ...(examine && { examine }),
  })
  return {
    doctor,
    log,
    actions: doctorActions(
      doctor,
      () => status,
      () => new Promise(setImmediate),
    ),
  }
}

test('a box is looked at in a thread of its own, and what was found is kept', async () => {
  const { doctor } = doctorOf()
  doctor.look(status, true)
  expect(doctor.show()).toMatchObject({ looking: { full: true } })
  await expect.poll(() => doctor.show().looking, { timeout: 15_000 }).toBeUndefined()
  const { examined } = doctor.show()
  expect(examined).toMatchObject({ full: true })
  const names = new Set(examined!.checks.map(({ name }) => name))
  for (const name of ['box', 'site.db', 'sessions.db', 'audit', 'ports', 'uplink', 'update'])
    expect(names).toContain(name)
}, 20_000)

test('it looks once at a time, and first when it is first asked', async () => {
  const asked: boolean[] = []
  const ends: ((result: Result<readonly Check[], Fault>) => void)[] = []
  const { actions } = doctorOf(({ full }) => {
    asked.push(full)
    return new Promise((resolve) => ends.push(resolve))
  })
  const shown = actions['doctor.show']()
  await expect.poll(() => asked).toEqual([false])
  actions['doctor.look']({})
  ends[0]!(ok([fine('box', 'It runs.')]))
  expect(await shown).toMatchObject({ ok: true, value: { examined: { full: false, checks: [{ name: 'box' }] } } })
  expect(asked).toEqual([false])
  expect(actions['doctor.look']({ full: 'yes' })).toMatchObject({ ok: false })
  actions['doctor.look']({ full: true })
  expect(asked).toEqual([false, true])
  ends[1]!(err({ type: 'DatabaseMissing' }))
  await expect.poll(actions['doctor.show']).toMatchObject({
    value: { fault: { type: 'DatabaseMissing' }, examined: { full: false } },
  })
})

test('who asks for the long look while a short one goes on gets it next, once', async () => {
  const asked: boolean[] = []
  const ends: (() => void)[] = []
  const { actions } = doctorOf(({ full }) => {
    asked.push(full)
    return new Promise((resolve) => ends.push(() => resolve(ok([]))))
  })
  actions['doctor.look']({})
  actions['doctor.look']({ full: true })
  actions['doctor.look']({ full: true })
  expect(asked).toEqual([false])
  ends[0]!()
  await expect.poll(() => asked).toEqual([false, true])
  ends[1]!()
  await expect.poll(actions['doctor.show']).toMatchObject({ value: { examined: { full: true } } })
  expect(asked).toEqual([false, true])
})

test('a thread that dies is told in the log, and takes nothing with it', async () => {
  const { actions, log } = doctorOf(() => Promise.reject(new Error('gone')))
  expect(await actions['doctor.show']()).toMatchObject({ value: { fault: { type: 'DoctorFailed' } } })
  expect(log.text()).toContain('gone')
})

import { err, ok } from '@lango/kernel'
import { expect, test } from 'vitest'
import { fine, found, attention, type Check } from '../../doctor/check.ts'
import type { BenchState } from '../../bench-self/service.ts'
import type { HealthState } from '../../doctor/service.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const HERE = '/doctor'
const machine = {
  cpuShare: 0.12,
  memoryUsedShare: 0.4,
  diskUsedShare: 0.2,
  temperatureC: 48,
  clockSure: true,
  upSec: 90,
}
const hour = { at: 0, cpuShare: 0.5, memoryUsedShare: 0.4, temperatureC: 48, loginsPerSec: 2.5, accountingPerSec: 9 }

const checks: readonly Check[] = [
  fine('box', 'It runs.'),
  found('memory', 'attention', { type: 'memory-ran-out', kills: 2 }),
  fine('disk', '9 GB are free.'),
  found('disk', 'stopped', { type: 'disk-read-only', dir: '/srv/<lango>' }),
  attention('new-check', 'Something newer.', 'Look.'),
]

const desk = (state: Partial<HealthState> = {}, bench: BenchState = {}) => {
  const asked: unknown[] = []
  const shown: HealthState = { machine, hours: [hour], examined: { checks, at: 0, tookMs: 900, full: false }, ...state }
  const made = deskUnderTest({
    others: {
      'bench.show': () => ok(bench),
      'bench.start': () => err({ type: 'BenchBusy', perSec: 31 } as never),
      'bench.stop': () => ok(bench),
      'doctor.show': () => ok(shown),
      'doctor.look': (input) => {
        asked.push(input)
        return ok(shown)
      },
    },
  })
  return { ...made, asked }
}

test('every check is shown with what to do, the worst first, in both languages', async () => {
  const { as, page, cookies } = desk()
  as('viewer')
  const english = await page(HERE)
  for (const text of [
    '1 stopped, 2 to look at, 2 in order',
    'read-only',
    'has ended 2 programs',
    '48 °C',
    '9 GB are free',
    'Look.',
  ])
    expect(english).toContain(text)
  expect(english).toContain('/srv/&lt;lango')
  const at = (text: string) => english.lastIndexOf(text)
  expect(at('read-only')).toBeLessThan(at('has ended 2 programs'))
  expect(at('>Machine<')).toBeLessThan(at('>Serving<'))
  cookies.set('lango-view', 'lang=sw')
  const swahili = await page(HERE)
  for (const text of ['inasomeka tu', 'imezima programu 2', 'Njia', 'Something newer.'].filter(
    (text) => text !== 'Njia',
  ))
    expect(swahili).toContain(text)
  expect(swahili).not.toContain('9 GB are free')
})

test('a button looks again, and another reads everything; meanwhile the page comes again by itself', async () => {
  const { as, page, post, asked } = desk({ looking: { full: true, since: 0 } })
  as('viewer')
  expect((await post(HERE, 'look')).headers.get('location')).toBe(HERE)
  await post(HERE, 'whole')
  expect(asked).toEqual([{}, { full: true }])
  const waiting = await page(HERE)
  expect(waiting).toContain('http-equiv="refresh"')
  expect(waiting).toContain('reads every page')
})

test('before the first look and the first minute the page says so; whoever may not read sessions sees nothing', async () => {
  const { as, page, visit } = desk({ hours: [], examined: undefined as never, fault: { type: 'DoctorFailed' } })
  as('owner')
  const shown = await page(HERE)
  for (const text of ['could not look at everything', 'come with the first minute']) expect(shown).toContain(text)
  as(['plans.read'])
  expect((await visit(HERE)).status).toBe(403)
})

const ceiling = {
  at: 0,
  releasedAt: 1,
  logins: { perSec: 7600.4, p95Ms: 37.2 },
  accounting: { perSec: 2917, p95Ms: 61 },
  lost: 2,
  cpuShareBefore: 0.5,
  processor: 'Cortex-A53',
  processors: 4,
  memoryOctets: 1e9,
  disk: 'mmcblk0',
}

test('what the box can do stands beside what it has to do; whoever may not set anything measures nothing', async () => {
  const { as, page, post, visit } = desk({}, { ceiling, busiest: { share: 0.031, from: 0 } })
  as('owner')
  const shown = await page(HERE)
  for (const text of [
    '3.1 % of what this box can do',
    '7,600/s, 95 % within 38 ms',
    '4 × Cortex-A53',
    'mmcblk0',
    '50 % busy',
    '2 requests were not',
    'another release',
  ])
    expect(shown).toContain(text)
  expect(await (await post(HERE, 'measure')).text()).toContain('answering 31 requests a second')
  expect((await post(HERE, 'stop')).status).toBe(303)
  as('viewer')
  expect(await page(HERE)).not.toContain('Measure again')
  expect((await post(HERE, 'measure')).status).toBe(403)
  expect((await visit(HERE)).status).toBe(200)
})

test('while it measures the page says so and offers to stop; how a try ended is told', async () => {
  const running = desk({}, { running: 0 })
  running.as('owner')
  const shown = await running.page(HERE)
  for (const text of ['is measuring itself', 'Stop measuring', 'http-equiv="refresh"']) expect(shown).toContain(text)
  const failed = desk({}, { fault: { type: 'BenchFailed', cause: 'it ended with 1' } as never })
  failed.as('owner')
  expect(await failed.page(HERE)).toContain('Nothing could be measured: it ended with 1.')
})

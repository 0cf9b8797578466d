import { orThrow } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { addRouter, setControl } from '@lango/modules/network'
import { listRolloutDevices, listRollouts, startRollout } from '@lango/modules/rollouts'
import { expect, test } from 'vitest'
import { runOwn } from '../../run-named.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const PAGE = '/rollouts'
const HOSTILE = '7.20.1 <b>beta</b>'

const desk = () => {
  const made = deskUnderTest()
  const { must, query } = made.site
  const ids = ['tower', 'hill'].map((name, n) => {
    const { id } = must(addRouter, { name, address: `192.168.88.${n + 1}`, secret: 'the-secret-of-the-router' })
    must(setControl, { name, password: 'of-mine' })
    return id
  })
  const own = (name: string, input: unknown): unknown =>
    orThrow(runOwn(made.site, name, input, { actor: system('tests') }))
  const runs = (id: string, version: string) =>
    own('rollouts.recordSoftware', {
      id,
      version,
      architecture: 'arm64',
      board: 'RB5009',
      firmware: '7.19',
      firmwareOffered: '7.20',
      freeDiskBytes: 1e9,
    })
  const rollout = () => query(listRollouts, { limit: 1 })[0]!
  const devices = () => query(listRolloutDevices, { rolloutId: rollout().id })
  made.as('owner')
  return { ...made, ids, own, runs, rollout, devices }
}
const begin = { version: '7.20.1', source: 'mikrotik', channel: 'stable', routers: '' }

test('what each router runs is shown, escaped; no router asked yet is a sentence', async () => {
  const { page, runs, ids, deadLinks } = desk()
  expect(await page(PAGE)).toContain('No router was asked yet.')
  runs(ids[0]!, HOSTILE)
  const shown = await page(PAGE)
  expect(shown).toContain('7.20.1 &lt;b>beta&lt;/b>')
  expect(shown).toContain('7.19 (has 7.20)')
  expect(await deadLinks(PAGE)).toEqual([])
})

test('a rollout is begun, paused, gone on with and ended; why each waits or has failed is said', async () => {
  const { page, post, rollout, devices, own } = desk()
  expect((await post(PAGE, 'start', begin)).headers.get('location')).toBe(`${PAGE}?said=started`)
  expect(rollout()).toMatchObject({ version: '7.20.1', source: 'mikrotik', state: 'running' })
  const [first, second] = devices()
  own('rollouts.recordDevice', { id: first!.id, state: 'failed', why: 'gone', said: 'EHOSTUNREACH <i>' })
  own('rollouts.recordDevice', { id: second!.id, state: 'waiting', why: 'quiet' })
  const shown = await page(PAGE)
  expect(shown).toContain('0 done, 1 failed, 1 to come')
  expect(shown).toContain('EHOSTUNREACH &lt;i>')
  expect(shown).toContain('http-equiv="refresh"')
  expect(shown).not.toContain('name="version"')

  await post(PAGE, 'pause')
  expect(rollout().state).toBe('paused')
  await post(PAGE, 'resume')
  expect(rollout().state).toBe('running')
  own('rollouts.record', { id: rollout().id, state: 'halted' })
  expect(await page(PAGE)).toContain('Go on, and try again what failed')
  await post(PAGE, 'resume', { retries: 'yes' })
  expect(devices().map(({ state }) => state)).toEqual(['waiting', 'waiting'])
  await post(PAGE, 'cancel')
  expect(rollout().state).toBe('cancelled')
  expect(await page(PAGE)).toContain('name="version"')
})

test.each([
  [{ version: '' }, 'Write a version such as 7.20.1.'],
  [{ version: 'seven' }, 'Write a version such as 7.20.1.'],
  [{ routers: 'nobody' }, 'nobody'],
  [{ source: 'box' }, 'add-package'],
])('what cannot be begun says why, and nothing is begun: %j', async (wrong, why) => {
  const { post, site } = desk()
  const answer = await post(PAGE, 'start', { ...begin, ...wrong })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain(why)
  expect(site.query(listRollouts, { limit: 1 })).toEqual([])
})

test('whoever may only read begins and ends nothing', async () => {
  const { as, page, post, site, rollout } = desk()
  site.must(startRollout, { version: '7.20.1', source: 'mikrotik' })
  as(['routers.read'])
  expect(await page(PAGE)).toContain('RouterOS 7.20.1')
  expect(await page(PAGE)).not.toContain('value="cancel"')
  expect((await post(PAGE, 'cancel')).status).toBe(403)
  expect(rollout().state).toBe('running')
})

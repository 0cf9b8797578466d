import { orThrow } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { expect, test } from 'vitest'
import { runOwn } from '../../run-named.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const PATH = '/updates'
const release = {
  name: 'lango-1.4.0-amd64.raucb',
  version: '1.4.0',
  arch: 'amd64',
  schema: 12,
  minReader: 1,
  minVersion: '1.0.0',
  rings: {},
  withdrawn: false,
  notes: { en: 'Quicker <logins>', sw: 'Maingio ya haraka' },
  sizeBytes: 200_000_000,
  sha256: 'e'.repeat(64),
}
const machine = {
  slot: 'A',
  versions: { A: '1.3.0', B: null },
  states: { A: 'good', B: 'unknown' },
  phase: 'idle',
  percent: 0,
  version: null,
  why: '',
  at: 1,
  quietHour: 27,
}

/** A box whose root service has told how its slots are. */
const imageBox = () => {
  const desk = webUnderTest()
  const told = (name: string, input: unknown): unknown =>
    orThrow(runOwn(desk.site, name, input, { actor: system('tests') }))
  told('updates.recordMachine', { machine })
  const settings = () =>
    desk.site.database.raw
      .prepare<[], Record<string, unknown>>('SELECT mode, place, rate_kbps, denied FROM update_settings')
      .get()
  const progress = () =>
    desk.site.database.raw
      .prepare<[], Record<string, unknown>>('SELECT check_asked, install_asked FROM update_progress')
      .get()
  return { ...desk, told, settings, progress }
}
const form = { do: 'set', mode: 'auto', ring: 'early', place: 'https://releases.isp.example/lango', rate: '1000' }

test('where there are no slots the page says so, and has nothing to press', async () => {
  const page = await (await webUnderTest().signInAs('owner').visit(PATH)).text()
  expect(page).toContain('Only an appliance image installs releases by itself')
  expect(page).not.toContain('name="place"')
  expect(page).not.toContain('Look now')
})

test('what runs and what is offered is shown, its notes escaped and in the reader’s language', async () => {
  const { signInAs, told } = imageBox()
  told('updates.recordCheck', { offered: release, place: form.place })
  const owner = signInAs('owner')
  const page = await (await owner.visit(PATH)).text()
  expect(page).toContain('1.3.0')
  expect(page).toContain('Quicker &lt;logins>')
  expect(page).toContain('Install 1.4.0 now')
  const swahili = await (await owner.visit(PATH, { headers: { 'accept-language': 'sw' } })).text()
  expect(swahili).toContain('Maingio ya haraka')
})

test('each button does what it says', async () => {
  const { signInAs, told, settings, progress } = imageBox()
  const owner = signInAs('owner')
  expect((await owner.send(PATH, form)).headers.get('location')).toBe(`${PATH}?said=set`)
  expect(settings()).toMatchObject({ mode: 'auto', place: form.place, rate_kbps: 1000 })
  await owner.send(PATH, { do: 'look' })
  expect(progress()).toMatchObject({ check_asked: 1 })
  told('updates.recordCheck', { offered: release, place: form.place })
  await owner.send(PATH, { do: 'install' })
  expect(progress()).toMatchObject({ install_asked: '1.4.0' })
  await owner.send(PATH, { do: 'deny', version: '1.4.0' })
  expect(settings()).toMatchObject({ denied: '["1.4.0"]' })
  expect(await (await owner.visit(PATH)).text()).not.toContain('Install 1.4.0 now')
  await owner.send(PATH, { do: 'resume', version: '1.4.0' })
  expect(settings()).toMatchObject({ denied: '[]' })
})

test('a place that is none and half a window are refused with words, and nothing is set', async () => {
  const { signInAs, settings } = imageBox()
  const owner = signInAs('owner')
  const refused = await owner.send(PATH, { ...form, place: 'releases', from: '2' })
  expect(refused.status).toBe(422)
  expect(settings()).toBeUndefined()
})

test('who may only read sees the state and no button', async () => {
  const page = await (await imageBox().signInAs('viewer').visit(PATH)).text()
  expect(page).toContain('1.3.0')
  expect(page).not.toContain('Look now')
})

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKeys } from '../../images/keys.ts'
import { isLong } from '../box.ts'
import { machineOf, writeSetupFile, type Machine } from './machine.ts'
import { breaksDisk, neverServes } from './spoil.ts'
import { makeStick } from './stick.ts'
import { newVm, type Vm } from './vm.ts'
import { openWorkshop, workshopFolder, type Workshop } from './workshop.ts'

const folder = workshopFolder()

describe('a machine with an image', () => {
  let workshop: Workshop
  let vm: Vm
  let box: Machine
  const bundles: Record<string, string> = {}

  beforeAll(async () => {
    workshop = openWorkshop('amd64', folder)
    const foreign = makeKeys(join(folder, 'foreign'), 'Somebody else')
    bundles['1.1.0'] = workshop.bundle('1.1.0')
    bundles['1.2.0'] = workshop.bundle('1.2.0', { change: neverServes })
    if (isLong) bundles['1.3.0'] = workshop.bundle('1.3.0', { change: breaksDisk })
    bundles['1.4.0'] = workshop.bundle('1.4.0', { keys: foreign })
    const setup = join(folder, 'lango-setup.json')
    writeSetupFile(setup, workshop.sshKey)
    const stick = makeStick(join(folder, 'stick.img'), [setup, ...Object.values(bundles)])
    const own = join(folder, 'vm')
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own)
    vm = await newVm({ arch: 'amd64', disk: workshop.disk, folder: own, sshKey: workshop.sshKey, more: stick })
    box = machineOf(vm)
  }, 900_000)
  afterAll(() => vm.powerOff())

  test('it boots from slot A, serves, and its data take the whole disk', async () => {
    await box.isUp()
    expect(await box.status()).toMatchObject({
      slot: 'A',
      versions: { A: '1.0.0', B: null },
      states: { A: 'good', B: 'unknown' },
    })
    expect((await vm.mustRoot('systemctl --failed --no-legend --plain')).trim()).toBe('')
    expect(Number((await vm.mustRoot('df --output=size -BM /var | tail -1')).replace('M', ''))).toBeGreaterThan(2500)
  }, 900_000)

  test('a login by RADIUS is accepted', async () => {
    await box.lango('subscriber', 'add', 'amina', '--password', 'p4ss', '--plan', 'Home-10')
    await expect.poll(box.login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 120_000)

  test('what is signed by somebody else is refused, and nothing is written', async () => {
    const refused = await box.install('1.4.0', bundles['1.4.0']!)
    expect(refused).toMatchObject({ phase: 'refused', slot: 'A', versions: { B: null } })
    expect(refused.why).toContain('signature')
  }, 300_000)

  test('a release goes into the other slot, and runs there after a restart, with all the data', async () => {
    expect(await box.install('1.1.0', bundles['1.1.0']!)).toMatchObject({
      phase: 'installed',
      versions: { A: '1.0.0', B: '1.1.0' },
    })
    await box.restart()
    await vm.until('the release was judged', box.isPhase('good', 'rolled-back'), 600)
    expect(await box.status()).toMatchObject({
      phase: 'good',
      slot: 'B',
      versions: { A: '1.0.0', B: '1.1.0' },
      states: { A: 'good', B: 'good' },
    })
    await expect.poll(box.login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 900_000)

  test('a release that does not serve is taken back by itself, and it says why', async () => {
    expect(await box.install('1.2.0', bundles['1.2.0']!)).toMatchObject({
      phase: 'installed',
      versions: { A: '1.2.0', B: '1.1.0' },
    })
    await box.restart()
    await vm.until('the slot before runs again', box.isPhase('rolled-back'), 900)
    const after = await box.status()
    expect(after).toMatchObject({ slot: 'B', phase: 'rolled-back', version: '1.2.0', states: { A: 'bad', B: 'good' } })
    expect(after.why).toContain('health')
    await vm.until('it serves', vm.serves)
    await expect.poll(box.login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 1_200_000)

  // Two tries of a kernel that panics: what takes longest.
  test.runIf(isLong)(
    'one whose RAM disk is broken never comes up; the boot loader takes the slot before',
    async () => {
      expect(await box.install('1.3.0', bundles['1.3.0']!)).toMatchObject({ phase: 'installed' })
      await box.restart()
      await vm.until('the slot before runs again', box.isPhase('rolled-back'), 900)
      expect(await box.status()).toMatchObject({ slot: 'B', version: '1.3.0', states: { A: 'bad', B: 'good' } })
      await vm.until('it serves', vm.serves)
      await expect.poll(box.login, { timeout: 20_000 }).toBe('Access-Accept')
    },
    1_200_000,
  )
})

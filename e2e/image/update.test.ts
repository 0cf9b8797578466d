import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKeys } from '../../images/keys.ts'
import { sha256Of } from '../../firmware/agent/machine.ts'
import type { UpdateStatus } from '../../firmware/slots.ts'
import { isLong } from '../box.ts'
import { radclient } from '../peer.ts'
import { makeStick } from './stick.ts'
import { newVm, type Vm } from './vm.ts'
import { openWorkshop, workshopFolder, type Workshop } from './workshop.ts'

const folder = workshopFolder()
const secret = 'a-secret-of-the-router'

/** The unit of a release that does not serve; it is judged sooner than the four minutes a real machine gets. */
const neverServes = (root: string): void => {
  const units = join(root, 'usr/lib/systemd/system')
  const unit = join(units, 'lango.service')
  writeFileSync(unit, readFileSync(unit, 'utf8').replace(/^ExecStart=.*$/m, 'ExecStart=/bin/false'))
  mkdirSync(join(units, 'lango-health.service.d'))
  writeFileSync(join(units, 'lango-health.service.d/soon.conf'), '[Service]\nEnvironment=LANGO_HEALTH_WAIT_SEC=10\n')
}

const breaksDisk = (root: string): void => {
  writeFileSync(join(root, 'boot/initrd.img'), 'no RAM disk at all')
}

/** What an ISP puts on the stick of a new box (docs/first-boot.md). */
const setupFile = (sshKey: string) => ({
  version: 1,
  owner: { login: 'wanjiru', name: 'Wanjiru Kariuki' },
  country: 'KE',
  site: { siteName: 'Lakeview', timeZone: 'UTC' },
  routers: [{ name: 'tower', address: '10.0.2.2', secret, vendor: 'mikrotik' }],
  plans: [{ name: 'Home-10', kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 2000 } }],
  ssh: { keys: [sshKey] },
})

describe('a machine with an image', () => {
  let workshop: Workshop
  let vm: Vm
  const bundles: Record<string, string> = {}

  const lango = (...args: string[]): Promise<string> =>
    vm.mustRoot(`runuser -u lango -- lango ${args.join(' ')} --data /var/lib/lango --json`)
  const status = async (): Promise<UpdateStatus> =>
    JSON.parse(await vm.mustRoot('cat /run/lango-os/update.json')) as UpdateStatus
  const login = async (): Promise<string | undefined> =>
    (
      await radclient(vm.ports.auth, 'auth', secret, {
        'User-Name': 'amina',
        'User-Password': 'p4ss',
        'Message-Authenticator': '0x00',
      })
    ).code
  const isPhase =
    (...phases: string[]) =>
    async (): Promise<boolean> => {
      const said = await vm.root('cat /run/lango-os/update.json')
      return said.code === 0 && phases.includes((JSON.parse(said.stdout) as UpdateStatus).phase)
    }

  /** What Lango itself does when it wants a release: the bundle in its folder, and the wish. */
  const install = async (version: string, file = bundles[version]!): Promise<UpdateStatus> => {
    await vm.until('the stick is there', async () => (await vm.root('ls /run/lango-os/usb/*/*.raucb')).code === 0, 60)
    const place = (await vm.mustRoot(`ls /run/lango-os/usb/*/${file.split('/').at(-1)}`)).trim()
    const at = Number((await vm.mustRoot('date +%s%3N')).trim())
    const wish = JSON.stringify({ bundle: place, sha256: await sha256Of(file), version, at })
    const target = '/var/lib/lango/os/install-wanted.json'
    await vm.mustRoot(`printf %s '${wish}' >${target}.new && chown lango: ${target}.new && mv ${target}.new ${target}`)
    await vm.until(
      'the wish was looked at',
      async () => (await status()).at >= at && (await isPhase('installed', 'refused')()),
      300,
    )
    return status()
  }
  const restart = async (): Promise<void> => {
    await vm
      .mustRoot(`printf %s '{"at":1,"why":"update"}' >/var/lib/lango/os/reboot-wanted.json`)
      .catch(() => undefined)
    await vm.ended()
  }

  beforeAll(async () => {
    workshop = openWorkshop('amd64', folder)
    const foreign = makeKeys(join(folder, 'foreign'), 'Somebody else')
    bundles['1.1.0'] = workshop.bundle('1.1.0')
    bundles['1.2.0'] = workshop.bundle('1.2.0', { change: neverServes })
    if (isLong) bundles['1.3.0'] = workshop.bundle('1.3.0', { change: breaksDisk })
    bundles['1.4.0'] = workshop.bundle('1.4.0', { keys: foreign })
    const setup = join(folder, 'lango-setup.json')
    writeFileSync(setup, JSON.stringify(setupFile(readFileSync(`${workshop.sshKey}.pub`, 'utf8').trim())))
    const stick = makeStick(join(folder, 'stick.img'), [setup, ...Object.values(bundles)])
    const own = join(folder, 'vm')
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own)
    vm = await newVm({ arch: 'amd64', disk: workshop.disk, folder: own, sshKey: workshop.sshKey, more: stick })
  }, 900_000)
  afterAll(() => vm.powerOff())

  test('it boots from slot A, serves, and its data take the whole disk', async () => {
    await vm.until('it serves', vm.serves)
    await vm.until('the file on the stick was applied', async () => (await vm.root('true')).code === 0, 300)
    await vm.until('its slot was judged', isPhase('idle'), 300)
    await vm.until(
      'and is good',
      async () => (await vm.root('/usr/lib/lango/boot-slots get-left A')).stdout.trim() === '3',
      300,
    )
    expect(await status()).toMatchObject({
      slot: 'A',
      versions: { A: '1.0.0', B: null },
      states: { A: 'good', B: 'unknown' },
    })
    expect((await vm.mustRoot('systemctl --failed --no-legend --plain')).trim()).toBe('')
    expect(Number((await vm.mustRoot('df --output=size -BM /var | tail -1')).replace('M', ''))).toBeGreaterThan(2500)
  }, 900_000)

  test('a login by RADIUS is accepted', async () => {
    await lango('subscriber', 'add', 'amina', '--password', 'p4ss', '--plan', 'Home-10')
    await expect.poll(login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 120_000)

  test('what is signed by somebody else is refused, and nothing is written', async () => {
    const refused = await install('1.4.0')
    expect(refused).toMatchObject({ phase: 'refused', slot: 'A', versions: { B: null } })
    expect(refused.why).toContain('signature')
  }, 300_000)

  test('a release goes into the other slot, and runs there after a restart, with all the data', async () => {
    expect(await install('1.1.0')).toMatchObject({ phase: 'installed', versions: { A: '1.0.0', B: '1.1.0' } })
    await restart()
    await vm.until('the release was judged', isPhase('good', 'rolled-back'), 600)
    expect(await status()).toMatchObject({
      phase: 'good',
      slot: 'B',
      versions: { A: '1.0.0', B: '1.1.0' },
      states: { A: 'good', B: 'good' },
    })
    await expect.poll(login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 900_000)

  test('a release that does not serve is taken back by itself, and it says why', async () => {
    expect(await install('1.2.0')).toMatchObject({ phase: 'installed', versions: { A: '1.2.0', B: '1.1.0' } })
    await restart()
    await vm.until('the slot before runs again', isPhase('rolled-back'), 900)
    const after = await status()
    expect(after).toMatchObject({ slot: 'B', phase: 'rolled-back', version: '1.2.0', states: { A: 'bad', B: 'good' } })
    expect(after.why).toContain('health')
    await vm.until('it serves', vm.serves)
    await expect.poll(login, { timeout: 20_000 }).toBe('Access-Accept')
  }, 1_200_000)

  // Two tries of a kernel that panics: what takes longest.
  test.runIf(isLong)(
    'one whose RAM disk is broken never comes up; the boot loader takes the slot before',
    async () => {
      expect(await install('1.3.0')).toMatchObject({ phase: 'installed' })
      await restart()
      await vm.until('the slot before runs again', isPhase('rolled-back'), 900)
      expect(await status()).toMatchObject({ slot: 'B', version: '1.3.0', states: { A: 'bad', B: 'good' } })
      await vm.until('it serves', vm.serves)
      await expect.poll(login, { timeout: 20_000 }).toBe('Access-Accept')
    },
    1_200_000,
  )
})

/**
 * A box whose plug is pulled in the middle of everything an update does, that is handed what it must not take, and whose
 * disk is full: it always comes back serving, with its data.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otherSlot } from '../../firmware/agent/state.ts'
import type { UpdateStatus } from '../../firmware/slots.ts'
import { makeFeed, manifestOf, serveFeed, type FeedServer, type TestFeed } from '../../firmware/testing/feed.ts'
import type { SigningKeys } from '../../images/keys.ts'
import { run } from '../../images/shell.ts'
import { SCHEMA } from '../../appliance/src/site.ts'
import { isLong } from '../box.ts'
import { machineOf, writeSetupFile, type Machine } from './machine.ts'
import { dropsAfterMigration, nextSchema } from './spoil.ts'
import { makeStick } from './stick.ts'
import { newVm, type Vm } from './vm.ts'
import { asOf, KEYS_MADE, openWorkshop, workshopFolder, type Workshop } from './workshop.ts'

const folder = workshopFolder()
const DAY_RUN_OUT = '-360d'
const DAYS_GOOD = '30'
/** A tenth of a slot. */
const SECTORS_WRITTEN = 40_000
/** The relay in the guest. */
const PLACE = 'http://127.0.0.1:8099/'

/** A release key of the same authority, whose certificate ended long ago. */
function expiredKeys({ keys }: Workshop): SigningKeys {
  const place = join(folder, 'expired')
  mkdirSync(place, { recursive: true })
  const [key, request, certificate] = ['release.key', 'release.csr', 'release.pem'].map((name) =>
    join(place, name),
  ) as [string, string, string]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  run('openssl', ['req', ...curve, '-keyout', key, '-out', request, '-subj', '/O=Lango tests/CN=release'])
  const authority = ['-CA', keys.authority, '-CAkey', join(folder, 'keys/authority.key'), '-CAcreateserial']
  asOf(KEYS_MADE, () =>
    run('openssl', ['x509', '-req', '-in', request, ...authority, '-days', DAYS_GOOD, '-out', certificate]),
  )
  return { ...keys, key, certificate }
}

/** The same bundle but for some octets in the middle of its slot. */
function tampered(bundle: string): string {
  const target = join(folder, 'tampered.raucb')
  run('cp', ['--reflink=auto', bundle, target])
  const file = openSync(target, 'r+')
  writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, Math.floor(statSync(target).size / 8192) * 4096)
  closeSync(file)
  return target
}

describe.runIf(isLong)('a box whose plug is pulled', () => {
  let feed: TestFeed
  let server: FeedServer
  let workshop: Workshop
  let vm: Vm
  let box: Machine
  const bundles: Record<'1.1.0' | '1.2.0' | '1.3.0' | '0.9.0' | 'expired' | 'tampered', string> = {
    '1.1.0': '',
    '1.2.0': '',
    '1.3.0': '',
    '0.9.0': '',
    expired: '',
    tampered: '',
  }

  /** A box takes releases from the web by https only, or from its own loopback. */
  const relay = (): Promise<string> => {
    const { port } = new URL(server.base)
    const program = `const n=require("net");n.createServer(c=>{const o=n.connect(${port},"10.0.2.2");c.pipe(o).pipe(c);c.on("error",()=>o.destroy());o.on("error",()=>c.destroy())}).listen(8099,"127.0.0.1")`
    return vm.mustRoot(`systemd-run --unit=relay /opt/lango/node_modules/.bin/node -e '${program}'`)
  }
  const letsIn = (): Promise<void> => expect.poll(box.login, { timeout: 20_000 }).toBe('Access-Accept')
  /** Each test can be run alone: the box is up, and has a subscriber. */
  const ready = async (): Promise<UpdateStatus> => {
    await box.isUp()
    if (!(await box.lango('subscriber', 'list')).includes('amina'))
      await box.lango('subscriber', 'add', 'amina', '--password', 'p4ss', '--plan', 'Home-10')
    await letsIn()
    return box.status()
  }
  const cut = async (): Promise<void> => {
    await vm.powerOff()
    await box.isUp()
    await letsIn()
  }
  const isJudged = (version: string): Promise<void> =>
    vm.until(
      'the release was judged',
      async () => (await box.isPhase('good', 'rolled-back', 'refused')()) && (await box.status()).version === version,
      900,
    )

  beforeAll(async () => {
    feed = await makeFeed()
    server = await serveFeed(feed.dir)
    workshop = openWorkshop('amd64', folder, join(feed.dir, 'metadata/1.root.json'))
    bundles['0.9.0'] = workshop.bundle('0.9.0')
    bundles['1.1.0'] = workshop.bundle('1.1.0')
    bundles['1.2.0'] = workshop.bundle('1.2.0', { change: nextSchema(SCHEMA + 1) })
    bundles['1.3.0'] = workshop.bundle('1.3.0', { change: dropsAfterMigration(SCHEMA + 2) })
    bundles.expired = workshop.bundle('1.4.0', { keys: expiredKeys(workshop), signed: DAY_RUN_OUT })
    bundles.tampered = tampered(bundles['1.2.0'])
    await feed.release(manifestOf('1.1.0', { schema: SCHEMA }), readFileSync(bundles['1.1.0']))
    const setup = join(folder, 'lango-setup.json')
    writeSetupFile(setup, workshop.sshKey)
    const { '1.1.0': _, ...carried } = bundles
    const stick = makeStick(join(folder, 'stick.img'), [setup, ...Object.values(carried)])
    const own = join(folder, 'vm')
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own)
    vm = await newVm({ arch: 'amd64', disk: workshop.disk, folder: own, sshKey: workshop.sshKey, more: stick })
    box = machineOf(vm)
  }, 1_800_000)
  afterAll(async () => {
    await vm.powerOff()
    await server.stop()
    feed.remove()
  })

  test('in its first start, six times over: in the boot loader, the kernel, the services, the set-up', async () => {
    const sees = (words: string): Promise<void> =>
      vm.until(`the screen shows ${words}`, () => Promise.resolve(vm.screen().includes(words)), 400)
    for (const sec of [0, 6, 12]) {
      await sees('Lango: slot')
      const seen = performance.now()
      await vm.until('it has come further', () => Promise.resolve(performance.now() - seen >= sec * 1000))
      await vm.powerOff()
    }
    await sees('NOT SERVING')
    await vm.powerOff()
    await vm.until('it serves', vm.serves)
    await vm.powerOff()
    await vm.until('it is set up', async () => (await vm.root('true')).code === 0)
    await vm.powerOff()
    expect(await ready()).toMatchObject({ slot: 'A', versions: { A: '1.0.0', B: null } })
  }, 1_200_000)

  test('while it downloads a release: it goes on where it was, and takes it', async () => {
    const { slot } = await ready()
    await relay()
    await box.lango('update', 'set', '--from', PLACE, '--mode', 'ask', '--kbps', '60000')
    await box.lango('update', 'check')
    await vm.until('it is offered', async () => (await box.lango('update', 'status')).includes('"1.1.0"'))
    await box.lango('update', 'install')
    const have = async (): Promise<boolean> =>
      Number((await vm.root('cat /var/lib/lango/updates/* | wc -c')).stdout) > 30_000_000
    await vm.until('a part of it is here', have)
    await cut()
    const before = server.asked.length
    await relay()
    await isJudged('1.1.0')
    expect(await box.status()).toMatchObject({
      phase: 'good',
      slot: otherSlot(slot),
      versions: { [otherSlot(slot)]: '1.1.0' },
    })
    expect(server.asked.slice(before).filter((line) => /bytes=[1-9]/.test(line))).not.toEqual([])
    await letsIn()
  }, 1_800_000)

  test('what is tampered with, older, or signed by a key that has run out is refused', async () => {
    const { slot } = await ready()
    for (const [version, bundle, why] of [
      ['1.2.0', bundles.tampered, /./],
      ['0.9.0', bundles['0.9.0'], /downgrade/],
      ['1.4.0', bundles.expired, /signature.*expired/i],
    ] as const) {
      const refused = await box.install(version, bundle)
      expect(refused).toMatchObject({ phase: 'refused', version, slot, states: { [slot]: 'good' } })
      expect(refused.why).toMatch(why)
      await letsIn()
    }
  }, 900_000)

  test('before a wish is looked at: it is at the next start', async () => {
    const { slot } = await ready()
    await vm.mustRoot('systemctl stop lango-install.path')
    const at = await box.wish('0.9.0', bundles['0.9.0'])
    await cut()
    await vm.until('it was looked at', async () => (await box.status()).at >= at, 60)
    expect(await box.status()).toMatchObject({ phase: 'refused', version: '0.9.0', slot })
  }, 900_000)

  test('while a slot is written: the one that ran still does', async () => {
    const { slot, versions } = await ready()
    await box.wish('1.2.0', bundles['1.2.0'])
    const sectors = `awk '{ print $7 }' /sys/class/block/$(basename $(readlink -f /dev/disk/by-partlabel/lango-${otherSlot(slot).toLowerCase()}))/stat`
    const before = Number(await vm.mustRoot(sectors))
    await vm.until('some of it is written', async () => Number(await vm.mustRoot(sectors)) > before + SECTORS_WRITTEN)
    expect((await box.status()).phase).toBe('writing')
    await cut()
    const after = await box.status()
    expect(after).toMatchObject({ phase: 'refused', slot, versions: { ...versions, [otherSlot(slot)]: null } })
    expect(after.why).toContain('interrupted')
  }, 900_000)

  test('once it is written, and again while it brings the data to its schema', async () => {
    const { slot, versions } = await ready()
    expect(await box.install('1.2.0', bundles['1.2.0'])).toMatchObject({ phase: 'installed' })
    await vm.powerOff()
    await vm.until('its step has begun', async () => (await vm.root('ls /var/lib/lango/step-began')).code === 0)
    await vm.powerOff()
    await isJudged('1.2.0')
    expect(await box.status()).toMatchObject({
      phase: 'good',
      slot: otherSlot(slot),
      versions: { ...versions, [otherSlot(slot)]: '1.2.0' },
    })
    await letsIn()
  }, 1_200_000)

  test('a release that has migrated and then fails is taken back; the one before serves what it left', async () => {
    const { slot, versions } = await ready()
    expect(await box.install('1.3.0', bundles['1.3.0'])).toMatchObject({ phase: 'installed' })
    await box.restart()
    await isJudged('1.3.0')
    expect(await box.status()).toMatchObject({ phase: 'rolled-back', slot, versions: { [slot]: versions[slot] } })
    await vm.mustRoot('ls /var/lib/lango/dropped')
    await vm.until('it serves', vm.serves)
    await letsIn()
    await box.lango('subscriber', 'add', 'brian', '--password', 'x1y2z3', '--plan', 'Home-10')
    expect(await box.lango('subscriber', 'show', 'brian')).toContain('brian')
  }, 1_200_000)

  test('with a full disk it serves, also after a cut, and takes nothing; with room again it does', async () => {
    const { slot } = await ready()
    await vm.mustRoot('dd if=/dev/zero of=/var/lib/filler bs=1M 2>/dev/null || test -s /var/lib/filler; sync')
    const at = await box.wish('1.2.0', bundles['1.2.0']).catch(() => undefined)
    expect(at).toBeUndefined()
    await letsIn()
    await cut()
    await vm.mustRoot('rm /var/lib/filler; sync')
    expect(await box.install('1.2.0', bundles['1.2.0'])).toMatchObject({ phase: 'installed', slot })
    await box.restart()
    await isJudged('1.2.0')
    expect(await box.status()).toMatchObject({
      phase: 'good',
      slot: otherSlot(slot),
      versions: { [otherSlot(slot)]: '1.2.0' },
    })
    await letsIn()
  }, 1_800_000)

  test('from what runs, a delta makes the next release of a twentieth of its octets', async () => {
    const { slot } = await ready()
    const next = workshop.bundle('1.5.0')
    await feed.release(manifestOf('1.2.0', { schema: SCHEMA + 1 }), readFileSync(bundles['1.2.0']))
    await feed.release(manifestOf('1.5.0', { schema: SCHEMA }), readFileSync(next))
    await feed.delta('1.5.0', '1.2.0')
    const before = server.asked.length
    await relay()
    await box.lango('update', 'set', '--from', PLACE, '--mode', 'ask', '--kbps', '0')
    await box.lango('update', 'check')
    await vm.until('it is offered', async () => (await box.lango('update', 'status')).includes('"1.5.0"'))
    await box.lango('update', 'install', '1.5.0')
    await isJudged('1.5.0')
    expect(await box.status()).toMatchObject({
      phase: 'good',
      slot: otherSlot(slot),
      versions: { [slot]: '1.2.0', [otherSlot(slot)]: '1.5.0' },
    })
    const loaded = server.asked.slice(before).filter((path) => path.startsWith('targets/'))
    expect(loaded).toEqual([expect.stringMatching(/lango-1\.5\.0-amd64-from-1\.2\.0\.delta/)])
    const { size } = statSync(join(feed.dir, loaded[0]!.split(' ')[0]!))
    expect(size).toBeLessThan(statSync(next).size / 20)
    await letsIn()
  }, 1_800_000)
})

/**
 * "Run it for real": a new image, read off its screen and set up in a browser alone, up to a voucher that logs in; then
 * its backups on a stick, and another machine that takes the place of the first with nothing but this stick.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../images/shell.ts'
import { isLong } from '../box.ts'
import { photograph, sizes } from '../looks.ts'
import { program, radclient } from '../peer.ts'
import { makeStick } from './stick.ts'
import { newVm, type Vm } from './vm.ts'
import { openWorkshop, workshopFolder, type Workshop } from './workshop.ts'

const folder = workshopFolder()
const password = 'nyani haoni kundule'
const passphrase = 'mti hauendi ila kwa nyenzo'
/** A page of an emulated machine that does something else at the time. */
const patienceMs = 180_000

describe.runIf(isLong)('a newcomer and an image', () => {
  const stick = join(folder, 'backups.img')
  const vms: Vm[] = []
  let workshop: Workshop
  let browser: Browser
  let page: Page
  let secret = ''
  let codes: string[] = []

  const main = () => page.locator('main')
  const press = (name: string) => main().getByRole('button', { name, exact: true }).click()
  const follow = (name: string) => main().getByRole('link', { name, exact: true }).click()
  const open = (vm: Vm, path: string) => page.goto(`https://127.0.0.1:${vm.ports.web}${path}`)
  const heading = (name: string | RegExp) => main().getByRole('heading', { level: 1, name }).waitFor()

  const newMachine = async (name: string): Promise<Vm> => {
    const own = join(folder, name)
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own)
    const plug = ['-device', 'qemu-xhci', '-drive', `if=none,id=stick,format=raw,cache=none,file=${stick}`]
    const more = [...plug, '-device', 'usb-storage,drive=stick']
    const vm = await newVm({ arch: 'amd64', disk: workshop.disk, folder: own, sshKey: workshop.sshKey, more })
    vms.push(vm)
    return vm
  }
  /** Powers a new machine on and types the code that its screen shows. */
  const enter = async (vm: Vm): Promise<void> => {
    const shown = () => /SETUP CODE +([2-9A-Z]{4}-[2-9A-Z]{4})/.exec(stripVTControlCharacters(vm.screen()))?.[1]
    await vm.until('its screen shows the code', () => Promise.resolve(shown() !== undefined))
    await vm.until('it serves', vm.serves)
    await open(vm, '/')
    await page.getByLabel('Setup code').fill(shown()!)
    await press('Continue')
  }
  const login = async (vm: Vm, code: string): Promise<string | undefined> =>
    (await radclient(vm.ports.auth, 'auth', secret, { 'User-Name': code, 'User-Password': code })).code
  const kept = (): string[] =>
    [
      ...run('mdir', ['-b', '-i', stick, '::/lango-backups'], { env: { MTOOLS_SKIP_CHECK: '1' } }).matchAll(
        /\S+\.backup/g,
      ),
    ].map(([name]) => name)
  const backedUp = async (count: number): Promise<void> => {
    await expect.poll(() => main().getByText('Made and verified').count(), { timeout: patienceMs }).toBe(count)
    expect(kept()).toHaveLength(count)
  }

  beforeAll(async () => {
    workshop = openWorkshop('amd64', folder)
    makeStick(stick, [], 'LANGOBACKUP')
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    page = await (await browser.newContext({ viewport: sizes[0], ignoreHTTPSErrors: true })).newPage()
    page.setDefaultTimeout(patienceMs)
  }, 1_800_000)
  afterAll(async () => {
    await browser?.close()
    for (const vm of vms) await vm.powerOff()
  })

  test('from power on to a voucher that logs in', { timeout: 1_200_000 }, async () => {
    const vm = await newMachine('first')
    await enter(vm)
    await page.getByLabel('Your name').fill('Wanjiru Kariuki')
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByLabel('Password once more').fill(password)
    await press('Create the owner')
    await follow('Kenya')
    await page.getByLabel('Name of the place').fill('Lakeview Kisumu')
    await press('Save and go on')
    await main().getByText('Give it a name and say where it is').waitFor()
    await photograph(page, 'image-router')
    // The box has taken its time zone by a start of its own meanwhile.
    await vm.until('it serves again', vm.serves)
    await open(vm, '/setup/router')
    await page.getByLabel('Name').fill('tower')
    await page.getByLabel('Address').fill('10.0.2.2')
    await press('Add it and show the script')
    await press('Show it with the secret')
    secret = /secret="([\w-]{20,})"/.exec(await main().innerText())?.[1] ?? ''
    await follow('Go on with setting up the box')
    await main().getByText('This page looks again by itself').waitFor()
    expect(await login(vm, 'nobody')).toBe('Access-Reject')
    await follow('Next step')
    await press('Put them on sale')
    await press('Make ten vouchers')
    await main().getByText('Vouchers 1: 10 of 1 hour').waitFor()
    await open(vm, '/vouchers/1?tab=print')
    await page.getByLabel('As', { exact: true }).selectOption('screen')
    await press('Get the codes')
    codes = [...(await page.locator('#codes').innerText()).matchAll(/\t(\S+)/g)].map(([, code]) => code!)
    expect(codes).toHaveLength(10)
    expect(await login(vm, codes[0]!)).toBe('Access-Accept')
    await open(vm, '/setup/done')
    await main().getByText('Somebody has logged in').waitFor()
    await photograph(page, 'image-done')
    await press('Finish')
    for (const path of ['/settings/network', '/updates', '/doctor']) {
      await open(vm, path)
      await photograph(page, `image${path.replaceAll('/', '-')}`)
    }
  })

  test('its backups go to the stick, also to one that was in it at the start', { timeout: 1_200_000 }, async () => {
    const [vm] = vms as [Vm]
    await open(vm, '/settings/backups')
    await main().locator('[name=place]').fill('usb')
    await main().locator('[name=seal]').selectOption('own')
    await main().locator('[name=passphrase]').fill(passphrase)
    await press('Set')
    await backedUp(1)
    await photograph(page, 'image-backups')
    await vm.powerOff()
    await vm.until('it serves', vm.serves)
    await expect.poll(() => login(vm, codes[0]!), { timeout: patienceMs }).toBe('Access-Accept')
    await open(vm, '/settings/backups')
    await press('Back up now')
    await backedUp(2)
    await vm.powerOff()
  })

  test('another machine takes its place', { timeout: 1_200_000 }, async () => {
    const vm = await newMachine('second')
    await enter(vm)
    await follow('This box replaces another: restore a backup')
    await heading('Restore a backup')
    await photograph(page, 'image-restore-stick')
    await main().getByRole('button', { name: 'Use this one' }).first().click()
    await page.getByLabel('Passphrase or recovery key').fill(passphrase)
    await press('Check all of it')
    await heading(/^Become .+\?$/)
    await press('Become this box')
    await heading(/^This box starts as /)
    await expect.poll(() => login(vm, codes[1]!), { timeout: patienceMs }).toBe('Access-Accept')
    expect(await login(vm, 'nobody')).toBe('Access-Reject')
    await expect
      .poll(() => stripVTControlCharacters(vm.screen()).split('SETUP CODE').at(-1), { timeout: patienceMs })
      .toContain('Online')
    await vm.until('it serves', vm.serves)
    await open(vm, '/sign-in')
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press('Sign in')
    await page.getByText('Wanjiru Kariuki').first().waitFor()
  })
})

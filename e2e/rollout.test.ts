import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRouterosSimulator, type RouterosSimulator } from '../drivers/simulators/routeros/index.ts'
import { systemRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox, temporaryFolder } from './box.ts'
import { photograph, sizes } from './looks.ts'
import { program } from './peer.ts'

const box = newBox()
const user = { name: 'lango', password: 'a-password-of-16', group: 'full' } as const
const soon = { timeout: 120_000, interval: 200 }
// Three seconds between looks, a restart or two for each, and a command line that starts anew each time.
const LONG_MS = 200_000
const names = ['r1', 'r2', 'r3', 'r4', 'r5'] as const
const simulators = new Map<string, RouterosSimulator>()
const SYSTEM = 'routeros-7.20.1-arm64.npk'
const BOOT_MS = 3000

type Status = { state: string; devices: { name: string; state: string; why: string; version: string }[] }
const status = () => box.json<Status>('rollout', 'status')
const states = async () =>
  (await status()).devices.map(({ name, state, why }) => `${name} ${state}${why === '' ? '' : ` ${why}`}`)
const versions = () => names.map((name) => simulators.get(name)!.router.version.split(' ')[0])
const reboots = () =>
  names.map((name) => simulators.get(name)!.router.carriedOut.filter((path) => path === '/system/reboot').length)

let browser: Browser

/** The page, as somebody has it who opens the desk now. */
const seePage = async (what: string): Promise<void> => {
  const page = await (await browser.newContext({ viewport: sizes[0] })).newPage()
  await page.goto(box.web)
  await page.goto(new URL('/rollouts', box.web).href)
  await photograph(page, `rollouts-${what}`)
  await page.close()
}

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
  await box.start({ args: ['--portal-port', '0'] })
  for (const [at, name] of names.entries()) {
    const simulator = await startRouterosSimulator({
      users: [user],
      version: '7.18.2 (stable)',
      bootMs: BOOT_MS,
      clock: { now: Date.now, monotonicMs: () => performance.now() },
      timers: systemTimers(),
      random: systemRandom(),
    })
    simulator.router.software.architecture = 'arm64'
    simulator.router.seed('/interface', [{ name: 'ether1', type: 'ether', running: 'true', disabled: 'false' }])
    simulators.set(name, simulator)
    await box.json('router', 'add', name, '--address', `127.0.0.${at + 1}`, '--secret', 'a-shared-secret-of-the-router')
    const port = String(simulator.ports.api)
    const login = ['--user', user.name, '--password', user.password]
    await box.json('router', 'control', name, '--way', 'api', '--host', '127.0.0.1', '--port', port, ...login)
  }
}, LONG_MS)
afterAll(async () => {
  await browser.close()
  await box.remove()
  for (const simulator of simulators.values()) await simulator.close()
})

test(
  'a version that the box has no file of, or a file that is none, is refused with what to do',
  { timeout: LONG_MS },
  async () => {
    expect((await box.cli('rollout', 'start', '7.20.1')).stderr).toMatch(/rollout add-package FILE/)
    const file = join(temporaryFolder('package'), 'firmware.bin')
    writeFileSync(file, 'x')
    expect((await box.cli('rollout', 'add-package', file)).stderr).toMatch(/Leave the name as MikroTik gives it/)
    const system = join(temporaryFolder('package'), SYSTEM)
    writeFileSync(system, 'p'.repeat(300_000))
    expect(await box.json('rollout', 'add-package', system)).toMatchObject({ version: '7.20.1', architecture: 'arm64' })
    expect(await box.json('rollout', 'packages')).toMatchObject([{ name: SYSTEM, sizeBytes: 300_000 }])
  },
)

test(
  'routers come one after another; one that fails stops it, and the doctor says what to do',
  { timeout: LONG_MS },
  async () => {
    simulators.get('r2')!.router.software.goesWrong.add('keeps-version')
    simulators.get('r5')!.power(false)
    await box.json('rollout', 'start', '7.20.1', '--now', '--batches', '60')
    await expect.poll(async () => (await status()).state, soon).toBe('halted')
    const halted = await states()
    expect(halted[0]).toBe('r1 good')
    expect(halted[1]).toBe('r2 failed old-version')
    expect((await box.cli('doctor')).stdout).toMatch(/rollout of RouterOS 7\.20\.1 has stopped.*r2/)
    const { stdout } = await box.cli('rollout', 'status')
    expect(stdout).toMatch(/it came back with the version that it had/)
    await seePage('halted')
  },
)

test(
  'resumed it goes on with the others; a box that is killed in the middle goes on without telling a router twice',
  { timeout: LONG_MS },
  async () => {
    simulators.get('r2')!.router.software.goesWrong.clear()
    await box.json('rollout', 'resume', '--retry')
    await expect
      .poll(async () => (await states()).filter((one) => one.endsWith('restarting')).length, soon)
      .toBeGreaterThan(0)
    await box.kill()
    await box.start({ args: ['--portal-port', '0'] })
    await expect
      .poll(states, soon)
      .toEqual(['r1 good', 'r2 good', 'r3 good', 'r4 good', expect.stringMatching(/^r5 waiting/)])
    // Of r2 one was in vain.
    expect(reboots()).toEqual([1, 2, 1, 1, 0])
  },
)

test(
  'the router that was away is brought up to date when it comes, and then the rollout is done',
  { timeout: LONG_MS },
  async () => {
    simulators.get('r5')!.power(true)
    await expect.poll(async () => (await status()).state, { ...soon, timeout: 150_000 }).toBe('done')
    expect(versions()).toEqual(names.map(() => '7.20.1'))
    expect(reboots()).toEqual([1, 2, 1, 1, 1])
    const seen = await box.json<{ name: string; version: string }[]>('rollout', 'routers')
    expect(seen.map(({ name, version }) => `${name} ${version}`)).toEqual(
      names.map((name) => `${name} 7.20.1 (stable)`),
    )
    expect((await box.cli('doctor')).stdout).not.toMatch(/rollout/)
    await seePage('done')
  },
)

import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox, runToEnd, temporaryFolder } from './box.ts'

const lango = join(import.meta.dirname, '../bin/lango')

/** The forms the README and the first issue fix: changing one breaks somebody's script. */
describe('the command line', () => {
  const box = newBox()
  const scratch = temporaryFolder('cli')

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '10.9.0.0/24', '--secret', 's3cret-of-tower')
    await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '10000', '--up-kbps', '2000')
    await box.json('subscriber', 'add', 'amina', '--password', 'pw-of-amina', '--plan', 'Home')
  })
  afterAll(async () => {
    await box.remove()
    rmSync(scratch, { recursive: true, force: true })
  })

  test.each([
    'router list',
    'plan list',
    'subscriber list',
    'subscriber show amina',
    'session list',
    'session show no-such-id',
    'usage',
    'decisions amina',
    'doctor',
  ])('lango %s --json is JSON', async (line) => {
    expect(await box.json(...line.split(' '))).toBeTypeOf('object')
  })

  test('no secret is shown by list, show or doctor', async () => {
    for (const args of [['router', 'list'], ['subscriber', 'show', 'amina'], ['subscriber', 'list'], ['doctor']]) {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = await box.cli(...args, ...more)
        expect(stdout + stderr).not.toMatch(/s3cret-of-tower|pw-of-amina/)
      }
    }
  })

  test('every form of the issue is taken', async () => {
    const forms = [
      ['plan', 'add', 'Day', '--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '1000', '--devices', '2'],
      [
        'plan',
        'add',
        'All',
        '--kind',
        '802.1x',
        '--down-kbps',
        '1',
        '--up-kbps',
        '1',
        '--valid',
        '30d',
        '--data-mb',
        '500',
      ],
      ['plan', 'add', 'Paid', '--kind', 'static', '--down-kbps', '1', '--up-kbps', '1', '--idle-sec', '600'],
      [
        'plan',
        'add',
        'Kes',
        '--kind',
        'pppoe',
        '--down-kbps',
        '1',
        '--up-kbps',
        '1',
        '--price',
        '1500.00',
        '--currency',
        'KES',
      ],
      ['router', 'add', 'r2', '--address', '10.8.0.1', '--secret', 'x', '--vendor', 'cisco', '--coa-port', '1700'],
      ['router', 'set', 'r2', '--message-authenticator', 'yes', '--limit-proxy-state', 'no', '--realm', 'isp.example'],
      ['router', 'set', 'r2', '--message-authenticator', 'auto', '--limit-proxy-state', 'auto'],
      ['subscriber', 'add', 'b', '--password', 'p', '--plan', 'Home', '--phone', '+254700000001', '--ip', '10.1.1.9'],
      ['subscriber', 'add', 'c', '--password', 'p', '--plan', 'Day', '--mac', 'AA:BB:CC:00:11:22'],
      ['subscriber', 'suspend', 'b'],
      ['subscriber', 'resume', 'b'],
    ]
    for (const form of forms) {
      const { code, stderr, stdout } = await box.cli(...form, '--json')
      expect(code, `${form.join(' ')}: ${stderr}${stdout}`).toBe(0)
    }
    expect(JSON.stringify(await box.json('plan', 'list'))).toMatch(/150000|1500\.00/)
  })

  test.each([
    { args: ['subscriber', 'add', 'amina', '--password', 'x', '--plan', 'Home'], says: /amina/ },
    { args: ['subscriber', 'add', 'new', '--password', 'x', '--plan', 'Nowhere'], says: /Nowhere/ },
    { args: ['subscriber', 'show', 'nobody'], says: /nobody/ },
    { args: ['router', 'add', 'bad', '--address', '300.1.1.1', '--secret', 'x'], says: /300\.1\.1\.1/ },
    { args: ['router', 'add', 'empty', '--address', '10.7.0.1', '--secret', ''], says: /secret/i },
    { args: ['plan', 'add', 'Odd', '--kind', 'carrier-pigeon', '--down-kbps', '1', '--up-kbps', '1'], says: /kind/i },
    {
      args: ['plan', 'add', 'Odd', '--kind', 'pppoe', '--down-kbps', 'fast', '--up-kbps', '1'],
      says: /down-kbps|downKbps/,
    },
    { args: ['session', 'disconnect', 'no-such-id'], says: /no-such-id/ },
    { args: ['router', 'paint'], says: /paint/ },
    { args: ['frobnicate'], says: /frobnicate/ },
    { args: ['plan', 'add', 'Odd', '--kind', 'pppoe', '--colour', 'red'], says: /colour/ },
  ])('a mistake is answered by a sentence: $says', async ({ args, says }) => {
    const { code, stdout, stderr } = await box.cli(...args)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(says)
    expect(stdout + stderr).not.toMatch(/\n\s+at .*:\d+:\d+/)
  })

  test('help has examples', async () => {
    for (const args of [['--help'], ['router', '--help'], ['subscriber', 'add', '--help']]) {
      const { code, stdout } = await box.cli(...args)
      expect(code).toBe(0)
      expect(stdout).toMatch(/lango /)
    }
  })

  test('test-auth tells an accept from a refusal', async () => {
    const good = await box.cli('test-auth', 'amina', '--password', 'pw-of-amina', '--json')
    expect(good.code, good.stderr).toBe(0)
    expect(good.stdout).toMatch(/accept/i)
    const bad = await box.cli('test-auth', 'amina', '--password', 'other', '--json')
    expect(bad.stdout).toMatch(/reject/i)
  })

  test('import: a dry run changes nothing, --yes loads, the columns are those of subscriber add', async () => {
    const file = join(scratch, 'subscribers.csv')
    const rows = Array.from({ length: 500 }, (_, n) => `import${n},pw${n},Home,+2547${String(n).padStart(8, '0')},,`)
    writeFileSync(file, ['login,password,plan,phone,ip,mac', ...rows, ''].join('\n'))
    expect((await box.cli('subscriber', 'import', file, '--dry-run')).code).toBe(0)
    expect((await box.cli('subscriber', 'show', 'import7')).code).not.toBe(0)
    const loaded = await box.cli('subscriber', 'import', file, '--yes')
    expect(loaded.code, loaded.stderr).toBe(0)
    expect((await box.json<{ login: string }>('subscriber', 'show', 'import499')).login).toBe('import499')
  })

  test('import: a faulty line is named and nothing is loaded', async () => {
    const file = join(scratch, 'faulty.csv')
    writeFileSync(file, 'login,password,plan,phone,ip,mac\ngood1,p,Home,,,\nbad1,p,NoSuchPlan,,,\n')
    const { code, stderr, stdout } = await box.cli('subscriber', 'import', file, '--yes')
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(/NoSuchPlan/)
    expect((await box.cli('subscriber', 'show', 'good1')).code).not.toBe(0)
  })

  test('the socket is the owner’s alone', async () => {
    const { stdout } = await runToEnd('find', [box.data, '-type', 's', '-printf', '%m\n'])
    expect(stdout).toBe('600\n')
  })

  test('with the box down the same commands open the data folder', async () => {
    expect(await box.stop()).toBe(0)
    expect((await box.json<{ login: string }>('subscriber', 'show', 'amina')).login).toBe('amina')
    await box.json('subscriber', 'add', 'offline', '--password', 'p', '--plan', 'Home')
    await box.start()
    expect((await box.json<{ login: string }>('subscriber', 'show', 'offline')).login).toBe('offline')
  })

  test('the launcher works through a symlink', async () => {
    const link = join(scratch, 'lango')
    symlinkSync(lango, link)
    expect((await runToEnd(link, ['plan', 'list', '--data', box.data])).stdout).toContain('Home')
  })

  test('a command without a data folder to open says so', async () => {
    const { code, stderr } = await runToEnd(lango, ['plan', 'list', '--data', join(scratch, 'nothing')])
    expect(code).not.toBe(0)
    expect(stderr).toContain(join(scratch, 'nothing'))
  })

  test('where the set-up has not run, the launcher says so', async () => {
    const copy = join(scratch, 'checkout/bin/lango')
    await runToEnd('mkdir', ['-p', join(scratch, 'checkout/bin')])
    writeFileSync(copy, readFileSync(lango), { mode: 0o755 })
    const { code, stderr } = await runToEnd(copy, ['plan', 'list'])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/not set up yet: run "npm start" or "npm test" once in .*checkout/)
  })
})

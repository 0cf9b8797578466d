import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox, temporaryFolder } from './box.ts'
import { leaks, type KnownSecret, type Writing } from './secret-search.ts'
import { Nas } from './wire/nas.ts'
import { attr, types } from './wire/packet.ts'
import { pap } from './wire/proof.ts'
import { Witness } from './witness.ts'

type Told = readonly { readonly name: string; readonly state: string; readonly sentence: string }[]

/** X27: what is known here stands everywhere in the box; of a support bundle none of it is a part, in no spelling. */
const personal = {
  login: 'zainabu-mwakyusa',
  'a name': 'Zainabu Mwakyusa',
  'a phone number': '+254711223344',
  mail: 'zainabu@mwakyusa.example',
  'a device': '06-5A-77-1B-C9-3E',
  'a device otherwise': '06:5A:77:1B:C9:3E',
  'a router': 'paa-la-mwakyusa',
  'a member of staff': 'kipchoge-keino',
  'what is typed as the name of the site': 'Mtandao wa Mwakyusa',
  'a stranger': 'nobody-of-nowhere',
}
const secretOf = (name: string): string => `${name}+Zk&7"q/é<8`

describe('self-knowledge', () => {
  const box = newBox()
  const folder = temporaryFolder('self-knowledge')
  const witness = new Witness(box, folder)
  const known: KnownSecret[] = Object.entries(personal).map(([name, value]) => ({ name, value }))
  let nas: Nas

  const know = (name: string): string => {
    const value = secretOf(name)
    known.push({ name, value })
    return value
  }
  const journal = join(folder, 'journal')
  const programs = join(folder, 'programs')
  /** Its own files by name, as they lie in the zip: nothing in it is packed. */
  const bundle = (file: string): Writing => ({ where: file, octets: readFileSync(join(folder, file)) })
  const file = (name: string): string => join(folder, name)

  beforeAll(async () => {
    mkdirSync(programs)
    // systemd's part: what the box has written so far.
    writeFileSync(join(programs, 'journalctl'), `#!/bin/sh\nexec cat '${journal}'\n`, { mode: 0o755 })
    await box.start({ under: ['env', `PATH=${programs}:${process.env['PATH']}`], args: ['--log-level', 'debug'] })
    const shared = know('router-secret')
    await witness.json(
      `router add ${personal['a router']} --address 127.0.0.1 --secret-file`,
      witness.given('r', shared),
    )
    nas = await (await Nas.open(box, shared)).known()
    await witness.json('plan add Home --kind pppoe --down-kbps 5000 --up-kbps 1000')
    await witness.json(
      `subscriber add ${personal.login} --plan Home --password-file`,
      witness.given('p', know('pppoe-password')),
      '--name',
      personal['a name'],
      '--phone',
      personal['a phone number'],
    )
    await witness.json('staff', 'add', personal['a member of staff'], '--role', 'technician')
    await witness.json('setting', 'set', 'siteName', personal['what is typed as the name of the site'])
  }, 120_000)
  afterAll(async () => {
    nas?.close()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const login = (password: string, name = personal.login) =>
    nas.access(attr(types.userName, name), pap(password), attr(types.callingStationId, personal['a device']))

  test('the doctor asks the box itself, as its routers do', async () => {
    const said = await box.json<Told>('doctor')
    expect(said).toContainEqual(expect.objectContaining({ name: 'ports', state: 'ok' }))
    const [before = ''] = said.filter(({ name }) => name === 'status-server').map(({ sentence }) => sentence)
    const asked = Number(/\d+/.exec(before)?.[0] ?? 0)
    expect(asked).toBeGreaterThan(0)
    const [after = ''] = (await box.json<Told>('doctor'))
      .filter(({ name }) => name === 'status-server')
      .map(({ sentence }) => sentence)
    expect(Number(/\d+/.exec(after)?.[0])).toBe(asked + 2)
    expect(said.filter(({ name }) => name.startsWith('radsec') || name === 'dropped-packets')).toEqual([])
  }, 60_000)

  test('a support bundle of a box that has lived knows nobody and no secret', async () => {
    expect((await login(secretOf('pppoe-password'))).code).toBe(2)
    await login(know('typed-wrong'))
    await login(secretOf('typed-wrong'), personal['a stranger'])
    for (let guesses = 0; guesses < 12; guesses++) await login('wrong')
    // What the box itself has printed, and what any part of it might say one day.
    const lines = known.flatMap(({ value }) => [
      JSON.stringify({ level: 40, time: new Date(0).toISOString(), msg: 'it has failed', login: value }),
      JSON.stringify({
        level: 50,
        msg: 'it failed',
        error: { type: 'Error', message: value, stack: `Error: ${String(value)}\n    at run (file:///a/b.ts:1:2)` },
      }),
      JSON.stringify({
        level: 30,
        msg: 'counted',
        why: value,
        code: value,
        name: value,
        by: { [String(value)]: 1 },
        list: [value],
      }),
      `plain ${String(value)}`,
    ])
    writeFileSync(journal, `${box.output()}\n${lines.join('\n')}\n`)
    const said = await witness.cli('support-bundle', file('running.zip'))
    expect(said).toContain('running.zip')
    expect(statSync(file('running.zip')).mode & 0o777).toBe(0o600)
    expect((await witness.tried('support-bundle', file('running.zip'))).code).toBe(1)
    const text = bundle('running.zip').octets.toString()
    for (const part of [
      '"linesLeftOut"',
      '"msg":"it failed"',
      'run b.ts:1',
      'lango_radius_answers_total',
      '"wrong-password"',
      '127.0.0.1',
    ])
      expect(text).toContain(part)
    // A search that finds nothing anywhere would show nothing.
    expect(leaks(known, [{ where: 'the journal', octets: readFileSync(journal) }]).length).toBeGreaterThan(
      known.length - 1,
    )
    expect(leaks(known, [bundle('running.zip')])).toEqual([])
  }, 120_000)

  test('the page gives the same', async () => {
    await witness.browse(new URL(box.web).pathname + new URL(box.web).search)
    expect((await witness.browse('/doctor')).text).toContain('Check again')
    const given = await witness.browse('/doctor', { do: 'support', once: 'c'.repeat(22) })
    expect(given.status).toBe(200)
    expect(given.text).toContain('README.txt')
    expect(leaks(known, [{ where: 'the page’s bundle', octets: Buffer.from(given.text) }])).toEqual([])
  }, 60_000)

  test('a box that is down has a bundle too, and a lasting check of a large one keeps no login waiting', async () => {
    expect(await box.stop()).toBe(0)
    await witness.cli('support-bundle', file('down.zip'))
    expect(existsSync(file('down.zip'))).toBe(true)
    expect(leaks(known, [bundle('down.zip')])).toEqual([])
    const site = new Database(join(box.data, 'site.db'))
    site.exec(`WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
      INSERT INTO messages (no, channel, kind, recipient, subject, state, attempts, created_at, next_at, expires_at)
      SELECT i, 'email', 'code', 'a' || i || '@b.example', '', 'accepted', 1, ${Date.now()}, 0, 0 FROM n`)
    site.close()
    await box.start()
    nas = await (await Nas.open(box, secretOf('router-secret'))).known()
    await witness.browse(new URL(box.web).pathname + new URL(box.web).search)
    await witness.browse('/doctor')
    expect((await witness.browse('/doctor', { do: 'whole', once: 'd'.repeat(22) })).status).toBe(303)
    const waits: number[] = []
    let looks = 0
    for (let isLooking = true; isLooking; looks++) {
      const began = performance.now()
      await login('wrong')
      waits.push(performance.now() - began)
      if (looks % 50 === 0) isLooking = (await witness.browse('/doctor')).text.includes('http-equiv="refresh"')
    }
    expect(looks).toBeGreaterThan(50)
    expect(Math.max(...waits)).toBeLessThan(1000)
    const shown = await witness.browse('/doctor')
    expect(shown.text).toContain('Every page of the databases was read')
    expect(shown.text).toContain('Database of the business')
  }, 240_000)

  test('the box measures what it can do beside its own work, which goes on; nothing of it is left but the figures', async () => {
    const before = await box.json<{ login: string }[]>('subscriber', 'list')
    const bench = witness.json<{ ceiling: { logins: { perSec: number }; accounting: { perSec: number } } }>(
      'bench-self',
    )
    const waits: number[] = []
    const over = new AbortController()
    const measured = bench.finally(() => over.abort())
    while (!over.signal.aborted) {
      const began = performance.now()
      await login('wrong')
      waits.push(performance.now() - began)
    }
    const { logins, accounting } = (await measured).ceiling
    const [p95 = 0, most = 0] = [0.95, 1].map(
      (share) => waits.toSorted((a, b) => a - b)[Math.ceil(waits.length * share) - 1],
    )
    console.log(
      `${Math.round(logins.perSec)} logins/s and ${Math.round(accounting.perSec)} accounting/s measured; beside it ${waits.length} logins, p95 ${p95.toFixed(1)} ms, the longest ${most.toFixed(1)} ms`,
    )
    expect(logins.perSec).toBeGreaterThan(50)
    expect(accounting.perSec).toBeGreaterThan(20)
    expect(waits.length).toBeGreaterThan(100)
    expect(most).toBeLessThan(1000)
    expect(readdirSync(box.data)).not.toContain('bench-self')
    expect(await box.json('subscriber', 'list')).toEqual(before)
    expect(
      (await box.json<{ login: string }[]>('session', 'list')).filter((session) => session.login.startsWith('bench')),
    ).toEqual([])
    expect((await witness.browse('/doctor')).text).toContain('Measure again')
    expect(await witness.cli('bench-self', 'show')).toMatch(/logins +[\d,]+\/s/)
  }, 240_000)

  test('one that is stopped, or whose box stops, keeps nothing', async () => {
    await witness.browse('/doctor', { do: 'measure', once: 'e'.repeat(22) })
    expect((await witness.browse('/doctor')).text).toContain('Stop measuring')
    await witness.cli('bench-self', 'stop')
    expect((await witness.browse('/doctor')).text).toContain('The measurement was stopped')
    await witness.browse('/doctor', { do: 'measure', once: 'f'.repeat(22) })
    expect(await box.stop()).toBe(0)
    expect(readdirSync(box.data)).not.toContain('bench-self')
  }, 120_000)
})

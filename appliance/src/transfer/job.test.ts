import { expect, test } from 'vitest'
import { orThrow, ok, type Fault, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { system } from '@lango/kernel/verbs'
import type { TransferSource } from '@lango/modules/desk'
import { addPlan } from '@lango/modules/plans'
import { faultSentence } from '../cli/faults.ts'
import { runQuery, runWhole } from '../run-named.ts'
import { siteModules } from '../site.ts'
import { readJob } from './job.ts'
import type { TransferBox } from './sheet.ts'

const shop = () => {
  const site = memorySite(siteModules)
  site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: {} })
  const databases = { site: site.database, sessions: site.database }
  const box: TransferBox = {
    query: <T>(name: string, input: unknown) => Promise.resolve(runQuery(databases, name, input) as Result<T, Fault>),
    command: <T>(name: string, input: unknown) =>
      runWhole(site, name, input, { actor: system('test') }) as Promise<Result<T, Fault>>,
    passwords: () => Promise.resolve(ok(new Map())),
  }
  const jobOf = async (source: TransferSource, text: string, more: Readonly<Record<string, string>> = {}) => {
    const form = new FormData()
    form.set('file1', new File([text], 'list.csv'))
    for (const [name, value] of Object.entries(more)) form.set(name, value)
    const sent = new Response(form)
    return readJob(source, new Uint8Array(await sent.arrayBuffer()), sent.headers.get('content-type')!)
  }
  const run = async (dryRun: boolean, ...sent: Parameters<typeof jobOf>) => {
    const job = orThrow(await jobOf(...sent))
    return job(box, { dryRun, sentenceOf: faultSentence, onProgress: () => {} })
  }
  return { jobOf, run, count: site.count }
}

const csv = (...rows: string[]) => ['login,password,plan', ...rows].join('\n')
const services = { name: 'services' }

test('a check tells what would be, and writes nothing; what is loaded is what was checked', async () => {
  const { run, count } = shop()
  const list = csv('a,pw-of-a,Home', 'b,pw-of-b,Home')
  expect(await run(true, 'subscribers', list)).toMatchObject({ sheets: [{ noun: 'subscribers', rows: 2, new: 2 }] })
  expect(count(services)).toBe(0)
  expect(await run(false, 'subscribers', list)).toMatchObject({ sheets: [{ new: 2 }], fault: undefined })
  expect(count(services)).toBe(2)
})

test('faults are told by line, in what each line is refused for', async () => {
  const { run, count } = shop()
  const list = csv('a,pw-of-a,Home', 'b,pw-of-b,Nowhere', 'a,pw,Home')
  for (const dryRun of [true, false]) {
    const { fault } = await run(dryRun, 'subscribers', list)
    expect(fault).toMatchObject({
      type: 'ImportFaulty',
      faulty: 2,
      lines: [
        { line: 3, fault: { type: 'PlanUnknown', plan: 'Nowhere' } },
        { line: 4, fault: { type: 'LineRepeated', before: 2 } },
      ],
    })
  }
  expect(count(services)).toBe(0)
})

test('with an update what differs is told from what to what, a password never', async () => {
  const { run } = shop()
  await run(false, 'subscribers', 'login,password,plan,phone\na,pw-of-a,Home,+254712345678')
  const changed = 'login,password,plan,phone\na,another-one,Home,+254712345679'
  const { sheets } = await run(true, 'subscribers', changed, { update: 'yes' })
  expect(sheets).toMatchObject([{ changed: 1, new: 0 }])
  const told = JSON.stringify(sheets)
  expect(told).toContain('+254712345679')
  expect(told).not.toMatch(/another-one|pw-of-a/)
})

test('what another product wrote brings plans and subscribers, and tells what it loses', async () => {
  const { run, count } = shop()
  const dump = `INSERT INTO radcheck (username, attribute, op, value) VALUES ('amina','Cleartext-Password',':=','pw'),('baraka','MD5-Password',':=','x');
INSERT INTO radusergroup (username, groupname) VALUES ('amina','Old'),('baraka','Older');
INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES ('Old','Mikrotik-Rate-Limit',':=','2M/10M');`
  const outcome = await run(false, 'daloradius', dump, { plans: 'Older=Home', newPasswords: 'yes' })
  expect(outcome).toMatchObject({
    fault: undefined,
    sheets: [
      { noun: 'subscribers', new: 2 },
      { noun: 'plans', new: 1 },
    ],
    lost: [{ what: 'a password that is kept as a hash (MD5-Password)', lines: 1 }],
  })
  expect([count(services), count({ name: 'plans' })]).toEqual([2, 2])
})

test.each([
  ['subscribers', '', 'UploadEmpty'],
  ['daloradius', 'nothing of it', 'NothingFound'],
  ['mikhmon', 'a\0b', 'CsvNul'],
] as const)('%s: a file with nothing in it is refused as such: %j', async (source, text, type) => {
  const { jobOf } = shop()
  expect(await jobOf(source, text)).toMatchObject({ ok: false, error: { type } })
})

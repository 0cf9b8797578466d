import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verifierOf } from '@lango/kernel'
import { addPlan } from '@lango/modules/plans'
import { readTrailer } from '../../audit/export.ts'
import { verifyExport } from '../../audit/verify-export.ts'
import { unzipped } from '../testing/unzipped.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const plan = { name: 'Home <b>', kind: 'pppoe', policy: { downKbps: 1000, upKbps: 500 } } as const
const recorded = (site: ReturnType<typeof webUnderTest>['site'], command: string) =>
  site.database.raw
    .prepare<[string], { actor: string; origin: string | null; record: string }>(
      'SELECT actor_id actor, origin, record FROM audit WHERE command = ?',
    )
    .all(command)

test('a change is told field by field, old and new, with the record behind it', async () => {
  const { signInAs, site } = webUnderTest()
  const owner = signInAs('owner')
  await owner.send('/settings', { do: 'save', siteName: 'Lakeview', currency: 'KES', brandColour: '' })
  await owner.send('/settings', { do: 'save', siteName: 'Hilltop', currency: 'KES', brandColour: '' })
  site.must(addPlan, plan)
  const page = await (await owner.visit('/audit')).text()
  expect(page).toMatch(/siteName.*Lakeview.*→.*Hilltop/s)
  expect(page).toContain('As it stands in the log')
  expect(page).toContain('Home &lt;b>')
})

test('who reads the log stands in it, once for all the pages they turn', async () => {
  const { signInAs, site } = webUnderTest()
  const owner = signInAs('owner')
  for (const path of ['/audit', '/audit?command=plans', '/audit?before=1']) await owner.visit(path)
  expect(recorded(site, 'audit.opened')).toHaveLength(1)
  site.clock.advance(3_600_000)
  await owner.visit('/audit')
  expect(recorded(site, 'audit.opened')).toHaveLength(2)
})

test('what is shown is given out as signed JSON, and that is recorded with who took it from where', async () => {
  const { signInAs, site } = webUnderTest()
  const owner = signInAs('owner')
  site.must(addPlan, plan)
  const answer = await owner.send('/audit?command=plans', { do: 'export', format: 'json' })
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.jsonl"$/)
  const lines = (await answer.text()).trim().split('\n')
  expect(lines).toHaveLength(2)
  expect(JSON.parse(lines[0]!)).toMatchObject({ command: 'plans.add', outcome: 'done' })
  const trailer = readTrailer(lines[1]!, verifierOf(site.vault.signer()!.publicPem)!)
  expect(trailer).toMatchObject({ rows: 1, filters: { command: 'plans' } })
  const [entry] = recorded(site, 'audit.exported')
  expect(entry).toMatchObject({ origin: expect.any(String) as string })
  expect(JSON.parse(entry!.record)).toMatchObject({
    format: 'json',
    rows: 1,
    sha256: (trailer as { sha256: string }).sha256,
  })
})

test('as CSV a cell that a spreadsheet would reckon is kept from that, and the signature is beside it', async () => {
  const { signInAs, site } = webUnderTest()
  site.must(addPlan, { ...plan, name: '=1+1' })
  const answer = await signInAs('owner').send('/audit?command=plans', { do: 'export', format: 'csv' })
  expect(answer.headers.get('content-type')).toBe('application/zip')
  const files = unzipped(await answer.arrayBuffer())
  const [name = '', signatureName = ''] = Object.keys(files)
  const [csv = '', signature = ''] = Object.values(files)
  expect([name, signatureName]).toEqual([expect.stringMatching(/^audit-\d{4}-\d\d-\d\d\.csv$/), `${name}.sig`])
  const [head, row] = csv.split('\r\n')
  expect(head).toMatch(/^no,at,/)
  expect(row).toContain('plans.add')
  const verifier = verifierOf(site.vault.signer()!.publicPem)!
  const verifies = async (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-csv-'))
    try {
      writeFileSync(join(folder, name), text)
      writeFileSync(join(folder, `${name}.sig`), signature)
      return await verifyExport(join(folder, name), verifier)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  expect(await verifies(csv)).toMatchObject({ ok: true, value: { rows: 1, filters: { command: 'plans' } } })
  expect(await verifies(csv.replace('plans.add', 'plans.set'))).toMatchObject({ error: { type: 'AuditExportAltered' } })
})

test('whoever may not read the log is not given it', async () => {
  const { signInAs, site } = webUnderTest()
  const answer = await signInAs('cashier').send('/audit', { do: 'export', format: 'json' })
  expect(answer.status).toBe(403)
  expect(recorded(site, 'audit.exported').filter(({ record }) => record.includes('sha256'))).toEqual([])
})

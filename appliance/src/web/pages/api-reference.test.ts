import { gzipSync } from 'node:zlib'
import { roleNames } from '@lango/modules/people'
import { expect, test } from 'vitest'
import { commandsByName, queriesByName } from '../../site.ts'
import { apiVerbs } from '../api-reference/verbs.ts'
import { deskUnderTest } from '../testing/desk-under-test.ts'

const HERE = '/settings/api'
const verbs = apiVerbs([...commandsByName.values()], [...queriesByName.values()])
const tags = [...new Set(verbs.map(({ tag }) => tag))]
const namesOn = (page: string) => verbs.map(({ name }) => name).filter((name) => page.includes(`#${name}"`))

test('everything a program may ask is listed, with its sentence, and leads to its part', async () => {
  const { as, page, deadLinks } = deskUnderTest()
  as('owner')
  const shown = await page(HERE)
  expect(namesOn(shown)).toEqual(verbs.map(({ name }) => name))
  for (const text of ['Idempotency-Key', '/api/openapi.json', '/staff/tokens', 'PlanUnknown'])
    expect(shown).toContain(text)
  expect(shown).not.toContain('grants.firstUse')
  // The interface itself is not there without a whole box.
  expect(await deadLinks(HERE)).toEqual(['/api/openapi.json'])
})

test.each(tags)('the part %s tells of each: purpose, permission, fields, example and answer', async (tag) => {
  const { as, page } = deskUnderTest()
  as('owner')
  const shown = await page(`${HERE}/${tag}`)
  for (const { name, path, summary, permission } of verbs.filter((verb) => verb.tag === tag)) {
    expect(shown, name).toContain(`id="${name}"`)
    expect(shown, name).toContain(`POST /api${path}<`)
    expect(shown, name).toContain(summary.replaceAll('&', '&amp;'))
    expect(permission === 'self' || shown.includes(permission), name).toBe(true)
  }
  // Read over a slow line too: what a first visit loads is 150 kB with the desk's own parts.
  expect(gzipSync(shown).length).toBeLessThan(40_000)
})

test('a command is told to the last field: type, whether it is needed, limits and the shell’s words', async () => {
  const { as, page } = deskUnderTest()
  as('owner')
  const plans = await page(`${HERE}/plans`)
  for (const text of [
    '<code>policy.downKbps</code>',
    '<code>"pppoe" | "static" | "hotspot" | "802.1x" | "mac"</code>',
    '0 – 400000000',
    'length 1 – 64',
    `-d '{"name":"Home 10","kind":"pppoe"`,
  ])
    expect(plans.replaceAll('&quot;', '"'), text).toContain(text)
  expect(await page(`${HERE}/webhooks`)).toContain('told this once')
})

test('a search stands in the address and narrows by word, kind and what one may', async () => {
  const { as, page } = deskUnderTest()
  as('cashier')
  expect(namesOn(await page(`${HERE}?q=voucher+serial&kind=query`))).toEqual([
    'vouchers.at',
    'vouchers.inBatch',
    'vouchers.movable',
  ])
  expect(namesOn(await page(`${HERE}?q=webhooks&mine=yes`))).toEqual([])
  expect(await page(`${HERE}?q=nothing-of-the-kind`)).toContain('Nothing found')
  expect(await page(`${HERE}?q="><script>`)).not.toContain('"><script>')
})

test('everybody of the staff may read it; who may not see the staff is told how a key is made', async () => {
  const { as, visit, page } = deskUnderTest()
  for (const role of roleNames) {
    as(role)
    expect((await visit(HERE)).status).toBe(200)
  }
  as('viewer')
  const shown = await page(HERE)
  expect(shown).not.toContain('href="/staff/tokens"')
  expect(shown).toContain('lango token create')
})

test('a part that is not there is nothing here', async () => {
  const { as, visit } = deskUnderTest()
  as('owner')
  for (const tag of ['nothing', '__proto__', 'grants.firstUse'])
    expect((await visit(`${HERE}/${tag}`)).status).toBe(404)
})

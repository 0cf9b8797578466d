import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemRandom } from '@lango/kernel'
import { inviteStaff } from '@lango/modules/people'
import { createSetupCode, FREE_TRIES } from '../../setup/setup-code.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const PASSWORD = 'nyani haoni kundule'
const OWNER = { name: 'Wanjiru', login: 'wanjiru', password: PASSWORD, again: PASSWORD }
const HTML = { headers: { accept: 'text/html' } }

const dir = mkdtempSync(join(tmpdir(), 'lango-setup-door-'))
afterAll(() => rmSync(dir, { recursive: true }))
let boxes = 0

/** A new box, as somebody finds it who has just plugged it in. */
const newBox = () => {
  const holder: { code?: ReturnType<typeof createSetupCode> } = {}
  const made = webUnderTest({
    siteMore: ({ clock, web }) => {
      const file = join(dir, `code-${boxes++}`)
      holder.code = createSetupCode({ file, anyone: web.credentials.anyone, random: systemRandom(), clock })
      return { setupCode: holder.code }
    },
  })
  return { ...made, code: holder.code! }
}

test('every address of a box without an owner leads to the page that asks for its setup code', async () => {
  const { visit, code } = newBox()
  for (const path of ['/', '/staff', '/sign-in', '/nothing']) {
    const answer = await visit(path, HTML)
    expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 303, '/setup'])
  }
  const page = await visit('/setup')
  const text = await page.text()
  expect(page.status).toBe(200)
  expect(text).toContain('Setup code')
  expect(text).not.toContain(code.shown()!)
  expect(await (await visit('/setup', { headers: { 'accept-language': 'sw' } })).text()).toContain('Msimbo wa kuandaa')
  expect((await visit('/events')).status).toBe(401)
})

test('the code leads to the owner; then it opens nothing, and nobody who came by it before is in', async () => {
  const { visit, send, code, newBrowser, site, cookies } = newBox()
  const typed = { code: code.shown()!.toLowerCase().replace('-', ' ') }
  const other = newBrowser()
  expect((await other.send('/setup/code', typed)).headers.get('location')).toBe('/first-run')
  expect((await send('/setup/code', typed)).headers.get('location')).toBe('/first-run')
  expect((await visit('/setup')).headers.get('location')).toBe('/first-run')
  expect((await send('/first-run', OWNER)).status).toBe(303)
  expect(cookies.get('lango-desk-80')).toBe('')
  expect(await (await visit('/')).text()).toContain('Wanjiru')

  expect(code.shown()).toBeUndefined()
  expect((await other.visit('/', HTML)).headers.get('location')).toBe('/sign-in?next=%2F')
  expect((await other.send('/first-run', { ...OWNER, login: 'thief' })).headers.get('location')).toBe('/')
  const late = newBrowser()
  const answer = await late.send('/setup/code', typed)
  expect([answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual(['/', []])
  expect(site.count({ name: 'staff' })).toBe(1)
})

test('whoever came in by the code is out when an owner is made by another way', async () => {
  const { send, visit, code, site } = newBox()
  await send('/setup/code', { code: code.shown()! })
  expect((await visit('/first-run')).status).toBe(200)
  site.must(inviteStaff, { login: 'wanjiru', name: 'Wanjiru', role: 'owner' })
  expect((await visit('/first-run')).headers.get('location')).toBe('/')
  expect((await visit('/', HTML)).headers.get('location')).toBe('/sign-in?next=%2F')
})

test.each(['', 'AAAA-AAAA', '__proto__', "' OR 1=1 --", 'K'.repeat(3000)])('%.20j opens nothing', async (typed) => {
  const { send, visit, site } = newBox()
  const answer = await send('/setup/code', { code: typed })
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
  expect(await answer.text()).toContain('This is not the setup code')
  expect((await send('/first-run', OWNER)).headers.get('location')).toBe('/')
  expect((await visit('/', HTML)).headers.get('location')).toBe('/setup')
  expect(site.count({ name: 'staff' })).toBe(0)
})

test('who guesses has to wait, however right the next one is, and leaves a bounded trail', async () => {
  const { send, code, site, clock } = newBox()
  for (let tries = 0; tries < FREE_TRIES; tries++) await send('/setup/code', { code: 'AAAA-AAAA' })
  const answer = await send('/setup/code', { code: code.shown()! })
  expect(answer.status).toBe(429)
  expect(await answer.text()).toMatch(/Wait 2\ss,/)
  const refused = site.database.raw.prepare(`SELECT count(*) n FROM audit WHERE command = 'staff.refused'`).get()
  expect(refused).toEqual({ n: FREE_TRIES })
  clock.advance(2000)
  expect((await send('/setup/code', { code: code.shown()! })).headers.get('location')).toBe('/first-run')
})

test('a form of another site types no code', async () => {
  const { visit, code } = newBox()
  const answer = await visit('/setup/code', {
    method: 'POST',
    body: new URLSearchParams({ code: code.shown()! }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' },
  })
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []])
})

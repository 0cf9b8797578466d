import { expect, test } from 'vitest'
import { totpCode } from '@lango/kernel'
import { changeStaff, inviteStaff } from '@lango/modules/people'
import { webLimits } from '../limits.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const PASSWORD = 'nyani haoni kundule'
const OWNER = { name: 'Wanjiru', login: 'wanjiru', password: PASSWORD, again: PASSWORD }

/** A box with its first owner, made as a newcomer makes it, and signed out again. */
const owned = async () => {
  const made = webUnderTest()
  await made.signIn()
  const answer = await made.send('/first-run', OWNER)
  const signIn = (login: string, password: string, browser = made.newBrowser()) =>
    browser.send('/sign-in', { login, password, next: '/' })
  return { ...made, answer, signIn }
}

test('whoever holds the console becomes the owner, is signed in by name, and nobody does so twice', async () => {
  const { answer, visit, send, cookies, newBrowser, site } = await owned()
  expect(answer.status).toBe(303)
  expect(cookies.get('lango-desk-80')).toBe('')
  expect(await (await visit('/')).text()).toContain('Wanjiru')
  expect((await send('/first-run', { ...OWNER, login: 'second' })).headers.get('location')).toBe('/')
  const stranger = newBrowser()
  expect((await stranger.send('/first-run', { ...OWNER, login: 'thief' })).headers.get('location')).toBe('/')
  expect(site.count({ name: 'staff' })).toBe(1)
})

test('a stranger cannot become the first owner of a fresh box', async () => {
  const { send, visit, site } = webUnderTest()
  expect((await visit('/first-run')).status).toBe(303)
  await send('/first-run', OWNER)
  expect(site.count({ name: 'staff' })).toBe(0)
  expect(await (await visit('/sign-in')).text()).toContain('no owner yet')
})

test.each([
  [{ password: 'short', again: 'short' }, 'at least 10 characters'],
  [{ again: 'something else' }, 'The two passwords differ'],
  [{ login: 'Wan jiru!' }, 'A staff login has'],
])('a first owner that cannot be is told why, and what was typed stays: %j', async (wrong, why) => {
  const { signIn, send, site } = webUnderTest()
  await signIn()
  const answer = await send('/first-run', { ...OWNER, ...wrong })
  const text = await answer.text()
  expect(answer.status).toBe(422)
  expect(text).toContain(why)
  expect(text).toContain('value="Wanjiru"')
  expect(text).not.toContain(PASSWORD)
  expect(site.count({ name: 'staff' })).toBe(0)
})

test('signing in takes the right password, leads where one wanted to go, and gives a fresh secret each time', async () => {
  const { signIn, newBrowser } = await owned()
  const wrong = await signIn('wanjiru', 'nyani haoni')
  expect(wrong.status).toBe(401)
  expect(wrong.headers.getSetCookie()).toEqual([])
  const unknown = await signIn('nobody', PASSWORD)
  // Neither the answer nor its status tells whether the name exists.
  expect((await unknown.text()).replace('nobody', 'wanjiru')).toBe((await wrong.text()).replaceAll(/\s+$/g, ''))
  const browser = newBrowser()
  browser.cookies.set('lango-staff-80', 'fixed-by-somebody-else')
  const right = await browser.send('/sign-in', { login: ' Wanjiru ', password: PASSWORD, next: '/staff?x=1' })
  expect(right.headers.get('location')).toBe('/staff?x=1')
  expect(browser.cookies.get('lango-staff-80')).toMatch(/^[\w-]{43}$/)
  expect((await browser.visit('/staff')).status).toBe(200)
  const away = await newBrowser().send('/sign-in', { login: 'wanjiru', password: PASSWORD, next: '//evil.example/' })
  expect(away.headers.get('location')).toBe('/')
})

test('a page asked for without a session leads to the door and back; a program is told so', async () => {
  const { newBrowser } = await owned()
  const page = await newBrowser().visit('/staff?tab=1', { headers: { accept: 'text/html' } })
  expect(page.headers.get('location')).toBe('/sign-in?next=%2Fstaff%3Ftab%3D1')
  expect((await newBrowser().visit('/staff')).status).toBe(401)
  expect((await newBrowser().send('/staff', { do: 'invite' })).status).toBe(401)
})

test('guessing is stopped, and does not shut the person out of their own browser', async () => {
  const { send, newBrowser, site, clock } = await owned()
  await send('/sign-out', {})
  const guess = () => newBrowser().send('/sign-in', { login: 'wanjiru', password: 'guess guess guess', next: '/' })
  for (let i = 0; i < webLimits.signInsPerLoginMax; i++) await guess()
  expect(await (await guess()).text()).toContain('Too many tries')
  const stranger = newBrowser()
  expect((await stranger.send('/sign-in', { login: 'wanjiru', password: PASSWORD, next: '/' })).status).toBe(401)
  // The browser that she signed in with before.
  expect((await send('/sign-in', { login: 'wanjiru', password: PASSWORD, next: '/' })).status).toBe(303)
  clock.advance(webLimits.signInWindowMs)
  expect((await stranger.send('/sign-in', { login: 'wanjiru', password: PASSWORD, next: '/' })).status).toBe(303)
  const refused = site.database.raw
    .prepare<[], { record: string }>(`SELECT record FROM audit WHERE command = 'staff.refused'`)
    .all()
  expect(refused.length).toBeGreaterThan(webLimits.signInsPerLoginMax)
  expect(JSON.stringify(refused)).not.toContain('guess guess')
}, 30_000)

const codeIn = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''

test('with an app, the password alone opens nothing; a code does once, a recovery code too', async () => {
  const { visit, send, signIn, newBrowser, clock } = await owned()
  const begun = await (await send('/me', { do: 'beginApp', once: 'a'.repeat(22) })).text()
  const key = fromBase32(codeIn(begun, /<code>([A-Z2-7 ]{39})<\/code>/).replaceAll(' ', ''))
  const codeNow = (ahead = 0) => totpCode(key, Math.floor(clock.now() / 30_000) + ahead)
  expect((await send('/me', { do: 'confirmApp', code: 'nothing' })).status).toBe(422)
  const confirmed = await (await send('/me', { do: 'confirmApp', code: codeNow() })).text()
  const [recovery = ''] = /[a-z2-7]{4}(?:-[a-z2-7]{4}){3}/.exec(confirmed) ?? []
  expect(recovery).not.toBe('')

  const browser = newBrowser()
  const asked = await signIn('wanjiru', PASSWORD, browser)
  expect(asked.headers.getSetCookie()).toEqual([])
  const step = codeIn(await asked.text(), /name="step" value="([\w-]+)"/)
  const show = (code: string) => browser.send('/sign-in/code', { step, code, next: '/' })
  expect((await browser.visit('/staff')).status).toBe(401)
  expect((await show('')).status).toBe(401)
  // The code that confirmed the app is used up.
  expect((await show(codeNow())).status).toBe(401)
  expect((await show(codeNow(1))).status).toBe(303)
  expect((await browser.visit('/staff')).status).toBe(200)

  for (const [code, status] of [
    [recovery, 303],
    [recovery, 401],
  ] as const) {
    const next = newBrowser()
    const again = codeIn(await (await signIn('wanjiru', PASSWORD, next)).text(), /name="step" value="([\w-]+)"/)
    expect((await next.send('/sign-in/code', { step: again, code, next: '/' })).status).toBe(status)
  }
  // It is switched off by whoever knows the password.
  expect((await send('/me/app-off', { present: 'wrong' })).headers.get('location')).toBe('/me?app=wrong')
  expect((await send('/me/app-off', { present: PASSWORD })).headers.get('location')).toBe('/me?said=appOff')
  expect(await (await visit('/me')).text()).toContain('Set up the app')
})

test('codes are tried so often, and the step between has an end', async () => {
  const { send, signIn, newBrowser, clock } = await owned()
  const begun = await (await send('/me', { do: 'beginApp' })).text()
  const key = fromBase32(codeIn(begun, /<code>([A-Z2-7 ]{39})<\/code>/).replaceAll(' ', ''))
  await send('/me', { do: 'confirmApp', code: totpCode(key, Math.floor(clock.now() / 30_000)) })
  const enter = async (code: string, tries: number) => {
    const browser = newBrowser()
    const step = codeIn(await (await signIn('wanjiru', PASSWORD, browser)).text(), /name="step" value="([\w-]+)"/)
    const answers = []
    for (let i = 0; i < tries; i++) answers.push(await browser.send('/sign-in/code', { step, code, next: '/' }))
    return { answers, step, browser }
  }
  const { answers } = await enter('000000', webLimits.secondStepTriesMax + 1)
  expect(await answers.at(-1)!.text()).toContain('Too many tries')
  const { step, browser } = await enter('', 0)
  clock.advance(webLimits.secondStepMs + 1000)
  const late = { step, code: totpCode(key, Math.floor(clock.now() / 30_000)), next: '/' }
  expect(await (await browser.send('/sign-in/code', late)).text()).toContain('It took too long')
})

test('an invitation lets somebody choose a password, once', async () => {
  const { send, newBrowser, signIn } = await owned()
  const invited = await (await send('/staff', { do: 'invite', name: 'Juma', login: 'juma', role: 'cashier' })).text()
  const code = codeIn(invited, /welcome\?code=([\w-]+)/)
  const juma = newBrowser()
  expect((await juma.visit(`/welcome?code=${code}`)).status).toBe(200)
  const chosen = { code, password: 'karibu nyumbani kwetu', again: 'karibu nyumbani kwetu' }
  expect((await juma.send('/welcome', chosen)).headers.get('location')).toBe('/sign-in?said=ready')
  expect((await juma.send('/welcome', chosen)).status).toBe(422)
  expect((await signIn('juma', 'karibu nyumbani kwetu', juma)).status).toBe(303)
  expect((await juma.visit('/subscribers')).status).toBe(200)
  expect((await juma.visit('/staff')).status).toBe(403)
})

test('one’s password is changed by whoever knows it, and other browsers are signed out', async () => {
  const { send, signIn, newBrowser, visit } = await owned()
  const other = newBrowser()
  await signIn('wanjiru', PASSWORD, other)
  const change = (present: string, password: string, again = password) =>
    send('/me/password', { present, password, again })
  for (const [answer, where] of [
    [await change('wrong', 'another good password'), 'wrong'],
    [await change(PASSWORD, 'short'), 'short'],
    [await change(PASSWORD, 'another good password', 'x'), 'different'],
  ] as const)
    expect(answer.headers.get('location')).toBe(`/me?password=${where}`)
  expect((await change(PASSWORD, 'another good password')).headers.get('location')).toBe('/me?said=password')
  expect((await visit('/me')).status).toBe(200)
  expect((await other.visit('/me')).status).toBe(401)
  expect((await signIn('wanjiru', PASSWORD)).status).toBe(401)
})

test('signing out ends the session itself, not only the cookie', async () => {
  const { send, cookies, newBrowser } = await owned()
  const thief = newBrowser()
  thief.cookies.set('lango-staff-80', cookies.get('lango-staff-80')!)
  expect((await thief.visit('/me')).status).toBe(200)
  await send('/sign-out', {})
  expect((await thief.visit('/me')).status).toBe(401)
})

test('whoever is disabled, or has been idle too long, is out at the next click', async () => {
  const { signInAs, site, clock } = webUnderTest()
  const juma = signInAs('technician')
  expect((await juma.visit('/routers')).status).toBe(200)
  site.must(changeStaff, { id: juma.id, status: 'disabled' })
  expect((await juma.visit('/routers')).status).toBe(401)
  const amina = signInAs('viewer')
  expect((await amina.visit('/')).status).toBe(200)
  clock.advance(webLimits.deskSessionIdleMs + 1000)
  expect((await amina.visit('/')).status).toBe(401)
})

test('a form from another site changes nothing', async () => {
  const { signInAs, site } = webUnderTest()
  const owner = signInAs('owner')
  const forged = await owner.visit('/staff', {
    method: 'POST',
    body: 'do=invite&name=T&login=thief&role=owner',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
  })
  expect(forged.status).toBe(403)
  expect(site.count({ name: 'staff' })).toBe(1)
})

test('a form that is sent twice is done once', async () => {
  const { signInAs, site } = webUnderTest()
  const owner = signInAs('owner')
  const fields = { do: 'make', once: 'b'.repeat(22), name: 'grafana', role: 'viewer' }
  await owner.send('/staff/tokens', fields)
  const again = await owner.send('/staff/tokens', fields)
  expect(await again.text()).toContain('This was done before')
  expect(site.count({ name: 'api_tokens' })).toBe(1)
})

test('one person’s browsers are nobody else’s to see or to end', async () => {
  const { signInAs, site } = webUnderTest()
  const amina = signInAs('viewer', 'amina')
  const juma = signInAs('viewer', 'juma')
  site.must(inviteStaff, { login: 'extra', name: 'Extra', role: 'viewer' })
  await juma.send('/me', { do: 'signOut', id: amina.sessionId })
  expect((await amina.visit('/me')).status).toBe(200)
  expect(await (await juma.visit('/me')).text()).not.toContain(amina.sessionId)
})

const fromBase32 = (text: string): Buffer => {
  const bits = text
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)))
}

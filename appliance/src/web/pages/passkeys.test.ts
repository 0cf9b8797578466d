import { expect, test } from 'vitest'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { changeStaff, listStaff, searchAudit } from '@lango/modules/people'
import { webLimits } from '../limits.ts'
import { createAuthenticator, type Twist } from '../testing/authenticator.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

const PASSWORD = 'nyani haoni kundule'
const OWNER = { name: 'Wanjiru', login: 'wanjiru', password: PASSWORD, again: PASSWORD }
const ORIGIN = 'http://localhost'

type Browser = Pick<ReturnType<typeof webUnderTest>, 'visit' | 'send' | 'cookies'>

type Options = { get: PublicKeyCredentialRequestOptionsJSON; create: PublicKeyCredentialCreationOptionsJSON }

const asked = async (browser: Browser, path: string) => {
  const answer = await browser.visit(path, { method: 'POST', headers: { origin: ORIGIN } })
  return (await answer.json()) as Options
}
const whereTo = (answer: Response) => answer.headers.get('location')?.replace('#passkeys', '')

/** A box whose owner has a passkey. */
const withPasskey = async (kind: Parameters<typeof createAuthenticator>[1] = {}) => {
  const made = webUnderTest()
  await made.signIn()
  await made.send('/first-run', OWNER)
  const phone = createAuthenticator(ORIGIN, kind)
  await made.send('/me/confirm', { shown: PASSWORD })
  const { create } = await asked(made, '/me/passkeys/options')
  const added = await made.send('/me/passkeys', { name: 'My phone', response: phone.make(create) })
  const enter = async (twist: Twist = {}, browser: Browser = made.newBrowser(), from = phone) => {
    const { get } = await asked(browser, '/sign-in/passkey/options')
    return browser.send('/sign-in/passkey', { next: '/staff', response: from.sign(get, twist) })
  }
  const refusals = () =>
    made.site
      .query(searchAudit, { command: 'staff.refused' })
      .map(({ record }) => /"why":"([\w-]+)"/.exec(record)?.[1])
      .toReversed()
  const passkeys = () =>
    made.site.database.raw.prepare<[], { id: string; counter: number }>('SELECT id, counter FROM passkeys').all()
  return { ...made, phone, added, enter, refusals, passkeys }
}

test('a passkey that was added opens the desk by itself, in a fresh session, and leads where one wanted to go', async () => {
  const { added, enter, newBrowser, passkeys, visit } = await withPasskey()
  expect(whereTo(added)).toBe('/me?said=passkeyAdded')
  expect(await (await visit('/me')).text()).toContain('My phone')
  const browser = newBrowser()
  browser.cookies.set('lango-staff-80', 'fixed-by-somebody-else')
  const answer = await enter({}, browser)
  expect([answer.status, whereTo(answer)]).toEqual([303, '/staff'])
  expect(browser.cookies.get('lango-staff-80')).toMatch(/^[\w-]{43}$/)
  expect((await browser.visit('/staff')).status).toBe(200)
  expect(passkeys()).toMatchObject([{ counter: 1 }])
})

test.each<[string, Twist]>([
  ['another origin', { origin: 'http://localhost:8080' }],
  ['an origin that only begins alike', { origin: 'http://localhost.evil.example' }],
  ['another RP id', { rpId: 'pop.example.net' }],
  ['another challenge', { challenge: 'A'.repeat(43) }],
  ['no user verification', { userVerified: false }],
  ['nobody there', { userPresent: false }],
  ['a signature that was spoilt', { spoilt: true }],
  ['what was signed to make a passkey', { type: 'webauthn.create' }],
  ['another person in it', { userHandle: Buffer.from('stf_other').toString('base64url') }],
])('a signature with %s opens nothing', async (_, twist) => {
  const { enter, newBrowser, refusals, passkeys } = await withPasskey()
  const browser = newBrowser()
  const answer = await enter(twist, browser)
  expect(answer.status).toBe(401)
  expect(await answer.text()).toContain('This passkey does not open this box')
  expect(browser.cookies.has('lango-staff-80')).toBe(false)
  expect(refusals()).toEqual(['wrong-passkey'])
  expect(passkeys()).toMatchObject([{ counter: 0 }])
})

test.each<[string, Twist]>([
  ['another origin', { origin: 'https://evil.example' }],
  ['another RP id', { rpId: 'evil.example' }],
  ['another challenge', { challenge: 'A'.repeat(43) }],
  ['no user verification', { userVerified: false }],
  ['what was signed to sign in', { type: 'webauthn.get' }],
])('a passkey made with %s is not kept', async (_, twist) => {
  const { send, passkeys, ...made } = await withPasskey()
  const { create } = await asked({ send, ...made }, '/me/passkeys/options')
  const other = createAuthenticator(ORIGIN)
  const answer = await send('/me/passkeys', { name: 'Other', response: other.make(create, twist) })
  expect(whereTo(answer)).toBe('/me?passkey=wrong')
  expect(passkeys()).toHaveLength(1)
})

test('a challenge is good once, for its own browser, for its purpose, and for five minutes', async () => {
  // Of a kind that does not count: what keeps a repeat out is the challenge.
  const { phone, newBrowser, clock, ...made } = await withPasskey({ counts: false })
  const browser = newBrowser()
  const show = (by: Browser, response: string) => by.send('/sign-in/passkey', { next: '/', response })
  const { get } = await asked(browser, '/sign-in/passkey/options')
  const response = phone.sign(get)
  // A thief of the answer has another browser.
  expect(await (await show(newBrowser(), response)).text()).toContain('It took too long')
  expect((await show(browser, response)).status).toBe(303)
  const again = newBrowser()
  again.cookies.set('lango-passkey-80', browser.cookies.get('lango-passkey-80')!)
  expect(await (await show(again, response)).text()).toContain('It took too long')
  // One for signing in confirms nothing, one for confirming signs nobody in.
  const late = await asked(browser, '/sign-in/passkey/options')
  expect(whereTo(await made.send('/me/confirm/passkey', { response: phone.sign(late.get) }))).toBe('/me?confirm=late')
  const own = await asked(made, '/me/confirm/passkey/options')
  expect((await show(made, phone.sign(own.get))).status).toBe(401)
  const slow = await asked(browser, '/sign-in/passkey/options')
  clock.advance(webLimits.challengeMs + 1)
  expect(await (await show(browser, phone.sign(slow.get))).text()).toContain('It took too long')
})

test('a counter that went back is refused and on record; one that does not count is not asked to', async () => {
  const { enter, refusals, passkeys } = await withPasskey()
  expect((await enter({ counter: 9 })).status).toBe(303)
  const copy = await enter({ counter: 9 })
  expect([copy.status, (await copy.text()).includes('a copy of it')]).toEqual([401, true])
  expect((await enter({ counter: 0 })).status).toBe(401)
  expect(refusals()).toEqual(['passkey-copied', 'passkey-copied'])
  expect(passkeys()).toMatchObject([{ counter: 9 }])
  const synced = await withPasskey({ counts: false, backedUp: true })
  for (let i = 0; i < 2; i++) expect((await synced.enter()).status).toBe(303)
})

test('a passkey opens nothing for whoever is disabled, and the answer does not tell why', async () => {
  const { enter, refusals, site, signInAs } = await withPasskey()
  signInAs('owner', 'boss')
  const { id } = site.query(listStaff, {}).find(({ login }) => login === 'wanjiru')!
  site.must(changeStaff, { id, status: 'disabled' })
  expect(await (await enter()).text()).toContain('This passkey does not open this box')
  expect(refusals()).toEqual(['disabled'])
  site.must(changeStaff, { id, status: 'active' })
  expect((await enter()).status).toBe(303)
})

test('a passkey of nobody opens nothing, nor does nonsense', async () => {
  const { enter, refusals, phone, newBrowser } = await withPasskey()
  const stranger = createAuthenticator(ORIGIN)
  const user = { id: 'AAAA', name: 'nobody', displayName: 'Nobody' }
  stranger.make({ rp: { id: 'localhost', name: 'Lango' }, user, challenge: 'A', pubKeyCredParams: [] })
  expect((await enter({}, newBrowser(), stranger)).status).toBe(401)
  for (const response of ['', '{', '[]', 'null', '{"id":"__proto__"}', '{"id":"AAAA","rawId":"AAAA"}']) {
    const browser = newBrowser()
    await asked(browser, '/sign-in/passkey/options')
    expect((await browser.send('/sign-in/passkey', { next: '/', response })).status).toBe(401)
  }
  expect(new Set(refusals())).toEqual(new Set(['unknown']))
  // The name of one passkey on the signature of another.
  const browser = newBrowser()
  const { get } = await asked(browser, '/sign-in/passkey/options')
  const { id } = JSON.parse(phone.sign(get)) as { id: string }
  expect((await enter({ credentialId: id }, newBrowser(), stranger)).status).toBe(401)
  expect(refusals().at(-1)).toBe('wrong-passkey')
})

test('guessing with passkeys is stopped as it is with passwords, and guessed passwords stop passkeys', async () => {
  const { enter, refusals, newBrowser, clock, ...own } = await withPasskey()
  await own.send('/sign-out', {})
  for (let i = 0; i < webLimits.signInsPerLoginMax; i++) await enter({ spoilt: true })
  expect(await (await enter()).text()).toContain('Too many tries')
  expect(refusals().at(-1)).toBe('too-many')
  // The browser that she signed in with before is counted by itself.
  expect((await enter({}, own)).status).toBe(303)
  clock.advance(webLimits.signInWindowMs)
  expect((await enter()).status).toBe(303)
  for (let i = 0; i < webLimits.signInsPerLoginMax; i++)
    await newBrowser().send('/sign-in', { login: 'wanjiru', password: 'guess guess guess', next: '/' })
  expect(await (await enter()).text()).toContain('Too many tries')
}, 30_000)

test('adding and removing take a fresh proof, by password or by passkey, for five minutes and in one browser', async () => {
  const { send, visit, phone, passkeys, clock, enter, newBrowser, ...made } = await withPasskey()
  const browser = { send, visit, ...made }
  const remove = (id: string) => send('/me', { do: 'removePasskey', id })
  clock.advance(webLimits.proofMs + 1)
  expect((await visit('/me/passkeys/options', { method: 'POST', headers: { origin: ORIGIN } })).status).toBe(403)
  expect(whereTo(await send('/me/passkeys', { name: 'X', response: '{}' }))).toBe('/me?passkey=unproven')
  const [first] = passkeys()
  const refused = await remove(first!.id)
  expect([refused.status, (await refused.text()).includes('Confirm first that it is you')]).toEqual([422, true])
  expect(whereTo(await send('/me/confirm', { shown: 'wrong' }))).toBe('/me?confirm=wrong')
  expect((await remove(first!.id)).status).toBe(422)
  // Signing in is no proof of the moment, and what one browser has proved helps no other.
  const second = newBrowser()
  await enter({}, second)
  expect((await second.send('/me', { do: 'removePasskey', id: first!.id })).status).toBe(422)
  const { get } = await asked(browser, '/me/confirm/passkey/options')
  expect(whereTo(await send('/me/confirm/passkey', { response: phone.sign(get, { userVerified: false }) }))).toBe(
    '/me?confirm=passkey',
  )
  const once = await asked(browser, '/me/confirm/passkey/options')
  expect(whereTo(await send('/me/confirm/passkey', { response: phone.sign(once.get) }))).toBe('/me?said=confirmed')
  expect((await second.send('/me', { do: 'removePasskey', id: first!.id })).status).toBe(422)
  expect(whereTo(await remove(first!.id))).toBe('/me?said=passkeyGone')
  expect(passkeys()).toEqual([])
  expect((await enter()).status).toBe(401)
})

test('one person’s passkey confirms nothing for another, and is not theirs to rename or remove', async () => {
  const { signInAs, passkeys, phone, ...made } = await withPasskey()
  const juma = signInAs('viewer', 'juma')
  const [own] = passkeys()
  const { get: hers } = await asked(made, '/me/confirm/passkey/options')
  const { get: his } = await asked(juma, '/me/confirm/passkey/options')
  const response = phone.sign({ ...hers, challenge: his.challenge })
  expect(whereTo(await juma.send('/me/confirm/passkey', { response }))).toBe('/me?confirm=passkey')
  for (const deed of ['renamePasskey', 'removePasskey']) {
    const answer = await juma.send('/me', { do: deed, id: own!.id, name: 'Stolen' })
    expect(answer.status).toBe(422)
  }
  expect((await juma.send('/staff/nobody', { do: 'removePasskey', id: own!.id })).status).toBe(403)
  expect(await (await juma.visit('/me')).text()).not.toContain('My phone')
  expect(passkeys()).toHaveLength(1)
})

test('a passkey is renamed at once, and an owner removes that of another', async () => {
  const { send, visit, passkeys, site, newBrowser, signInAs, enter } = await withPasskey()
  const [own] = passkeys()
  expect(whereTo(await send('/me', { do: 'renamePasskey', id: own!.id, name: 'Office key' }))).toBe(
    '/me?said=passkeyNamed',
  )
  expect(await (await visit(`/me?rename=${own!.id}`)).text()).toContain('value="Office key"')
  expect((await send('/me', { do: 'renamePasskey', id: own!.id, name: ' ' })).status).toBe(422)
  const boss = signInAs('owner', 'boss')
  const { staff_id: staffId } = site.database.raw
    .prepare<[], { staff_id: string }>('SELECT staff_id FROM passkeys')
    .get()!
  expect(await (await boss.visit(`/staff/${staffId}`)).text()).toContain('Office key')
  expect(whereTo(await boss.send(`/staff/${staffId}`, { do: 'removePasskey', id: own!.id }))).toBe(
    `/staff/${staffId}?said=passkeyGone`,
  )
  expect((await enter({}, newBrowser())).status).toBe(401)
})

test('password and code go on working beside a passkey', async () => {
  const { newBrowser } = await withPasskey()
  const browser = newBrowser()
  expect((await browser.send('/sign-in', { login: 'wanjiru', password: PASSWORD, next: '/' })).status).toBe(303)
})

const CEREMONIES = [
  '/sign-in/passkey/options',
  '/sign-in/passkey',
  '/me/confirm/passkey/options',
  '/me/confirm/passkey',
  '/me/passkeys/options',
  '/me/passkeys',
]

test('where the box has no name, nothing of passkeys answers, and the account says why (X9)', async () => {
  const { web, cookies, visit } = await withPasskey()
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const origin of ['http://127.0.0.1', 'http://192.168.88.2', 'http://[::1]', 'http://box.example']) {
    for (const path of CEREMONIES) {
      const init = { method: 'POST', headers: { origin, cookie } }
      const { status } = await web.app.request(origin + path, init)
      expect([400, 404], `${origin}${path}`).toContain(status)
      expect((await web.app.request(origin + path, { ...init, headers: { origin } })).status).toBeGreaterThanOrEqual(
        400,
      )
    }
    expect(await (await web.app.request(`${origin}/sign-in`)).text()).not.toMatch(/passkey/i)
  }
  const page = await (await web.app.request('http://192.168.88.2/me', { headers: { cookie } })).text()
  expect(page).toContain('--web-name')
  expect(page).not.toContain('data-passkey')
  expect(await (await visit('/sign-in')).text()).toContain('Sign in with a passkey')
})

test('by a name of its own passkeys take https; a header that says otherwise is not heard', async () => {
  const { web } = webUnderTest({ hostNames: ['box.example'] })
  await web.app.request('/')
  const ask = (address: string, headers: Record<string, string> = {}) =>
    web.app.request(address, { method: 'POST', headers: { origin: new URL(address).origin, ...headers } })
  const good = await ask('https://box.example:8443/sign-in/passkey/options')
  expect(await good.json()).toMatchObject({ get: { rpId: 'box.example', userVerification: 'required' } })
  expect(good.headers.getSetCookie()[0]).toMatch(/; Secure; SameSite=Strict$/)
  expect((await ask('http://box.example/sign-in/passkey/options')).status).toBe(401)
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'box.example', forwarded: 'proto=https' }
  expect((await ask('http://box.example/sign-in/passkey/options', forwarded)).status).toBe(401)
  // A request line with an address of its own, beside a header that is right.
  expect((await ask('https://evil.example/sign-in/passkey/options', { host: 'box.example' })).status).toBe(401)
})

test('somebody who is not signed in is asked for nothing but to sign in', async () => {
  const { newBrowser } = await withPasskey()
  for (const path of CEREMONIES.slice(2)) {
    const answer = await newBrowser().send(path, {})
    expect(whereTo(answer), path).toBe('/sign-in')
  }
  const forged = await newBrowser().visit('/sign-in/passkey/options', {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  })
  expect(forged.status).toBe(403)
})

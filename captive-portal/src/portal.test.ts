import { ok } from '@lango/kernel'
import { setPortal } from '@lango/modules/portal'
import { liveSessions } from '@lango/modules/sessions/tables'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { portalLimits } from './limits.ts'
import { hidden, portalUnderTest } from './testing/portal-under-test.ts'

const ROUTER = '/?mac=02:00:00:00:00:01&link-login-only=http%3A%2F%2F10.5.50.1%2Flogin'
const PHONE = '0712 345 678'

/** From the first page to the waiting one, as a browser without script does it. */
const bought = async (portal: ReturnType<typeof portalUnderTest>, first = ROUTER) => {
  portal.plan('Hour', 2000)
  const home = await (await portal.get(first)).text()
  const plan = /name="plan" value="([^"]+)"/.exec(home)![1]!
  const sent = { g: hidden(home, 'g'), once: hidden(home, 'once'), phone: PHONE, plan }
  const answer = await portal.post('/buy', sent)
  return { sent, answer, waiting: answer.headers.get('location')! }
}

/** On until the router's address, or a page. */
const follow = async (portal: ReturnType<typeof portalUnderTest>, path: string) => {
  let at = path
  for (let steps = 0; steps < 5; steps++) {
    if (!at.startsWith('/')) return { at, html: '' }
    const answer = await portal.get(at)
    const next = answer.headers.get('location')
    if (next === null) return { at, html: await answer.text() }
    at = next
  }
  throw new Error(`${path} leads round in circles`)
}

const openSession = (portal: ReturnType<typeof portalUnderTest>, grantNo: number, device: string) => {
  portal.database.orm
    .insert(liveSessions.site)
    .values({
      grantNo,
      routerNo: 1,
      nas: '',
      acctSessionId: `s-${device}`,
      userName: 'x',
      device,
      calledStationId: '',
      framedIp: '10.5.50.7',
      framedIpv6Prefix: '',
      delegatedIpv6Prefix: '',
      nasPort: '',
      startedAt: portal.clock.now(),
      startAuthenticator: '',
      lastEventAt: portal.clock.now(),
      lastReceivedAt: portal.clock.now(),
      sessionTimeSec: 0,
      inputOctets: 0,
      outputOctets: 0,
      gigawords: false,
      implausible: 0,
      interimSec: 300,
      state: 'start',
      endedBy: '',
      hourAt: 0,
      hourInputOctets: 0,
      hourOutputOctets: 0,
      hourSessionTimeSec: 0,
    })
    .run()
}

test('a stranger buys with their phone and is handed to the router, without typing a code', async () => {
  const portal = portalUnderTest()
  const { answer, waiting } = await bought(portal)
  expect(answer.status).toBe(303)
  await portal.runJobs()
  expect(portal.prompted).toEqual(['+254712345678'])
  const asked = await follow(portal, waiting)
  expect(asked.html).toContain('Check your phone')
  // A browser without a script loads the page anew; with one it asks first.
  expect(asked.html).toContain('<noscript><meta http-equiv="refresh" content="2"/></noscript>')
  const state = async () => (await portal.get(`${waiting.split('?')[0]}/state`)).text()
  expect(await state()).toBe('accepted')
  await portal.paid()
  expect(await state()).toBe('granted')
  const { at } = await follow(portal, waiting)
  const link = new URL(at)
  expect(link.origin + link.pathname).toBe('http://10.5.50.1/login')
  const code = portal.codeOf(1)
  expect([link.searchParams.get('username'), link.searchParams.get('password')]).toEqual([code, code])
  const next = new URL(link.searchParams.get('dst')!)
  expect(next.origin).toBe('http://192.168.88.10:8081')
  const status = await follow(portal, next.pathname + next.search)
  expect(status.html).toContain('Ready to go online')
  expect(status.html).toContain('1\u00a0h')
  portal.receipt('SJ41XK2P9Q', portal.purchase().reference)
  const [, receipt] = /href="(\/receipt\/[^"]+)"/.exec(status.html)!
  const { html } = await follow(portal, receipt!.replaceAll('&amp;', '&'))
  for (const fact of ['Hour', 'KSh\u00a020.00', 'SJ41XK2P9Q', portal.purchase().reference]) expect(html).toContain(fact)
})

test('with CHAP the code itself does not leave the box', async () => {
  const portal = portalUnderTest()
  const { waiting } = await bought(portal, `${ROUTER}&chap-id=%5C371&chap-challenge=%5C001%5C002`)
  await portal.runJobs()
  await portal.paid()
  const link = new URL((await follow(portal, waiting)).at)
  const code = portal.codeOf(1)
  const octets = Buffer.concat([Buffer.from([0xf9]), Buffer.from(code), Buffer.from([1, 2])])
  expect(link.searchParams.get('password')).toBe(createHash('md5').update(octets).digest('hex'))
})

test('where no router sent them they are told the code', async () => {
  const portal = portalUnderTest()
  const { waiting } = await bought(portal, '/')
  await portal.runJobs()
  await portal.paid()
  const { html } = await follow(portal, waiting)
  expect(html.replaceAll('-', '')).toContain(portal.codeOf(1))
})

test('who says that they have paid has M-Pesa asked within a second, and no oftener however often they tap', async () => {
  const portal = portalUnderTest()
  const { sent, waiting } = await bought(portal)
  await portal.runJobs()
  // By now it is asked after each ten seconds.
  for (let seconds = 0; seconds < 60; seconds += 3) await portal.pass(3000)
  portal.says.state = () => ok({ state: 'paid', receipt: undefined })
  const path = waiting.split('?')[0]!
  const asked = () => portal.queried()
  const before = asked()
  for (let taps = 0; taps < 5; taps++) {
    const answer = await portal.post(path, { g: sent.g })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, waiting])
  }
  await portal.pass(1000)
  expect(asked() - before).toBe(1)
  expect((await follow(portal, waiting)).at).toContain('10.5.50.1/login')
  expect((await portal.post('/pay/nobody', { g: sent.g })).headers.get('location')).toMatch(/^\/\?g=/)
})

test('the same form sent twice asks the phone once', async () => {
  const portal = portalUnderTest()
  const { sent, waiting } = await bought(portal)
  const again = await portal.post('/buy', sent)
  expect(again.headers.get('location')).toBe(waiting)
  await portal.runJobs()
  expect(portal.prompted).toHaveLength(1)
})

test('what keeps a payment from coming is said in words that say what to do', async () => {
  const portal = portalUnderTest()
  const { waiting, sent } = await bought(portal)
  const open = await portal.post('/buy', { ...sent, once: 'another-form-of-theirs' })
  expect(await open.text()).toContain('still open on that phone')
  await portal.runJobs()
  portal.says.state = () => ok({ state: 'failed', failure: 'balance', code: '1', mayStillBePaid: false })
  await portal.pass(6000)
  const { html } = await follow(portal, waiting)
  expect(html).toContain('not enough money')
  expect(html).not.toContain('http-equiv="refresh"')
})

test.each([
  ['', 'Type the number of the phone that pays.'],
  ['+254 ', 'Type the number of the phone that pays.'],
  ['abc', 'Type a number such as 0712 345 678.'],
  ['<script>alert(1)</script>', 'Type a number such as 0712 345 678.'],
])('a number %j is refused beside its field, and nothing is lost', async (phone, sentence) => {
  const portal = portalUnderTest()
  portal.plan('Hour', 2000)
  const answer = await portal.post('/buy', { phone, plan: 'x' })
  const html = await answer.text()
  expect(answer.status).toBe(422)
  expect(html).toContain(sentence)
  expect(html).not.toContain('<script')
  expect(portal.count({ name: 'purchases' })).toBe(0)
})

test('a voucher goes on to the router; a slip of the pen is told without looking anywhere', async () => {
  const portal = portalUnderTest()
  await bought(portal)
  await portal.runJobs()
  await portal.paid()
  const code = portal.codeOf(1)
  const g = hidden(await (await portal.get(ROUTER)).text(), 'g')
  const spelt = `${code.slice(0, 1)}-${code.slice(1)}`.toLowerCase()
  const good = await portal.post('/voucher', { g, code: spelt })
  expect((await follow(portal, good.headers.get('location')!)).at).toContain(`username=${code}`)
  const before = portal.asked()
  const slip = code.slice(0, 3) + (code[3] === '2' ? '3' : '2') + code.slice(4)
  expect(await (await portal.post('/voucher', { g, code: slip })).text()).toContain('not as printed')
  expect(portal.asked()).toBe(before)
})

/** The code of a bundle that was bought, as it would stand on paper. */
const codeOnPaper = async (portal: ReturnType<typeof portalUnderTest>): Promise<string> => {
  await bought(portal)
  await portal.runJobs()
  await portal.paid()
  return portal.codeOf(1)
}

test('a code that comes with the address waits for a tap: opening the page asks nothing and uses nothing', async () => {
  const portal = portalUnderTest()
  const code = await codeOnPaper(portal)
  const [before, commands] = [portal.asked(), portal.count({ name: 'audit' })]
  const page = await portal.get(`/voucher?code=${code}`)
  const html = await page.text()
  expect(html).toContain('Use this code')
  expect(hidden(html, 'code')).toBe(code)
  // Another language keeps it; where it leads on to, nobody is told of it.
  expect(html).toContain(`href="/voucher?code=${code}&amp;g=`)
  expect(page.headers.get('referrer-policy')).toBe('no-referrer')
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect([portal.asked(), portal.count({ name: 'audit' })]).toEqual([before, commands])
  const mistyped = await (await portal.get('/voucher?code=7K3D-M2QQ')).text()
  expect(mistyped).not.toContain('Use this code')
  expect(mistyped).toContain('value="7K3D-M2QQ"')
})

test('whoever scans a code before any router has sent them is led by the router’s login, and let in with that tap', async () => {
  const portal = portalUnderTest()
  const code = await codeOnPaper(portal)
  const used = await portal.post('/voucher', { code, g: '' })
  const told = await (await portal.get(used.headers.get('location')!)).text()
  expect(told).toContain('Connect here')
  const through = /href="(http:\/\/192\.0\.2\.1\/[^"]+)"/.exec(told)![1]!.replaceAll('&amp;', '&')
  // Behind a login every page that is asked for by http leads to it, with what was asked for.
  const led = await follow(portal, `${ROUTER}&link-orig=${encodeURIComponent(through)}`)
  expect(led.at).toMatch(/^http:\/\/10\.5\.50\.1\/login\?username=/)
  expect(new URL(led.at).searchParams.get('username')).toBe(code)
  // A login that refused is told, and not tried for ever.
  const refused = await portal.get(`${ROUTER}&error=user-session-limit&link-orig=${encodeURIComponent(through)}`)
  expect(refused.status).toBe(200)
})

// X10: guessing codes.
test('who guesses at codes is stopped, whatever device they say they are', async () => {
  const portal = portalUnderTest()
  const code = (n: number) => {
    // Found by trying: its last character is a check digit.
    for (let last = 0; last < 10; last++) {
      const made = `${String(n).padStart(7, '0')}${last}`
      if (checkDigit(made)) return made
    }
    return ''
  }
  const checkDigit = (digits: string) => {
    let product = 10
    for (const digit of digits.slice(0, -1)) product = (((product + Number(digit)) % 10 || 10) * 2) % 11
    return (11 - product) % 10 === Number(digits.at(-1))
  }
  const tryAll = async (g: (n: number) => string, times: number, from = '10.5.50.7') => {
    const statuses = []
    for (let n = 0; n < times; n++)
      statuses.push((await portal.post('/voucher', { g: g(n), code: code(n) }, from)).status)
    return statuses
  }
  const one = await tryAll(() => '', 12)
  expect(one.filter((status) => status === 422)).toHaveLength(portalLimits.missesPerDeviceMax)
  expect(one.at(-1)).toBe(429)
  const macOf = (n: number) =>
    Buffer.from(`mac=02:00:00:00:00:${n.toString(16).padStart(2, '0')}`).toString('base64url')
  const many = await tryAll(macOf, portalLimits.missesPerAddressMax + 5)
  expect(many.at(-1)).toBe(429)
  // Somebody else at another place is not shut out.
  expect(await tryAll(() => '', 1, '10.9.9.9')).toEqual([422])
})

test('who paid and is not online is found by the message’s code, or by the number until it is used', async () => {
  const portal = portalUnderTest()
  await bought(portal)
  await portal.runJobs()
  // As often as somebody who waits for it taps: it is no guess.
  for (let taps = 0; taps < 2 * portalLimits.claimsPerDeviceMax; taps++)
    expect(await (await portal.post('/paid', { phone: PHONE })).text()).toContain('not answered yet')
  await portal.paid()
  portal.receipt('SJ41XK2P9Q', portal.purchase().reference)
  const g = hidden(await (await portal.get(ROUTER)).text(), 'g')
  const byPhone = await portal.post('/paid', { g, phone: '+254712345678' })
  expect((await follow(portal, byPhone.headers.get('location')!)).at).toContain('10.5.50.1/login')
  portal.database.raw.prepare('UPDATE grants SET first_used_at = 1').run()
  expect(await (await portal.post('/paid', { g, phone: PHONE })).text()).toContain('is in use')
  const byCode = await portal.post('/paid', { g, code: 'sj41xk2p9q' })
  expect((await follow(portal, byCode.headers.get('location')!)).at).toContain('10.5.50.1/login')
  expect(await (await portal.post('/paid', { g, code: 'SJ41XK2P9Z' })).text()).toContain('No payment is found')
  for (let guesses = 1; guesses < portalLimits.claimsPerDeviceMax; guesses++)
    expect(await (await portal.post('/paid', { g, phone: '0799 000 000' })).text()).toContain('No payment is found')
  expect((await portal.post('/paid', { g, phone: '0799 000 000' })).status).toBe(429)
})

test('money that fits nothing buys what costs as much, for whoever has its code', async () => {
  const portal = portalUnderTest()
  const g =
    hidden(await (await portal.get(ROUTER)).text(), 'g') ||
    Buffer.from('login=http://10.5.50.1/login').toString('base64url')
  portal.receipt('SJ41XK2P9Q', 'HOUSE 7')
  const claim = async (more: object = {}) => portal.post('/paid', { g, code: 'SJ41XK2P9Q', ...more })
  expect(await (await claim()).text()).toMatch(/somebody has to look at it.*Call the number on the poster/)
  portal.must(setPortal, { support: { phone: '+254712000009' } })
  portal.clock.advance(portalLimits.offerLifeMs)
  expect(await (await claim()).text()).toMatch(/Call \+254\s712\s000\s009/)
  portal.plan('Hour', 2000)
  portal.plan('Night', 2000)
  portal.plan('Day', 5000)
  const choice = await (await claim()).text()
  const plans = [...choice.matchAll(/name="plan" value="([^"]+)">([^<]+)</g)]
  expect(plans.map(([, , name]) => name)).toEqual(['Hour', 'Night'])
  const done = await claim({ plan: plans[1]![1]! })
  expect((await follow(portal, done.headers.get('location')!)).at).toContain('10.5.50.1/login?username=')
  // Once: whoever comes with it again gets the same.
  await claim({ plan: plans[0]![1]! })
  expect(portal.count({ name: 'grants' })).toBe(1)
  expect(portal.purchase()).toMatchObject({ plan: 'Night', state: 'granted' })
})

test('who comes back with another device address goes on with one tap', async () => {
  const portal = portalUnderTest()
  const { answer, waiting } = await bought(portal)
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!
  await portal.runJobs()
  await portal.paid()
  const { at } = await follow(portal, waiting)
  const status = new URL(new URL(at).searchParams.get('dst')!)
  const changed = ROUTER.replace('00:01', '00:99')
  const kept = await (await portal.get(changed, { cookie })).text()
  const [, again] = /href="(\/connect\/[^"]+)"/.exec(kept)!
  expect((await follow(portal, again!.replaceAll('&amp;', '&'))).at).toContain(`username=${portal.codeOf(1)}`)
  // A browser that keeps no cookie: the router leads back to where it was told to.
  const led = await (await portal.get(`${changed}&error=refused&link-orig=${encodeURIComponent(status.href)}`)).text()
  expect(led).toContain('You are not online yet')
  expect(led).toContain('/connect/')
  // What a router's message says is not repeated: anybody could have written the address.
  expect(led).not.toContain('refused')
})

test('the router leads whoever is online back, and the portal shows how it stands; nobody else’s address is followed', async () => {
  const portal = portalUnderTest()
  const { waiting } = await bought(portal)
  await portal.runJobs()
  await portal.paid()
  const status = new URL((await follow(portal, waiting)).at).searchParams.get('dst')!
  const led = (address: string) => portal.get(`${ROUTER}&logged-in=yes&link-orig=${encodeURIComponent(address)}`)
  const there = await led(status)
  expect(there.status).toBe(303)
  // The router lets in first and counts then: meanwhile it is believed, and for a moment only.
  const letIn = (await follow(portal, there.headers.get('location')!)).html
  expect(letIn).toContain('You are online')
  expect(letIn).toContain('http-equiv="refresh" content="3"')
  await portal.pass(15_000)
  expect((await follow(portal, there.headers.get('location')!)).html).toContain('Ready to go online')
  for (const address of [
    'http://evil.example/',
    '//evil.example/s/x',
    'javascript:alert(1)',
    status.replace('/g-1', '/g-2'),
  ])
    expect((await led(address)).headers.get('location')).toBeNull()
})

test('a challenge that was used up meanwhile is made good by the next one, once', async () => {
  const portal = portalUnderTest()
  const { waiting } = await bought(portal, `${ROUTER}&chap-id=%5C371&chap-challenge=%5C001%5C002`)
  await portal.runJobs()
  await portal.paid()
  const first = new URL((await follow(portal, waiting)).at)
  const refused = (dst: string, error = 'chap-missing') =>
    follow(
      portal,
      `${ROUTER}&chap-id=%5C001&chap-challenge=%5C003%5C004&error=${error}&link-orig=${encodeURIComponent(dst)}`,
    )
  const second = new URL((await refused(first.searchParams.get('dst')!)).at)
  const octets = Buffer.concat([Buffer.from([1]), Buffer.from(portal.codeOf(1)), Buffer.from([3, 4])])
  expect(second.searchParams.get('password')).toBe(createHash('md5').update(octets).digest('hex'))
  expect((await refused(second.searchParams.get('dst')!)).html).toContain('You are not online yet')
  expect((await refused(first.searchParams.get('dst')!, 'radius-timeout')).html).toContain('does not reach the office')
})

// X26: a link that somebody else has made.
test('no address gives a browser a ticket: only what somebody does here', async () => {
  const portal = portalUnderTest()
  const { answer, waiting } = await bought(portal)
  expect(answer.headers.get('set-cookie')).toMatch(
    /^lango-ticket=p-[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
  )
  await portal.runJobs()
  await portal.paid()
  const seen: (string | null)[] = []
  for (let at: string | null = waiting; at?.startsWith('/') === true;) {
    const page = await portal.get(at)
    seen.push(page.headers.get('set-cookie'))
    at = page.headers.get('location')
  }
  expect(seen.length).toBeGreaterThan(1)
  expect(seen.every((cookie) => cookie === null)).toBe(true)
  const typed = await portal.post('/voucher', { code: portal.codeOf(1) })
  expect(typed.headers.get('set-cookie')).toMatch(/^lango-ticket=g-1\./)
})

test('nothing that is typed or sent gets into a header', async () => {
  const portal = portalUnderTest()
  const { sent } = await bought(portal)
  const evil = 'x\r\nSet-Cookie: lango-ticket=evil\r\n\r\n<script>'
  const answers = [
    await portal.get(
      `/?g=${encodeURIComponent(evil)}&lang=${encodeURIComponent(evil)}&mac=${encodeURIComponent(evil)}`,
    ),
    await portal.get(
      `/?link-orig=${encodeURIComponent(evil)}&link-login-only=${encodeURIComponent(`http://10.5.50.1/login?${evil}`)}`,
    ),
    await portal.post('/buy', {
      ...sent,
      once: evil,
      phone: evil,
      plan: evil,
      g: Buffer.from(`lang=${evil}&login=${evil}`).toString('base64url'),
    }),
    await portal.get(`/s/${encodeURIComponent(evil)}?freed=${encodeURIComponent(evil)}`),
  ]
  for (const answer of answers) {
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(answer.headers.get('location') ?? '/').toMatch(/^\/[\w/?=%.&+-]*$/)
    expect(await answer.text()).not.toContain('<script>')
  }
})

test('a second device takes the place of the first, once that is meant', async () => {
  const portal = portalUnderTest()
  portal.plan('One device', 1000, { deviceLimit: 1 })
  const home = await (await portal.get(ROUTER)).text()
  const plan = /name="plan" value="([^"]+)"/.exec(home)![1]!
  const answer = await portal.post('/buy', { g: hidden(home, 'g'), phone: PHONE, plan, once: 'once-of-this-form-0' })
  await portal.runJobs()
  await portal.paid()
  openSession(portal, 1, '02:00:00:00:00:01')
  const waiting = answer.headers.get('location')!.split('?')[0]!
  const g = Buffer.from('mac=02:00:00:00:00:02&login=http://10.5.50.1/login').toString('base64url')
  const { html } = await follow(portal, `${waiting}?g=${g}`)
  expect(html).toContain('All places are taken')
  expect(html).toContain('02:00:00:00:00:01')
  const free = /action="(\/devices\/[^"]+)"/.exec(html)![1]!
  const freed = await portal.post(free, { g, device: '02:00:00:00:00:01' })
  expect(portal.told.filter(({ name }) => name === 'access.deviceFreed')).toMatchObject([
    { data: { grantNo: 1, device: '02:00:00:00:00:01' } },
  ])
  expect(freed.headers.get('location')).toContain('freed')
  // Of somebody else nothing can be freed.
  await portal.post(free, { g, device: '02:00:00:00:00:77' })
  expect(portal.told.filter(({ name }) => name === 'access.deviceFreed')).toHaveLength(1)
})

test('free access is once for each phone, whatever address the device says it has', async () => {
  const portal = portalUnderTest()
  portal.free()
  const home = await (await portal.get(ROUTER)).text()
  expect(home).toContain('Free access')
  const g = hidden(home, 'g') || new URL(/href="(\/free[^"]*)"/.exec(home)![1]!, 'http://x').searchParams.get('g')!
  const form = await (await portal.get(`/free?g=${g}`)).text()
  const asked = {
    g,
    plan: hidden(form, 'plan'),
    once: hidden(form, 'once'),
    name: 'Amina',
    contact: PHONE,
    accept: 'yes',
  }
  expect(await (await portal.post('/free', { ...asked, accept: '' })).text()).toContain('tick the box')
  const toCode = (await portal.post('/free', asked)).headers.get('location')!
  const r = new URL(toCode, 'http://x').searchParams.get('r')!
  const code = portal.sentCode()
  const wrong = code === '000000' ? '000001' : '000000'
  expect(await (await portal.post('/free/code', { g, r, code: wrong })).text()).toContain('4 more tries')
  const done = await portal.post('/free/code', { g, r, code })
  expect((await follow(portal, done.headers.get('location')!)).at).toContain('http://10.5.50.1/login?username=')
  // Another device address, the same phone: the message that comes says no, and has no code.
  const other = Buffer.from('mac=02:00:00:00:00:99').toString('base64url')
  await portal.post('/free', { ...asked, g: other, once: 'another-form-of-theirs' })
  expect(portal.sentCode()).toBe('')
  expect(portal.count({ name: 'grants' })).toBe(1)
})

test('where nobody reaches M-Pesa the page says so, and goes on once somebody does', async () => {
  const portal = portalUnderTest()
  portal.says.isCut = true
  const { waiting } = await bought(portal)
  await portal.runJobs()
  for (let seconds = 0; seconds < 40; seconds += 5) await portal.pass(5000)
  expect((await follow(portal, waiting)).html).toContain('M-Pesa did not answer')
  expect(await (await portal.get(ROUTER)).text()).toContain('The line to M-Pesa is down')
  portal.says.isCut = false
  const home = await (await portal.get(ROUTER)).text()
  const plan = /name="plan" value="([^"]+)"/.exec(home)![1]!
  await portal.post('/buy', { phone: '0712 000 002', plan, once: 'another-form-of-theirs' })
  await portal.pass(5000)
  expect(await (await portal.get(ROUTER)).text()).not.toContain('The line to M-Pesa is down')
})

test('where what is sent is never answered the page says that paying must wait, and no longer once it is paid', async () => {
  const portal = portalUnderTest()
  portal.says.isSilent = true
  await bought(portal)
  await portal.pass(2000)
  expect(await (await portal.get(ROUTER)).text()).toContain('The line to M-Pesa is down')
  portal.says.isSilent = false
  portal.receipt('SJ41XK2P9Q', portal.purchase().reference)
  await portal.pass(5000)
  expect(await (await portal.get(ROUTER)).text()).not.toContain('The line to M-Pesa is down')
})

test('where M-Pesa is not set up nothing is offered that nobody could pay for', async () => {
  const portal = portalUnderTest()
  portal.plan('Hour', 2000)
  portal.database.raw.prepare('DELETE FROM payment_accounts').run()
  const html = await (await portal.get('/')).text()
  expect(html).toContain('Nothing is sold here by phone yet')
  expect(html).not.toContain('name="phone"')
})

test('what is over is said to be, and leads back to what is sold', async () => {
  const portal = portalUnderTest()
  const { waiting } = await bought(portal)
  await portal.runJobs()
  await portal.paid()
  portal.database.raw.prepare('UPDATE grants SET first_used_at = 1, expires_at = 2').run()
  expect((await follow(portal, waiting)).html).toContain('The time is over')
})

test('systems that look whether they are online are answered as they expect', async () => {
  const portal = portalUnderTest()
  const probe = (host: string, path: string, from?: string) => portal.get(path, { host }, from)
  for (const [host, path] of [
    ['captive.apple.com', '/hotspot-detect.html'],
    ['connectivitycheck.gstatic.com', '/generate_204'],
    ['www.msftconnecttest.com', '/connecttest.txt'],
    ['detectportal.firefox.com', '/success.txt'],
    ['example.test', '/anything?x=1'],
  ] as const) {
    const answer = await probe(host, path)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://192.168.88.10:8081/'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }
  portal.online.set('10.5.50.7', 1)
  const texts = await Promise.all(
    [
      ['captive.apple.com', '/hotspot-detect.html'],
      ['connectivitycheck.gstatic.com', '/generate_204'],
      ['www.msftconnecttest.com', '/connecttest.txt'],
      ['www.msftncsi.com', '/ncsi.txt'],
      ['detectportal.firefox.com', '/success.txt'],
    ].map(async ([host, path]) => {
      const answer = await probe(host!, path!)
      return [answer.status, await answer.text()]
    }),
  )
  expect(texts).toEqual([
    [200, expect.stringContaining('<TITLE>Success</TITLE>')],
    [204, ''],
    [200, 'Microsoft Connect Test'],
    [200, 'Microsoft NCSI'],
    [200, 'success\n'],
  ])
  expect((await probe('example.test', '/wpad.dat')).status).toBe(404)
})

test('the captive portal API (RFC 8908) says who has to do something, and what is left', async () => {
  const portal = portalUnderTest()
  const api = async () => {
    const answer = await portal.get('/captive-portal/api', { accept: 'application/captive+json' })
    expect(answer.headers.get('content-type')).toBe('application/captive+json')
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    return answer.json() as Promise<unknown>
  }
  expect(await api()).toEqual({ captive: true, 'user-portal-url': 'http://192.168.88.10:8081/' })
  await bought(portal)
  await portal.runJobs()
  await portal.paid()
  portal.database.raw
    .prepare('UPDATE grants SET first_used_at = ?, expires_at = ?, quota_octets = 5000000')
    .run(portal.clock.now(), portal.clock.now() + 90_000)
  portal.online.set('10.5.50.7', 1)
  expect(await api()).toEqual({
    captive: false,
    'user-portal-url': 'http://192.168.88.10:8081/',
    'can-extend-session': true,
    'seconds-remaining': 90,
    'bytes-remaining': 5_000_000,
  })
})

const ORIGIN = 'https://wifi.isp.example:8443'

test('over https by its public name the API tells of the portal there, and cookies stay with https', async () => {
  const portal = portalUnderTest()
  portal.secure.origin = ORIGIN
  const ask = (path: string, init: RequestInit = {}) =>
    portal.app.request(ORIGIN + path, { headers: { host: 'wifi.isp.example:8443' }, ...init }, portal.env('10.5.50.7'))
  const state = async (path: string) => (await ask(path)).json() as Promise<unknown>
  expect(await state('/captive-portal/api')).toEqual({ captive: true, 'user-portal-url': `${ORIGIN}/` })
  // Systems take no portal that is not https, wherever they have asked.
  expect(await (await portal.get('/captive-portal/api')).json()).toMatchObject({ 'user-portal-url': `${ORIGIN}/` })
  await bought(portal)
  await portal.runJobs()
  await portal.paid()
  expect((await ask('/')).status).toBe(200)
  portal.online.set('10.5.50.7', 1)
  expect(await state('/captive-portal/api')).toMatchObject({ captive: false, 'can-extend-session': true })
  const code = new URLSearchParams({ code: portal.codeOf(1) })
  const typed = await ask('/voucher', {
    method: 'POST',
    headers: { host: 'wifi.isp.example:8443', 'content-type': 'application/x-www-form-urlencoded' },
    body: code.toString(),
  })
  expect(typed.headers.get('set-cookie')).toMatch(/; Secure$/)
  expect((await portal.post('/voucher', Object.fromEntries(code))).headers.get('set-cookie')).not.toContain('Secure')
})

test('whom the API has told of the portal comes by the router’s login page, and by no other', async () => {
  const portal = portalUnderTest()
  portal.secure.origin = ORIGIN
  const told = async (login: string) => {
    const answer = await portal.get(`/captive-portal/api?${new URLSearchParams({ login })}`)
    return ((await answer.json()) as { 'user-portal-url': string })['user-portal-url']
  }
  const login = 'http://10.5.50.1/login'
  const url = await told(login)
  expect(url).toBe(`${ORIGIN}/enter?login=http%3A%2F%2F10.5.50.1%2Flogin`)
  const leads = async (path: string) => {
    const answer = await portal.get(path)
    return [answer.status, answer.headers.get('location')]
  }
  expect(await leads(url.slice(ORIGIN.length))).toEqual([302, login])
  for (const other of ['http://evil.example/login', 'http://10.5.50.1/elsewhere', 'javascript:alert(1)//login', '']) {
    expect(await told(other)).toBe(`${ORIGIN}/`)
    expect(await leads(`/enter?${new URLSearchParams({ login: other })}`)).toEqual([302, '/'])
  }
})

test('the pages speak Swahili where that is wanted, and the choice needs no cookie', async () => {
  const portal = portalUnderTest()
  portal.plan('Saa', 2000)
  const html = await (await portal.get('/', { 'accept-language': 'sw-KE,en' })).text()
  expect(html).toContain('<html lang="sw">')
  const [, english] = /<a lang="en" href="([^"]+)"/.exec(html)!
  const again = await (await portal.get(english!, { 'accept-language': 'sw-KE' })).text()
  expect(again).toContain('<html lang="en">')
  expect(again).toContain(hidden(again, 'g') === '' ? 'never' : 'name="g"')
})

test('every page is light: no script, nothing from elsewhere, under 50 kB with its stylesheet', async () => {
  const portal = portalUnderTest()
  for (let n = 1; n <= 12; n++) portal.plan(`Bundle number ${n}`, n * 1000, { deviceLimit: n })
  const paths = ['/', '/voucher', '/paid', '/help', '/terms', '/nothing-here']
  for (const path of paths) {
    const html = await (await portal.get(path)).text()
    const [css] = /\/assets\/gate-[0-9a-f]+\.css/.exec(html)!
    const style = await (await portal.get(css)).text()
    expect(html.length + style.length).toBeLessThan(50_000)
    expect(html).not.toMatch(/<script|style=|\son[a-z]+=|https?:\/\//)
  }
})

// X17: what crashes portals.
test('hostile requests are answered, and nobody falls over', async () => {
  const portal = portalUnderTest()
  portal.plan('Hour', 2000)
  const requests = [
    portal.get('/?mac=%00%ff&link-login-only=%F0%28%8C%BC&chap-id=%5C&chap-challenge=%5C9'),
    portal.get(`/?g=${'A'.repeat(4000)}`),
    portal.get('/?g=%7B%22__proto__%22%3A1%7D'),
    portal.get('/s/__proto__'),
    portal.get('/pay/constructor'),
    portal.get('/connect/..%2f..%2fetc'),
    portal.post('/buy', { __proto__: 'x', constructor: 'y', phone: '$(reboot)', plan: "' OR 1=1 --", g: '😀' }),
    portal.post('/voucher', { code: '\0'.repeat(100) }),
    portal.post('/paid', { code: '%', phone: '`id`' }),
    portal.post('/voucher', { code: 'x'.repeat(5000) }),
    portal.get('/', { host: '' }),
    portal.get('/', { host: 'a b' }),
    portal.get('/', { cookie: 'lango-ticket=%00; lango-ticket' }),
  ]
  const statuses = await Promise.all(requests.map(async (request) => (await request).status))
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  expect(portal.count({ name: 'purchases' })).toBe(0)
})

test('a database that fails is told with an id, and the log has it', async () => {
  const portal = portalUnderTest()
  portal.database.raw.exec('DROP TABLE plans')
  const answer = await portal.get('/')
  expect(answer.status).toBe(503)
  const html = await answer.text()
  expect(html).toContain('Nothing is lost')
  expect(html).not.toContain('plans')
})

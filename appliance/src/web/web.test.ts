import { expect, test } from 'vitest'
import { webLimits } from './limits.ts'
import { sampleSnapshot } from './testing/fixture-feed.ts'
import { TOKEN, webUnderTest } from './testing/web-under-test.ts'

const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost', ...headers },
})

test('the one-time token opens the desk once, and the address is clean afterwards', async () => {
  const { visit, web } = webUnderTest()
  const first = await visit(`/?token=${TOKEN}`)
  expect(first.status).toBe(303)
  expect(first.headers.get('location')).toBe('/')
  expect((await visit('/')).status).toBe(200)

  const other = await web.app.request(`/?token=${TOKEN}`)
  expect(other.status).toBe(401)
  expect(other.headers.getSetCookie()).toEqual([])
  expect(await other.text()).toContain('<code>lango <span>web-token</span></code>')
})

test('whoever is in already and opens a used address lands on the page', async () => {
  const { visit, signIn } = webUnderTest()
  await signIn()
  expect((await visit(`/?token=${TOKEN}`)).headers.get('location')).toBe('/')
})

test('the session cookie is kept from scripts and from other sites, and is not the token', async () => {
  const answer = await webUnderTest().signIn()
  const [cookie = ''] = answer.headers.getSetCookie()
  expect(cookie).toMatch(/^lango-desk-80=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(TOKEN)
})

test('two boxes on one machine keep their own sessions', async () => {
  const { web } = webUnderTest()
  const answer = await web.app.request(`http://127.0.0.1:8081/?token=${TOKEN}`)
  expect(answer.headers.getSetCookie()[0]).toMatch(/^lango-desk-8081=/)
})

test.each(['', 'wrong', `${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), `${TOKEN}%00`, '__proto__'])(
  'the token %j opens nothing and leaves the right one as it was',
  async (token) => {
    const { visit, web } = webUnderTest()
    const refused = await web.app.request(`/?token=${token}`)
    expect(refused.status).toBe(401)
    expect(refused.headers.getSetCookie()).toEqual([])
    expect((await visit(`/?token=${TOKEN}`)).status).toBe(303)
  },
)

test('a link preview does not use the token up', async () => {
  const { web, signIn } = webUnderTest()
  expect((await web.app.request(`/?token=${TOKEN}`, { method: 'HEAD' })).headers.getSetCookie()).toEqual([])
  expect((await signIn()).status).toBe(303)
})

test('a new token works once and replaces the one before', async () => {
  const { web } = webUnderTest()
  const token = web.newToken()
  expect(token).toMatch(/^[\w-]{43}$/)
  expect((await web.app.request(`/?token=${TOKEN}`)).status).toBe(401)
  expect((await web.app.request(`/?token=${token}`)).status).toBe(303)
  expect((await web.app.request(`/?token=${token}`)).status).toBe(401)
})

test('a printed address dies after a day, also when the wall clock jumps', async () => {
  const { clock, signIn } = webUnderTest()
  clock.advance(webLimits.tokenLifeMs)
  expect((await signIn()).status).toBe(401)
})

test('a session ends when it is idle for long, and after its life however busy it is', async () => {
  const idle = webUnderTest()
  await idle.signIn()
  idle.clock.advance(webLimits.deskSessionIdleMs)
  expect((await idle.visit('/')).status).toBe(200)
  idle.clock.advance(webLimits.deskSessionIdleMs + 1)
  expect((await idle.visit('/')).status).toBe(401)

  const busy = webUnderTest()
  await busy.signIn()
  for (let spentMs = 0; spentMs <= webLimits.deskSessionLifeMs; spentMs += webLimits.deskSessionIdleMs) {
    busy.clock.advance(webLimits.deskSessionIdleMs)
    await busy.visit('/')
  }
  expect((await busy.visit('/')).status).toBe(401)
})

test('signed-in browsers are bounded: the one unused longest makes room', async () => {
  const { web, clock } = webUnderTest()
  const signIn = async () => {
    clock.advance(1)
    const answer = await web.app.request(`/?token=${web.newToken()}`)
    return answer.headers.getSetCookie()[0]!.split(';')[0]!
  }
  const status = async (cookie: string) => (await web.app.request('/', { headers: { cookie } })).status
  const first = await signIn()
  const second = await signIn()
  for (let more = 2; more < webLimits.deskSessionsMax; more++) await signIn()
  clock.advance(1)
  expect(await status(first)).toBe(200)
  await signIn()
  expect([await status(first), await status(second)]).toEqual([200, 401])
})

test('a token that nobody could have drawn at random is refused at start', () => {
  expect(() => webUnderTest({ token: '' })).toThrow(RangeError)
  expect(() => webUnderTest({ token: 'changeme' })).toThrow(RangeError)
})

test.each(['/', '/events', '/gallery', '/nothing', '/preferences'])('%s says nothing to a stranger', async (path) => {
  const { web } = webUnderTest({ demo: true })
  const answer = await web.app.request(path)
  expect(answer.status).toBe(401)
  expect(await answer.text()).not.toContain('amina')
  const forged = await web.app.request(path, { headers: { cookie: 'lango-desk-80=guess; lango-desk-80=__proto__' } })
  expect(forged.status).toBe(401)
})

test('a link from another site gets its strict cookie by one reload; a plain visit is not reloaded', async () => {
  const { web } = webUnderTest()
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  const refresh = '<meta http-equiv="refresh" content="0"'
  expect(await (await web.app.request('/', { headers })).text()).toContain(refresh)
  expect(await (await web.app.request('/')).text()).not.toContain(refresh)
})

const paths = ['/', '/?token=wrong', '/nothing', '/healthz', '/events', '/gallery', '/?token=' + TOKEN]

test.each(paths)('%s carries the protective headers', async (path) => {
  const { web } = webUnderTest({ demo: true })
  const { headers } = await web.app.request(path)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("base-uri 'none'")
  expect(policy).not.toMatch(/unsafe|\*|data:|https?:/)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('cache-control')).toBe('no-store')
})

test.each([
  ['evil.example', 400],
  ['evil.example:8080', 400],
  ['localhost.evil.example', 400],
  ['127.0.0.1.evil.example', 400],
  ['user@localhost', 400],
  ['localhost/path', 400],
  ['', 400],
  ['localhost:8080', 200],
  ['LOCALHOST', 200],
  ['127.0.0.1:8080', 200],
  ['[::1]:8080', 200],
  ['192.168.88.2', 200],
  ['box.example', 200],
])('a request for the host %j is answered with %s (DNS rebinding)', async (host, status) => {
  const { web } = webUnderTest({ hostNames: ['box.example'] })
  const answer = await web.app.request('/healthz', { headers: { host } })
  expect(answer.status).toBe(status)
  expect(answer.headers.has('content-security-policy')).toBe(true)
})

test('healthz says whether a login would succeed', async () => {
  const { web, feed, clock } = webUnderTest()
  const good = await web.app.request('/healthz')
  expect([good.status, await good.json()]).toEqual([200, { serving: true }])
  const health = { serving: false, reason: 'The disk is full.', since: clock.now() }
  feed.change('health', (before) => ({ ...before, health }))
  clock.advance(webLimits.patchEveryMs)
  const bad = await web.app.request('/healthz')
  expect([bad.status, await bad.json()]).toEqual([503, { serving: false, reason: 'The disk is full.' }])
})

test('preferences are remembered and lead back to the page', async () => {
  const { visit, signIn } = webUnderTest()
  await signIn()
  const answer = await visit(
    '/preferences',
    form({ theme: 'dark', lang: 'sw', density: 'dense', nav: 'collapsed', returnTo: '/?all=1' }),
  )
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?all=1'])
  const page = await (await visit('/')).text()
  expect(page).toContain('<html lang="sw" data-theme="dark" data-density="dense">')
  expect(page).toContain('data-nav="collapsed"')
})

test.each([
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['/\t/evil.example', '/'],
  ['', '/'],
  ['/?all=1#sessions', '/?all=1'],
  ['/gallery', '/gallery'],
])('returning to %j leads to %s', async (returnTo, location) => {
  const { visit, signIn } = webUnderTest()
  await signIn()
  expect((await visit('/preferences', form({ returnTo }))).headers.get('location')).toBe(location)
})

test('another site can post no preferences, and nobody a large body', async () => {
  const { visit, signIn } = webUnderTest()
  await signIn()
  const forged = await visit('/preferences', form({ theme: 'dark' }, { origin: 'http://evil.example' }))
  expect(forged.status).toBeGreaterThanOrEqual(400)
  expect(forged.headers.getSetCookie()).toEqual([])
  const large = form({ theme: 'dark', returnTo: 'x'.repeat(webLimits.bodyBytesMax) })
  const refused = await visit('/preferences', {
    ...large,
    headers: { ...large.headers, 'content-length': String(large.body.length) },
  })
  expect(refused.status).toBe(413)
  expect(refused.headers.getSetCookie()).toEqual([])
})

test('a fault shows an id, not its cause, and the log has both', async () => {
  const { visit, signIn, feed, clock, log } = webUnderTest()
  await signIn()
  feed.change('sessions', () => null as never)
  clock.advance(webLimits.patchEveryMs)
  const answer = await visit('/')
  const page = await answer.text()
  expect(answer.status).toBe(500)
  const line = log.lines.find(({ msg }) => msg === 'page failed')
  expect(page).toContain(String(line?.['id']))
  expect(page).not.toMatch(/TypeError|null|at .*\.ts/)
})

test('tokens and cookies stay out of the log', async () => {
  const { visit, signIn, log, cookies } = webUnderTest()
  await signIn()
  await visit(`/?token=${TOKEN}`)
  await visit('/?token=another-token-somebody-tries')
  expect(log.lines.map(({ msg }) => msg)).toEqual(['desk opened with a one-time address'])
  for (const secret of [TOKEN, 'another-token', ...cookies.values()]) expect(log.text()).not.toContain(secret)
})

test('the gallery is there in demo mode and nowhere else', async () => {
  const demo = webUnderTest({ demo: true })
  await demo.signIn()
  expect((await demo.visit('/gallery')).status).toBe(200)
  expect(await (await demo.visit('/')).text()).toContain('Demo data')
  const plain = webUnderTest()
  await plain.signIn()
  expect((await plain.visit('/gallery')).status).toBe(404)
  expect(await (await plain.visit('/')).text()).not.toMatch(/gallery|Demo data/i)
})

const addresses = (page: string) =>
  [...page.matchAll(/(?:href|src|action|data-stream)="([^"]+)"/g)].map(([, address = '']) =>
    address.replaceAll('&amp;', '&'),
  )

test.each(['/', '/?all=1', '/gallery', '/nothing'])('%s has no dead link', async (path) => {
  const { visit, signIn } = webUnderTest({ demo: true, snapshot: sampleSnapshot({ now: 0, sessions: 50 }) })
  await signIn()
  const page = await (await visit(path)).text()
  const found = addresses(page)
  expect(found.length).toBeGreaterThan(2)
  // Signing out comes last.
  for (const address of found.toSorted((a, b) => Number(a === '/sign-out') - Number(b === '/sign-out'))) {
    const { pathname, search, hash } = new URL(address, new URL(path, 'http://localhost'))
    const isForm = page.includes(`method="post" action="${address}"`)
    const answer = await visit(pathname + search, isForm ? form({}) : {})
    expect(answer.status, address).toBeLessThan(address.startsWith('#') ? 405 : 400)
    // A live stream never ends.
    const isText = answer.headers.get('content-type')?.startsWith('text/html') === true
    const text = isText ? await answer.text() : await answer.body?.cancel()
    expect(text ?? '', address).toContain(hash && `id="${hash.slice(1)}"`)
  }
})

test('the first load of the fullest page is at most 150 kB as sent, the next ones 30 kB', async () => {
  const { visit, signIn } = webUnderTest({ demo: true, snapshot: sampleSnapshot({ now: 0, sessions: 1204 }) })
  await signIn()
  const assets = new Set(addresses(await (await visit('/')).text()).filter((address) => address.startsWith('/assets/')))
  // The font, the kit's style, two scripts, the icon.
  expect(assets.size).toBe(5)
  const weigh = async (address: string) => {
    const answer = await visit(address, { headers: { 'accept-encoding': 'gzip' } })
    return (await answer.arrayBuffer()).byteLength
  }
  const page = await weigh('/')
  const rest = await Promise.all([...assets].map(weigh))
  expect(page).toBeLessThanOrEqual(30_000)
  expect(rest.reduce((sum, bytes) => sum + bytes, page)).toBeLessThanOrEqual(150_000)
})

test('pages and assets are compressed for whoever accepts it, and assets are kept for good', async () => {
  const { visit, signIn } = webUnderTest()
  await signIn()
  const headers = { 'accept-encoding': 'gzip' }
  expect((await visit('/', { headers })).headers.get('content-encoding')).toBe('gzip')
  const assets = addresses(await (await visit('/')).text()).filter((address) => address.startsWith('/assets/'))
  for (const asset of assets) {
    const kept = await visit(asset, { headers })
    expect(kept.headers.get('cache-control'), asset).toBe('public, max-age=31536000, immutable')
    // A woff2 is compressed by itself.
    expect(kept.headers.get('content-encoding'), asset).toBe(asset.endsWith('.woff2') ? null : 'gzip')
    expect((await visit(asset.replace(/-\w+/, '-0000'))).status).toBe(404)
  }
})

test('the font that the style asks for is the one that every page preloads', async () => {
  const { visit, signIn } = webUnderTest({ demo: true })
  await signIn()
  const style = await (
    await visit(addresses(await (await visit('/')).text()).find((each) => each.endsWith('.css'))!)
  ).text()
  const [, font = ''] = /url\('([^']+\.woff2)'\)/.exec(style) ?? []
  for (const path of ['/', '/gallery', '/nothing'])
    expect(await (await visit(path)).text(), path).toContain(
      `<link rel="preload" as="font" type="font/woff2" href="${font}" crossorigin="anonymous"/>`,
    )
  const answer = await visit(font)
  expect(answer.headers.get('content-type')).toBe('font/woff2')
  const signature = Buffer.from(await answer.arrayBuffer()).toString('latin1', 0, 4)
  expect(signature).toBe('wOF2')
})

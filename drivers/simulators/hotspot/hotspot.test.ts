import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AttributeWriter, attribute, codes, text, uint32, vendorAttribute } from '../../radius/index.ts'
import { amina, startLab, type Given, type Got } from './testing.ts'

let lab: Awaited<ReturnType<typeof startLab>>
const begin = async (given: Given = {}) => {
  await lab.close()
  lab = await startLab(given)
}
beforeEach(async () => {
  lab = await startLab()
})
afterEach(() => lab.close())

const credentials = { username: amina.user, password: amina.password }
const login = (more: Readonly<Record<string, string>> = {}, from?: string) =>
  lab.browse('/login', { form: { ...credentials, ...more }, ...(from && { from }) })
const octets = (octal: string) =>
  Buffer.from([...octal.matchAll(/\\([0-7]{3})/g)].map(([, digits]) => Number.parseInt(digits!, 8)))
/** As a page of RouterOS does it, with a hash of Node's own. */
const chapOf = ({ shown }: Got, password: string) =>
  createHash('md5').update(octets(shown[4]!)).update(password).update(octets(shown[5]!)).digest('hex')

test('a request for elsewhere is answered with the way to the login page, and keeps where it wanted to go', async () => {
  const { shown, version } = await lab.browse('/a?b=c', { host: 'example.test' })
  expect(version).toBe('1.0')
  expect([shown[0], shown[2]]).toEqual(['rlogin', 'http://example.test/a?b=c'])
  expect(shown[3]).toBe(`${lab.hotspot.address}login?dst=http%3A%2F%2Fexample.test%2Fa%3Fb%3Dc`)
  // The challenge is for the login page alone.
  expect([shown[4], shown[5]]).toEqual(['', ''])
  expect(lab.asked).toEqual([])
})

test.each([
  ['/', 'rlogin', 'rstatus'],
  ['/login', 'login', 'alogin'],
  ['/status', 'redirect', 'status'],
  ['/logout', 'redirect', 'logout'],
])('%s is %s, and for somebody who is online %s', async (path, before, after) => {
  expect((await lab.browse(path)).shown[0]).toBe(before)
  await login()
  expect((await lab.browse(path)).shown[0]).toBe(after)
})

test.each(['/nothing.html', '/../types.ts', '/%2e%2e/index.ts'])('%s is not there', async (path) => {
  expect((await lab.browse(path)).status).toBe(404)
})

test('by PAP: the box is asked with what a router tells of a host, and a session begins', async () => {
  const got = await login({ dst: 'http://example.test/' })
  expect(got.shown.slice(0, 4)).toEqual(['alogin', '02:4C:7F:00:00:01', 'http://example.test/', 'http://example.test/'])
  const [packet] = lab.asked
  expect([1, 30, 31, 32, 87].map((type) => text(packet!, type))).toEqual([
    'amina',
    'hotspot1',
    '02:4C:7F:00:00:01',
    'tower',
    'bridge-hotspot',
  ])
  expect(attribute(packet!, 8)!.join('.')).toBe('10.30.0.2')
  expect(vendorAttribute(packet!, 14988, 10)!.join('.')).toBe('127.0.0.1')
  expect(vendorAttribute(packet!, 14122, 3)!.toString()).toBe(`${lab.hotspot.address}logout`)
  expect(uint32(packet!, 5)).toBeGreaterThan(2 ** 31)
  expect(attribute(packet!, 2)).toBeDefined()
  await lab.hotspot.settled()
  expect(lab.accounted.map(({ status }) => status)).toEqual([1])
  expect(text(lab.accounted[0]!.packet, 44)).toMatch(/^80[0-9a-f]{6}$/)
  expect((await lab.browse('/', { host: 'example.test' })).body).toBe('the internet')
})

test('by CHAP: the hash of the page’s challenge is taken once', async () => {
  await begin({ loginBy: ['http-chap'] })
  const page = await lab.browse('/login')
  const password = chapOf(page, amina.password)
  expect((await lab.browse(`/login?username=amina&password=${password}`)).shown[0]).toBe('alogin')
  expect(attribute(lab.asked[0]!, 3)).toHaveLength(17)
  expect(attribute(lab.asked[0]!, 60)).toHaveLength(16)
  await lab.browse('/logout')
  const again = await lab.browse(`/login?username=amina&password=${password}`)
  expect([again.shown[0], again.shown[6]]).toEqual(['flogin', 'web browser did not send challenge response'])
})

test('a page that was shown later makes the challenge of an earlier one worthless', async () => {
  const [first, second] = [await lab.browse('/login'), await lab.browse('/login')]
  expect((await login({ password: chapOf(first, amina.password) })).shown[0]).toBe('flogin')
  expect((await login({ password: chapOf(second, amina.password) })).shown[0]).toBe('flogin')
  expect((await login({ password: chapOf(await lab.browse('/login'), amina.password) })).shown[0]).toBe('alogin')
})

test('a password in clear is not taken where the hotspot wants a hash', async () => {
  await begin({ loginBy: ['http-chap'] })
  await lab.browse('/login')
  expect((await login()).shown[0]).toBe('flogin')
  expect(lab.asked).toEqual([])
})

test('who is refused is told why, in the words of the box, or of errors.txt, or the router’s own', async () => {
  const refused = async () => (await login({ password: 'wrong' })).shown
  expect((await refused()).slice(6)).toEqual(['Your bundle is used up', 'amina'])
  lab.grants.refusal = ''
  expect((await refused())[6]).toBe('invalid username or password')
  const html = new Map([
    ['login.html', 'login|$(error)|$(error-orig)'],
    ['errors.txt', '# words\ninvalid-username = no such code for $(username)\nradius-reply=$(error-orig)!'],
  ])
  await begin({ html })
  expect(await refused()).toEqual(['login', 'Your bundle is used up!', 'Your bundle is used up'])
  lab.grants.refusal = ''
  expect(await refused()).toEqual(['login', 'no such code for amina', 'invalid username or password'])
  expect(lab.hotspot.sessions).toEqual([])
})

test('a box that does not answer is what the phone is told', async () => {
  lab.hotspot.fail('radius-timeout')
  expect((await login()).shown[6]).toBe('RADIUS server is not responding')
  expect((await login()).shown[0]).toBe('alogin')
})

test('who is already being asked for has to wait', async () => {
  const both = await Promise.all([login(), login()])
  expect(new Set(both.map(({ shown }) => shown[0]))).toEqual(new Set(['alogin', 'flogin']))
})

test('the session ends when its time is over, and its Stop has what it moved', async () => {
  lab.grants.accept = (writer) => writer.uint32(27, 60).uint32(85, 20)
  await login()
  lab.hotspot.count(lab.hotspot.sessions[0]!, 1000, 5_000_000_000)
  await lab.clock.advanceAsync(59_000)
  expect((await lab.browse('/status')).shown[0]).toBe('status')
  await lab.clock.advanceAsync(1000)
  await lab.hotspot.settled()
  expect(lab.accounted.map(({ status }) => status)).toEqual([1, 3, 3, 2])
  const { packet } = lab.accounted.at(-1)!
  expect([42, 43, 52, 53, 46, 49].map((type) => uint32(packet, type))).toEqual([1000, 705032704, 0, 1, 60, 5])
  expect((await lab.browse('/status')).shown[0]).toBe('redirect')
})

test('who has moved what was granted is out, and a CoA grants more or less', async () => {
  lab.grants.accept = (writer) => writer.vendor(14988, 17, 1000)
  await login()
  const [session] = lab.hotspot.sessions
  lab.hotspot.count(session!, 400, 500)
  const more = new AttributeWriter().text(44, session!.id).text(1, 'amina').vendor(14988, 17, 2000)
  expect(await lab.tell(codes.coaRequest, { attributes: more.vendor(14988, 8, '1M/2M') })).toBe(codes.coaAck)
  expect(session!.grant).toEqual({ totalOctetsMax: 2000, rateLimit: '1M/2M' })
  lab.hotspot.count(session!, 1400, 500)
  expect(lab.hotspot.sessions).toHaveLength(1)
  lab.hotspot.count(session!, 1500, 500)
  expect(lab.hotspot.sessions).toEqual([])
})

test('a Disconnect ends the session it names, and no other', async () => {
  await login()
  const stranger = new AttributeWriter().text(44, 'ffffffff')
  expect(await lab.tell(codes.disconnectRequest, { attributes: stranger })).toBe(codes.disconnectNak)
  expect(await lab.tell(codes.disconnectRequest, { attributes: new AttributeWriter() })).toBe(codes.disconnectNak)
  const named = new AttributeWriter().text(1, 'amina').ipv4(8, '10.30.0.2')
  expect(await lab.tell(codes.disconnectRequest, { attributes: named })).toBe(codes.disconnectAck)
  await lab.hotspot.settled()
  expect(uint32(lab.accounted.at(-1)!.packet, 49)).toBe(6)
  expect((await lab.browse('/', { host: 'example.test' })).shown[0]).toBe('rlogin')
})

test('each device is a host of its own; one that changes its MAC is new, and its session is missed later', async () => {
  await login({}, '127.0.0.2')
  expect((await lab.browse('/status', { from: '127.0.0.3' })).shown[0]).toBe('redirect')
  lab.hotspot.setMac('127.0.0.2', 'AE:00:00:00:00:01')
  expect((await lab.browse('/status', { from: '127.0.0.2' })).shown.slice(0, 2)).toEqual([
    'redirect',
    'AE:00:00:00:00:01',
  ])
  expect(lab.hotspot.sessions).toHaveLength(1)
  await lab.clock.advanceAsync(120_000)
  expect(lab.hotspot.sessions).toEqual([])
  await lab.hotspot.settled()
  expect(uint32(lab.accounted.at(-1)!.packet, 49)).toBe(2)
})

test('with MAC cookies whoever was here gets in by themselves after a reboot, until they erase them', async () => {
  await begin({ loginBy: ['http-pap', 'mac-cookie'] })
  await login()
  await lab.hotspot.reboot()
  expect(lab.hotspot.sessions).toEqual([])
  expect(lab.accounted.map(({ status }) => status)).toEqual([1, 7])
  expect((await lab.browse('/', { host: 'example.test' })).body).toBe('the internet')
  expect(lab.hotspot.sessions[0]!.id).toBe('80100001')
  // A logout by itself leaves the cookie, which lets in whoever joins.
  await lab.browse('/logout')
  expect((await lab.browse('/', { host: 'example.test' })).shown[0]).toBe('rlogin')
  await login()
  await lab.browse('/logout?erase-cookie=true')
  await lab.hotspot.reboot()
  expect((await lab.browse('/', { host: 'example.test' })).shown[0]).toBe('rlogin')
})

test('a MAC cookie that the box refuses is gone', async () => {
  await begin({ loginBy: ['http-pap', 'mac-cookie'] })
  await login()
  lab.grants.password = 'another'
  await lab.hotspot.reboot()
  expect((await lab.browse('/')).shown[0]).toBe('rlogin')
  lab.grants.password = amina.password
  await lab.hotspot.reboot()
  expect((await lab.browse('/')).shown[0]).toBe('rlogin')
  expect(lab.asked).toHaveLength(2)
})

test('what stands in the walled garden is reached before a login, and nothing beside it', async () => {
  const portal = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`))
  })
  await new Promise<void>((ready) => portal.listen(0, '127.0.0.1', ready))
  const { port } = portal.address() as AddressInfo
  await begin({ walledGarden: [`127.0.0.1:${port}`] })
  const sent = await lab.browse('/buy?x=1', { host: `127.0.0.1:${port}`, form: { plan: 'Hour' } })
  expect(sent.body).toBe('POST /buy?x=1 plan=Hour')
  expect((await lab.browse('/buy', { host: `127.0.0.1:${port + 1}` })).shown[0]).toBe('rlogin')
  await new Promise((closed) => portal.close(closed))
})

test('an answer may be late', async () => {
  lab.hotspot.fail({ slowMs: 5000 })
  const late = lab.browse('/login')
  while (lab.clock.pending() === 0) await new Promise((turn) => setImmediate(turn))
  lab.clock.advance(5000)
  expect((await late).shown[0]).toBe('login')
})

test('status and headers of a page are its own', async () => {
  const source = '$(if http-status == 302)Go$(endif)$(if http-header == "Location")$(link-login)$(endif)'
  await begin({ html: new Map([['rlogin.html', source]]) })
  const { status, headers } = await lab.browse('/')
  expect([status, headers['location'], headers['cache-control']]).toEqual([
    302,
    `${lab.hotspot.address}login?dst=`,
    'no-cache',
  ])
})

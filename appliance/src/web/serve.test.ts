import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { get as secureGet } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { orThrow, systemRandom } from '@lango/kernel'
import { afterEach, expect, test } from 'vitest'
import { deskAddress, isLoopback, serveWeb, type WebServer } from './serve.ts'
import { loadTls } from '../tls/index.ts'
import { TOKEN, webUnderTest } from './testing/web-under-test.ts'

const running: WebServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

const serving = async () => {
  const desk = webUnderTest()
  const server = orThrow(await serveWeb({ app: desk.web.app, port: 0 }))
  running.push(server)
  return { ...desk, server, at: (path: string) => `http://127.0.0.1:${server.port}${path}` }
}

const signedIn = async () => {
  const desk = await serving()
  const answer = await fetch(desk.at(`/?token=${TOKEN}`), { redirect: 'manual' })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const open = async () => {
    const request = get(desk.at('/events'), { headers: { cookie } })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    await once(response, 'data')
    return { request, response }
  }
  return { ...desk, open }
}

test('it listens on loopback, on a free port that it tells', async () => {
  const { server, at } = await serving()
  expect(server.address).toBe('127.0.0.1')
  expect(server.port).toBeGreaterThan(0)
  expect(await (await fetch(at('/healthz'))).json()).toEqual({ serving: true })
})

test('a port in use is an answer, not a crash', async () => {
  const { server, web } = await serving()
  expect(await serveWeb({ app: web.app, port: server.port })).toEqual({
    ok: false,
    error: { type: 'WebPortUnavailable', listen: '127.0.0.1', port: server.port, code: 'EADDRINUSE' },
  })
})

test('a browser that goes away frees its stream', async () => {
  const { open, web } = await signedIn()
  const { request, response } = await open()
  expect(web.streams()).toBe(1)
  const gone = once(response, 'close')
  request.destroy()
  await gone.catch(() => {})
  await expect.poll(() => web.streams()).toBe(0)
})

test('closing ends open streams and frees the port', async () => {
  const { open, web, server } = await signedIn()
  const { response } = await open()
  const ended = once(response.resume(), 'close')
  web.close()
  await server.close()
  await ended
  const again = orThrow(await serveWeb({ app: web.app, port: server.port }))
  running.push(again)
  expect(again.port).toBe(server.port)
})

test('a request that is no HTTP, or has a head without end, ends in a refusal', async () => {
  const { server, at } = await serving()
  for (const text of [
    '\x16\x03\x01 nonsense\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(64 * 1024)}`,
  ]) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(text)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 4\d\d /)
    socket.destroy()
  }
  expect((await fetch(at('/healthz'))).status).toBe(200)
})

test('whoever sends slowly is cut off, and holds nobody else up', async () => {
  const app = { fetch: async (request: Request) => new Response(String((await request.arrayBuffer()).byteLength)) }
  const server = orThrow(await serveWeb({ app, port: 0, arrivalMs: 50 }))
  running.push(server)
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nhalf')
  const closed = once(socket.resume(), 'close')
  const body = Buffer.alloc(300_000)
  const whole = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body })
  expect(await whole.text()).toBe('300000')
  await closed
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8080/?token=abc'],
  ['::1', 'http://[::1]:8080/?token=abc'],
])('the address printed for %s is %s', (address, printed) => {
  expect(deskAddress({ address, port: 8080, secure: false }, 'abc')).toBe(printed)
})

test('where others can reach it, it speaks https and nothing else, and takes a new certificate', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lango-web-'))
  const tls = orThrow(
    await loadTls({ tlsDir: dir }, { now: Date.now, sure: true, random: systemRandom(), hostName: 'pop.example' }),
  ).eap
  const desk = webUnderTest()
  const server = orThrow(await serveWeb({ app: desk.web.app, port: 0, listen: '0.0.0.0', tls }))
  running.push(server)
  expect(deskAddress(server, 'x')).toBe(`https://localhost:${server.port}/?token=x`)
  const ask = () =>
    new Promise<{ status: number | undefined; cookie: string }>((resolve, reject) => {
      const path = `/?token=${TOKEN}`
      const request = secureGet(
        { host: '127.0.0.1', port: server.port, path, ca: [...tls.ca], servername: 'pop.example' },
        (answer) => resolve({ status: answer.statusCode, cookie: answer.headers['set-cookie']?.[0] ?? '' }),
      )
      request.on('error', reject)
    })
  const first = await ask()
  expect(first.status).toBe(303)
  expect(first.cookie).toContain('Secure')
  server.setTls(tls)
  expect((await ask()).status).toBe(401)
  await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow('fetch failed')
  rmSync(dir, { recursive: true })
})

test.each([
  ['127.0.0.1', true],
  ['127.9.0.1', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.88.1', false],
  ['localhost', false],
])('%s is loopback: %s', (address, is) => {
  expect(isLoopback(address)).toBe(is)
})

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow, secret } from '@lango/kernel'
import { fakeClock } from '@lango/kernel/testing'
import type { RouterosRequest } from './request.ts'
import { RestSession } from './rest.ts'

const secrets: RouterosRequest = { kind: 'print', menu: '/ppp/secret' }

let server: Server
let session: RestSession
let answer: (request: IncomingMessage, response: ServerResponse) => void
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  session = new RestSession({
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    login: { user: 'u', password: secret('p:ä') },
    timers: fakeClock(),
  })
})
afterEach(async () => {
  session.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text === '' ? undefined : JSON.parse(text)
}

test.each<[RouterosRequest, string, unknown]>([
  [secrets, 'GET /rest/ppp/secret', undefined],
  [{ ...secrets, properties: ['name', '.id'] }, 'GET /rest/ppp/secret?.proplist=name,.id', undefined],
  [
    { ...secrets, where: { name: 'a', service: 'any', profile: 'p' }, properties: ['name'] },
    'POST /rest/ppp/secret/print',
    { '.proplist': ['name'], '.query': ['name=a', 'service=any', 'profile=p', '#&&'] },
  ],
  [
    { kind: 'add', menu: '/ppp/secret', values: { name: '007', password: secret('x') }, before: '*2' },
    'PUT /rest/ppp/secret',
    { name: '007', password: 'x', 'place-before': '*2' },
  ],
  [{ kind: 'set', menu: '/ppp/secret', id: '*1A', values: { name: 'b' } }, 'PATCH /rest/ppp/secret/*1A', { name: 'b' }],
  [{ kind: 'set', menu: '/ppp/secret', id: 'a/../b?', values: {} }, 'PATCH /rest/ppp/secret/a%2F..%2Fb%3F', {}],
  [
    { kind: 'set', menu: '/radius/incoming', values: { accept: 'yes' } },
    'POST /rest/radius/incoming/set',
    { accept: 'yes' },
  ],
  [{ kind: 'remove', menu: '/ppp/secret', id: '*1A' }, 'DELETE /rest/ppp/secret/*1A', undefined],
  [
    { kind: 'move', menu: '/ip/firewall/filter', id: '*3', before: '*1' },
    'POST /rest/ip/firewall/filter/move',
    { numbers: '*3', destination: '*1' },
  ],
  [
    { kind: 'run', menu: '/radius', command: 'monitor', values: { once: '' } },
    'POST /rest/radius/monitor',
    { once: '' },
  ],
])('%j is asked as %s', async (request, line, body) => {
  let asked: unknown
  answer = (incoming, response) => {
    const { method, url, headers } = incoming
    void bodyOf(incoming).then((sent) => {
      asked = [`${method} ${url}`, sent, Buffer.from(headers.authorization!.slice(6), 'base64').toString()]
      response.end('[]')
    })
  }
  expect(await session.perform(request)).toEqual({ ok: true, value: { rows: [], id: undefined } })
  expect(asked).toEqual([line, body, 'u:p:ä'])
})

test.each<[number, string, object]>([
  [
    400,
    '{"error":400,"message":"Bad Request","detail":"no such item"}',
    { type: 'Refused', category: 0, message: 'no such item' },
  ],
  [
    400,
    '{"error":400,"message":"Bad Request","detail":"unknown parameter x"}',
    { type: 'Refused', category: undefined, message: 'unknown parameter x' },
  ],
  [404, '{"error":404,"message":"Not Found"}', { type: 'Refused', category: 0, message: 'Not Found' }],
  [404, '<html>', { type: 'Refused', category: 0, message: 'HTTP 404' }],
  [401, '{"error":401,"message":"Unauthorized"}', { type: 'LoginRefused', message: 'Unauthorized' }],
  [503, '', { type: 'ConnectionLost', cause: 'HTTP 503', sent: true }],
  [200, '<html>', { type: 'ConnectionLost', cause: 'what the router sends are no rows', sent: true }],
  [200, '"text"', { type: 'ConnectionLost', cause: 'what the router sends are no rows', sent: true }],
])('%i %s is a fault', async (status, body, error) => {
  answer = (_request, response) => response.writeHead(status).end(body)
  expect(await session.perform(secrets)).toEqual({ ok: false, error })
})

test('values that are no texts, in some version to come, are written as texts', async () => {
  answer = (_request, response) => response.end('[{".id":"*1","disabled":true,"mtu":1500,"__proto__":"x"},null,7]')
  const { rows } = orThrow(await session.perform(secrets))
  expect(rows.map((row) => Object.entries(row))).toEqual([
    [
      ['.id', '*1'],
      ['disabled', 'true'],
      ['mtu', '1500'],
      ['__proto__', 'x'],
    ],
  ])
})

test('a router that closes every connection, and says so, can be leased', async () => {
  answer = (_request, response) => response.setHeader('connection', 'close').end('[]')
  const leased = session.lease()
  for (let i = 0; i < 3; i++) expect(await leased.perform(secrets)).toMatchObject({ ok: true })
})

test('a lease is over with a connection that is closed without a word, and the session is not', async () => {
  answer = (_request, response) => response.end('[]')
  const leased = session.lease()
  expect(await leased.perform(secrets)).toMatchObject({ ok: true })
  server.closeAllConnections()
  expect(await leased.perform(secrets)).toMatchObject({ ok: false, error: { type: 'ConnectionLost' } })
  expect(await leased.perform(secrets)).toEqual({
    ok: false,
    error: { type: 'ConnectionLost', cause: 'the router closed a connection', sent: false },
  })
  expect(await session.lease().perform(secrets)).toMatchObject({ ok: true })
})

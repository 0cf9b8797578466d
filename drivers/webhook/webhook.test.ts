import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { TestAuthority } from '../radius/eap/testing/certificates.ts'
import { isForbidden } from './forbidden.ts'
import { createWebhookSender } from './index.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const listening = (onRequest: RequestListener): Promise<number> => portOf(createServer(onRequest))

const portOf = async (server: Server): Promise<number> => {
  servers.push(server)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return (server.address() as AddressInfo).port
}

const never = new AbortController().signal
const headers = { 'content-type': 'application/json', 'webhook-id': 'msg_1' }
const sender = createWebhookSender({ allowsLoopback: true })
const send = (url: string, using = sender, signal = never) => using.send({ url, headers, body: '{"a":"é"}' }, signal)

test('a message arrives whole, with its headers, and the answer comes back', async () => {
  const got: unknown[] = []
  const port = await listening((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      got.push(request.method, request.url, request.headers['webhook-id'], body)
      response.writeHead(202).end('taken')
    })
  })
  expect(await send(`http://127.0.0.1:${port}/hook?a=1`)).toEqual({ type: 'answer', status: 202, start: 'taken' })
  expect(got).toEqual(['POST', '/hook?a=1', 'msg_1', '{"a":"é"}'])
})

test.each([204, 301, 410, 500])(
  'status %d is an answer like any other, and a redirect is not followed',
  async (status) => {
    let asked = 0
    const port = await listening((_request, response) => {
      asked += 1
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    expect(await send(`http://127.0.0.1:${port}/`)).toEqual({ type: 'answer', status, start: '' })
    expect(asked).toBe(1)
  },
)

test('of an answer without end a kilobyte is read, and its connection is closed', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const port = await listening((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more).on('close', () => resolve())
    response.writeHead(200)
    more()
  })
  const outcome = await send(`http://127.0.0.1:${port}/`)
  expect(outcome).toEqual({ type: 'answer', status: 200, start: 'x'.repeat(1024) })
  await closed
})

test('a receiver that hangs up, before its answer or within it, or listens no more, is told by its cause', async () => {
  const reset = await listening((request) => request.socket.resetAndDestroy())
  expect(await send(`http://127.0.0.1:${reset}/`)).toEqual({ type: 'unreachable', cause: 'ECONNRESET' })
  const cut = await listening((request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => request.socket.resetAndDestroy())
  })
  expect(await send(`http://127.0.0.1:${cut}/`)).toMatchObject({ type: 'unreachable' })
  const port = await listening(() => {})
  servers[2]!.close()
  expect(await send(`http://127.0.0.1:${port}/`)).toEqual({ type: 'unreachable', cause: 'ECONNREFUSED' })
})

test('one that says nothing, or never comes to an end, is left after the time limit', async () => {
  const impatient = createWebhookSender({ allowsLoopback: true, timeoutMs: 50 })
  const cause = 'no answer within 50 ms'
  const silent = await listening(() => {})
  expect(await send(`http://127.0.0.1:${silent}/`, impatient)).toEqual({ type: 'unreachable', cause })
  const dripping = await listening((_request, response) => void response.writeHead(200).write('a'))
  expect(await send(`http://127.0.0.1:${dripping}/`, impatient)).toEqual({ type: 'unreachable', cause })
  const lost = createWebhookSender({ allowsLoopback: true, timeoutMs: 50, resolve: () => new Promise(() => {}) })
  expect(await send('http://crm.example/', lost)).toEqual({ type: 'unreachable', cause })
})

test('a box that stops waits for nobody', async () => {
  const stop = new AbortController()
  const port = await listening(() => stop.abort())
  const outcome = await send(`http://127.0.0.1:${port}/`, sender, stop.signal)
  expect(outcome).toEqual({ type: 'unreachable', cause: 'the box is stopping' })
  expect(await send(`http://127.0.0.1:${port}/`, sender, stop.signal)).toEqual(outcome)
})

test('a name is resolved once, and what it says then is where the message goes', async () => {
  const hosts: unknown[] = []
  const port = await listening((request, response) => {
    hosts.push(request.headers.host)
    response.end()
  })
  let asked = 0
  const rebinding = createWebhookSender({
    allowsLoopback: true,
    resolve: () => {
      asked += 1
      return Promise.resolve([
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    },
  })
  expect(await send(`http://crm.example:${port}/`, rebinding)).toMatchObject({ type: 'answer', status: 200 })
  expect([asked, hosts]).toEqual([1, [`crm.example:${port}`]])
})

test('over TLS the name of the address is asked for and verified, whichever address it led to', async () => {
  const authority = await TestAuthority.create('somebody')
  const { key, cert } = await authority.issue({
    name: 'crm.example',
    names: [{ type: 'dns', value: 'crm.example' }],
    purpose: 'server',
  })
  const seen: unknown[] = []
  const server = createHttpsServer({ key, cert }, (request, response) => {
    seen.push((request.socket as TLSSocket).servername)
    response.end('taken')
  })
  const port = await portOf(server)
  const resolving = createWebhookSender({
    allowsLoopback: true,
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
  })
  expect(await send(`https://crm.example:${port}/`, resolving)).toMatchObject({ type: 'unreachable' })
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority.cert])
  try {
    expect(await send(`https://other.example:${port}/`, resolving)).toEqual({
      type: 'unreachable',
      cause: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(seen).toEqual([])
    expect(await send(`https://crm.example:${port}/`, resolving)).toMatchObject({ status: 200, start: 'taken' })
    expect(seen).toEqual(['crm.example'])
  } finally {
    setDefaultCACertificates(before)
  }
})

test('a name that leads only to this machine is refused, and nothing is sent', async () => {
  let asked = 0
  const port = await listening((_request, response) => {
    asked += 1
    response.end()
  })
  const strict = (...addresses: string[]) =>
    createWebhookSender({
      allowsLoopback: false,
      resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
    })
  expect(await send(`http://crm.example:${port}/`, strict('127.0.0.1', '::1'))).toEqual({
    type: 'forbidden',
    address: '127.0.0.1',
  })
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]', '0.0.0.0'])
    expect(await send(`http://${host}:${port}/`, strict())).toMatchObject({ type: 'forbidden' })
  expect(await send(`http://crm.example:${port}/`, strict())).toEqual({
    type: 'unreachable',
    cause: 'the name has no address',
  })
  expect(asked).toBe(0)
})

test('this machine and neighbours by link are forbidden in every spelling, private networks are not', () => {
  const strict = { allowsLoopback: false }
  for (const address of [
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    'crm.example',
  ])
    expect([address, isForbidden(address, strict)]).toEqual([address, true])
  for (const address of ['10.0.0.1', '192.168.88.1', '172.16.0.1', '100.64.0.1', '8.8.8.8', 'fd12::1', '2001:db8::1'])
    expect([address, isForbidden(address, strict)]).toEqual([address, false])
  expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map((one) => isForbidden(one, { allowsLoopback: true }))).toEqual([
    false,
    false,
    false,
  ])
  expect(isForbidden('169.254.169.254', { allowsLoopback: true })).toBe(true)
})

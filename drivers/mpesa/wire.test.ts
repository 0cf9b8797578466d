import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { fakeClock } from '@lango/kernel/testing'
import { TestAuthority } from '../radius/eap/testing/certificates.ts'
import { exchange } from './wire.ts'

const never = new AbortController().signal
const ask = (baseUrl: string) => {
  const wire = { baseUrl: new URL(baseUrl), timers: fakeClock(), timeoutMs: 1 }
  return exchange({ method: 'POST', path: '/', authorization: 'Bearer t', body: {} }, wire, never)
}
/** Runs with a server on a port of its own, and closes it. */
const at = async <T>(server: Server, use: (port: number) => Promise<T>): Promise<T> => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    await new Promise((closed) => server.close(closed))
  }
}

test('where nobody listens nothing was sent', async () => {
  const port = await at(createTcp(), async (port) => port)
  expect(await ask(`http://127.0.0.1:${port}`)).toMatchObject({
    error: { type: 'Unsent', reason: 'it cannot be reached (ECONNREFUSED)' },
  })
})

test('whoever shows a certificate that nobody vouches for is sent nothing', async () => {
  const authority = await TestAuthority.create('nobody’s')
  const names = [{ type: 'ip', value: '127.0.0.1' }] as const
  const pair = await authority.issue({ name: 'localhost', names: [...names], purpose: 'server' })
  const got: unknown[] = []
  const server = createHttps(pair, (request, response) => {
    got.push(request.headers.authorization)
    response.end('{}')
  })
  const answer = await at(server, (port) => ask(`https://127.0.0.1:${port}`))
  expect(answer).toMatchObject({ error: { type: 'Unsent' } })
  expect(got).toEqual([])
})

test('whoever speaks no TLS is sent nothing', async () => {
  const answer = await at(createHttp(), (port) => ask(`https://127.0.0.1:${port}`))
  expect(answer).toMatchObject({ error: { type: 'Unsent' } })
})

test('whoever hangs up may have heard', async () => {
  const server = createTcp((socket) => void socket.once('data', () => socket.destroy()))
  expect(await at(server, (port) => ask(`http://127.0.0.1:${port}`))).toMatchObject({ error: { type: 'Unanswered' } })
})

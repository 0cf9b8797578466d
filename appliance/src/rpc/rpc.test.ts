import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { err, ok, orThrow, type Fault, type Result } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import type { Link } from '../link.ts'
import { connectRpc } from './client.ts'
import { rpcLimits } from './protocol.ts'
import { serveRpc } from './server.ts'

let dir: string
let socketFile: string
const servers: { close(): Promise<void> }[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lango-rpc-'))
  socketFile = join(dir, 'control.sock')
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Answers with what it was asked; `odd` inputs make it fail in ways of their own. */
const answer =
  (verb: string) =>
  async (name: string, input: unknown): Promise<Result<unknown, Fault>> => {
    if (name === 'refused') return err({ type: 'LoginTaken', login: 'amina' })
    if (name === 'broken') throw new Error('disk on fire')
    if (name === 'nothing') return ok()
    return ok({ verb, name, input })
  }
const echo: Omit<Link, 'close' | 'running'> = {
  command: answer('command'),
  query: answer('query'),
  action: answer('action'),
}

const serve = async (handle = echo) => {
  const log = collectingLog()
  const server = await serveRpc({ socketFile, handle, log })
  servers.push(server)
  return { server, log }
}
const link = async () => orThrow(await connectRpc(socketFile))!

test('commands, queries and actions go there and come back as they were', async () => {
  await serve()
  const box = await link()
  expect(box.running).toBe(true)
  const input = { login: 'amína\0"', at: 1_763_700_000_000, octets: 2 ** 53 - 1, none: null, list: [1, { a: false }] }
  expect(await box.command('subscribers.add', input)).toEqual(ok({ verb: 'command', name: 'subscribers.add', input }))
  expect(await box.query('plans.list', {})).toEqual(ok({ verb: 'query', name: 'plans.list', input: {} }))
  expect(await box.action('box.status', undefined)).toEqual(ok({ verb: 'action', name: 'box.status', input: {} }))
  expect(await box.query('nothing', {})).toEqual({ ok: true })
  expect(await box.command('refused', {})).toEqual(err({ type: 'LoginTaken', login: 'amina' }))
  await box.close()
})

test('many at once are told apart', async () => {
  await serve()
  const box = await link()
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => box.query('echo', { n })))
  expect(answers.map((one) => (orThrow(one) as { input: { n: number } }).input.n)).toEqual([...Array(200).keys()])
  await box.close()
})

test('the socket is its owner’s alone', async () => {
  await serve()
  expect(statSync(socketFile).mode & 0o777).toBe(0o600)
  expect(readdirSync(dir)).toEqual(['control.sock'])
})

test('a failure is logged with its cause and told without it', async () => {
  const { log } = await serve()
  const box = await link()
  expect(await box.command('broken', { password: 'pw-of-amina' })).toEqual(err({ type: 'RequestFailed' }))
  expect(log.text()).toContain('disk on fire')
  expect(log.text()).not.toContain('pw-of-amina')
  await box.close()
})

test('no box: no link', async () => {
  expect(await connectRpc(socketFile)).toEqual(ok(undefined))
})

test('the socket that a killed box has left is replaced', async () => {
  // Moved away, it outlives its listener as after a kill -9.
  const dead = createServer()
  await new Promise<void>((resolve) => dead.listen(join(dir, 'dead.sock'), resolve))
  renameSync(join(dir, 'dead.sock'), socketFile)
  await new Promise<void>((resolve) => void dead.close(() => resolve()))
  expect(statSync(socketFile).isSocket()).toBe(true)
  expect(await connectRpc(socketFile)).toEqual(ok(undefined))
  await serve()
  expect((await (await link()).query('echo', {})).ok).toBe(true)
})

test('the socket of a living box is not taken', async () => {
  await serve()
  await expect(serveRpc({ socketFile, handle: echo, log: collectingLog() })).rejects.toThrow(/SocketInUse/)
  expect((await (await link()).query('echo', {})).ok).toBe(true)
})

const raw = (method: string, path: string, body: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketFile, method, path }, (response) => {
      let text = ''
      response.on('data', (piece) => (text += String(piece)))
      response.on('end', () => resolve(JSON.parse(text)))
    })
    asked.on('error', reject)
    asked.end(body)
  })

test.each([
  ['GET', '/query/plans.list', ''],
  ['POST', '/', '{}'],
  ['POST', '/query', '{}'],
  ['POST', '/query/../action', '{}'],
  ['POST', '/__proto__/constructor', '{}'],
  ['POST', '/query/a/b', '{}'],
  ['POST', '/query/plans.list', '{"a":'],
  ['POST', '/query/plans.list', ''],
])('%s %s with %j is told to be malformed', async (method, path, body) => {
  await serve()
  expect(await raw(method, path, body)).toMatchObject({ ok: false, error: { type: 'RequestMalformed' } })
})

test('a body over the limit is refused and not kept; the connection goes on', async () => {
  await serve()
  expect(await raw('POST', '/query/x', `"${'a'.repeat(rpcLimits.requestBytes)}"`)).toEqual(
    err({ type: 'RequestTooLarge', bytesMax: rpcLimits.requestBytes }),
  )
  const box = await link()
  expect(await box.query('x', 'a'.repeat(rpcLimits.requestBytes))).toMatchObject({ error: { type: 'RequestTooLarge' } })
  expect((await box.query('x', 'a'.repeat(1_000_000))).ok).toBe(true)
  await box.close()
})

test('octets that are no HTTP end their own connection only', async () => {
  await serve()
  const socket = connect(socketFile, () => socket.write(Buffer.alloc(4000, 0xff)))
  await new Promise((resolve) => socket.once('close', resolve).on('data', () => undefined))
  expect((await (await link()).query('x', {})).ok).toBe(true)
})

test('a box that goes away before it answers is told as lost', async () => {
  const { promise: asked, resolve: nowAsked } = Promise.withResolvers<void>()
  const { server } = await serve({
    ...echo,
    command: () => {
      nowAsked()
      return new Promise(() => undefined)
    },
  })
  const box = await link()
  const answer = box.command('slow', {})
  await asked
  await server.close()
  expect(await answer).toMatchObject({ ok: false, error: { type: 'BoxLost' } })
  expect(await connectRpc(socketFile)).toEqual(ok(undefined))
}, 10_000)

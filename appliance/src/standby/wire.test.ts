import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { seededRandom } from '@lango/kernel/testing'
import { loadIdentity } from './identity.ts'
import { startListener } from './listener.ts'
import { ask, Decoder, encode } from './wire.ts'
import { isPrimaryGone } from './watcher.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wire-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const identityOf = (name: string) => loadIdentity({ dir: join(folder, name) }, seededRandom(name.length))

const octets = Buffer.concat([...encode({ a: 1 }, Buffer.from('body')), ...encode({ b: 'ü' })])

test.each([1, 3, 7, 1000])('messages are whole again, come they in pieces of %i octets', (size) => {
  const decoder = new Decoder()
  const heard: unknown[] = []
  for (let at = 0; at < octets.length; at += size) {
    decoder.push(octets.subarray(at, at + size))
    for (let one = decoder.next(); one; one = decoder.next()) heard.push([one.head, one.body.toString()])
  }
  expect(heard).toEqual([
    [{ a: 1 }, 'body'],
    [{ b: 'ü' }, ''],
  ])
})

test.each([
  ['longer than a stranger may be', Buffer.from([0, 1, 0, 0, 0, 0, 0, 2])],
  ['with a head that is longer than itself', Buffer.from([0, 0, 0, 8, 0, 0, 0, 9])],
  ['that is no JSON', Buffer.from([0, 0, 0, 5, 0, 0, 0, 1, 0x7b])],
])('a message %s is none', (_, sent) => {
  const decoder = new Decoder()
  decoder.push(sent)
  expect(() => decoder.next()).toThrow(SyntaxError)
})

test('a box says who it is to the other of its pair only, which knows it by its certificate', async () => {
  const [own, other, stranger] = await Promise.all(['own', 'other', 'stranger'].map(identityOf))
  const listener = orThrow(
    await startListener({
      identity: own!,
      listen: '127.0.0.1',
      port: 0,
      known: () => other!.fingerprint,
      here: () => ({ reply: 'here', term: 4, role: 'standby' }),
    }),
  )
  const place = { host: '127.0.0.1', port: listener.port, isKnown: (found: string) => found === own!.fingerprint }
  const question = { intent: 'ask', term: 3, role: 'primary' } as const
  expect(await ask(other!, place, question)).toEqual({ reply: 'here', term: 4, role: 'standby' })
  expect(await ask(stranger!, place, question)).toEqual({ reply: 'no', why: 'unknown' })
  expect(await ask(other!, { ...place, isKnown: () => false }, question)).toBe('stranger')
  listener.stop()
  expect(await ask(other!, place, question)).toBeUndefined()
})

test('a box keeps its identity, which opens what is sealed to it', async () => {
  const [first, again] = [await identityOf('own'), await identityOf('own')]
  expect([again.fingerprint, again.unsealer.publicKey]).toEqual([first.fingerprint, first.unsealer.publicKey])
})

test('the primary is gone where it takes no call and the witness answers, be it by refusing', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await isPrimaryGone({ host: '127.0.0.1', port }, '127.0.0.1')).toBe(false)
  server.close()
  await once(server, 'close')
  expect(await isPrimaryGone({ host: '127.0.0.1', port }, '127.0.0.1')).toBe(true)
  // A witness that nobody reaches says nothing about the primary.
  expect(await isPrimaryGone({ host: '127.0.0.1', port }, '255.255.255.255')).toBe(false)
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openRaw } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { addRouter, network, routerLearned, setRouter } from '@lango/modules/network'
import { createClients } from './clients.ts'

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0).toReversed()) end()
})

/** The site, and two threads that read its routers over connections of their own. */
const start = () => {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  const file = join(folder, 'site.db')
  const { must, vault, log, clock } = memorySite([network], { file })
  const { no } = must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'a-secret-of-the-tower' })
  const threads = [1, 2].map(() => {
    const site = orThrow(openRaw({ file, readonly: true }))
    ending.push(() => site.close())
    return createClients({ site, vault, log, monotonicMs: clock.monotonicMs })
  })
  ending.unshift(() => rmSync(folder, { recursive: true, force: true }))
  /** What each thread knows of the router, once it has looked again. */
  const learned = async () => {
    clock.advance(200)
    await new Promise(setImmediate)
    return threads.map((clients) => clients.at('10.0.0.1')!.learned)
  }
  return { must, no, threads, learned }
}

const knows = (sentMessageAuthenticator: boolean, sentWithoutProxyState: boolean) => ({
  sentMessageAuthenticator,
  sentWithoutProxyState,
})

test('what one thread has learned of a router is known to every thread, and does not make it another client', async () => {
  const { must, no, threads, learned } = start()
  expect(await learned()).toEqual([knows(false, false), knows(false, false)])
  const before = threads.map((clients) => clients.at('10.0.0.1'))
  must(routerLearned, { no, messageAuthenticatorSeen: true, proxyStateFreeSeen: false })
  expect(await learned()).toEqual([knows(true, false), knows(true, false)])
  threads.forEach((clients, i) => expect(clients.at('10.0.0.1')).toBe(before[i]))
})

test('what a thread has just learned stands while other things change, though it is not written down yet', async () => {
  const { must, threads, learned } = start()
  await learned()
  threads[0]!.at('10.0.0.1')!.learned = knows(false, true)
  must(addRouter, { name: 'other', address: '10.0.0.2', secret: 'a-secret-of-another' })
  expect(await learned()).toEqual([knows(false, true), knows(false, false)])
})

test('what the desk has had forgotten is forgotten by every thread', async () => {
  const { must, no, learned } = start()
  must(routerLearned, { no, messageAuthenticatorSeen: true, proxyStateFreeSeen: true })
  expect(await learned()).toEqual([knows(true, true), knows(true, true)])
  must(setRouter, { name: 'tower', requireMessageAuthenticator: 'auto' })
  expect(await learned()).toEqual([knows(false, true), knows(false, true)])
})

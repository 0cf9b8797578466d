import { afterEach, expect, test, vi } from 'vitest'
import type { DynamicMessage, OutgoingRequest, Outcome } from '@lango/drivers/radius'
import { collectingLog } from '@lango/kernel/testing'
import type { RouterFacts } from './clients.ts'
import { answerOverRadsec, createRadsecLink, type ToRadsec } from './radsec-link.ts'

const message: DynamicMessage = {
  kind: 'disconnect',
  attributes: Uint8Array.of(44, 3, 65),
  eventAtMs: 1_700_000_000_000,
}
const facts = (no: number): RouterFacts => ({
  no,
  name: `r${no}`,
  vendor: 'mikrotik',
  realm: undefined,
  swapsOctets: false,
  adminLogins: false,
})

afterEach(() => vi.useRealTimers())

/** Both ends, with what crosses between two threads cloned; `request` is the connection of router 7. */
const start = (request: (request: OutgoingRequest) => Promise<Outcome>) => {
  const log = collectingLog()
  const sent: OutgoingRequest[] = []
  const connections = {
    isConnected: (matches: (client: RouterFacts) => boolean) => matches(facts(7)),
    request: (_matches: unknown, outgoing: OutgoingRequest) => {
      sent.push(outgoing)
      return request(outgoing)
    },
  }
  const link = createRadsecLink((asked: ToRadsec) => {
    void answerOverRadsec(connections, structuredClone(asked), (said) => link.settle(structuredClone(said)), log)
  })
  return { link, log, sent }
}
const patient = () => new AbortController().signal

test('a request goes down the connection of its router, with the time it may take', async () => {
  const { link, sent } = start(() => Promise.resolve({ type: 'closed' }))
  expect(await link.ask(7, message, patient())).toEqual({ type: 'closed' })
  expect(await link.ask(7, { ...message, kind: 'change' }, patient())).toEqual({ type: 'closed' })
  expect(sent.map(({ code, retransmission }) => [code, retransmission])).toEqual([
    [40, { durationMaxMs: 3000 }],
    [43, { durationMaxMs: 3000 }],
  ])
})

test('a router without a connection is told from one whose connection was lost', async () => {
  const { link, sent } = start(() => Promise.resolve({ type: 'closed' }))
  expect(await link.ask(8, message, patient())).toEqual({ type: 'not-connected' })
  expect(sent).toEqual([])
})

test('what cannot be sent is an outcome too, and the thread lives on', async () => {
  const { link, log } = start(() => Promise.reject(new RangeError('a packet of 5000 octets')))
  expect(await link.ask(7, message, patient())).toEqual({ type: 'unsendable', code: 'internal' })
  expect(log.lines).toHaveLength(1)
})

test('a thread that does not answer ends the wait all the same, and its late word changes nothing', async () => {
  vi.useFakeTimers()
  const posted: ToRadsec[] = []
  const link = createRadsecLink((asked) => posted.push(asked))
  const waiting = link.ask(7, message, patient())
  await vi.advanceTimersByTimeAsync(4000)
  expect(await waiting).toEqual({ type: 'timeout', attempts: 1 })
  link.settle({ kind: 'dynamic-outcome', id: posted[0]!.id, outcome: { type: 'ack' } })
})

test('who stops waiting is let go at once; who has stopped before sends nothing', async () => {
  const posted: ToRadsec[] = []
  const link = createRadsecLink((asked) => posted.push(asked))
  const stopping = new AbortController()
  const waiting = link.ask(7, message, stopping.signal)
  stopping.abort()
  expect(await waiting).toEqual({ type: 'aborted' })
  expect(await link.ask(7, message, stopping.signal)).toEqual({ type: 'aborted' })
  expect(posted).toHaveLength(1)
})

test('more than a thousand do not wait at once', async () => {
  const link = createRadsecLink(() => {})
  const stopping = new AbortController()
  const waiting = Array.from({ length: 1001 }, () => link.ask(7, message, stopping.signal))
  expect(await waiting.at(-1)).toEqual({ type: 'busy' })
  stopping.abort()
  await Promise.all(waiting)
})

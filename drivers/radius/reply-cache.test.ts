import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Packet } from './packet.ts'
import { ReplyCache, replyCacheLimits } from './reply-cache.ts'

const packetOf = (id: number, authenticatorOctet: number): Packet => {
  const bytes = Buffer.alloc(20, authenticatorOctet)
  bytes[0] = 1
  bytes[1] = id
  bytes.writeUInt16BE(20, 2)
  return { bytes, code: 1, id }
}

const begin = (cache: ReplyCache, packet: Packet, nowMs: number, port = 1000) =>
  cache.begin(cache.source('10.0.0.1', port, nowMs), packet, nowMs)

const finish = (cache: ReplyCache, packet: Packet, reply: Buffer, nowMs: number, port = 1000) =>
  cache.finish(cache.source('10.0.0.1', port, nowMs), packet, reply, nowMs)

test('a duplicate of a request in progress is known as such', () => {
  const cache = new ReplyCache()
  expect(begin(cache, packetOf(7, 1), 0)).toBe('new')
  expect(begin(cache, packetOf(7, 1), 10)).toBe('in-progress')
})

test('a duplicate of an answered request gets the same octets, as a copy that later requests cannot change', () => {
  const cache = new ReplyCache()
  begin(cache, packetOf(7, 1), 0)
  finish(cache, packetOf(7, 1), Buffer.from('first reply'), 5)
  const again = begin(cache, packetOf(7, 1), 10)
  begin(cache, packetOf(7, 2), 20)
  finish(cache, packetOf(7, 2), Buffer.from('other reply'), 25)
  expect(again).toEqual(Buffer.from('first reply'))
  expect(begin(cache, packetOf(7, 2), 30)).toEqual(Buffer.from('other reply'))
})

test('a new Request Authenticator on the same Identifier is a new request and displaces the old one', () => {
  const cache = new ReplyCache()
  begin(cache, packetOf(7, 1), 0)
  expect(begin(cache, packetOf(7, 2), 1)).toBe('new')
  finish(cache, packetOf(7, 1), Buffer.from('late reply to the old one'), 2)
  expect(begin(cache, packetOf(7, 2), 3)).toBe('in-progress')
})

test('every one of the 16 octets of the authenticator counts', () => {
  for (let octet = 4; octet < 20; octet++) {
    const cache = new ReplyCache()
    begin(cache, packetOf(7, 1), 0)
    const other = packetOf(7, 1)
    other.bytes[octet] = 0x80
    expect(begin(cache, other, 1)).toBe('new')
  }
})

test('the same Identifier and authenticator from another port or address is another request', () => {
  const cache = new ReplyCache()
  begin(cache, packetOf(7, 1), 0, 1000)
  expect(begin(cache, packetOf(7, 1), 0, 1001)).toBe('new')
  expect(cache.begin(cache.source('10.0.0.2', 1000, 0), packetOf(7, 1), 0)).toBe('new')
})

test('an answer is kept for 30 s from when it was given, and no longer', () => {
  const cache = new ReplyCache()
  begin(cache, packetOf(7, 1), 0)
  finish(cache, packetOf(7, 1), Buffer.from('reply'), 1000)
  expect(begin(cache, packetOf(7, 1), 1000 + replyCacheLimits.lifetimeMs - 1)).toEqual(Buffer.from('reply'))
  expect(begin(cache, packetOf(7, 1), 1000 + replyCacheLimits.lifetimeMs)).toBe('new')
})

test('a request that was forgotten is new when it comes again', () => {
  const cache = new ReplyCache()
  const source = cache.source('10.0.0.1', 1000, 0)
  cache.begin(source, packetOf(7, 1), 0)
  cache.forget(source, packetOf(7, 1))
  expect(cache.begin(source, packetOf(7, 1), 1)).toBe('new')
})

test('forgetting a displaced request leaves the one in its place alone', () => {
  const cache = new ReplyCache()
  begin(cache, packetOf(7, 1), 0)
  begin(cache, packetOf(7, 2), 1)
  cache.forget(cache.source('10.0.0.1', 1000, 1), packetOf(7, 1))
  expect(begin(cache, packetOf(7, 2), 2)).toBe('in-progress')
})

test('over the limit of sources the one silent longest goes first', () => {
  const cache = new ReplyCache({ sourcesMax: 3 })
  for (const port of [1, 2, 3]) begin(cache, packetOf(7, 1), port, port)
  begin(cache, packetOf(8, 1), 10, 1)
  begin(cache, packetOf(7, 1), 11, 4)
  expect(cache.stats.sources).toBe(3)
  expect(begin(cache, packetOf(7, 1), 12, 1)).toBe('in-progress')
  expect(begin(cache, packetOf(7, 1), 13, 2)).toBe('new')
})

test('kept octets stay under their limit, whatever is answered', () => {
  const bytesMax = 100_000
  const cache = new ReplyCache({ bytesMax })
  for (let i = 0; i < 5000; i++) {
    const packet = packetOf(i % 256, i % 7)
    begin(cache, packet, i, i % 50)
    finish(cache, packet, Buffer.alloc(20 + (i % 4000)), i, i % 50)
    expect(cache.stats.bytes).toBeLessThanOrEqual(bytesMax)
  }
})

test('when there is no room for all answers the oldest are forgotten, and none is ever mistaken for another', () => {
  const cache = new ReplyCache({ bytesMax: 100_000 })
  const replyTo = (i: number): Buffer => Buffer.alloc(20 + ((i * 37) % 4077), i)
  for (let i = 0; i < 256; i++) {
    begin(cache, packetOf(i, i), i)
    finish(cache, packetOf(i, i), replyTo(i), i)
  }
  const again = Array.from({ length: 256 }, (_, i) => begin(cache, packetOf(i, i), 256))
  const kept = again.filter((answer) => answer !== 'new')
  expect(again.slice(-5)).toEqual([251, 252, 253, 254, 255].map(replyTo))
  expect(again).toEqual(again.map((_, i) => (i < 256 - kept.length ? 'new' : replyTo(i))))
  expect(again[0]).toBe('new')
})

test('an answer to a source that was evicted meanwhile is not kept and not counted', () => {
  const cache = new ReplyCache({ sourcesMax: 1 })
  const first = cache.source('10.0.0.1', 1, 0)
  cache.begin(first, packetOf(7, 1), 0)
  cache.source('10.0.0.1', 2, 1)
  const before = cache.stats
  cache.finish(first, packetOf(7, 1), Buffer.alloc(4000), 2)
  expect(cache.stats).toEqual(before)
})

test('sources that fell silent are let go as new ones come', () => {
  const cache = new ReplyCache()
  for (let port = 1; port <= 100; port++) cache.source('10.0.0.1', port, 0)
  for (let port = 101; port <= 200; port++) cache.source('10.0.0.1', port, replyCacheLimits.lifetimeMs + 1)
  expect(cache.stats.sources).toBe(100)
})

type Step = { port: number; id: number; octet: number; deed: 'begin' | 'finish' | 'forget'; afterMs: number }

/** What RFC 5080 §2.2.2 asks for, with unbounded memory; answers what `begin` should. */
const model = (steps: Step[]): unknown[] => {
  const requests = new Map<string, { octet: number; reply?: string; until: number }>()
  let now = 0
  return steps.map(({ port, id, octet, deed, afterMs }) => {
    now += afterMs
    const key = `${port}/${id}`
    const known = requests.get(key)
    const isSame = known?.octet === octet
    if (deed === 'begin') {
      if (isSame && now < known.until) return known.reply ?? 'in-progress'
      requests.set(key, { octet, until: now + replyCacheLimits.lifetimeMs })
      return 'new'
    }
    if (deed === 'forget' && isSame) requests.delete(key)
    if (deed === 'finish' && isSame) {
      requests.set(key, { octet, reply: `reply ${now}`, until: now + replyCacheLimits.lifetimeMs })
    }
    return undefined
  })
}

const real = (steps: Step[]): unknown[] => {
  const cache = new ReplyCache()
  let now = 0
  return steps.map(({ port, id, octet, deed, afterMs }) => {
    now += afterMs
    if (deed === 'begin') return begin(cache, packetOf(id, octet), now, port).toString()
    if (deed === 'forget') cache.forget(cache.source('10.0.0.1', port, now), packetOf(id, octet))
    else finish(cache, packetOf(id, octet), Buffer.from(`reply ${now}`), now, port)
    return undefined
  })
}

test('it answers like a plain model, as long as no limit is reached', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    port: fc.integer({ min: 1, max: 3 }),
    id: fc.integer({ min: 0, max: 2 }),
    octet: fc.integer({ min: 0, max: 2 }),
    deed: fc.constantFrom('begin', 'finish', 'forget'),
    afterMs: fc.integer({ min: 0, max: 12_000 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      expect(real(steps)).toEqual(model(steps))
    }),
    { numRuns: 300 },
  )
})

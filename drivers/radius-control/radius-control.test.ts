import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { codes, encodeReply, parsePacket, text, type DynamicMessage, type Packet } from '@lango/drivers/radius'
import type { ControlOutcome, NasSession } from '@lango/modules/sessions/port'
import { Peer, secret } from '../radius/testing/loopback.ts'
import { ManualTime } from '../radius/testing/manual-time.ts'
import { AttributeWriter } from '../radius/packet.ts'
import { createRadiusControl, type RadiusControlDeps } from './index.ts'

type RadsecOutcome = Awaited<ReturnType<RadiusControlDeps['overRadsec']>>

const ERROR_CAUSE = 101
const session: NasSession = {
  no: 1,
  routerNo: 7,
  acctSessionId: '81500001',
  userName: 'amina',
  device: '',
  nas: '127.0.0.1',
  framedIp: '100.64.0.9',
}

const closing: { close(): void }[] = []
afterEach(() => {
  for (const one of closing.splice(0)) one.close()
})

/** A router by both ways; `overRadsec` says what comes of its connection. */
const start = async (overRadsec: () => RadsecOutcome | Promise<RadsecOutcome>) => {
  const nas = await Peer.at()
  const time = new ManualTime()
  const messages: DynamicMessage[] = []
  const control = createRadiusControl({
    nasOf: () => ({ address: '127.0.0.1', port: nas.port, secret }),
    overRadsec: async (routerNo, message) => {
      expect(routerNo).toBe(7)
      messages.push(message)
      return overRadsec()
    },
    random: { bytes: (count) => randomBytes(count), unit: () => 0.5 },
    now: () => 1_700_000_000_000,
    monotonicMs: time.monotonicMs,
    timers: time.timers,
  })
  closing.push(nas, control)
  const answer = async (code: number, errorCause?: number): Promise<Packet> => {
    const { bytes, port } = await nas.next()
    const request = parsePacket(bytes) as Packet
    const attributes = new AttributeWriter()
    if (errorCause !== undefined) attributes.uint32(ERROR_CAUSE, errorCause)
    nas.send(encodeReply({ code, request, secret, attributes }), port)
    return request
  }
  const disconnect = (signal = new AbortController().signal) => control.disconnect(session, 'session+user', signal)
  return { answer, control, disconnect, messages, nas, time }
}

const ack: ControlOutcome = { type: 'ack' }

test('a router without a connection is asked by UDP alone', async () => {
  const { answer, disconnect } = await start(() => ({ type: 'not-connected' }))
  const asked = disconnect()
  const request = await answer(codes.disconnectAck)
  expect(await asked).toEqual({ way: 'UDP', outcome: ack })
  expect(text(request, 44)).toBe('81500001')
})

test.each<[RadsecOutcome, ControlOutcome]>([
  [{ type: 'ack' }, ack],
  [{ type: 'session-not-found' }, { type: 'not-found' }],
  [
    { type: 'nak', code: 404, cause: 'invalid-request' },
    { type: 'nak', code: 404, cause: 'invalid-request' },
  ],
])('what a router says on its own connection counts, and no datagram is sent: %j', async (said, outcome) => {
  const { disconnect, messages, nas, time } = await start(() => said)
  expect(await disconnect()).toEqual({ way: 'RadSec', outcome })
  const [message] = messages
  const attributes = Buffer.from(message!.attributes)
  expect(message).toMatchObject({ kind: 'disconnect', eventAtMs: 1_700_000_000_000 })
  expect(attributes.includes('81500001') && attributes.includes('amina')).toBe(true)
  expect([nas.unread, time.pending]).toEqual([0, 0])
})

test.each<[RadsecOutcome, ControlOutcome]>([
  [{ type: 'closed' }, { type: 'unreachable', cause: 'the connection was closed' }],
  [{ type: 'timeout', attempts: 1 }, { type: 'timeout' }],
  [{ type: 'busy' }, { type: 'unreachable', cause: 'busy' }],
  [
    { type: 'nak', code: 406, cause: 'unsupported-extension' },
    { type: 'nak', code: 406, cause: 'unsupported-extension' },
  ],
  [
    { type: 'nak', code: 502, cause: 'request-not-routable' },
    { type: 'nak', code: 502, cause: 'request-not-routable' },
  ],
])('a connection that brings no answer of the router is followed by UDP: %j', async (said, outcome) => {
  const { answer, disconnect } = await start(() => said)
  const asked = disconnect()
  const request = await answer(codes.disconnectAck)
  expect(await asked).toEqual({ way: 'UDP', outcome: ack, before: { way: 'RadSec', outcome } })
  expect(request.bytes.toString('latin1').split('81500001')).toHaveLength(2)
})

test('a router that answers by UDP what it left unanswered on its connection is asked by UDP, for a while', async () => {
  const { answer, disconnect, messages, time } = await start(() => ({ type: 'timeout', attempts: 1 }))
  const ways = async () => {
    const asked = disconnect()
    await answer(codes.disconnectNak, 404)
    const { way, before } = await asked
    return [before?.way, way]
  }
  expect(await ways()).toEqual(['RadSec', 'UDP'])
  expect(await ways()).toEqual([undefined, 'UDP'])
  time.advance(600_000)
  expect(await ways()).toEqual(['RadSec', 'UDP'])
  expect(messages).toHaveLength(2)
})

test('a router that is silent both ways is asked both ways again', async () => {
  const { disconnect, messages, nas, time } = await start(() => ({ type: 'timeout', attempts: 1 }))
  for (const round of [1, 2]) {
    const asked = disconnect()
    await nas.next()
    time.advance(3000)
    expect(await asked).toEqual({
      way: 'UDP',
      outcome: { type: 'timeout' },
      before: { way: 'RadSec', outcome: { type: 'timeout' } },
    })
    expect(messages).toHaveLength(round)
    // The repetitions of this round.
    while (nas.unread > 0) await nas.next()
  }
})

test('a change goes the same ways, with what is to change', async () => {
  const { control, messages } = await start(() => ({ type: 'ack' }))
  const { signal } = new AbortController()
  const changed = control.change(session, 'session', { 'Mikrotik-Rate-Limit': '2M/10M' }, signal)
  expect(await changed).toEqual({ way: 'RadSec', outcome: ack })
  expect(messages[0]!.kind).toBe('change')
  expect(Buffer.from(messages[0]!.attributes).includes('2M/10M')).toBe(true)
})

test('who stops waiting is sent nothing more', async () => {
  const stopping = new AbortController()
  const { disconnect, nas, time } = await start(() => {
    stopping.abort()
    return { type: 'aborted' }
  })
  expect(await disconnect(stopping.signal)).toEqual({
    way: 'RadSec',
    outcome: { type: 'unreachable', cause: 'aborted' },
  })
  expect([nas.unread, time.pending]).toEqual([0, 0])
})

import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attribute,
  encodeReply,
  hasMessageAuthenticator,
  parsePacket,
  prepareSecret,
  revealPassword,
  text,
  uint32,
  vendorAttribute,
  verifyChap,
  verifyMsChap2,
  verifyRequest,
  ntHash,
} from '@lango/drivers/radius'
import type { Packet } from '@lango/drivers/radius'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SECRET, subscriber } from './policy.ts'
import { compileTools, load } from './tools.ts'
import type { Tools } from './tools.ts'
import { missingCommands } from './requirements.ts'

// Only the generators' own needs: the servers they are pointed at are not part of this test.
const lacking = missingCommands(['cc', 'libssl'])
if (lacking.length > 0) console.warn(`skipped: the load generator needs ${lacking.join(', ')}`)

const secret = prepareSecret(Buffer.from(SECRET))
const MICROSOFT = 311

describe.skipIf(lacking.length > 0)('the load generator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lango-loadgen-'))
  const packets = new Map<string, Packet>()
  let tools: Tools

  beforeAll(async () => {
    tools = await compileTools(folder)
    const lines = execFileSync(tools.loadgen, ['--dump', '--secret', SECRET, '--users', '100'], { encoding: 'utf8' })
    for (const line of lines.trim().split('\n')) {
      const [kind = '', hexadecimal = ''] = line.split(' ')
      const packet = parsePacket(Buffer.from(hexadecimal, 'hex'))
      if (typeof packet !== 'string') packets.set(kind, packet)
    }
  }, 30_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  const packet = (kind: string): Packet => {
    const found = packets.get(kind)
    if (!found) throw new Error(`no well-formed ${kind} packet`)
    return found
  }

  test.each(['pap', 'chap', 'mschapv2', 'start', 'interim', 'stop'])(
    'signs its %s packets as the codec does',
    (kind) => {
      expect(verifyRequest(packet(kind), secret)).toBe('ok')
      expect(text(packet(kind), 1)).toBe(subscriber(42).login)
      expect(text(packet(kind), 31)).toBe(subscriber(42).mac)
    },
  )

  test('puts Message-Authenticator first into every Access-Request', () => {
    for (const kind of ['pap', 'chap', 'mschapv2']) {
      expect(hasMessageAuthenticator(packet(kind))).toBe(true)
      expect(packet(kind).bytes[20]).toBe(80)
    }
  })

  test('hides the password of PAP, and proves it by CHAP and MS-CHAPv2', () => {
    const { password } = subscriber(42)
    const pap = packet('pap')
    expect(revealPassword(attribute(pap, 2)!, pap.bytes.subarray(4, 20), secret)?.toString()).toBe(password)
    const chap = packet('chap')
    expect(verifyChap(attribute(chap, 3)!, Buffer.from(password), attribute(chap, 60)!)).toBe(true)
    const mschap = packet('mschapv2')
    const response = vendorAttribute(mschap, MICROSOFT, 25)!
    const challenge = vendorAttribute(mschap, MICROSOFT, 11)!
    expect(verifyMsChap2(response, challenge, Buffer.from(subscriber(42).login), ntHash(password))).toBe(true)
  })

  test('counts a session up from Start to Stop', () => {
    expect(['start', 'interim', 'stop'].map((kind) => uint32(packet(kind), 40))).toEqual([1, 3, 2])
    expect(uint32(packet('start'), 42)).toBeUndefined()
    expect(uint32(packet('stop'), 42)!).toBeGreaterThan(uint32(packet('interim'), 42)!)
    expect(uint32(packet('stop'), 46)!).toBeGreaterThan(uint32(packet('interim'), 46)!)
  })

  test('believes only replies whose authenticators are right, and repeats nothing', async () => {
    let seen = 0
    const result = await withServer(
      (request) => {
        const reply = encodeReply({ code: 2, request, secret })
        seen += 1
        if (seen % 4 === 0) reply[reply.length - 1]! ^= 1
        return [reply]
      },
      (port) =>
        load(tools, { secret: SECRET, authPort: port, users: 100, window: 4, seconds: 0.2, warmup: 0, patience: 0.3 }),
    )
    expect(result.auth).toMatchObject({ rejects: 0, duplicates: 0, sent: seen, bad: Math.floor(seen / 4) })
    // A packet whose only answer was forged has no answer.
    expect(result.auth!.lost).toBe(result.auth!.bad)
    expect(result.auth!.accepts).toBe(seen - result.auth!.bad)
  })

  test('counts what is answered twice, and sends each session in order and once', async () => {
    const records = new Map<string, number[]>()
    const result = await withServer(
      (request) => {
        const id = text(request, 44)!
        records.set(id, [...(records.get(id) ?? []), uint32(request, 40)!])
        const reply = encodeReply({ code: 5, request, secret })
        return [reply, reply]
      },
      (port) =>
        load(tools, { secret: SECRET, acctPort: port, users: 100, window: 8, sessions: 500, seconds: 10, warmup: 0 }),
    )
    expect(result.acct).toMatchObject({ sent: 1500, responses: 1500, lost: 0, bad: 0 })
    // The last answers are awaited, their doubles are not.
    expect(result.acct!.duplicates).toBeGreaterThan(1400)
    expect(records.size).toBe(500)
    for (const kinds of records.values()) expect(kinds).toEqual([1, 3, 2])
  })
})

async function withServer<T>(answer: (request: Packet) => Buffer[], work: (port: number) => Promise<T>): Promise<T> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  socket.on('message', (bytes, from) => {
    const request = parsePacket(bytes)
    if (typeof request === 'string') throw new Error(request)
    for (const reply of answer(request)) socket.send(reply, from.port, from.address)
  })
  try {
    return await work(socket.address().port)
  } finally {
    socket.close()
  }
}

import { createHash, createHmac } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLong, newBox } from './box.ts'
import { radclient, suite } from './peer.ts'

/**
 * P6: whatever is done to a signed packet, the box drops it without an answer, stays up, and does not grow.
 * Packets are made and broken here with node:crypto alone, so that nothing is shared with the product's codec.
 */
const secret = 'a-secret-of-the-router'
const packetsPerSeed = isLong ? 20_000 : 400
const seeds = 50
const memoryGrowthMbMax = 64
/** Sent without waiting for the box: more at once would only test the kernel's buffer. */
const burst = 50

const attribute = (type: number, value: Uint8Array) => Buffer.concat([Uint8Array.of(type, value.length + 2), value])

/** PAP with Message-Authenticator: every octet of it is covered by the signature. */
function signedLogin(id: number): Buffer {
  const authenticator = createHash('md5').update(`${id}`).digest()
  const pad = createHash('md5').update(secret).update(authenticator).digest()
  const hidden = Buffer.alloc(16)
  Buffer.from('right').copy(hidden)
  for (let i = 0; i < 16; i++) hidden[i]! ^= pad[i]!
  const attributes = Buffer.concat([
    attribute(80, Buffer.alloc(16)),
    attribute(1, Buffer.from('amina')),
    attribute(2, hidden),
    attribute(31, Buffer.from('AA-BB-CC-00-00-01')),
    attribute(26, Buffer.from('0000 3a8c 0906 6973 70'.replaceAll(' ', ''), 'hex')),
  ])
  const packet = Buffer.concat([Uint8Array.of(1, id & 255, 0, 20 + attributes.length), authenticator, attributes])
  createHmac('md5', secret).update(packet).digest().copy(packet, 22)
  return packet
}

/** A small generator of our own: a failing seed is repeated by its number. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Changes octets, cuts the packet short, or makes lengths lie; never only adds padding, which RFC 2865 §3 lets pass. */
function mutate(packet: Buffer, draw: (below: number) => number): Buffer {
  const broken = Buffer.from(packet)
  const cut = draw(4)
  if (cut === 0) return broken.subarray(0, draw(packet.length))
  for (let n = draw(4) + 1; n > 0; n--) {
    const at = draw(packet.length)
    broken[at] = (broken[at]! + 1 + draw(255)) & 255
  }
  return broken.equals(packet) ? broken.subarray(0, packet.length - 1) : broken
}

suite('radclient', () => {
  const box = newBox()
  let socket: Socket
  let answers = 0
  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Home')
    socket = createSocket('udp4').on('message', () => (answers += 1))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })
  afterAll(async () => {
    socket.close()
    await box.remove()
  })

  const residentMb = () => {
    const status = readFileSync(`/proc/${readFileSync(`${box.data}.pid`, 'utf8').trim()}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024
  }
  const send = (packet: Buffer, port: number) =>
    new Promise<void>((resolve, reject) => {
      socket.send(packet, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
    })
  const flood = async (from: number, to: number) => {
    for (let seed = from; seed < to; seed++) {
      const draw = random(seed)
      for (let n = 0; n < packetsPerSeed; n += burst) {
        const packets = Array.from({ length: burst }, () => mutate(signedLogin(draw(65_536)), draw))
        await Promise.all(packets.map((packet) => send(packet, draw(2) === 0 ? box.ports.auth : box.ports.acct)))
      }
    }
  }

  test('the packet that is broken below is accepted while it is whole', async () => {
    await send(signedLogin(1), box.ports.auth)
    await expect.poll(() => answers).toBe(1)
  })

  test(
    `${seeds * packetsPerSeed} mutated packets: no answer, no crash, no growth`,
    { timeout: 1_800_000 },
    async () => {
      await flood(0, 5)
      const before = residentMb()
      await flood(5, seeds)
      const login = { 'User-Name': 'amina', 'User-Password': 'right', 'Message-Authenticator': '0x00' }
      // An answer to this one comes after the answers to all before it, had there been any.
      expect((await radclient(box.ports.auth, 'auth', secret, login)).code).toBe('Access-Accept')
      expect(answers).toBe(1)
      expect(residentMb() - before).toBeLessThan(memoryGrowthMbMax)
    },
  )
})

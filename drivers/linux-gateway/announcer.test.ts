import { expect, test } from 'vitest'
import { collectingLog, fakeClock } from '@lango/kernel/testing'
import { advertisement, Announcer, socketOf } from './announcer.ts'

const PREFIX6 = { address: '2001:db8:40::1', prefix: '2001:db8:40::', isLocal: false }
/** pino’s. */
const WARN = 40
const API = 'https://hotspot.example/captive-portal/api'

const announcing = () => {
  const clock = fakeClock()
  const log = collectingLog()
  const lines: { said: Buffer[]; heard: () => void; ended: (why: string) => void; isOver: boolean }[] = []
  const announcer = new Announcer({
    kernel: {
      monotonicMs: clock.monotonicMs,
      converse(command, args, { heard, ended }) {
        expect([command, ...args]).toEqual(['socat', ...socketOf('br0')])
        const line = { said: [] as Buffer[], heard, ended, isOver: false }
        lines.push(line)
        return { say: (packet) => void line.said.push(packet), end: () => (line.isOver = true) }
      },
    },
    lan: 'br0',
    portalApi: API,
    prefix6: PREFIX6,
    log,
  })
  announcer.look()
  announcer.tick()
  return { announcer, clock, lines, log, said: () => lines.flatMap(({ said }) => said).length }
}

test('says the API in an option of whole units of eight octets, filled with zeros', () => {
  const whole = advertisement(API, PREFIX6)
  // Type, code, checksum, hop limit, flags (O), lifetime 1800 s, two timers of four octets.
  expect(whole.subarray(0, 16).toString('hex')).toBe('86000000004007080000000000000000')
  // Type, four units, 64 bits, flag A alone, twice 1800 s, and the prefix.
  expect(whole.subarray(16, 48).toString('hex')).toBe(
    `030440400000070800000708${'0'.repeat(8)}20010db800400000${'0'.repeat(16)}`,
  )
  const packet = whole.subarray(32)
  expect(packet[16]).toBe(37)
  expect(packet[17]! * 8).toBe(packet.length - 16)
  expect(packet.subarray(18, 18 + API.length).toString()).toBe(API)
  expect(packet.subarray(18 + API.length).every((octet) => octet === 0)).toBe(true)
  for (let length = 1; length < 40; length++) expect(advertisement('u'.repeat(length), PREFIX6).length % 8).toBe(0)
  expect(() => advertisement('u'.repeat(2039), PREFIX6)).toThrow(RangeError)
})

test('the socket is bound to the network of the guests and takes router solicitations alone', () => {
  const [, socket] = socketOf('br0')
  expect(socket).toMatch(/^IP6-DATAGRAM:\[ff02::1%br0\]:58,so-bindtodevice=br0,setsockopt-int=41:18:255,/)
  const filter = Buffer.from(/58:1:x([0-9a-f]{64})$/.exec(socket!)![1]!, 'hex')
  const blocked = (type: number): boolean => ((filter.readUInt32LE((type >> 5) * 4) >>> (type & 31)) & 1) === 1
  expect(Array.from({ length: 256 }, (_, type) => type).filter((type) => !blocked(type))).toEqual([133])
})

test('says it at once, when asked, and every few minutes; never more than once in three seconds', () => {
  const { announcer, clock, lines, said } = announcing()
  expect(said()).toBe(1)
  for (let n = 0; n < 50; n++) lines[0]!.heard()
  expect(said()).toBe(1)
  clock.advance(2999)
  announcer.tick()
  expect(said()).toBe(1)
  clock.advance(1)
  announcer.tick()
  expect(said()).toBe(2)
  clock.advance(199_999)
  announcer.tick()
  expect(said()).toBe(2)
  clock.advance(1)
  announcer.tick()
  expect(said()).toBe(3)
  clock.advance(3000)
  lines[0]!.heard()
  expect(said()).toBe(4)
})

test('a line that broke is opened anew at the next look, and missed in the log once', () => {
  const { announcer, lines, log } = announcing()
  for (let n = 1; n < 4; n++) {
    lines.at(-1)!.ended('no such device')
    announcer.tick()
    announcer.look()
    announcer.look()
    expect(lines).toHaveLength(n + 1)
    announcer.tick()
    expect(lines.at(-1)!.said).toHaveLength(1)
  }
  expect(log.lines.filter(({ level }) => level === WARN)).toHaveLength(1)
  announcer.close()
  expect(lines.map(({ isOver }) => isOver)).toEqual([false, false, false, true])
})

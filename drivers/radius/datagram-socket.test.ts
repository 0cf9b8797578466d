import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { openSocketLibrary } from './socket-library.ts'
import { bindDatagramSocket, type DatagramSocket, type DatagramSocketOptions } from './datagram-socket.ts'

const library = openSocketLibrary()
const opened: { close(): unknown }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((socket) => socket.close()))
})

const options = (more: Partial<DatagramSocketOptions> = {}): DatagramSocketOptions => ({
  address: '127.0.0.1',
  port: 0,
  reusePort: false,
  receiveBufferBytes: 4 * 1024 * 1024,
  onDatagram: () => {},
  onError: () => {},
  ...more,
})

const client = async () => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  opened.push(socket)
  return socket
}

const content = (no: number): Buffer => Buffer.alloc((no * 131) % 4097, no)

test('this system reads and writes in batches: that way is the one that is tested here', () => {
  expect(library).not.toBeNull()
})

describe.each([
  ['in batches', library],
  ['one by one', null],
])('datagrams %s', (_name, way) => {
  const bind = async (more: Partial<DatagramSocketOptions>): Promise<DatagramSocket> => {
    const socket = await bindDatagramSocket(options(more), way)
    opened.push(socket)
    return socket
  }

  test('a burst arrives whole and in order, and every answer goes back to its sender', async () => {
    const burst = 300
    const server = await bind({ onDatagram: (octets, address, port) => server.send(octets, port, address) })
    const senders = await Promise.all([client(), client()])
    const answers = senders.map(async (sender) => {
      const got: Buffer[] = []
      const whole = Promise.withResolvers<Buffer[]>()
      sender.on('message', (octets, { port, address }) => {
        expect([address, port]).toEqual(['127.0.0.1', server.port])
        got.push(octets)
        if (got.length === burst) whole.resolve(got)
      })
      for (let no = 0; no < burst; no++) sender.send(content(no), server.port, '127.0.0.1')
      return whole.promise
    })
    for (const got of await Promise.all(answers))
      for (const [no, octets] of got.entries()) expect(octets.equals(content(no))).toBe(true)
  })

  test('what was received stays as it was when more has come', async () => {
    const kept: Buffer[] = []
    const all = Promise.withResolvers<void>()
    const server = await bind({
      onDatagram: (octets) => {
        kept.push(octets)
        if (kept.length === 200) all.resolve()
      },
    })
    const sender = await client()
    for (let no = 0; no < 200; no++) sender.send(content(no + 1), server.port, '127.0.0.1')
    await all.promise
    for (const [no, octets] of kept.entries()) expect(octets.equals(content(no + 1))).toBe(true)
  })

  test('an answer that cannot be sent is an error, and those behind it still leave', async () => {
    const failed = Promise.withResolvers<Error>()
    const server = await bind({
      onDatagram: (octets, address, port) => {
        server.send(Buffer.from('lost'), 0, address)
        server.send(octets, port, address)
      },
      onError: failed.resolve,
    })
    const sender = await client()
    const answer = once(sender, 'message')
    sender.send('hello', server.port, '127.0.0.1')
    expect(String((await answer)[0])).toBe('hello')
    expect(await failed.promise).toBeInstanceOf(Error)
  })

  test('closed in the middle of a burst, it reads no more', async () => {
    let heard = 0
    const closed = Promise.withResolvers<void>()
    const server = await bind({
      onDatagram: () => {
        heard += 1
        if (heard === 3) closed.resolve(server.close())
      },
    })
    const sender = await client()
    for (let no = 0; no < 2000; no++) sender.send('x', server.port, '127.0.0.1')
    await closed.promise
    expect(heard).toBeLessThan(200)
  })

  test('a port that is taken is an error of the system, also for who would share it by SO_REUSEADDR', async () => {
    const server = await bind({})
    await expect(bindDatagramSocket(options({ port: server.port }), way)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const thief = createSocket({ type: 'udp4', reuseAddr: true })
    opened.push(thief)
    const refused = once(thief, 'error')
    thief.bind(server.port, '127.0.0.1')
    expect((await refused)[0]).toMatchObject({ code: 'EADDRINUSE' })
  })

  test('two sockets may share a port when both say so', async () => {
    const first = await bind({ reusePort: true })
    const second = await bind({ reusePort: true, port: first.port })
    expect(second.port).toBe(first.port)
  })
})

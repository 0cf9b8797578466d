import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import {
  AttributeWriter,
  codes,
  encodeReply,
  parsePacket,
  prepareSecret,
  uint32,
  verifyRequest,
  type Packet,
} from '@lango/drivers/radius'
import { memorySite } from '@lango/kernel/testing'
import { addRemoteServer, network } from '@lango/modules/network'
import { createCopySender } from './drivers.ts'

const SECRET = 'between-the-two'
const secret = prepareSecret(Buffer.from(SECRET))

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0).toReversed()) end()
})

/** A sender, and a server that answers whatever verifies. */
const start = async () => {
  const { database, must, vault, random, clock, log } = memorySite([network])
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const arrived: Packet[] = []
  socket.on('message', (datagram, from) => {
    const request = parsePacket(Buffer.from(datagram))
    if (typeof request === 'string' || verifyRequest(request, secret) !== 'ok') return
    arrived.push(request)
    socket.send(encodeReply({ code: codes.accountingResponse, request, secret }), from.port, from.address)
  })
  const { port } = socket.address()
  const { id } = must(addRemoteServer, { name: 'head office', role: 'copy', host: '127.0.0.1', port, secret: SECRET })
  const sender = createCopySender({ reader: database.raw, vault, random, clock, log })
  ending.push(
    () => socket.close(),
    () => sender.close(),
  )
  return { arrived, send: (attributes: Buffer, delaySec: number) => sender.send(id, attributes, delaySec) }
}

test('a copy of accounting tells how long the record has waited in all', async () => {
  const { arrived, send } = await start()
  expect(await send(Buffer.from(new AttributeWriter().uint32(40, 1).uint32(41, 7).bytes), 5)).toBe(true)
  expect(await send(Buffer.from(new AttributeWriter().uint32(40, 1).bytes), 5)).toBe(true)
  expect(arrived.map((packet) => uint32(packet, 41))).toEqual([12, 5])
})

test('a record that fills its packet is copied as it is: there is no room for a delay', async () => {
  const { arrived, send } = await start()
  const full = Buffer.concat([...Array.from({ length: 15 }, () => filler(255)), filler(251)])
  expect(full.length).toBe(4076)
  expect(await send(full, 5)).toBe(true)
  expect(arrived[0]!.bytes.subarray(20)).toEqual(full)
})

const filler = (size: number): Buffer => Buffer.from([222, size, ...Buffer.alloc(size - 2)])

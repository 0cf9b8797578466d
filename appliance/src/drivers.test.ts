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
import { startDarajaSimulator } from '@lango/drivers/simulators/daraja'
import { seededRandom, systemTimers } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { messages } from '@lango/modules/messages'
import { addRemoteServer, network } from '@lango/modules/network'
import { payments, setMpesa } from '@lango/modules/payments'
import { plans } from '@lango/modules/plans'
import { services } from '@lango/modules/services'
import { wallets } from '@lango/modules/wallets'
import { settings } from '@lango/modules/settings'
import { createCopySender, createPaymentProvider } from './drivers.ts'

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

test('a provider is there when all of it is set, the same while nothing changes, and asks for its list to be opened once', async () => {
  const daraja = await startDarajaSimulator({
    apps: [
      {
        consumerKey: 'key',
        consumerSecret: 'secret',
        shortcodes: [{ shortcode: '174379', name: 'x', kind: 'paybill', passkey: 'passkey' }],
      },
    ],
    customers: [],
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })
  ending.push(() => void daraja.close())
  const { database, must, vault, clock, log } = memorySite([
    settings,
    messages,
    access,
    plans,
    ledger,
    customers,
    wallets,
    services,
    payments,
  ])
  const provider = createPaymentProvider({ counted: (provider) => provider, reader: database.raw, vault, clock, log })
  expect(provider()).toBeUndefined()
  must(setMpesa, { baseUrl: daraja.server, shortcode: '174379', consumerKey: 'key', phone: '+254700000001' })
  expect(provider()).toBeUndefined()
  must(setMpesa, { consumerSecret: 'secret', passkey: 'passkey' })
  const first = provider()!
  expect(provider()).toBe(first)
  const read = () => first.received({ fromAt: Date.now() - 60_000, toAt: Date.now() }, AbortSignal.timeout(10_000))
  expect([(await read()).ok, (await read()).ok]).toEqual([true, true])
  expect(daraja.asked.filter((one) => one.includes('/pulltransactions/v1/register'))).toHaveLength(1)
  must(setMpesa, { consumerKey: 'another' })
  expect(provider()).not.toBe(first)
  database.raw.prepare('UPDATE payment_accounts SET secrets = ?').run(Buffer.alloc(60, 1))
  expect(provider()).toBeUndefined()
})

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kernelQueue, queueIn } from './kernel-udp.ts'

const text = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  410: 00000000:0714 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 846753 2 00000000de5cd9b0 12
  411: 00000000:0714 00000000:0000 07 00000000:00000100 00:00000000 00000000     0        0 844561 2 0000000044432a74 3
  412: 00000000:0715 00000714:0714 07 00000000:00000700 00:00000000 00000000     0        0 844562 2 0000000044432a75 9
`

test('sockets of one port are added up, and those of others left out', () => {
  expect(queueIn(text, 1812)).toEqual({ waitingBytes: 0x400, drops: 15 })
  expect(queueIn(text, 1813)).toEqual({ waitingBytes: 0x700, drops: 9 })
  expect(queueIn(text, 1814)).toEqual({ waitingBytes: 0, drops: 0 })
  expect(queueIn('', 1812)).toEqual({ waitingBytes: 0, drops: 0 })
})

test.runIf(existsSync('/proc/net/udp'))('the kernel tells of a socket that nobody reads', async () => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4096 })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  expect(kernelQueue(port)).toEqual({ waitingBytes: 0, drops: 0 })
  socket.close()
})

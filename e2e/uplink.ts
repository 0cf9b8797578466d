/** A line to the outside that can be cut: names and connections then get no answer, which is worse than a refusal. */
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { program } from './peer.ts'

const NAME_SERVER = '127.0.0.153'
const ONLY_HEADER = 12
const TYPE_A = 1

/** To any question for an address: this machine. To any other: nothing of that kind. */
const answerTo = (question: Buffer): Buffer => {
  let end = ONLY_HEADER
  while (question[end] !== 0 && end < question.length) end += question[end]! + 1
  const type = question.readUInt16BE(end + 1)
  const asked = question.subarray(ONLY_HEADER, end + 5)
  const header = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, type === TYPE_A ? 1 : 0, 0, 0, 0, 0])
  const address = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([header, asked, ...(type === TYPE_A ? [address] : [])])
}

export type Uplink = {
  /** Before a program that is to have this line and no other. */
  readonly under: string[]
  /** What is reached by it. Names are too, by anybody who asks for one. */
  readonly server: string
  cut(): void
  mend(): void
  /** Connections that nobody answers now, and names that were asked for in vain. */
  unanswered(): { readonly connections: number; readonly names: number }
  close(): Promise<void>
}

/** `to` is what is reached by it, on this machine. */
export const startUplink = async (folder: string, to: string): Promise<Uplink> => {
  let isCut = false
  let names = 0
  const held = new Set<Socket>()
  const nameServer = createSocket('udp4', (question, { port, address }) => {
    if (isCut) names += 1
    else nameServer.send(answerTo(question), port, address)
  })
  await new Promise<void>((done) => nameServer.bind(53, NAME_SERVER, done))
  const server = createServer((socket) => {
    held.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => held.delete(socket))
    // Taken and never read from: the other side waits.
    if (isCut) return
    const onward = connect(Number(new URL(to).port), '127.0.0.1')
    onward.on('error', () => socket.destroy()).once('close', () => socket.destroy())
    socket.once('close', () => onward.destroy())
    socket.on('data', (piece) => isCut || onward.write(piece))
    onward.on('data', (piece) => isCut || socket.write(piece))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const resolvers = join(folder, 'resolv.conf')
  writeFileSync(resolvers, `nameserver ${NAME_SERVER}\n`)
  const inOwn = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  return {
    under: [program('unshare'), '--mount', 'sh', '-c', inOwn, resolvers],
    server: `http://127.0.0.1:${port}`,
    cut: () => void (isCut = true),
    mend() {
      isCut = false
      // What was asked for meanwhile stays without an answer, as on any line that was down.
      for (const socket of held) socket.destroy()
    },
    unanswered: () => ({ connections: isCut ? held.size : 0, names }),
    async close() {
      for (const socket of held) socket.destroy()
      await Promise.all([
        new Promise<void>((done) => server.close(() => done())),
        new Promise<void>((done) => nameServer.close(() => done())),
      ])
    },
  }
}

/** Takes calls of the pair, and hands over whoever has said hello. */
import { createServer, type TLSSocket } from 'node:tls'
import { err, ok, type Result } from '@lango/kernel'
import type { Identity } from './identity.ts'
import { Decoder, encode, fingerprintOf, helloSchema, tlsOptions, type Hello, type Reply } from './wire.ts'

const CONNECTIONS_MAX = 16
const HELLO_WITHIN_MS = 5000

export type ListenerOptions = {
  readonly identity: Pick<Identity, 'keyPem' | 'certPem'>
  readonly listen: string
  readonly port: number
  readonly greeted: (socket: TLSSocket, decoder: Decoder, hello: Hello) => void
}

export const sendReply = (socket: TLSSocket, reply: Reply): void => {
  for (const part of encode(reply)) socket.write(part)
}

export const openListener = ({
  identity,
  listen,
  port,
  greeted,
}: ListenerOptions): Promise<
  Result<
    { readonly port: number; readonly stop: () => void },
    { readonly type: 'PairPortUnusable'; readonly port: number; readonly cause: string }
  >
> => {
  const open = new Set<TLSSocket>()
  const server = createServer({ ...tlsOptions(identity), requestCert: true }, (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    awaitHello(socket, greeted)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('tlsClientError', () => undefined)
  return new Promise((resolve) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(err({ type: 'PairPortUnusable', port, cause: code ?? message })),
    )
    server.listen(port, listen, () => {
      const address = server.address()
      const stop = (): void => {
        server.close()
        for (const socket of open) socket.destroy()
      }
      resolve(ok({ port: typeof address === 'object' && address ? address.port : 0, stop }))
    })
  })
}

const awaitHello = (socket: TLSSocket, greeted: ListenerOptions['greeted']): void => {
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  const decoder = new Decoder()
  const late = setTimeout(() => socket.destroy(), HELLO_WITHIN_MS)
  socket.once('close', () => clearTimeout(late))
  const listen = (piece: Buffer): void => {
    decoder.push(piece)
    try {
      const heard = decoder.next()
      if (!heard) return
      clearTimeout(late)
      socket.off('data', listen)
      greeted(socket, decoder, helloSchema.parse(heard.head))
    } catch {
      socket.destroy()
    }
  }
  socket.on('data', listen)
}

/** For a box that takes no followers: says who it is to the other of its pair, and to nobody else. */
export const startListener = ({
  known,
  here,
  ...options
}: Omit<ListenerOptions, 'greeted'> & { readonly known: () => string; readonly here: () => Reply }) =>
  openListener({
    ...options,
    greeted(socket, _decoder, hello) {
      const isKnown = known() === fingerprintOf(socket)
      sendReply(
        socket,
        isKnown ? (hello.intent === 'ask' ? here() : { reply: 'no', why: 'role' }) : { reply: 'no', why: 'unknown' },
      )
      socket.end()
    },
  })

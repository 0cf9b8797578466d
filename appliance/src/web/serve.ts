import type { AddressInfo } from 'node:net'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { err, ok, type Result } from '@lango/kernel'
import type { Hono } from 'hono'
import type { DeskEnv } from './who.ts'
import { webLimits } from './limits.ts'

export type WebServer = {
  /** The address it really listens on, and the port. */
  readonly address: string
  readonly port: number
  /** Whether browsers speak https with it. */
  readonly secure: boolean
  /** A new certificate, for connections from now on. */
  setTls(tls: WebTls): void
  /** Waits a moment for answers under way; live streams are ended by `Web.close` before. */
  close(): Promise<void>
}

/** `code` as the system gives it: EADDRINUSE, EADDRNOTAVAIL, EACCES. */
export type WebServerFault = {
  readonly type: 'WebPortUnavailable'
  readonly listen: string
  readonly port: number
  readonly code: string
}

/** PEM. */
export type WebTls = { readonly key: string; readonly cert: string }

export type ServeOptions = {
  readonly app: Pick<Hono<DeskEnv> | Hono, 'fetch'>
  /** Address to listen on; 127.0.0.1 when not said. */
  readonly listen?: string
  /** https with it, and nothing else. */
  readonly tls?: WebTls
  /** 0 takes a free one. */
  readonly port: number
  readonly connectionsMax?: number
  /** In which something of a request has to arrive. */
  readonly arrivalMs?: number
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine reaches the address. */
export const isLoopback = (address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

export const serveWeb = ({
  app,
  listen = '127.0.0.1',
  port,
  tls,
  connectionsMax = webLimits.connectionsMax,
  arrivalMs = webLimits.arrivalMs,
}: ServeOptions): Promise<Result<WebServer, WebServerFault>> => {
  const { promise, resolve } = Promise.withResolvers<Result<WebServer, WebServerFault>>()
  const answer = getRequestListener(app.fetch)
  // How slowly a request may arrive is bounded, and how many may try: slow ones must not use up the box.
  const limits = { headersTimeout: webLimits.headersTimeoutMs, requestTimeout: 0 }
  const onRequest: RequestListener = (request, response) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if (length !== undefined || encoding !== undefined) watchArrival(request, arrivalMs)
    void answer(request, response)
  }
  const secure = tls !== undefined
  const server: Server | TlsServer = secure
    ? createTlsServer({ ...limits, ...tls, minVersion: 'TLSv1.2' }, onRequest)
    : createServer(limits, onRequest)
  server.maxConnections = connectionsMax
  server.once('error', (error: NodeJS.ErrnoException) => {
    resolve(err({ type: 'WebPortUnavailable', listen, port, code: error.code ?? 'unknown' }))
  })
  server.listen(port, listen, () => {
    const bound = server.address() as AddressInfo
    const close = () =>
      new Promise<void>((closed) => {
        // Answers under way may end by themselves; whoever reads too slowly is cut off.
        const cut = setTimeout(() => server.closeAllConnections(), webLimits.closeGraceMs)
        server.close(() => {
          clearTimeout(cut)
          closed()
        })
      })
    const setTls = (next: WebTls) => (server as Partial<TlsServer>).setSecureContext?.(next)
    resolve(ok({ address: bound.address, port: bound.port, secure, setTls, close }))
  })
  return promise
}

/** Cuts off whoever sends slowly, and leaves alone who sends a lot. */
const watchArrival = (request: IncomingMessage, arrivalMs: number): void => {
  const { socket } = request
  let seen = socket.bytesRead
  const timer = setInterval(() => {
    const arrived = socket.bytesRead - seen
    seen += arrived
    if (request.complete) clearInterval(timer)
    else if (arrived < webLimits.arrivalOctetsMin) socket.destroy()
  }, arrivalMs).unref()
  request.once('close', () => clearInterval(timer))
}

/** What `start` prints: opens the desk once. Where it listens everywhere, by this machine's own way to it. */
export const deskAddress = (
  { address, port, secure }: Pick<WebServer, 'address' | 'port' | 'secure'>,
  token: string,
): string => {
  const host =
    { '0.0.0.0': 'localhost', '::': 'localhost' }[address] ?? (address.includes(':') ? `[${address}]` : address)
  return `${secure ? 'https' : 'http'}://${host}:${port}/?token=${token}`
}

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { err, ok, type Result } from '@lango/kernel'
import type { Hono } from 'hono'
import type { DeskEnv } from './who.ts'
import { webLimits } from './limits.ts'

export type WebServer = {
  /** The address it really listens on, and the port. */
  readonly address: string
  readonly port: number
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

export type ServeOptions = {
  readonly app: Pick<Hono<DeskEnv>, 'fetch'>
  /** Address to listen on; loopback until people can sign in. */
  readonly listen?: string
  /** 0 takes a free one. */
  readonly port: number
}

export const serveWeb = ({
  app,
  listen = '127.0.0.1',
  port,
}: ServeOptions): Promise<Result<WebServer, WebServerFault>> => {
  const { promise, resolve } = Promise.withResolvers<Result<WebServer, WebServerFault>>()
  const answer = getRequestListener(app.fetch)
  // The time a request may take to arrive is bounded, and how many may try: slow ones must not use up the box.
  const server = createServer(
    { headersTimeout: webLimits.headersTimeoutMs, requestTimeout: webLimits.requestTimeoutMs },
    (request, response) => void answer(request, response),
  )
  server.maxConnections = webLimits.connectionsMax
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
    resolve(ok({ address: bound.address, port: bound.port, close }))
  })
  return promise
}

/** What `start` prints: opens the desk once. */
export const deskAddress = ({ address, port }: Pick<WebServer, 'address' | 'port'>, token: string): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/?token=${token}`

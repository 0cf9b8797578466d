/** The box's end of the socket: whoever may open it is the box's owner, so its mode is its guard. */
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { err, FaultError, type Fault, type Log, type Result } from '@lango/kernel'
import type { ActionName, Link } from '../link.ts'
import { probe } from './client.ts'
import { NAME_SHAPE, rpcLimits, verbs, type RpcFault, type Verb } from './protocol.ts'

export type RpcOptions = {
  readonly socketFile: string
  readonly handle: Omit<Link, 'close' | 'running'>
  readonly log: Log
}

/**
 * Serves until closed. The socket of a dead box is replaced; throws a `FaultError` when a live one holds it. Whoever
 * calls holds the folder's lock.
 */
export const serveRpc = async ({ socketFile, handle, log }: RpcOptions): Promise<{ close(): Promise<void> }> => {
  if ((await probe(socketFile)) === 'live')
    throw new FaultError({ type: 'SocketInUse', file: socketFile } satisfies RpcFault as Fault)
  const server = createServer(
    { keepAliveTimeout: 5000, requestTimeout: rpcLimits.answerWithinMs },
    (request, response) => {
      void answer(request, response, handle, log)
    },
  )
  server.maxConnections = rpcLimits.connections
  await listen(server, socketFile)
  return {
    close() {
      rmSync(socketFile, { force: true })
      return close(server)
    },
  }
}

/** Bound beside, closed to others, and then moved into its place: whoever finds the socket finds it with its mode. */
const listen = (server: Server, socketFile: string): Promise<void> => {
  const beside = join(dirname(socketFile), 'new.sock')
  rmSync(beside, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(beside, () => {
      chmodSync(beside, 0o600)
      renameSync(beside, socketFile)
      server.off('error', reject)
      resolve()
    })
  })
}

const close = async (server: Server): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), rpcLimits.closeWithinMs)
  await promise
  clearTimeout(late)
}

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  handle: RpcOptions['handle'],
  log: Log,
): Promise<void> => {
  let result: Result<unknown, Fault>
  try {
    result = await carryOut(request, handle)
  } catch (error) {
    log.error('a request on the control socket failed', { path: request.url, error })
    result = err({ type: 'RequestFailed' } satisfies RpcFault as Fault)
  }
  const body = Buffer.from(JSON.stringify(result))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

const carryOut = async (request: IncomingMessage, handle: RpcOptions['handle']): Promise<Result<unknown, Fault>> => {
  const [, verb = '', name = '', ...rest] = (request.url ?? '').split('/')
  if (request.method !== 'POST' || !isVerb(verb) || !NAME_SHAPE.test(name) || rest.length > 0)
    return malformed('ask with POST /command|query|action/NAME')
  const body = await readBody(request)
  if (body === undefined)
    return err({ type: 'RequestTooLarge', bytesMax: rpcLimits.requestBytes } satisfies RpcFault as Fault)
  const input = parse(body)
  if (input === undefined) return malformed('the body is no JSON')
  return verb === 'action' ? handle.action(name as ActionName, input.value) : handle[verb](name, input.value)
}

const malformed = (cause: string) => err({ type: 'RequestMalformed', cause } satisfies RpcFault as Fault)

const isVerb = (text: string): text is Verb => (verbs as readonly string[]).includes(text)

/** The whole body; undefined when it is over the limit: then the rest is read and thrown away, so that the answer arrives. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes <= rpcLimits.requestBytes) pieces.push(piece)
    else pieces.length = 0
  }
  return bytes > rpcLimits.requestBytes ? undefined : Buffer.concat(pieces)
}

const parse = (body: Buffer): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown }
  } catch {
    return undefined
  }
}

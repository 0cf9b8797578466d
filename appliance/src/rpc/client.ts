/** The command line's end of the socket. */
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import type { Fault, Result } from '@lango/kernel'
import type { Link } from '../link.ts'
import { rpcLimits, type RpcFault, type Verb } from './protocol.ts'

/** A link to the box that listens at this socket; undefined when none does. */
export const connectRpc = async (socketFile: string): Promise<Result<Link | undefined, RpcFault>> => {
  const found = await probe(socketFile)
  if (found === 'forbidden') return { ok: false, error: { type: 'SocketForbidden', file: socketFile } }
  return { ok: true, value: found === 'live' ? linkOver(socketFile) : undefined }
}

/** Whether somebody listens: a socket file may have outlived its box. */
export const probe = (socketFile: string): Promise<'live' | 'dead' | 'absent' | 'forbidden'> =>
  new Promise((resolve) => {
    const socket = connect(socketFile)
    const end = (state: 'live' | 'dead' | 'absent' | 'forbidden'): void => {
      socket.destroy()
      resolve(state)
    }
    socket.setTimeout(rpcLimits.connectWithinMs, () => end('dead'))
    socket.once('connect', () => end('live'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EACCES' || code === 'EPERM') end('forbidden')
      else end(code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'dead')
    })
  })

const linkOver = (socketFile: string): Link => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const ask = (verb: Verb, name: string, input: unknown): Promise<Result<unknown, Fault>> => {
    const body = Buffer.from(JSON.stringify(input ?? {}))
    if (body.length > rpcLimits.requestBytes)
      return Promise.resolve({ ok: false, error: { type: 'RequestTooLarge', bytesMax: rpcLimits.requestBytes } })
    return post(socketFile, agent, `/${verb}/${name}`, body)
  }
  return {
    running: true,
    command: (name, input) => ask('command', name, input),
    query: (name, input) => ask('query', name, input),
    action: (name, input) => ask('action', name, input),
    close: () => Promise.resolve(agent.destroy()),
  }
}

const post = (socketPath: string, agent: Agent, path: string, body: Buffer): Promise<Result<unknown, Fault>> =>
  new Promise((resolve) => {
    const lost = (cause: string): void => resolve({ ok: false, error: { type: 'BoxLost', cause } as RpcFault })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const asked = request({ socketPath, agent, path, method: 'POST', headers }, (response) => {
      const pieces: Buffer[] = []
      let bytes = 0
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > rpcLimits.responseBytes) response.destroy(new Error('its answer is too large'))
        else pieces.push(piece)
      })
      response.once('error', (error) => lost(error.message))
      response.once('end', () => {
        const answer = readResult(Buffer.concat(pieces).toString('utf8'))
        if (answer === undefined) lost('its answer could not be read')
        else resolve(answer)
      })
    })
    asked.setTimeout(rpcLimits.answerWithinMs, () => asked.destroy(new Error('it did not answer in time')))
    asked.once('error', (error) => lost(error.message))
    asked.end(body)
  })

const readResult = (text: string): Result<unknown, Fault> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && 'ok' in parsed
      ? (parsed as Result<unknown, Fault>)
      : undefined
  } catch {
    return undefined
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fields } from './types.ts'

const BODY_OCTETS_MAX = 256 * 1024

/** '' for a body that is too long. */
export const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets <= BODY_OCTETS_MAX) chunks.push(chunk)
  }
  return octets > BODY_OCTETS_MAX ? '' : Buffer.concat(chunks).toString('utf8')
}

/** An object without a prototype; undefined for what is none. */
export const fieldsOf = (body: string): Fields | undefined => {
  try {
    const parsed = JSON.parse(body) as unknown
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (Object.assign(Object.create(null) as object, parsed) as Fields)
      : undefined
  } catch {
    return undefined
  }
}

export const sendJson = (response: ServerResponse, status: number, body: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

export const sendPage = (response: ServerResponse, page: string): void =>
  void response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    })
    .end(page)

export const sendTo = (response: ServerResponse, location: string): void =>
  void response.writeHead(303, { location }).end()

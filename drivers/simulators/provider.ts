/** What simulated providers of SMS have in common: an HTTP server of their own that goes wrong on demand. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export type Told = { readonly status: number; readonly body: object | string }

/** `stalled` begins an answer and never ends it, `endless` never stops talking; after `lost-answer` it was done. */
export type ProviderFault =
  | 'http-429'
  | 'http-500'
  | 'garbage'
  | 'redirected'
  | 'silent'
  | 'cut'
  | 'stalled'
  | 'endless'
  | 'lost-answer'

export type SimulatedSms = { readonly to: string; readonly from: string; readonly text: string }

const COMMON: readonly string[] = [
  'http-429',
  'http-500',
  'garbage',
  'redirected',
  'silent',
  'cut',
  'stalled',
  'endless',
] satisfies ProviderFault[]

export const startProvider = async <Own extends string | number>(
  answer: (asked: Asked, fault: Own | undefined) => Told,
) => {
  const faults: (Own | ProviderFault)[] = []

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      body: await bodyOf(request),
    }
    const fault = faults.shift()
    if (typeof fault === 'string' && COMMON.includes(fault))
      return goWrong(request, response, fault as Exclude<ProviderFault, 'lost-answer'>)
    const told = answer(asked, fault === 'lost-answer' ? undefined : (fault as Own | undefined))
    if (fault === 'lost-answer') return void request.socket.destroy()
    const isText = typeof told.body === 'string'
    response.writeHead(told.status, { 'content-type': isText ? 'text/plain' : 'application/json' })
    response.end(isText ? told.body : JSON.stringify(told.body))
  }

  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Goes wrong in these ways, a request each. */
    fail: (...more: readonly (Own | ProviderFault)[]): void => void faults.push(...more),
    close: (): Promise<void> =>
      new Promise((closed) => {
        server.closeAllConnections()
        server.close(() => closed())
      }),
  }
}

const goWrong = (
  { socket }: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<ProviderFault, 'lost-answer'>,
): void => {
  if (fault === 'cut') return void socket.destroy()
  if (fault === 'http-429') return void response.writeHead(429).end('{}')
  if (fault === 'http-500') return void response.writeHead(500).end('Internal')
  if (fault === 'garbage') return void response.writeHead(200).end('<html>')
  if (fault === 'redirected') return void response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end()
  if (fault === 'stalled') return void response.writeHead(200).write('{')
  if (fault === 'endless') talk(response.writeHead(200))
}

/** Posts what became of a message, to this machine alone; answers the status of whoever heard it. */
export const postReport = async (
  url: string | undefined,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> => {
  if (url === undefined || !url.startsWith('http://127.0.0.1:')) throw new TypeError('nobody is told there')
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' })
  await answer.arrayBuffer()
  return answer.status
}

const talk = (response: ServerResponse): void => {
  while (!response.destroyed && response.write(' '.repeat(4096)));
  response.once('drain', () => talk(response))
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

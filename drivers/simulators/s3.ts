/** Storage that speaks S3 as far as backups need it: signatures are verified, objects kept in memory, faults on demand. */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type S3Fault = '403' | '500' | 'silent' | 'cut' | 'lost'

export type S3SimulatorOptions = {
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretKey: string
  /** Objects a page of a list. */
  readonly pageSize?: number
}

export type S3Simulator = {
  readonly endpoint: string
  readonly objects: ReadonlyMap<string, Buffer>
  /** What was asked, in order: `PUT name`. */
  readonly asked: readonly string[]
  /** Goes wrong in these ways, a request each. `lost`: it says that it has kept what it has not. */
  fail(...faults: readonly S3Fault[]): void
  close(): Promise<void>
}

type Kept = { readonly body: Buffer; readonly sha256: string }

export const startS3Simulator = async (options: S3SimulatorOptions): Promise<S3Simulator> => {
  const kept = new Map<string, Kept>()
  const faults: S3Fault[] = []
  const asked: string[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://s3')
    const key = decodeURIComponent(url.pathname.slice(options.bucket.length + 2))
    asked.push(`${request.method} ${key}`)
    const fault = faults.shift()
    if (fault === 'silent') return
    if (fault === 'cut') return void request.socket.destroy()
    const body = await bodyOf(request)
    if (fault === '500') return refuse(response, 500, 'InternalError')
    if (fault === '403') return refuse(response, 403, 'AccessDenied')
    const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1]
    if (scope !== options.region)
      return refuse(response, 400, 'AuthorizationHeaderMalformed', `<Region>${options.region}</Region>`)
    if (!isSigned(request, url, body, options)) return refuse(response, 403, 'SignatureDoesNotMatch')
    if (!url.pathname.startsWith(`/${options.bucket}`)) return refuse(response, 404, 'NoSuchBucket')
    serve(request, response, { url, key, body, isLost: fault === 'lost' })
  }

  const serve = (
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    { url, key, body, isLost }: { url: URL; key: string; body: Buffer; isLost: boolean },
  ): void => {
    const object = kept.get(key)
    if (method === 'PUT') {
      if (!isLost) kept.set(key, { body, sha256: String(headers['x-amz-meta-sha256']) })
      response.end()
    } else if (method === 'DELETE') {
      kept.delete(key)
      response.writeHead(204).end()
    } else if (key === '') response.end(listOf([...kept.keys()], url.searchParams, options.pageSize ?? 1000))
    else if (object === undefined) refuse(response, 404, 'NoSuchKey')
    else {
      response.writeHead(200, { 'content-length': object.body.length, 'x-amz-meta-sha256': object.sha256 })
      response.end(method === 'HEAD' ? undefined : object.body)
    }
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get objects() {
      return new Map([...kept].map(([key, { body }]) => [key, body]))
    },
    asked,
    fail: (...more) => void faults.push(...more),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const refuse = (response: ServerResponse, status: number, code: string, more = ''): void => {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message>${more}</Error>`)
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const listOf = (all: readonly string[], asked: URLSearchParams, pageSize: number): string => {
  const after = asked.get('continuation-token') ?? ''
  const matching = all.filter((key) => key.startsWith(asked.get('prefix') ?? '') && key > after).toSorted()
  const page = matching.slice(0, pageSize)
  const isCut = matching.length > page.length
  const contents = page.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join('')
  const token = isCut ? `<NextContinuationToken>${escaped(page.at(-1)!)}</NextContinuationToken>` : ''
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${token}${contents}</ListBucketResult>`
}

/** Signature Version 4, worked out from what arrived. */
const isSigned = (
  { method, headers }: IncomingMessage,
  url: URL,
  body: Buffer,
  { secretKey, accessKeyId }: S3SimulatorOptions,
): boolean => {
  const shape =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, id, day, region, names, signature] = shape.exec(headers.authorization ?? '') ?? []
  const bodyHash = createHash('sha256').update(body).digest('hex')
  if (id !== accessKeyId || headers['x-amz-content-sha256'] !== bodyHash) return false
  const query = url.search.slice(1).split('&').filter(Boolean).toSorted().join('&')
  const lines = names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = `${method}\n${url.pathname}\n${query}\n${lines.join('')}\n${names}\n${bodyHash}`
  const stamp = String(headers['x-amz-date'])
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, day!), region!), 's3'), 'aws4_request')
  return (
    hmac(key, `AWS4-HMAC-SHA256\n${stamp}\n${day}/${region}/s3/aws4_request\n${hashed}`).toString('hex') === signature
  )
}

/** AWS Signature Version 4 for S3, in headers. */
import { createHash, createHmac } from 'node:crypto'

export type S3Key = { readonly accessKeyId: string; readonly secretKey: string; readonly region: string }

export type S3Request = {
  readonly method: string
  readonly host: string
  /** With each part already encoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Hex SHA-256 of the body. */
  readonly bodyHash: string
  /** Epoch ms. */
  readonly at: number
}

export const EMPTY_HASH = createHash('sha256').digest('hex')

/** RFC 3986: everything but letters, digits and -._~ is encoded. */
export const encodePart = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

export const queryText = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`)
    .toSorted()
    .join('&')

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What a signature covers: `headers` are those that are signed, by their names in small letters. */
export type SignedParts = Omit<S3Request, 'host' | 'at'> & {
  /** `20130524T000000Z` */
  readonly stamp: string
}

/** Hex. For whoever sends, and for whoever looks whether it is right. */
export const signatureOf = (
  { method, path, query, headers, bodyHash, stamp }: SignedParts,
  { secretKey, region }: Pick<S3Key, 'secretKey' | 'region'>,
): string => {
  const names = Object.keys(headers).toSorted()
  const canonical = [
    method,
    path,
    queryText(query),
    ...names.map((name) => `${name}:${headers[name]!.trim()}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n')
  const day = stamp.slice(0, 8)
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretKey}`, day))
  return hmac(key, toSign).toString('hex')
}

/** The headers to send: those given, with what signs them. */
export const signed = (request: S3Request, { accessKeyId, secretKey, region }: S3Key): Record<string, string> => {
  const stamp = new Date(request.at).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-content-sha256': request.bodyHash,
    'x-amz-date': stamp,
  }
  const { method, path, query, bodyHash } = request
  const signature = signatureOf({ method, path, query, headers, bodyHash, stamp }, { secretKey, region })
  const scope = `${stamp.slice(0, 8)}/${region}/s3/aws4_request`
  const signedNames = Object.keys(headers).toSorted().join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`
  return { ...headers, authorization }
}

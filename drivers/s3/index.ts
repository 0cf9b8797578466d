/** Keeps backups in S3-compatible storage: fills `BackupStore` of the backups module. Objects go up in one piece. */
import { open, rm } from 'node:fs/promises'
import { request as overHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { BackupStore } from '@lango/modules/backups/port'
import { pinnedAuthority, UNTRUSTED, WrongCertificate } from './pin.ts'
import { EMPTY_HASH, encodePart, queryText, signed, type S3Key } from './signature.ts'

export { EMPTY_HASH, signatureOf } from './signature.ts'

export type S3Options = S3Key & {
  readonly bucket: string
  /** Before each name, without a slash at its ends. */
  readonly prefix: string
  /** Of the storage; AWS's own of the region when left out. */
  readonly endpoint?: string | undefined
  /** SHA-256 in hex of the certificate that the storage's chain has to end in: it is believed, and no public authority. */
  readonly pinSha256?: string | undefined
  readonly now: () => number
  /** Silence on the line after which it is given up. */
  readonly silenceMs?: number
}

/** What one PUT takes (Amazon S3, "Uploading objects"). */
const PUT_OCTETS_MAX = 5 * 1024 ** 3
const SILENCE_MS = 60_000
const ANSWER_OCTETS_MAX = 4 * 1024 * 1024
const LIST_PAGES_MAX = 1000

type Ask = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  readonly name: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: { readonly path: string; readonly bytes: number; readonly sha256: string }
}

type Trust = { readonly ca?: string; readonly checkServerIdentity?: () => undefined }

type Asker = (asked: Ask, signal: AbortSignal) => Promise<IncomingMessage>

/** Sends one signed request and brings the head of its answer. */
const createAsker = (options: S3Options): Asker => {
  const { bucket, prefix, pinSha256, now, silenceMs = SILENCE_MS } = options
  const base = new URL(options.endpoint ?? `https://s3.${options.region}.amazonaws.com`)
  const keyOf = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`)
  let authority: string | undefined

  /** The chain is verified up to the certificate that was told; a name in it says nothing that the pin does not. */
  const trust = async (signal: AbortSignal): Promise<Trust> => {
    if (pinSha256 === undefined) return {}
    authority ??= await pinnedAuthority(base, pinSha256, { silenceMs, signal })
    return { ca: authority, checkServerIdentity: () => undefined }
  }

  const faultOf = (error: unknown): Error =>
    pinSha256 !== undefined && UNTRUSTED.has(causeOf(error)) ? new WrongCertificate() : unreachable(error)

  return async (asked, signal) => {
    const trusted = await trust(signal).catch((error: unknown) => {
      throw error instanceof WrongCertificate ? error : unreachable(error)
    })
    const query = asked.query ?? {}
    const key = asked.name === '' ? '' : `/${keyOf(asked.name).split('/').map(encodePart).join('/')}`
    const path = `${base.pathname.replace(/\/$/, '')}/${encodePart(bucket)}${key}`
    const headers = signed(
      {
        method: asked.method,
        host: base.host,
        path,
        query,
        headers: asked.headers ?? {},
        bodyHash: asked.body?.sha256 ?? EMPTY_HASH,
        at: now(),
      },
      options,
    )
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const send = base.protocol === 'https:' ? overHttps : overHttp
    const sent = send(new URL(`${path}${Object.keys(query).length === 0 ? '' : `?${queryText(query)}`}`, base), {
      method: asked.method,
      headers: { ...headers, 'content-length': String(asked.body?.bytes ?? 0) },
      signal,
      timeout: silenceMs,
      agent: false,
      ...trusted,
    })
    sent.once('response', resolve)
    sent.once('error', (error) => reject(faultOf(error)))
    sent.once('timeout', () => sent.destroy(new Error(`it was silent for ${silenceMs} ms`)))
    if (asked.body === undefined) sent.end()
    // An answer may come, and the line be cut, before all is sent: the answer says why.
    else
      sendFile(asked.body.path, sent).catch((error: unknown) => {
        sent.destroy()
        reject(faultOf(error))
      })
    return promise
  }
}

/**
 * Open before anything may go wrong on the line: a stream that is dropped while it opens its file fails unheard. Closed
 * whatever became of it: one that is left to the garbage collector ends the process.
 */
const sendFile = async (path: string, to: ClientRequest): Promise<void> => {
  await using file = await open(path)
  await pipeline(file.createReadStream({ autoClose: false }), to)
}

export const createS3Store = (options: S3Options): BackupStore => {
  const { prefix } = options
  const ask = createAsker(options)

  const done = async (
    asked: Ask,
    signal: AbortSignal,
  ): Promise<{ headers: IncomingMessage['headers']; text: string }> => {
    const answer = await ask(asked, signal)
    const text = await textOf(answer)
    const { statusCode = 0, headers } = answer
    if (statusCode < 200 || statusCode > 299) {
      // What is still being sent is of no use any more.
      answer.destroy()
      throw new Error(refusalOf(statusCode, text, options))
    }
    return { headers, text }
  }

  return {
    async put(name, file, signal) {
      if (file.bytes > PUT_OCTETS_MAX)
        throw new Error(`the backup is larger than the ${PUT_OCTETS_MAX} octets of one object`)
      await done({ method: 'PUT', name, body: file, headers: { 'x-amz-meta-sha256': file.sha256 } }, signal)
    },
    async verify(name, file, signal) {
      const { headers } = await done({ method: 'HEAD', name }, signal)
      const isWhole = Number(headers['content-length']) === file.bytes && headers['x-amz-meta-sha256'] === file.sha256
      if (!isWhole) throw new Error('what the storage has is not what was sent')
    },
    async list(signal) {
      const names: string[] = []
      const start = prefix === '' ? '' : `${prefix}/`
      let token: string | undefined
      for (let page = 0; page < LIST_PAGES_MAX; page++) {
        const query = { 'list-type': '2', prefix: start, ...(token !== undefined && { 'continuation-token': token }) }
        const { text } = await done({ method: 'GET', name: '', query }, signal)
        for (const [, key] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) names.push(unescaped(key!).slice(start.length))
        token = /<IsTruncated>true<\/IsTruncated>/.test(text)
          ? unescaped(/<NextContinuationToken>([^<]*)</.exec(text)?.[1] ?? '') || undefined
          : undefined
        if (token === undefined) break
      }
      return names
    },
    async remove(name, signal) {
      await done({ method: 'DELETE', name }, signal)
    },
    async get(name, file, signal) {
      // Before anything is asked for: a stream that fails to open while an answer comes would wait for it for ever.
      const handle = await open(file, 'wx', 0o600)
      try {
        const answer = await ask({ method: 'GET', name }, signal)
        if (answer.statusCode !== 200) throw new Error(refusalOf(answer.statusCode ?? 0, await textOf(answer), options))
        await pipeline(answer, handle.createWriteStream())
      } catch (error) {
        await handle.close()
        await rm(file, { force: true })
        throw error
      }
    },
  }
}

const causeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
const unreachable = (error: unknown): Error => new Error(`the storage cannot be reached (${causeOf(error)})`)

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = []
  let octets = 0
  try {
    for await (const piece of answer) {
      octets += (piece as Buffer).length
      if (octets > ANSWER_OCTETS_MAX) throw new Error('its answer is too long')
      pieces.push(piece as Buffer)
    }
  } catch (error) {
    throw unreachable(error)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const refusalOf = (status: number, text: string, { region, bucket }: S3Options): string => {
  const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1] ?? ''
  const right = /<Region>([a-z0-9-]{1,40})<\/Region>/.exec(text)?.[1]
  if (right !== undefined && right !== region) return `the bucket ${bucket} is in the region ${right}, not ${region}`
  if (code === 'RequestTimeTooSkewed') return 'the clocks of the storage and of this box are too far apart'
  if (status === 403)
    return `the storage refuses the key (${code || status}): look at the access key, its secret and its rights on ${bucket}`
  if (status === 507) return `the storage has no room for it (${code || status})`
  if (status === 404) return `the storage has no such bucket or object (${code || status})`
  return `the storage answered ${status}${code === '' ? '' : ` (${code})`}`
}

const SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescaped = (xml: string): string => xml.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => SIGNS[name]!)

/** Where a feed lies: on a web server, or in a folder (a USB stick). Nothing that comes from either is believed. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What went wrong at the place itself. `status` as HTTP has it: 404 for a file that is not there. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly status: number | undefined
  constructor(cause: string, status?: number) {
    super(cause)
    this.status = status
  }
}

/** More came than was announced. */
export class TooMuchError extends Error {
  override readonly name = 'TooMuchError'
}

export type Opened = {
  /** The first octet that comes: 0 where the place does not go on in the middle. */
  readonly from: number
  /** Names this content at its place; undefined where the place does not. */
  readonly etag: string | undefined
  readonly pieces: AsyncIterable<Uint8Array>
}

export interface Source {
  /** The whole of a small file, of at most `bytesMax`. Throws `SourceError` and `TooMuchError`. */
  read(path: string, bytesMax: number): Promise<Buffer>
  /** A large one from an octet on, where it still is what `etag` names. Throws `SourceError`, also while it is read. */
  open(path: string, from: number, etag: string | undefined, signal: AbortSignal): Promise<Opened>
}

/** A small file comes within this time, however slowly somebody sends it. */
const READ_WITHIN_MS = 30_000
const NOT_FOUND = 404
const PARTIAL = 206
const RANGE_UNFIT = 416

const gathered = async (pieces: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > bytesMax) throw new TooMuchError(`more than ${bytesMax} bytes`)
    parts.push(piece)
  }
  return Buffer.concat(parts)
}

/** What fetch throws says little; its cause says more. */
const causeOf = (error: unknown): string => {
  const { cause, name, message } = error as Error & { cause?: { code?: string } }
  return cause?.code ?? (name === 'TimeoutError' ? 'timeout' : message)
}

/** `base`: https, with or without a slash at the end. Redirections are followed: nothing depends on who answers. */
export const httpSource = (base: string): Source => {
  const root = base.endsWith('/') ? base : `${base}/`
  const ask = async (path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> => {
    try {
      return await fetch(new URL(path, root), { headers, signal })
    } catch (error) {
      throw new SourceError(causeOf(error))
    }
  }
  const bodyOf = async function* (response: Response): AsyncGenerator<Uint8Array> {
    try {
      if (response.body) yield* response.body
    } catch (error) {
      throw new SourceError(causeOf(error))
    }
  }
  return {
    async read(path, bytesMax) {
      const response = await ask(path, {}, AbortSignal.timeout(READ_WITHIN_MS))
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new SourceError(`HTTP ${response.status}`, response.status)
      }
      return gathered(bodyOf(response), bytesMax)
    },
    async open(path, from, etag, signal) {
      const range = from > 0 && etag !== undefined ? { range: `bytes=${from}-`, 'if-range': etag } : undefined
      // What is hashed is what lies there: nobody may pack it on the way.
      const response = await ask(path, { 'accept-encoding': 'identity', ...range }, signal)
      const { status, headers } = response
      const isRest = status === PARTIAL && headers.get('content-range')?.startsWith(`bytes ${from}-`) === true
      if (isRest || status === 200)
        return { from: isRest ? from : 0, etag: headers.get('etag') ?? undefined, pieces: bodyOf(response) }
      await response.body?.cancel()
      if (range && (status === RANGE_UNFIT || status === PARTIAL)) return this.open(path, 0, undefined, signal)
      throw new SourceError(`HTTP ${status}`, status)
    },
  }
}

const fileError = (error: unknown): SourceError => {
  const { code, message } = error as NodeJS.ErrnoException
  return new SourceError(code ?? message, code === 'ENOENT' ? NOT_FOUND : undefined)
}

const folderPieces = async function* (file: string, from: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { start: from }) as AsyncIterable<Buffer>
  } catch (error) {
    throw fileError(error)
  }
}

export const folderSource = (dir: string): Source => ({
  async read(path, bytesMax) {
    try {
      const handle = await open(join(dir, path), 'r')
      await handle.close()
    } catch (error) {
      throw fileError(error)
    }
    return gathered(folderPieces(join(dir, path), 0), bytesMax)
  },
  async open(path, from, etag) {
    const file = join(dir, path)
    const found = await stat(file).catch((error: unknown) => {
      throw fileError(error)
    })
    const now = `"${found.size}-${found.mtimeMs}"`
    const start = from > 0 && etag === now ? from : 0
    return { from: start, etag: now, pieces: folderPieces(file, start) }
  },
})

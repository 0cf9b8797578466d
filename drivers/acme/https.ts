/** One question over https, held to a time and a size. */
import { request } from 'node:https'

const TIMEOUT_MS = 30_000
const ANSWER_OCTETS_MAX = 1_000_000

export type HttpsQuestion = {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** PEM of an authority that is trusted instead of those that everybody knows. */
  readonly caPem?: string | undefined
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined
}

export type HttpsAnswer = {
  readonly status: number
  readonly header: (name: string) => string
  readonly body: string
}

/** Rejects when nothing comes, or too much. */
export const askHttps = (url: string, question: HttpsQuestion): Promise<HttpsAnswer> => {
  const { method, headers = {}, body, caPem } = question
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>()
  const late = AbortSignal.timeout(TIMEOUT_MS)
  const signal = question.signal ? AbortSignal.any([question.signal, late]) : late
  const asked = request(url, { method, headers, signal, agent: false, ...(caPem && { ca: caPem }) }, (answer) => {
    const pieces: Buffer[] = []
    let octets = 0
    answer.on('data', (piece: Buffer) => {
      octets += piece.length
      if (octets > ANSWER_OCTETS_MAX) asked.destroy(new Error('the answer is too long'))
      else pieces.push(piece)
    })
    answer.on('error', reject)
    answer.on('end', () => {
      const header = (name: string): string => {
        const value = answer.headers[name] ?? ''
        return typeof value === 'string' ? value : value.join(', ')
      }
      resolve({ status: answer.statusCode ?? 0, header, body: Buffer.concat(pieces).toString() })
    })
  })
  asked.on('error', reject)
  asked.end(body)
  return promise
}

export const causeOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

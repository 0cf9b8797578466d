/** Messages on the link: the length of all that follows, the length of the head, the head in JSON, octets. */
import { connect, type TLSSocket } from 'node:tls'
import { z } from 'zod'
import type { Identity } from './identity.ts'

/** A run has a thousand pages at most, an answer to hashes two thousand: of 64 kB each in the largest database. */
const MESSAGE_OCTETS_MAX = 160 * 1024 * 1024
const HELLO_OCTETS_MAX = 4096
const HEADER_OCTETS = 8
export const CONNECT_WITHIN_MS = 2000

/** Boxes of two releases understand each other where this is the same. */
export const PROTOCOL = 1

/** What whoever has called says first. */
export const helloSchema = z.discriminatedUnion('intent', [
  z.object({
    intent: z.literal('join'),
    protocol: z.int(),
    secret: z.string().length(12),
    name: z.string().max(200),
    port: z.int().min(1).max(65_535),
  }),
  z.object({
    intent: z.literal('follow'),
    protocol: z.int(),
    term: z.int(),
    sealTo: z.string(),
    /** The schema of the release, which must be able to read the databases. */
    schema: z.int(),
  }),
  z.object({ intent: z.literal('ask'), term: z.int(), role: z.enum(['primary', 'standby']) }),
])
export type Hello = z.output<typeof helloSchema>

export const replySchema = z.discriminatedUnion('reply', [
  z.object({ reply: z.literal('joined'), term: z.int(), name: z.string() }),
  z.object({ reply: z.literal('welcome'), term: z.int(), name: z.string() }),
  z.object({ reply: z.literal('here'), term: z.int(), role: z.enum(['primary', 'standby']) }),
  z.object({
    reply: z.literal('no'),
    why: z.enum(['code', 'unknown', 'protocol', 'schema', 'role', 'term']),
    term: z.int().optional(),
  }),
])
export type Reply = z.output<typeof replySchema>

export const encode = (head: unknown, body: Uint8Array = Buffer.alloc(0)): readonly Uint8Array[] => {
  const json = Buffer.from(JSON.stringify(head))
  const header = Buffer.alloc(HEADER_OCTETS)
  header.writeUInt32BE(4 + json.length + body.length, 0)
  header.writeUInt32BE(json.length, 4)
  return [header, json, body]
}

type Heard = { readonly head: unknown; readonly body: Buffer }

/** Puts messages together again from whatever pieces they come in. */
export class Decoder {
  #pieces: Buffer[] = []
  #octets = 0
  #octetsMax = HELLO_OCTETS_MAX

  /** Whoever has said who they are may say more. */
  trust(): void {
    this.#octetsMax = MESSAGE_OCTETS_MAX
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#octets += piece.length
  }

  /** Undefined until there is a whole one. Throws a `SyntaxError` at what is none. */
  next(): Heard | undefined {
    if (this.#octets < HEADER_OCTETS) return undefined
    const header = this.#look(HEADER_OCTETS)
    const [rest, jsonOctets] = [header.readUInt32BE(0), header.readUInt32BE(4)]
    if (rest > this.#octetsMax || jsonOctets > rest - 4) throw new SyntaxError('no message of the pair')
    if (this.#octets < 4 + rest) return undefined
    const message = this.#look(4 + rest)
    this.#pieces[0] = this.#pieces[0]!.subarray(4 + rest)
    this.#octets -= 4 + rest
    const head = JSON.parse(message.toString('utf8', HEADER_OCTETS, HEADER_OCTETS + jsonOctets)) as unknown
    return { head, body: message.subarray(HEADER_OCTETS + jsonOctets, 4 + rest) }
  }

  /** The first `count` octets, in one piece. */
  #look(count: number): Buffer {
    if (this.#pieces[0]!.length < count) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]!.subarray(0, count)
  }
}

/** How a box shows itself, and asks the other to: whose certificate it is gets looked at by its fingerprint alone. */
export const tlsOptions = ({ keyPem, certPem }: Pick<Identity, 'keyPem' | 'certPem'>) => ({
  key: keyPem,
  cert: certPem,
  rejectUnauthorized: false,
  minVersion: 'TLSv1.3' as const,
})

export const fingerprintOf = (socket: TLSSocket): string => socket.getPeerX509Certificate()?.fingerprint256 ?? ''

/** Calls a box; resolves when it has shown who it is. Rejects with what the network says. */
export const call = (
  identity: Pick<Identity, 'keyPem' | 'certPem'>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...tlsOptions(identity) })
    const late = setTimeout(() => socket.destroy(new Error('it does not answer')), CONNECT_WITHIN_MS)
    socket.once('error', (error) => {
      clearTimeout(late)
      reject(error)
    })
    socket.once('secureConnect', () => {
      clearTimeout(late)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })

/** Says hello, and takes what is answered; the rest of the conversation is the caller's. */
export const greet = (socket: TLSSocket, hello: Hello, decoder = new Decoder()): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => end(() => reject(new Error('it does not answer'))), CONNECT_WITHIN_MS)
    const end = (settle: () => void): void => {
      clearTimeout(late)
      socket.off('data', onData).off('close', onClose)
      socket.pause()
      settle()
    }
    const onClose = (): void => end(() => reject(new Error('it has hung up')))
    const onData = (piece: Buffer): void => {
      decoder.push(piece)
      try {
        const heard = decoder.next()
        if (heard) end(() => resolve(replySchema.parse(heard.head)))
      } catch (error) {
        end(() => reject(error))
      }
    }
    socket.on('data', onData).once('close', onClose)
    for (const part of encode(hello)) socket.write(part)
  })

/** Asks a box one thing, and hangs up. */
export const ask = async (
  identity: Pick<Identity, 'keyPem' | 'certPem'>,
  place: { readonly host: string; readonly port: number; readonly isKnown: (fingerprint: string) => boolean },
  hello: Hello,
): Promise<Reply | 'stranger' | undefined> => {
  let socket: TLSSocket | undefined
  try {
    socket = await call(identity, place)
    if (!place.isKnown(fingerprintOf(socket))) return 'stranger'
    return await greet(socket, hello)
  } catch {
    return undefined
  } finally {
    socket?.destroy()
  }
}

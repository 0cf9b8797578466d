/** A box that is to be the standby shows the code to the primary, and both know each other from then on. */
import { hostname } from 'node:os'
import type { TLSSocket } from 'node:tls'
import { z } from 'zod'
import { err, ok, type Random, type Result } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import { loadIdentity } from './identity.ts'
import { isCodeOf, readPairCode } from './pair-code.ts'
import { writePair, type Pair } from './pair-state.ts'
import { call, fingerprintOf, greet, PROTOCOL, type Reply } from './wire.ts'

export const DEFAULT_PAIR_PORT = 2084
const AFTER_SEC = 10

export const joinSchema = z.object({
  host: z.string().min(1).max(253),
  hostPort: z.int().min(1).max(65_535).default(DEFAULT_PAIR_PORT),
  code: z.string().max(100),
  witness: z.string().min(1).max(253).optional(),
  afterSec: z.int().min(3).max(3600).default(AFTER_SEC),
})

export type JoinFault =
  | { readonly type: 'PairCodeUnfit' }
  | { readonly type: 'PairCodeRefused' }
  | { readonly type: 'PairUnreachable'; readonly host: string; readonly port: number; readonly cause: string }
  /** Whoever answers there has not made the code. */
  | { readonly type: 'PairStranger'; readonly host: string; readonly port: number }
  | { readonly type: 'PairRelease' }

export type JoinOptions = z.output<typeof joinSchema> & {
  /** Where this box takes calls of the pair. */
  readonly port: number
  readonly random: Random
}

/** What this box is from now on is on the disk when it resolves; nothing else has been touched. */
export const joinPair = async (
  folder: DataFolder,
  { host, hostPort, code: typed, witness, afterSec, port, random }: JoinOptions,
): Promise<Result<Pair, JoinFault>> => {
  const code = readPairCode(typed)
  if (!code) return err({ type: 'PairCodeUnfit' })
  const identity = await loadIdentity(folder, random)
  let socket: TLSSocket | undefined
  let reply: Reply
  let fingerprint: string
  try {
    socket = await call(identity, { host, port: hostPort })
    fingerprint = fingerprintOf(socket)
    if (!isCodeOf(code, fingerprint)) return err({ type: 'PairStranger', host, port: hostPort })
    const hello = { intent: 'join', protocol: PROTOCOL, secret: code.secretHalf, name: hostname(), port } as const
    reply = await greet(socket, hello)
  } catch (error) {
    const { code: cause, message } = error as NodeJS.ErrnoException
    return err({ type: 'PairUnreachable', host, port: hostPort, cause: cause ?? message })
  } finally {
    socket?.destroy()
  }
  if (reply.reply !== 'joined') return err({ type: isRelease(reply) ? 'PairRelease' : 'PairCodeRefused' })
  const peer = { name: reply.name, fingerprint, host, port: hostPort }
  const auto = witness === undefined ? {} : { auto: { witness, afterSec } }
  return ok(writePair(folder, { role: 'standby', term: reply.term, peer, completeUntil: 0, ...auto }))
}

const isRelease = (reply: Reply): boolean => reply.reply === 'no' && reply.why === 'protocol'

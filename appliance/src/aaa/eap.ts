/**
 * The EAP thread: conversations, TLS, and the identity inside the tunnel. It asks the same gate as the fronts; they
 * only carry its words to the NAS. RadSec ends here too, so that no front ever computes a handshake.
 */
import { randomBytes } from 'node:crypto'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { createEapServer, type EapBackend, type EapTls } from '@lango/drivers/radius/eap'
import type { EapAdmission, EapAnswer, EapQuestion } from './login-handler.ts'
import type { AaaData, ToWriter } from './messages.ts'
import type { ToEap, FromEap } from './eap-link.ts'
import type { Origin } from './gate.ts'
import { createAaaThread } from './thread.ts'

export type EapData = AaaData & {
  readonly tls: EapTls
  readonly serverName: string
  readonly listen: string
  readonly radsecPort: number
  readonly writer: MessagePort
}

export type EapOrder =
  | { readonly kind: 'front'; readonly port: MessagePort }
  | { readonly kind: 'tls'; readonly tls: EapTls }
  | { readonly kind: 'stop' }

export type EapNews =
  | { readonly kind: 'ready'; readonly radsecPort: number }
  | { readonly kind: 'failed'; readonly code: string; readonly port: number }
  | { readonly kind: 'stopped' }

const SWEEP_MS = 1000

const data = workerData as EapData
const control = parentPort!
const thread = createAaaThread('eap', data, control, (message: ToWriter, transfer) => data.writer.postMessage(message, transfer))
const { gate, log } = thread

/** The origin that a front gave with the packet: the library hands it back unread. */
const originOf = (context: unknown): Origin => context as Origin

const backend: EapBackend<EapAdmission> = {
  password(identity, _method, context) {
    const origin = originOf(context)
    const grant = gate.find(identity, origin.realm)
    if (typeof grant === 'string' || gate.isLockedOut(grant, origin.place)) return undefined
    const password = gate.password(grant)
    return password === 'key-lost' ? undefined : password
  },
  authorize(identity, proof) {
    const origin = originOf(proof.device)
    // A certificate may name its holder in several ways; the first that has a grant counts.
    const names = proof.certificate ? [identity, ...proof.certificate.names] : [identity]
    const grant = names.map((name) => gate.find(name, origin.realm)).find((found) => typeof found !== 'string')
    if (!grant || typeof grant === 'string') return { ok: false, reason: 'unknown-user' }
    if (gate.isLockedOut(grant, origin.place)) return { ok: false, reason: 'locked-out' }
    const admitted = gate.admit(grant, origin)
    if (admitted.kind === 'reject') return { ok: false, reason: admitted.reason }
    return { ok: true, value: { grantLogin: grant.login, place: origin.place, admitted } }
  },
}

const server = createEapServer<EapAdmission>({
  backend,
  tls: data.tls,
  methods: ['peap', 'ttls', 'tls', 'mschapv2', 'md5', 'gtc'],
  serverName: data.serverName,
  clock: { now: () => performance.now() },
  randomBytes,
})

const answer = async ({ eap, state, nas, framedMtu, origin }: EapQuestion): Promise<EapAnswer> =>
  server.handle({
    eap: Buffer.from(eap),
    nas,
    context: origin,
    ...(state ? { state: Buffer.from(state) } : {}),
    ...(framedMtu === undefined ? {} : { framedMtu }),
  })

const addFront = (port: MessagePort): void => {
  port.on('message', ({ id, question }: ToEap) => {
    answer(question)
      .catch((error: unknown): EapAnswer => {
        log.error('an EAP conversation failed inside', { error })
        return { kind: 'drop', reason: 'internal' }
      })
      .then((result) => port.postMessage({ id, answer: result } satisfies FromEap))
  })
}

const sweep = setInterval(() => server.sweep(), SWEEP_MS)

const stop = (): void => {
  clearInterval(sweep)
  server.close()
  thread.close()
  control.postMessage({ kind: 'stopped' } satisfies EapNews)
  data.writer.close()
  control.close()
}

control.on('message', (order: EapOrder) => {
  if (order.kind === 'front') addFront(order.port)
  else if (order.kind === 'tls') server.setTls(order.tls)
  else stop()
})
control.postMessage({ kind: 'ready', radsecPort: 0 } satisfies EapNews)

import type { MethodFactory } from './exchange.ts'
import { gtcMethod } from './methods/gtc.ts'
import { md5Method } from './methods/md5.ts'
import type { Nominate } from './methods/method.ts'
import { mschapv2Method } from './methods/mschapv2.ts'
import { peapInner } from './methods/peap.ts'
import { tlsInner } from './methods/tls.ts'
import { ttlsInner } from './methods/ttls.ts'
import { type Inner, Tunneled } from './methods/tunneled.ts'
import { eapType } from './packet.ts'
import { TlsEngine, type Tunnel } from './tls-engine.ts'
import type { EapLimits, EapServerOptions, EapTls, InnerMethod } from './types.ts'

type Options = Pick<EapServerOptions<never>, 'methods' | 'innerMethods' | 'tls' | 'serverName' | 'randomBytes'>
type Tunneling = 'tls' | 'peap' | 'ttls'

const innerMethods: readonly InnerMethod[] = ['eap-mschapv2', 'eap-gtc', 'eap-md5', 'mschapv2', 'mschap', 'chap', 'pap']

/** Before TLS 1.3 each method exports its keys under a label of its own (RFC 5216 §2.3, RFC 5281 §8). */
const keyLabels = { tls: 'client EAP encryption', peap: 'client EAP encryption', ttls: 'ttls keying material' }

/** The methods that `options` allow, in their order, built anew for each conversation. */
export class Methods {
  readonly #options: Options
  readonly #limits: EapLimits
  readonly #allowedInside: readonly InnerMethod[]
  readonly #tunnels = new Set<Tunnel>()
  readonly #engines: Record<Tunneling, TlsEngine | undefined>

  constructor(options: Options, limits: EapLimits) {
    if (options.methods.length === 0) throw new RangeError('no EAP method is allowed')
    this.#options = options
    this.#limits = limits
    this.#allowedInside = options.innerMethods ?? innerMethods
    const allows = (name: Tunneling) => options.methods.includes(name)
    // Two: whether a client certificate is asked for is a property of the TLS context, and supplicants that log in by
    // password must not be asked for one.
    const password = allows('peap') || allows('ttls') ? this.#createEngine(false) : undefined
    this.#engines = { tls: allows('tls') ? this.#createEngine(true) : undefined, peap: password, ttls: password }
  }

  /** The methods of one conversation, whose candidates are made by `nominate`. */
  create(nominate: Nominate): MethodFactory[] {
    const plain = this.#plain(nominate, '')
    const insidePeap = this.#inside(nominate, 'peap-')
    const factories = {
      ...plain,
      tls: this.#tunneled('tls', (outerIdentity) => tlsInner(outerIdentity, nominate)),
      // MD5 proves the server nothing and is bound to no tunnel; PEAP peers do not use it.
      peap: this.#tunneled('peap', () => peapInner(insidePeap.filter(({ type }) => type !== eapType.md5))),
      ttls: this.#tunneled('ttls', () => {
        const eapMethods = this.#inside(nominate, 'ttls-eap-')
        return ttlsInner({ nominate, allowed: this.#allowedInside, eapMethods })
      }),
    }
    return this.#options.methods.map((name) => factories[name])
  }

  setTls(tls: EapTls): void {
    this.#engines.tls?.setTls(tls)
    this.#engines.peap?.setTls(tls)
  }

  close(): void {
    for (const tunnel of this.#tunnels) tunnel.destroy()
  }

  #createEngine(wantsCertificate: boolean): TlsEngine {
    if (this.#options.tls === undefined) throw new TypeError('EAP-TLS, PEAP and TTLS need tls')
    const { tunnelsMax } = this.#limits
    return new TlsEngine(this.#options.tls, { wantsCertificate, tunnels: this.#tunnels, tunnelsMax })
  }

  #plain(nominate: Nominate, prefix: string) {
    const { randomBytes, serverName } = this.#options
    const candidate = (identity: string, name: string) => nominate(identity, `${prefix}${name}`)
    return {
      md5: { type: eapType.md5, create: (identity: string) => md5Method(candidate(identity, 'md5'), randomBytes) },
      gtc: { type: eapType.gtc, create: (identity: string) => gtcMethod(candidate(identity, 'gtc')) },
      mschapv2: {
        type: eapType.mschapv2,
        create: (identity: string) => mschapv2Method(candidate(identity, 'mschapv2'), { randomBytes, serverName }),
      },
    }
  }

  /** The inner EAP methods. */
  #inside(nominate: Nominate, prefix: string): MethodFactory[] {
    const { md5, gtc, mschapv2 } = this.#plain(nominate, prefix)
    const known: Partial<Record<InnerMethod, MethodFactory>> = {
      'eap-md5': md5,
      'eap-gtc': gtc,
      'eap-mschapv2': mschapv2,
    }
    return this.#allowedInside.flatMap((name) => known[name] ?? [])
  }

  #tunneled(name: Tunneling, innerOf: (outerIdentity: string) => Inner): MethodFactory {
    const type = eapType[name]
    return {
      type,
      create: (outerIdentity) => {
        const engine = this.#engines[name]
        if (engine === undefined) throw new Error(`no TLS engine for ${name}`)
        const { tlsMessageBytes: messageBytesMax } = this.#limits
        return new Tunneled({ type, engine, inner: innerOf(outerIdentity), keyLabel: keyLabels[name], messageBytesMax })
      },
    }
  }
}

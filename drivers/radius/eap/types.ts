/** The outer methods of RFC 3748 §5, RFC 5216, RFC 5281, MS-PEAP and draft-kamath-pppext-eap-mschapv2. */
export type EapMethod = 'md5' | 'mschapv2' | 'gtc' | 'tls' | 'peap' | 'ttls'

/** What may run inside a tunnel: PEAP carries `eap-*` but `eap-md5`, TTLS all of them. */
export type InnerMethod = 'eap-mschapv2' | 'eap-gtc' | 'eap-md5' | 'mschapv2' | 'mschap' | 'chap' | 'pap'

/** A client certificate that was verified against the trust store: its chain, dates, purpose and revocation. */
export type EapCertificate = {
  /** Distinguished name, one attribute a line as Node prints it. */
  subject: string
  /** subjectAltName as Node prints it, empty when there is none. */
  san: string
  /** Names that identify the holder, best first: e-mail, UPN, DNS and URI of the SAN, then the common names. */
  names: readonly string[]
  serial: string
  /** SHA-256, colons between the octets. */
  fingerprint: string
}

export type EapProof = {
  /** How it was proved: `md5`, `tls`, `peap-mschapv2`, `ttls-pap`, `ttls-eap-gtc`, … */
  method: string
  /** What was said outside the tunnel; it proves nothing (RFC 3748 §5.1). */
  outerIdentity: string
  certificate?: EapCertificate
  /** The `context` of the request that brought the proof, such as the NAS's attributes. */
  device?: unknown
}

export type EapDecision<A> = { ok: true; value: A } | { ok: false; reason: string }

/** What the server asks of its owner. Synchronous: a read of SQLite takes microseconds. */
export interface EapBackend<A> {
  /**
   * The password of an identity for a method, undefined when it has none: then the exchange runs on to its end and
   * fails, so that neither messages nor time tell which users exist.
   */
  password(identity: string, method: string, context?: unknown): string | undefined
  /** Called once, after the proof was right: may this identity be online? The value is handed back unread. */
  authorize(identity: string, proof: EapProof): EapDecision<A>
}

export type EapTls = {
  /** PEM of the server's private key (ECDSA P-256 is the quickest; RSA works too) and of its certificate chain. */
  key: string | Buffer
  cert: string | Buffer
  /** PEM of the authorities whose client certificates EAP-TLS trusts. No public authority is ever trusted. */
  ca: string | Buffer | (string | Buffer)[]
  /** PEM revocation lists. Once there is one, each authority of a chain needs its own, in date, or its clients fail. */
  crl?: string | Buffer | (string | Buffer)[]
  /** Default TLSv1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default TLSv1.3; TLSv1.2 for supplicants whose 1.3 is broken. */
  maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}

export type EapLimits = {
  /** Conversations begun and not finished; the one that has been silent longest makes way for a new one. */
  conversationsMax: number
  /** TLS connections among them, about 60 kB each. */
  tunnelsMax: number
  roundsMax: number
  /** How long a conversation may take as a whole. */
  conversationMs: number
  /** Size of one reassembled TLS message from a peer: a chain of certificates is the largest. */
  tlsMessageBytes: number
}

export type EapServerOptions<A> = {
  backend: EapBackend<A>
  /** Needed by `tls`, `peap` and `ttls`. */
  tls?: EapTls
  /** Allowed methods; the first is offered. */
  methods: readonly EapMethod[]
  /** Allowed inside tunnels, the first that fits is offered; default all, `eap-mschapv2` first. */
  innerMethods?: readonly InnerMethod[]
  /** Told to MS-CHAPv2 peers as the authenticator's name. */
  serverName: string
  /** Milliseconds; only differences count, so a monotonic clock serves best. */
  clock: { now(): number }
  /** Unguessable octets, as `node:crypto` gives. */
  randomBytes: (count: number) => Buffer
  limits?: Partial<EapLimits>
  /** Largest EAP packet sent, header included; default 1,000. A smaller Framed-MTU wins. */
  fragmentBytes?: number
}

export type EapRequest = {
  /** The joined EAP-Message (79) attributes; empty is EAP-Start (RFC 3579 §2.1). */
  eap: Buffer
  /** State (24) as the NAS returned it. */
  state?: Buffer
  /** Who asks: a conversation is bound to it. */
  nas: string
  framedMtu?: number
  /** Handed to the backend unread, such as the NAS's attributes. */
  context?: unknown
}

/** What to answer: Access-Challenge, Access-Accept, Access-Reject, or nothing. */
export type EapOutcome<A> =
  | { kind: 'challenge'; eap: Buffer; state: Buffer }
  | {
      kind: 'accept'
      eap: Buffer
      /** The identity that was proved, which may be another than the outer one: session, limits and bill follow it. */
      identity: string
      outerIdentity: string
      method: string
      value: A
      /** MS-MPPE-Recv-Key and MS-MPPE-Send-Key: MSK[0..31] and MSK[32..63] (RFC 3579 §3.16); none with md5 and gtc. */
      keys?: { recv: Buffer; send: Buffer }
    }
  | { kind: 'reject'; eap: Buffer; identity?: string; method?: string; reason: string }
  | { kind: 'drop'; reason: string }

/** An EAP server without sockets: octets in, outcome out. */
export interface EapServer<A> {
  /** Throws only what the backend throws; the conversation is over then. */
  handle(request: EapRequest): EapOutcome<A>
  /** New certificate, trust store or revocation list; conversations under way keep the old ones. */
  setTls(tls: EapTls): void
  /** Frees conversations past their time. Every request does so too: call it each second or so for quiet hours. */
  sweep(): void
  /** Conversations waiting for their peer. */
  open(): number
  close(): void
}

/** How somebody proves by DNS that a name is theirs (RFC 8555 section 8.4). */
import type { Result } from '@lango/kernel'

export type DnsFault = { readonly type: 'DnsRefused'; readonly name: string; readonly cause: string }

/** Puts one TXT value at a name, and takes that one away again. */
export type DnsProvider = {
  readonly put: (name: string, value: string) => Promise<Result<void, DnsFault>>
  readonly remove: (name: string, value: string) => Promise<Result<void, DnsFault>>
}

export type AcmeFault =
  | { readonly type: 'AcmeUnreachable'; readonly server: string; readonly cause: string }
  /** `problem` as RFC 8555 section 6.7 names it: rateLimited. */
  | {
      readonly type: 'AcmeRefused'
      readonly problem: string
      readonly detail: string
      readonly retryAfterSec: number | undefined
    }
  | { readonly type: 'AcmeUnproven'; readonly name: string; readonly detail: string }
  | { readonly type: 'AcmeSlow'; readonly what: string }
  | DnsFault

export type AcmeAccount = {
  /** P-256, PKCS#8 PEM. */
  readonly keyPem: string
  /** '' until there is one. */
  readonly url: string
}

export type AcmeOrder = {
  /** https address of the authority's directory. */
  readonly directory: string
  /** The authority of the directory's own https, PEM; '' where everybody knows it. */
  readonly caPem: string
  /** '' for nobody. */
  readonly email: string
  readonly names: readonly string[]
  /** DER. */
  readonly csr: Buffer
}

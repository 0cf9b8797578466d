/** The sentences about certificates that are got by ACME. */
import type { AcmeFault } from '../acme/drivers.ts'

export type CertificateAcmeFault = AcmeFault | { readonly type: 'AcmeUnset' }

export const acmeSentences: {
  readonly [T in CertificateAcmeFault['type']]: (fault: Extract<CertificateAcmeFault, { type: T }>) => string
} = {
  AcmeUnset: () => 'Nothing is set yet. Set it: lango tls acme --name NAME --dns rfc2136 …',
  AcmeUnreachable: ({ server, cause }) =>
    `The authority at ${server} cannot be asked: ${cause}. Is there a way to the internet? --acme-ca FILE names an authority of your own.`,
  AcmeRefused: ({ problem, detail, retryAfterSec }) =>
    `The authority refuses (${problem}): ${detail}${retryAfterSec === undefined ? '' : `. It may be asked again in ${Math.ceil(retryAfterSec / 60)} minutes`}`,
  AcmeUnproven: ({ name, detail }) =>
    `The authority has not found the proof for ${name} in the DNS: ${detail}. Does the zone's public server have what was written?`,
  AcmeSlow: ({ what }) => `The authority has not been done with ${what} in time. It is asked again by itself.`,
  DnsRefused: ({ name, cause }) =>
    `The proof could not be written to the DNS at ${name}: ${cause}. Check the server, the zone and the key.`,
}

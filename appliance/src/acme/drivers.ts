/** Which driver asks an authority for a certificate, and which proves by DNS that a name is the owner's. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '@lango/kernel'
import {
  createDnsWebhook,
  createRfc2136,
  createSeen,
  obtainCertificate,
  publicServersOf,
  type AcmeFault,
  type DnsProvider,
} from '@lango/drivers/acme'
import type { AcmeKept, AcmeSettings } from './settings.ts'

export type { AcmeFault }

type Deps = { readonly random: Random; readonly now: () => number }

const providerOf = ({ dns }: AcmeSettings, { random, now }: Deps): DnsProvider => {
  if (dns.kind === 'webhook') return createDnsWebhook(dns)
  const key = { name: dns.keyName, secret: Buffer.from(dns.secret, 'base64') }
  return createRfc2136({ ...dns, key, random, now })
}

/** Who has to have the proof before the authority looks; behind a webhook only the machine's own resolvers are known. */
const serversOf = async ({ dns }: AcmeSettings): Promise<readonly string[]> => {
  if (dns.kind === 'webhook') return []
  const primary = `${dns.server.includes(':') ? `[${dns.server}]` : dns.server}:${dns.port}`
  return [primary, ...(await publicServersOf(primary, dns.zone))]
}

export const createObtain =
  (deps: Deps) =>
  ({ settings, account }: Pick<AcmeKept, 'settings' | 'account'>, csr: Buffer, signal: AbortSignal) => {
    const wait = (ms: number) => sleep(ms, undefined, { signal })
    const seen = createSeen(() => serversOf(settings), wait)
    return obtainCertificate(account, { ...settings, csr }, { dns: providerOf(settings, deps), seen, wait, signal })
  }

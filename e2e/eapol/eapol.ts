import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandPath } from '../../tools/peers.ts'

/** What wpa_supplicant is told for each method, beside identity, password and trust. */
const methods = {
  'eap-md5': { eap: 'MD5' },
  'eap-mschapv2': { eap: 'MSCHAPV2' },
  'eap-gtc': { eap: 'GTC' },
  'eap-tls': { eap: 'TLS' },
  'peap-mschapv2': { eap: 'PEAP', phase2: 'auth=MSCHAPV2' },
  'peap-gtc': { eap: 'PEAP', phase2: 'auth=GTC' },
  'ttls-pap': { eap: 'TTLS', phase2: 'auth=PAP' },
  'ttls-chap': { eap: 'TTLS', phase2: 'auth=CHAP' },
  'ttls-mschap': { eap: 'TTLS', phase2: 'auth=MSCHAP' },
  'ttls-mschapv2': { eap: 'TTLS', phase2: 'auth=MSCHAPV2' },
  'ttls-eap-mschapv2': { eap: 'TTLS', phase2: 'autheap=MSCHAPV2' },
  'ttls-eap-gtc': { eap: 'TTLS', phase2: 'autheap=GTC' },
  'ttls-eap-md5': { eap: 'TTLS', phase2: 'autheap=MD5' },
} satisfies Record<string, { eap: string; phase2?: string }>

export type EapolMethod = keyof typeof methods
export const eapolMethods = Object.keys(methods) as EapolMethod[]

export type TlsVersion = '1.2' | '1.3'
export const isTunneled = (method: EapolMethod): boolean => !/^eap-(md5|mschapv2|gtc)$/.test(method)

const phase1: Record<TlsVersion, string> = {
  '1.2': 'tls_disable_tlsv1_3=1',
  '1.3': 'tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 tls_disable_tlsv1_2=1 tls_disable_tlsv1_3=0',
}

export type EapolLogin = {
  method: EapolMethod
  identity: string
  password: string
  /** Said outside the tunnel; default the identity. */
  anonymous?: string
  /** Paths of PEM files: who may sign the server's certificate, and for EAP-TLS the client's own. */
  ca?: string
  clientCert?: string
  clientKey?: string
  /** Default 1.2. */
  tls?: TlsVersion
  /** Largest EAP packet the peer sends; default wpa_supplicant's 1,398. */
  fragmentBytes?: number
}

export type EapolTarget = { port: number; secret: string; timeoutSec?: number }

export type EapolResult = {
  /** eapol_test's own verdict: accepted, and both sides have the same keys where the method makes any. */
  ok: boolean
  output: string
}

const quoted = (value: string): string => (/^[ !#-~]*$/.test(value) ? `"${value}"` : Buffer.from(value).toString('hex'))

/** A wpa_supplicant network block. */
function networkBlock(login: EapolLogin): string {
  const { eap, phase2 }: { eap: string; phase2?: string } = methods[login.method]
  const { identity, anonymous, password, ca, clientCert, clientKey, tls = '1.2', fragmentBytes } = login
  const isCertificate = login.method === 'eap-tls'
  const lines: Record<string, string | undefined> = {
    key_mgmt: 'IEEE8021X',
    eapol_flags: '0',
    eap,
    identity: quoted(identity),
    anonymous_identity: anonymous && quoted(anonymous),
    password: isCertificate ? undefined : quoted(password),
    ca_cert: ca && quoted(ca),
    client_cert: isCertificate && clientCert ? quoted(clientCert) : undefined,
    private_key: isCertificate && clientKey ? quoted(clientKey) : undefined,
    phase1: isTunneled(login.method) ? `"${phase1[tls]}"` : undefined,
    phase2: phase2 && `"${phase2}"`,
    fragment_size: fragmentBytes?.toString(),
  }
  const body = Object.entries(lines).flatMap(([name, value]) => (value ? [`  ${name}=${value}\n`] : []))
  return `network={\n${body.join('')}}\n`
}

/** One login by wpa_supplicant's own EAP peer, over RADIUS. */
export function eapolTest(login: EapolLogin, { port, secret, timeoutSec = 10 }: EapolTarget): Promise<EapolResult> {
  const folder = mkdtempSync(join(tmpdir(), 'eapol-'))
  const config = join(folder, 'eapol.conf')
  writeFileSync(config, networkBlock(login), { mode: 0o600 })
  // MD5 and GTC make no keys.
  const keyless = /^eap-(md5|gtc)$/.test(login.method) ? ['-n'] : []
  const args = [`-c${config}`, '-a127.0.0.1', `-p${port}`, `-s${secret}`, `-t${timeoutSec}`, ...keyless]
  const { promise, resolve } = Promise.withResolvers<EapolResult>()
  execFile(commandPath('eapol_test') ?? 'eapol_test', args, { maxBuffer: 16 * 1024 * 1024 }, (error, output) => {
    rmSync(folder, { recursive: true })
    resolve({ ok: error === null && output.trimEnd().endsWith('SUCCESS'), output })
  })
  return promise
}

/** `lango tls …`. Reads and writes the data folder's `tls/` itself: certificates are files, box or no box. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ShownTls } from '../certificates.ts'
import { acme } from './acme.ts'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { facts, localTime } from './format.ts'

const foldersOf = (dir: string) => ({ tlsDir: join(dir, 'tls') })

/** The same question as the box's own clock, without opening its databases: is the year plausible? */
const clockOf = async ({ io }: CliContext) => {
  const { systemRandom } = await import('@lango/kernel')
  const { RELEASED_AT } = await import('../site.ts')
  return { now: io.now, sure: io.now() >= RELEASED_AT, random: systemRandom() }
}

const show: CommandSpec = {
  path: ['tls', 'show'],
  operands: [],
  summary: 'the box’s certificate authority in PEM, for supplicants and routers to trust',
  options: {},
  examples: ['lango tls show > lango-ca.pem', 'lango tls show --json'],
  run({ dir }) {
    const { tlsDir } = foldersOf(dir)
    const pems = ['ca', 'own', 'server']
      .map((name) => join(tlsDir, `${name}.pem`))
      .map((file) => (existsSync(file) ? certificatesOf(file) : undefined))
    const [caPem, ownPem, serverPem] = pems
    if (caPem === undefined) return Promise.resolve(refused({ type: 'TlsMissing', dir: tlsDir }))
    const [ca, server] = [new X509Certificate(caPem), new X509Certificate(ownPem ?? serverPem ?? caPem)]
    const value = {
      caPem,
      caFingerprint256: ca.fingerprint256,
      caNotAfter: ca.validToDate.getTime(),
      server: {
        isOwn: ownPem !== undefined,
        names: server.subjectAltName ?? '',
        notAfter: server.validToDate.getTime(),
      },
    }
    return Promise.resolve(shown(value, () => caPem.trimEnd()))
  },
}

const certificatesOf = (file: string): string =>
  (readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).join('\n')

const issue: CommandSpec = {
  path: ['tls', 'issue'],
  operands: ['NAME'],
  summary: 'write a client certificate and key: for a router’s RadSec, or a device’s EAP-TLS',
  options: {
    out: { value: 'DIR', help: 'where NAME.pem, NAME.key and ca.pem go', required: true },
    replace: { help: 'overwrite what is there' },
  },
  notes: [
    'For RadSec, tell the box whose it is: lango router set ROUTER --radsec-identity NAME. For EAP-TLS, NAME is the subscriber’s login.',
  ],
  examples: ['lango tls issue tower1 --out ./tower1-tls && lango router set tower1 --radsec-identity tower1'],
  async run(context) {
    const { args, dir } = context
    const { issueClient } = await import('../tls/index.ts')
    const clock = { ...(await clockOf(context)), replace: args.flag('replace') }
    const issued = await issueClient(foldersOf(dir), args.operand(0)!, resolve(args.text('out')!), clock)
    if (!issued.ok) return issued
    const { certFile, keyFile, caFile, notAfter } = issued.value
    return shown(issued.value, () =>
      facts([
        ['certificate', certFile],
        ['key', keyFile],
        ['authority', caFile],
        ['good until', localTime(notAfter)],
      ]),
    )
  },
}

const use: CommandSpec = {
  path: ['tls', 'use'],
  operands: [],
  summary: 'put your own server certificate in the place of the box’s',
  options: {
    cert: { value: 'FILE', help: 'the certificate and those between it and its authority, PEM' },
    key: { value: 'FILE', help: 'its private key, PEM without a passphrase' },
    'client-ca': {
      value: 'FILE',
      help: 'an authority whose client certificates are trusted beside the box’s own, PEM',
    },
    'own-authority': { help: 'go back to the certificate of the box’s own authority' },
  },
  examples: ['lango tls use --cert fullchain.pem --key privkey.pem', 'lango tls use --own-authority'],
  async run({ args, dir, io }) {
    const folder = foldersOf(dir)
    const [certFile, keyFile] = [args.text('cert'), args.text('key')]
    const isBack = args.flag('own-authority')
    if (isBack === (certFile !== undefined) || (certFile === undefined) !== (keyFile === undefined))
      throw new UsageError('Give --cert and --key, or --own-authority.')
    if (!existsSync(folder.tlsDir)) return refused({ type: 'TlsMissing', dir: folder.tlsDir })
    const { uid } = statSync(dir)
    if (uid !== io.uid) return refused({ type: 'FolderOfAnother', dir, uid })
    const { useOwnCertificate } = await import('../tls/index.ts')
    const own = isBack ? undefined : { certFile: certFile!, keyFile: keyFile!, clientCaFile: args.text('client-ca') }
    const used = useOwnCertificate(folder, own, io)
    if (!used.ok) return used
    const until = used.value === undefined ? '' : ` It is good until ${localTime(used.value.notAfter)}.`
    return shown(
      { isOwn: !isBack, notAfter: used.value?.notAfter ?? null },
      () => `A box that runs takes it up within half a minute.${until}`,
    )
  },
}

const renew: CommandSpec = {
  path: ['tls', 'renew'],
  operands: [],
  summary: 'make a new server certificate by the box’s own authority, in use at once',
  options: {},
  notes: [
    'The box does so by itself thirty days before the end. The authority stays: nothing has to be told to devices.',
  ],
  examples: ['lango tls renew'],
  async run({ action }) {
    const renewed = await action<ShownTls>('tls.renew', {})
    if (!renewed.ok) return renewed
    const { used, isOwn } = renewed.value
    return shown({ isOwn, ...used }, () =>
      isOwn
        ? 'It is made. In use is your own certificate still.'
        : `It is in use, and good until ${localTime(used.notAfter)}.`,
    )
  },
}

export const tlsCommands = [show, issue, use, renew, acme]

/** `lango tls acme` */
import { readFileSync } from 'node:fs'
import type { ShownAcme } from '../acme/renewal.ts'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { facts, localTime } from './format.ts'
import { faultSentence } from './faults.ts'

type Told = ShownAcme | null

export const acme: CommandSpec = {
  path: ['tls', 'acme'],
  operands: [],
  summary: 'a certificate for public names of this box, got and renewed by itself (ACME, proved by DNS)',
  options: {
    name: { value: 'NAMES', help: 'what it is for, with commas between: wifi.isp.example' },
    email: { value: 'E', help: 'whom the authority may write to' },
    directory: { value: 'URL', help: 'of the authority (Let’s Encrypt)' },
    'acme-ca': { value: 'FILE', help: 'whom its https is trusted by, PEM, for an authority of your own' },
    dns: { value: 'rfc2136|webhook', help: 'who writes the proof into the DNS' },
    server: { value: 'ADDR', help: 'rfc2136: the primary’s address' },
    port: { value: 'N', help: 'rfc2136: its port (53)' },
    zone: { value: 'ZONE', help: 'rfc2136: which it has: isp.example' },
    'key-name': { value: 'NAME', help: 'rfc2136: of the TSIG key (hmac-sha256)' },
    'key-secret': { value: 'K', help: 'rfc2136: the key, in base64', secret: true },
    url: { value: 'URL', help: 'webhook: where {"name", "value"} is posted to put it, and sent by DELETE afterwards' },
    token: { value: 'T', help: 'webhook: its bearer token', secret: true },
    now: { help: 'try at once' },
    off: { help: 'renew nothing by itself any more; the certificate that is in use stays' },
  },
  notes: ['Without options it shows what is set and how it went. It is tried first within a minute after it was set.'],
  examples: [
    'lango tls acme --name wifi.isp.example --dns rfc2136 --server 192.0.2.53 --zone isp.example --key-name lango --key-secret-file tsig.key',
    'lango tls acme --name wifi.isp.example --dns webhook --url https://dns.isp.example/acme --token-file token',
    'lango tls acme --now',
  ],
  async run(context) {
    const { args, action } = context
    if (args.text('name') !== undefined) return set(context)
    const told = args.flag('off')
      ? await action<Told>('acme.off', {})
      : args.flag('now')
        ? await action<Told>('acme.renew', {})
        : await action<Told>('acme.show', {})
    return told.ok ? shown(told.value, () => textOf(told.value)) : told
  },
}

const dnsIn = async ({ args }: CliContext) => {
  const kind = args.text('dns')
  if (kind === 'webhook') return { kind, url: args.text('url'), token: (await args.secret('token')) ?? '' }
  if (kind !== 'rfc2136') throw new UsageError('--dns is rfc2136 or webhook.')
  const [server, zone, keyName] = [args.text('server'), args.text('zone'), args.text('key-name')]
  return { kind, server, port: args.whole('port'), zone, keyName, secret: (await args.secret('key-secret'))?.trim() }
}

const set = async (context: CliContext): ReturnType<CommandSpec['run']> => {
  const { args, action } = context
  const caFile = args.text('acme-ca')
  const told = await action<Told>('acme.set', {
    names: args.text('name')!.split(','),
    email: args.text('email'),
    directory: args.text('directory'),
    caPem: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
    dns: await dnsIn(context),
  })
  return told.ok ? shown(told.value, () => textOf(told.value)) : told
}

const textOf = (told: Told): string => {
  if (told === null) return 'None is set. Set it: lango tls acme --name NAME --dns rfc2136 …'
  const { names, directory, dns, isAside, lastAt, nextAt, failures, fault } = told
  return facts([
    ['names', names.join(', ')],
    ['authority', directory],
    ['proved by', dns.kind === 'webhook' ? dns.url : `${dns.zone} at ${dns.server}`],
    ['last tried', lastAt === 0 ? 'never' : localTime(lastAt)],
    ...(fault ? [['failed', `${failures} times: ${faultSentence(fault)}`] as const] : []),
    ...(nextAt > 0 ? [['tried again', localTime(nextAt)] as const] : []),
    ...(isAside ? [['aside', 'another certificate is in use: --now gets one and puts it in its place'] as const] : []),
  ])
}

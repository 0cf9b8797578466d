/** `lango gateway`: reads what it is told, runs the gateway, and goes when told to. Nobody online notices. */
import { lookup } from 'node:dns/promises'
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { createLog, systemRandom } from '@lango/kernel'
import { UsageError, type CliContext } from '../cli/command.ts'
import { isHostName, isInterfaceName, readNetwork, readPrefix6, startLinuxGateway, withRange } from './drivers.ts'

const DEFAULT_STATE_DIR = '/var/lib/lango-gateway'
const DEFAULT_NAME = 'lango-gateway'
/** What a hotspot's NAS-Identifier may be: it stands in a RADIUS attribute and in addresses. */
const NAME_SHAPE = /^[\w.-]{1,64}$/

const must = <T>(value: T | undefined, sentence: string): T => {
  if (value === undefined) throw new UsageError(sentence)
  return value
}

const urlOf = (text: string, option: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.hash === ''
  // Of IPv6 a client of the hotspot has none.
  const isReachable = url && (isIP(url.hostname) === 4 || isHostName(url.hostname))
  return must(isWeb && isReachable ? url : undefined, `--${option} is an http or https address, not '${text}'.`)
}

const listOf = (text: string | undefined, isOne: (item: string) => boolean, option: string): readonly string[] => {
  const items = (text ?? '').split(',').filter((item) => item !== '')
  for (const item of items) if (!isOne(item)) throw new UsageError(`--${option} does not take '${item}'.`)
  return items
}

const portOf = ({ args }: CliContext, option: string, otherwise: number): number => {
  const port = args.whole(option) ?? otherwise
  if (port > 65_535) throw new UsageError(`--${option} is a port, not ${port}.`)
  return port
}

const addressOf = async (host: string): Promise<string> => {
  if (isIP(host) !== 0) return host
  try {
    return (await lookup(host, { family: 4 })).address
  } catch {
    throw new UsageError(`--radius: ${host} is no address, and no name that is known here.`)
  }
}

const readOptions = async (context: CliContext) => {
  const { args } = context
  const interfaceOf = (option: string): string => {
    const name = args.text(option)!
    const isThere = isInterfaceName(name) && existsSync(`/sys/class/net/${name}`)
    return must(isThere ? name : undefined, `--${option}: there is no interface '${name}' here.`)
  }
  const [lan, wan] = [interfaceOf('lan'), interfaceOf('wan')]
  if (lan === wan) throw new UsageError('--lan and --wan are two interfaces.')
  const whole = must(readNetwork(args.text('address')!), '--address is as 10.40.0.1/16.')
  const range = args.text('dhcp-range')
  const rangeHelp = '--dhcp-range is as 10.40.1.0-10.40.1.99, within --address and without it.'
  const network = range === undefined ? whole : must(withRange(whole, range), rangeHelp)
  const text6 = args.text('prefix6')
  const prefix6 =
    text6 === undefined ? undefined : must(readPrefix6(text6), '--prefix6 is as 2001:db8:40::/64: it ends with ::/64.')
  const api = args.text('portal-api')
  const portalApi = api === undefined ? undefined : urlOf(api, 'portal-api')
  if (portalApi && (portalApi.protocol !== 'https:' || isIP(portalApi.hostname) !== 0))
    throw new UsageError('--portal-api is an https address with a name: phones take no other (RFC 8910).')
  const name = args.text('name') ?? DEFAULT_NAME
  if (!NAME_SHAPE.test(name)) throw new UsageError(`--name is of letters, digits, dots and dashes, not '${name}'.`)
  return {
    lan,
    wan,
    network,
    prefix6,
    portal: urlOf(args.text('portal')!, 'portal'),
    portalApi,
    server: {
      address: await addressOf(args.text('radius') ?? '127.0.0.1'),
      authPort: portOf(context, 'auth-port', 1812),
      acctPort: portOf(context, 'acct-port', 1813),
    },
    secret: Buffer.from((await args.secret('secret'))!),
    name,
    coaPort: portOf(context, 'coa-port', 3799),
    stateDir: resolve(args.text('state-dir') ?? DEFAULT_STATE_DIR),
    garden: listOf(args.text('garden'), isHostName, 'garden'),
    dnsServers: listOf(args.text('dns'), (item) => isIP(item) !== 0, 'dns'),
  }
}

/** Until it is told to go; the exit code. */
export const runGateway = async (context: CliContext): Promise<number> => {
  const { io, args } = context
  if (io.uid !== 0) throw new UsageError('`lango gateway` sets up the network: run it as root.')
  const options = await readOptions(context)
  const level = args.choice('log-level', ['debug', 'info', 'warn', 'error']) ?? 'info'
  const log = createLog({ level, sink: { write: io.err } })
  try {
    const gateway = await startLinuxGateway({ ...options, random: systemRandom(), now: io.now, log })
    io.out(`${JSON.stringify({ ready: true, coaPort: gateway.coaPort })}\n`)
    const { promise, resolve: told } = Promise.withResolvers<void>()
    process.once('SIGTERM', () => told()).once('SIGINT', () => told())
    await promise
    await gateway.stop()
    return 0
  } catch (error) {
    // A port that is taken, a program that is missing, a kernel that lacks something: told in its own words.
    io.err(`lango: the gateway could not start: ${(error as Error).message}\n`)
    return 1
  }
}

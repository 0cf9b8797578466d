/** Does the box answer where it is asked, and is there a way out? It asks nobody but itself and its own name server. */
import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { systemRandom } from '@lango/kernel'
import { askStatus } from '../aaa/test-client.ts'
import { routerSecretAt } from '../cli/stored-secrets.ts'
import type { DataFolder } from '../data-folder.ts'
import { hasDefaultRoute, nameServersIn, portHolder, type Transport } from '../machine/sockets.ts'
import { fine, found, type BoxStatus, type Check } from './check.ts'
import type { PortName } from './machine-facts.ts'

const CONNECT_WITHIN_MS = 2000
const NAME_WITHIN_MS = 2000

type Own = { readonly name: PortName; readonly transport: Transport; readonly port: number }

/** Where a box listens unless it is told otherwise. */
const USUAL: readonly Own[] = [
  { name: 'auth', transport: 'udp', port: 1812 },
  { name: 'acct', transport: 'udp', port: 1813 },
  { name: 'radsec', transport: 'tcp', port: 2083 },
  { name: 'web', transport: 'tcp', port: 8080 },
]

export type ReachDeps = {
  readonly root: string
  readonly folder: DataFolder
  readonly status: BoxStatus | undefined
  /** `address` or `address:port` of those that names are asked of. */
  readonly nameServers?: readonly string[]
}

export const checkReach = async (deps: ReachDeps): Promise<Check[]> => [
  ...(deps.status ? await checkPorts(deps, deps.status) : checkTaken(deps.root)),
  checkUplink(deps.root),
  await checkNames(deps.nameServers ?? nameServersIn(deps.root)),
]

const checkTaken = (root: string): Check[] =>
  USUAL.flatMap(({ name, transport, port }) => {
    const holder = portHolder(root, transport, port)
    return holder ? [found('ports', 'attention', { type: 'port-taken', name, port, holder })] : []
  })

const ownAddress = (listen: string): string => (listen === '0.0.0.0' ? '127.0.0.1' : listen === '::' ? '::1' : listen)

const checkPorts = async (deps: ReachDeps, { listen, webListen, ports, pid }: BoxStatus): Promise<Check[]> => {
  const { auth, acct, radsec, web, portal, portalTls } = ports
  const radius: Own[] = [
    { name: 'auth', transport: 'udp', port: auth },
    { name: 'acct', transport: 'udp', port: acct },
  ]
  // A connection that says nothing would count there as one of a router that cannot be made.
  const unasked: Own[] = [...radius, { name: 'radsec', transport: 'tcp', port: radsec }]
  const streams: readonly (Own & { readonly at: string })[] = [
    { name: 'web', transport: 'tcp', port: web, at: webListen ?? listen },
    ...(portal === undefined ? [] : [{ name: 'portal' as const, transport: 'tcp' as const, port: portal, at: listen }]),
    ...(portalTls === undefined
      ? []
      : [{ name: 'portalTls' as const, transport: 'tcp' as const, port: portalTls, at: listen }]),
  ]
  const answers = await Promise.all(streams.map(({ at, port }) => takesConnections(ownAddress(at), port)))
  const shut = streams.filter((_, at) => answers[at] === false)
  const checks = [...shut, ...unasked].flatMap((own) => closed(deps.root, own, pid, shut.includes(own as never)))
  const silent = checks.length === 0 ? await checkStatusServer(deps.folder, ownAddress(listen), radius) : []
  if (checks.length + silent.length > 0) return [...checks, ...silent]
  return [fine('ports', 'Every port of the box is its own, and answers.')]
}

/** `isShut`: nobody took a connection there. A port of another's process is told as theirs. */
const closed = (root: string, { name, transport, port }: Own, pid: number, isShut: boolean): Check[] => {
  const holder = portHolder(root, transport, port)
  const isForeign = holder?.pid !== undefined && holder.pid !== pid
  if (!isShut && holder !== undefined && !isForeign) return []
  return [found('ports', 'stopped', { type: 'port-closed', name, port, ...(isForeign && { holder }) })]
}

/** A web address may be one that only others reach; then nothing is told of it. */
const takesConnections = async (address: string, port: number): Promise<boolean> => {
  const socket = connect({ host: address, port, timeout: CONNECT_WITHIN_MS })
  socket.on('timeout', () => socket.destroy(new Error('timeout')))
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** RFC 5997, where the box has a router at its own address: no other may ask it. */
const checkStatusServer = async (folder: DataFolder, address: string, radius: readonly Own[]): Promise<Check[]> => {
  const secret = routerSecretAt(folder, address)
  if (secret === undefined) return []
  const asked = radius.map(async ({ port }) => ({
    port,
    isAlive: await askStatus(
      { address, port, secret },
      { random: systemRandom(), monotonicMs: () => performance.now() },
    ),
  }))
  return (await Promise.all(asked)).flatMap(({ port, isAlive }) =>
    isAlive ? [] : [found('ports', 'stopped', { type: 'radius-silent', port })],
  )
}

const checkUplink = (root: string): Check =>
  hasDefaultRoute(root)
    ? fine('uplink', 'A way leads out of this machine.')
    : found('uplink', 'attention', { type: 'uplink-none' })

/** That the server answers at all; whatever it says of the root of all names is an answer. */
const ANSWERS: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND', 'EREFUSED', 'ENOTIMP'])

/** The one the machine itself asks is asked for the root alone: nobody learns anything of this box by it. */
const checkNames = async (servers: readonly string[]): Promise<Check> => {
  const [server] = servers
  if (server === undefined) return found('names', 'attention', { type: 'names-none' })
  const resolver = new Resolver({ timeout: NAME_WITHIN_MS, tries: 1 })
  try {
    resolver.setServers([...servers])
    await resolver.resolveNs('.')
  } catch (fault) {
    const { code = String(fault) } = fault as { code?: string }
    if (!ANSWERS.has(code)) return found('names', 'attention', { type: 'names-unanswered', server, cause: code })
  }
  return fine('names', 'The name server answers.')
}

/** The appliance itself as the gateway of a hotspot, in a process of its own. */
import { mkdirSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { every, type Log, type Random } from '@lango/kernel'
import type { Network, Prefix6 } from './address.ts'
import { Announcer } from './announcer.ts'
import type { DnsmasqConfig } from './dnsmasq.ts'
import { DeviceAsker } from './device-asker.ts'
import { Enforcer } from './enforcer.ts'
import { Gateway } from './gateway.ts'
import { linuxKernel } from './kernel.ts'
import { PortalDoor } from './portal-door.ts'
import { RadiusLink } from './radius-link.ts'
import { Reporter } from './reporter.ts'
import { keepResolvers, readLeases } from './resolvers.ts'
import { createStateFile } from './state-file.ts'

export { isHostName, isInterfaceName, readNetwork, readPrefix6, withRange, type Network } from './address.ts'

const TICK_MS = 1000
const LOOK_AROUND_MS = 5000
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

export type LinuxGatewayOptions = {
  readonly lan: string
  readonly wan: string
  readonly network: Network
  /** None: no IPv6 for the clients. */
  readonly prefix6: Prefix6 | undefined
  readonly portal: URL
  /** RFC 8908, told by DHCP; https and by name. */
  readonly portalApi: URL | undefined
  readonly server: { readonly address: string; readonly authPort: number; readonly acctPort: number }
  readonly secret: Buffer
  readonly name: string
  readonly coaPort: number
  readonly stateDir: string
  readonly garden: readonly string[]
  readonly dnsServers: readonly string[]
  readonly random: Random
  readonly now: () => number
  readonly log: Log
}

export type LinuxGateway = {
  readonly coaPort: number
  /** Ends this process's part: whoever is online stays so. */
  stop(): Promise<void>
}

const portOf = ({ port, protocol }: URL): number => (port === '' ? DEFAULT_PORTS[protocol]! : Number(port))

/** The parts, each knowing the others it needs. */
const createParts = (options: LinuxGatewayOptions) => {
  const { lan, wan, network, prefix6, portal, portalApi, server } = options
  const { secret, name, coaPort, stateDir, random, now, log } = options
  const { address, prefix } = network
  const kernel = linuxKernel(lan)
  const ip = isIPv4(portal.hostname) ? portal.hostname : undefined
  const port = portOf(portal)
  const apiPort = portalApi ? portOf(portalApi) : port
  const enforcer = new Enforcer(kernel, { lan, wan, address, prefix, prefix6, portal: { ip, port }, apiPort }, log)
  const stateFile = createStateFile(stateDir, () => gateway.state())
  const gateway: Gateway = new Gateway({
    kernel,
    enforcer,
    stateFile,
    random,
    log,
    now,
    toReport: () => reporter.run(kernel.monotonicMs()),
    ask: (caller, password) => link.login(caller, password),
  })
  const obey = gateway
  const link: RadiusLink = new RadiusLink({ server, secret, name, address, lan, coaPort, random, log, now, obey })
  const door = new PortalDoor({
    address,
    portal,
    name,
    log,
    macOf: (ip) => kernel.macOf(ip),
    login: (ip, mac, userName, password) => gateway.login(ip, mac, userName, password),
    logout: async (ip, mac) => void (await gateway.logout(ip, mac)),
    status: (ip, mac) => gateway.status(ip, mac),
  })
  const reporter = new Reporter(link, gateway)
  const asker = new DeviceAsker({
    monotonicMs: () => kernel.monotonicMs(),
    isOnline: (ip, mac) => gateway.status(ip, mac).online,
    login: (ip, mac, userName, password) => gateway.login(ip, mac, userName, password),
    log,
  })
  // Where there is something to advertise, and somebody that it is advertised to.
  const announcer = prefix6 && portalApi && new Announcer({ kernel, lan, prefix6, portalApi: portalApi.href, log })
  return { announcer, asker, kernel, enforcer, stateFile, gateway, link, door, reporter }
}

/** Names of the portal itself are reachable before login. */
const resolversFor = (options: LinuxGatewayOptions): DnsmasqConfig => {
  const { lan, network, prefix6, portal, portalApi, garden, dnsServers, stateDir } = options
  const own = [portal, portalApi].flatMap((url) => (url && !isIPv4(url.hostname) ? [url.hostname] : []))
  const names = [...new Set([...own, ...garden])]
  return { lan, network, prefix6, garden: names, portalApi: portalApi?.href, servers: dnsServers, stateDir }
}

export const startLinuxGateway = async (options: LinuxGatewayOptions): Promise<LinuxGateway> => {
  const { stateDir, log } = options
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const { announcer, asker, kernel, enforcer, stateFile, gateway, link, door, reporter } = createParts(options)
  await gateway.begin()
  await stateFile.save()
  const resolvers = resolversFor(options)
  await keepResolvers(kernel, resolvers)
  await door.listen()
  const coaPort = await link.listen()

  const tick = async (): Promise<void> => {
    announcer?.tick()
    await gateway.tick()
    reporter.run(kernel.monotonicMs())
  }
  const lookAround = async (): Promise<void> => {
    announcer?.look()
    await enforcer.isolate()
    await keepResolvers(kernel, resolvers)
    const leases = readLeases(stateDir)
    await gateway.vacate(leases)
    // The box may be slow to answer: the next look round does not wait for it.
    mind(asker.look(leases))
  }
  const mind = (what: Promise<void>): void =>
    void what.catch((error: unknown) => log.error('the gateway stumbled', { error }))
  const stops = [every(TICK_MS, () => mind(tick())), every(LOOK_AROUND_MS, () => mind(lookAround()))]
  announcer?.look()
  mind(tick())
  return {
    coaPort,
    async stop() {
      for (const stop of stops) stop()
      announcer?.close()
      await door.close()
      await link.close()
      await stateFile.save()
    },
  }
}

/**
 * A router of MikroTik with a hotspot: hosts that join, the pages of its html-directory in RouterOS's own template
 * language, logins by PAP, CHAP and MAC cookie, sessions that it counts by RADIUS and ends when told. It routes nothing
 * but the web requests of whoever is online, and goes wrong on demand.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Gateway } from './gateway.ts'
import { Servlet } from './servlet.ts'
import type { Host, HotspotFault, HotspotSimulatorOptions, Session } from './types.ts'

export type * from './types.ts'

export type HotspotSimulator = {
  /** Where a phone's requests arrive, whatever host they name; the servlet's own pages too. */
  readonly address: string
  readonly port: number
  readonly coaPort: number
  readonly hosts: readonly Host[]
  readonly sessions: readonly Session[]
  /** The device behind an address has another MAC from now on. */
  setMac(address: string, mac: string): void
  /** What a session has moved since it began. */
  count(session: Session, inputOctets: number, outputOctets: number): void
  /** Goes wrong in these ways, a login or an answer each. */
  fail(...faults: readonly HotspotFault[]): void
  /** Loses power and comes back; resolves when it has told the box. */
  reboot(): Promise<void>
  /** Resolves when no report is on its way. */
  settled(): Promise<void>
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export const startHotspotSimulator = async (options: HotspotSimulatorOptions): Promise<HotspotSimulator> => {
  const gateway = new Gateway(options)
  await gateway.listen()
  const servlet = new Servlet(gateway)
  const server = createServer((request, response) => {
    // A browser that hangs up while it is answered is no fault of the simulator.
    servlet.answer(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((ready) => server.listen(options.port ?? 0, HOST, ready))
  const { port } = server.address() as AddressInfo
  servlet.hostname = `${HOST}:${port}`
  return {
    address: `http://${servlet.hostname}/`,
    port,
    coaPort: gateway.coaPort,
    get hosts() {
      return gateway.hosts
    },
    get sessions() {
      return [...gateway.sessions]
    },
    setMac: (address, mac) => void gateway.setMac(address, mac),
    count: (session, inputOctets, outputOctets) => gateway.count(session, inputOctets, outputOctets),
    fail: (...faults) => gateway.fail(...faults),
    reboot: () => gateway.reboot(),
    settled: () => gateway.settled(),
    async close() {
      server.close()
      server.closeAllConnections()
      await gateway.close()
    },
  }
}

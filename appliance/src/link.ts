/**
 * How the command line (and later the page's server) reaches a box: over the Unix socket of a running one, or straight
 * into the data folder of one that is down. Both speak the same three words.
 */
import type { Fault, Result } from '@lango/kernel'

/** What only the box as a whole can do, beside the modules' commands and queries. */
export type ActionName =
  | 'decisions.search'
  | 'decisions.page'
  | 'sessions.disconnect'
  | 'sessions.change'
  | 'grants.devices'
  | 'audit.opened'
  | 'audit.export'
  | 'audit.exported'
  | 'box.status'
  | 'box.attention'
  | 'box.console'
  | 'box.reach'
  | 'doctor.show'
  | 'doctor.look'
  | 'support.bundle'
  | 'bench.show'
  | 'bench.start'
  | 'bench.stop'
  | 'portal.entry'
  | 'routers.controlled'
  | 'routers.push'
  | 'tls.show'
  | 'tls.use'
  | 'tls.useBox'
  | 'tls.renew'
  | 'acme.show'
  | 'acme.set'
  | 'acme.renew'
  | 'acme.off'
  | 'network.show'
  | 'network.check'
  | 'network.try'
  | 'network.keep'
  | 'transfer.show'
  | 'transfer.load'
  | 'transfer.drop'
  | 'transfer.give'
  | 'shelf.address'
  | 'standby.pair'
  | 'standby.join'
  | 'standby.status'
  | 'standby.promote'
  | 'standby.leave'
  | 'web.token'
  | 'setup.newCode'
  | 'keys.rotate'

export interface Link {
  /** Whether a box is running behind this link; some actions need one. */
  readonly running: boolean
  /** A module's command by name, carried out once under a fresh id. */
  command(name: string, input: unknown): Promise<Result<unknown, Fault>>
  /** A module's query by name. Its input is checked; a fault says what is wrong with it. */
  query(name: string, input: unknown): Promise<Result<unknown, Fault>>
  action(name: ActionName, input: unknown): Promise<Result<unknown, Fault>>
  close(): Promise<void>
}

/** The sentences about a box and its standby. */
import type { PairFault } from '../standby/pair-service.ts'
import type { StandbyFault } from '../standby/standby-box.ts'

export type PairingFault = PairFault | StandbyFault | { readonly type: 'ServesAlready' }

type Sentences = { readonly [T in PairingFault['type']]: (fault: Extract<PairingFault, { type: T }>) => string }

export const standbySentences: Sentences = {
  PairCodeUnfit: () =>
    'That is no code of a pair: it has 24 letters and digits. Make one at the primary: lango standby pair',
  PairCodeRefused: () =>
    'The primary does not take this code: it was used, has been wrong too often, or is older than ten minutes. Make another there: lango standby pair',
  PairUnreachable: ({ host, port, cause }) =>
    `Nobody answers at ${host}, port ${port} (${cause}). Has a code been made there, and does a firewall let this port through?`,
  PairStranger: ({ host, port }) =>
    `Whoever answers at ${host}, port ${port}, has not made this code. Check the address; somebody may stand in between.`,
  PairRelease: () => 'The primary has a release that this one cannot follow. Update the older of the two.',
  Superseded: ({ term }) =>
    `The other box of the pair has taken over in this one’s place (term ${term}): this one becomes its standby.`,
  PairPortUnusable: ({ port, cause }) =>
    `Port ${port}, on which the pair talks, cannot be opened (${cause}). Free it, or choose another with --pair-port.`,
  PairedAlready: ({ name }) => `This box is a pair with ${name} already. To part them first: lango standby leave`,
  NotPaired: () => 'This box has no other. To pair it: lango standby pair',
  ServesAlready: () => 'This box serves already: there is nothing to take over.',
  BoxIsStandby: ({ primary }) =>
    `This box is the standby of ${primary}, and does nothing else. Ask ${primary}; or let this one take over: lango standby promote`,
  CopyNotWhole: () => 'This box has no whole copy yet: it cannot take over. See: lango standby status',
  PrimaryServes: ({ name }) =>
    `${name} is there and serves. Stop it first, so that nothing is missing here; or take over all the same: lango standby promote --even-so`,
}

/** The sentences about the box's own ports. */
import { networkFaultSentence } from '@lango/modules/network'
import type { NetworkActionFault } from '../network/actions.ts'

export const networkSentences: {
  readonly [T in NetworkActionFault['type']]: (fault: Extract<NetworkActionFault, { type: T }>) => string
} = {
  NotAppliance: () =>
    'This is no appliance image: the machine’s own network stays as it is (LANGO_OS_DIR is not set). Set it up as its system is.',
  NetworkSilent: () =>
    'The service that sets up the network has told nothing yet. Wait a moment; if it stays so: systemctl status lango-network',
  NetworkPlanFaulty: ({ faults }) =>
    faults
      .filter(({ isWarning }) => !isWarning)
      .map((fault) => `${fault.at}: ${networkFaultSentence('en', fault)}`)
      .join('\n'),
  NetworkTrialOver: () =>
    'There is nothing to confirm: the change was taken back, or is kept already. See: lango network show',
}

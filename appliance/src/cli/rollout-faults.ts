import type { FaultOf } from '@lango/kernel/verbs'
import type {
  addRouterPackage,
  cancelRollout,
  pauseRollout,
  removeRouterPackage,
  resumeRollout,
  startRollout,
} from '@lango/modules/rollouts'
import { clean } from './format.ts'

export type RolloutFault =
  | FaultOf<
      | typeof addRouterPackage
      | typeof cancelRollout
      | typeof pauseRollout
      | typeof removeRouterPackage
      | typeof resumeRollout
      | typeof startRollout
    >
  | { readonly type: 'RouterPackageUnreadable'; readonly file: string; readonly cause: string }

/** Those of routers themselves are told with the others of routers. */
type Own = Exclude<RolloutFault['type'], 'RouterUnknown' | 'ControlUnknown'>

export const rolloutSentences: {
  readonly [T in Own]: (fault: Extract<RolloutFault, { type: T }>) => string
} = {
  RolloutRunning: ({ version }) =>
    `RouterOS ${version} is on its way to routers still, and there is one rollout at a time. See: lango rollout status. End it: lango rollout cancel`,
  RolloutNone: () => 'There is no rollout under way. Begin one: lango rollout start VERSION',
  RolloutNoRouters: () =>
    'The box logs in to no router, so it can bring none up to date. Let it in: lango router control NAME',
  RouterPackageMissing: ({ version }) =>
    `The box has no file of RouterOS ${version}. Load routeros-${version}-ARCH.npk from MikroTik for each architecture and put it in: lango rollout add-package FILE. Or let routers ask MikroTik themselves: --from mikrotik`,
  RouterPackageNameInvalid: ({ name }) =>
    `'${clean(name)}' is not called like a package of RouterOS. Leave the name as MikroTik gives it, such as routeros-7.20.1-arm64.npk: it says what the file is.`,
  RouterPackagesFull: ({ max }) =>
    `The box keeps ${max} package files at most. Remove some: lango rollout remove-package NAME`,
  RouterPackageUnknown: ({ name }) => `The box has no package file '${clean(name)}'. See: lango rollout packages`,
  RouterPackageUnreadable: ({ file, cause }) =>
    `${file} cannot be read, or not be put into the data folder (${cause}).`,
}

import type { DownloadFault, FeedFault } from '@lango/firmware'
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  checkUpdates,
  denyUpdate,
  installUpdate,
  pauseUpdates,
  resumeUpdates,
  setUpdates,
} from '@lango/modules/updates'
import { localTime, octets } from './format.ts'

export type UpdateFault =
  | FaultOf<
      | typeof checkUpdates
      | typeof denyUpdate
      | typeof installUpdate
      | typeof pauseUpdates
      | typeof resumeUpdates
      | typeof setUpdates
    >
  | FeedFault
  | DownloadFault
  | { readonly type: 'NoImage' }

export const updateSentences: {
  readonly [T in UpdateFault['type']]: (fault: Extract<UpdateFault, { type: T }>) => string
} = {
  NoImage: () =>
    'This box runs on a machine that is no appliance image, so it does not install releases by itself: use the package of that machine.',
  UpdatePlaceUnset: () => 'Nothing says where releases are. Set it: lango update set --from https://…',
  UpdateNoneOffered: () => 'No release is offered. Look for one first: lango update check',
  TrustMissing: ({ file, cause }) =>
    `${file}, by which releases are recognised, cannot be read (${cause}). It comes with the image: write the image anew.`,
  FeedUnreachable: ({ cause }) =>
    `The place of releases cannot be reached (${cause}). It is tried again by itself; see the address with lango update status.`,
  FeedExpired: ({ role, expiredAt }) =>
    `What is signed there is past its date (${role}${expiredAt === undefined ? '' : `, ${localTime(expiredAt)}`}): it is an old copy, or nobody has signed it anew. Is the clock right? A USB stick has to be filled anew; else ask who makes the releases.`,
  FeedRefused: ({ cause }) =>
    `What lies there is refused: it is not what those who make the releases have signed, or older than what this box has seen (${cause}). Nothing was installed. If it stays so, ask who makes the releases.`,
  BundleAltered: ({ name, cause }) =>
    `${name} is not what was signed (${cause === 'hash' ? 'other content' : 'longer'}) and was deleted. It is fetched again by itself.`,
  UpdateDiskFull: ({ neededBytes, freeBytes }) =>
    `The disk has ${octets(freeBytes)} free, and the release needs ${octets(neededBytes)} with what is kept free for serving. Make room: keep sessions for fewer days, or move files away.`,
  UpdateFolderUnusable: ({ dir, cause }) => `${dir} cannot be written (${cause}).`,
  DownloadStopped: () => 'The download was stopped; it goes on where it was.',
}

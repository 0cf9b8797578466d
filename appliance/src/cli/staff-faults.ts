/** The sentences about people who work with the box, and about programs: how they come in, and what they may. */
import type { FaultOf } from '@lango/kernel/verbs'
import type {
  addPasskey,
  changeStaff,
  confirmTotp,
  createToken,
  enterByDoor,
  firstOwner,
  inviteStaff,
  removeRole,
  removeStaffPasskey,
  revokeToken,
  routerLogin,
  setRole,
  signedIn,
} from '@lango/modules/people'

export type StaffFault = FaultOf<
  | typeof changeStaff
  | typeof confirmTotp
  | typeof createToken
  | typeof enterByDoor
  | typeof firstOwner
  | typeof inviteStaff
  | typeof removeRole
  | typeof revokeToken
  | typeof routerLogin
  | typeof setRole
  | typeof signedIn
  | typeof addPasskey
  | typeof removeStaffPasskey
>

type Own = Exclude<StaffFault['type'], 'ClockUnsure'>
type Sentences = { readonly [T in Own]: (fault: Extract<StaffFault, { type: T }>) => string }

export const staffSentences: Sentences = {
  TokenUnknown: ({ id }) => `There is no token ${id}. See: lango token list`,
  RoleUnknown: ({ role }) =>
    `There is no role ${role}. Every box has owner, technician, cashier and viewer. See: lango role list`,
  RoleTooStrong: ({ permission }) => `You cannot give what you do not have yourself: ${permission}.`,
  RoleNameTaken: ({ name }) => `A role is called ${name} already. Choose another name.`,
  RoleInUse: ({ name }) => `Somebody has the role ${name}. Give them another first.`,
  StaffUnknown: ({ id }) => `Nobody of the staff is ${id === '' ? 'this' : id}. See: lango staff list`,
  StaffLoginTaken: ({ login }) => `${login} is somebody of the staff already. Choose another login.`,
  LastOwner: ({ login }) => `${login} is the last owner. Make somebody else an owner first.`,
  OwnerExists: () => 'This box has people already. Sign in, or ask an owner for an invitation.',
  DoorShut: () => 'This invitation was used, replaced or is too old. Ask an owner for another.',
  CodeUsed: () => 'This code was used before. Wait for the next one.',
  RouterForbidden: ({ login, router }) =>
    `The role of ${login} does not let them log in to ${router}. It takes routers.admin or routers.look. See: lango role list`,
  CodeWrong: () => 'The code is not the one the app shows now. Type the present one; check the clock of the phone.',
  PasskeyUnknown: ({ id }) => `There is no passkey ${id}.`,
  PasskeyKnown: () => 'This passkey is kept already. Use another device, or remove it first.',
  PasskeysFull: ({ most }) => `Nobody has more than ${most} passkeys. Remove one that is no longer used.`,
  PasskeyCopied: ({ name }) =>
    `The passkey ${name} was used by a copy of it. Remove it, and add it anew on the device that its person holds.`,
  AppNotBegun: () => 'There is no app to confirm. Begin again.',
}

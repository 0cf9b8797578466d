import { defineModule } from '@lango/kernel/verbs'
import { enterByDoor, firstOwner, refusedSignIn, routerLogin, signedIn } from './door.ts'
import { beginTotp, confirmTotp, dropTotp, renewRecovery, setOwnPassword, signOutOwn } from './own.ts'
import { addPasskey, provedByPasskey, removeOwnPasskey, removeStaffPasskey, renamePasskey } from './passkeys.ts'
import {
  auditedCommands,
  listRoles,
  listStaff,
  listStaffPasskeys,
  listStaffSessions,
  listTokens,
  ownPasskeys,
  ownSessions,
  searchAudit,
  showOwn,
} from './queries.ts'
import { removeRole, setRole } from './roles.ts'
import { changeStaff, inviteStaff, resetStaff, signOutStaff } from './staff.ts'
import { apiTokens, passkeys, roles, staff, staffDoors, staffSessions } from './tables.ts'
import { createToken, revokeToken } from './tokens.ts'
import { auditExported, auditOpened } from './trail.ts'

export { enterByDoor, firstOwner, refusedSignIn, routerLogin, signedIn } from './door.ts'
export {
  actorMay,
  createCredentials,
  createPeopleGuard,
  type Credential,
  type Credentials,
  type KnownPasskey,
  type PeopleGuard,
  type SessionHolder,
} from './guard.ts'
export { beginTotp, confirmTotp, dropTotp, readTotp, renewRecovery, setOwnPassword, signOutOwn } from './own.ts'
export {
  addPasskey,
  provedByPasskey,
  removeOwnPasskey,
  removeStaffPasskey,
  renamePasskey,
  PASSKEYS_MAX,
} from './passkeys.ts'
export {
  auditedCommands,
  listRoles,
  listStaff,
  listStaffPasskeys,
  listStaffSessions,
  listTokens,
  ownPasskeys,
  ownSessions,
  searchAudit,
  showOwn,
} from './queries.ts'
export { removeRole, setRole } from './roles.ts'
export {
  builtInRole,
  parsePercentBp,
  percentText,
  passwordFault,
  permissions,
  roleMay,
  roleNames,
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_MIN,
  type Role,
} from './rules.ts'
export { changeStaff, inviteStaff, resetStaff, signOutStaff } from './staff.ts'
export { createToken, revokeToken } from './tokens.ts'
export { auditExported, auditOpened } from './trail.ts'

export const people = defineModule({
  name: 'people',
  tables: [roles, staff, staffDoors, staffSessions, passkeys, apiTokens],
  commands: [
    createToken,
    revokeToken,
    setRole,
    removeRole,
    inviteStaff,
    resetStaff,
    changeStaff,
    signOutStaff,
    firstOwner,
    enterByDoor,
    signedIn,
    routerLogin,
    refusedSignIn,
    setOwnPassword,
    beginTotp,
    confirmTotp,
    dropTotp,
    renewRecovery,
    signOutOwn,
    provedByPasskey,
    addPasskey,
    renamePasskey,
    removeOwnPasskey,
    removeStaffPasskey,
    auditOpened,
    auditExported,
  ],
  queries: [
    listTokens,
    listRoles,
    listStaff,
    listStaffSessions,
    listStaffPasskeys,
    showOwn,
    ownSessions,
    ownPasskeys,
    searchAudit,
    auditedCommands,
  ],
})

/** How the staff prove who they are, at the desk and at the routers. */
import { createPasswords, type Passwords } from '@lango/kernel'
import { createCredentials, type Credentials } from '@lango/modules/people'
import type { Site } from './site.ts'
import { createSignInGuard, type SignInGuard } from './web/index.ts'

export type StaffDoor = {
  readonly credentials: Credentials
  readonly passwords: Passwords
  readonly signIns: SignInGuard
}

export const createStaffDoor = ({
  database,
  vault,
  random,
  clock,
}: Pick<Site, 'database' | 'vault' | 'random' | 'clock'>): StaffDoor => ({
  credentials: createCredentials(database.raw, vault),
  passwords: createPasswords(random),
  signIns: createSignInGuard(clock),
})

/** How the staff prove who they are, at the desk and at the routers. */
import { createPasswords, type Passwords } from '@lango/kernel'
import { createCredentials, type Credentials } from '@lango/modules/people'
import type { Site } from './site.ts'
import { createSetupCode, type SetupCode } from './setup/setup-code.ts'
import { createSignInGuard, type SignInGuard } from './web/index.ts'

export type StaffDoor = {
  readonly credentials: Credentials
  readonly passwords: Passwords
  readonly signIns: SignInGuard
  /** Of a box that people are to set up by themselves. */
  readonly setupCode: SetupCode | undefined
}

export const createStaffDoor = (
  { folder, database, vault, random, clock }: Pick<Site, 'folder' | 'database' | 'vault' | 'random' | 'clock'>,
  { demo }: { readonly demo: boolean },
): StaffDoor => {
  const credentials = createCredentials(database.raw, vault)
  const { setupCodeFile: file } = folder
  return {
    credentials,
    passwords: createPasswords(random),
    signIns: createSignInGuard(clock),
    setupCode: demo ? undefined : createSetupCode({ file, anyone: credentials.anyone, random, clock }),
  }
}

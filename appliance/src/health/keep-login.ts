/** Every box has the login that it tries itself by. */
import type { Log } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { HEALTH_LOGIN, credentialPurpose, keepHealthLogin } from '@lango/modules/access'
import type { Site } from '../site.ts'

const actor = system('health')

/** Called at the start: made on a new box, and made anew where its password cannot be read any more. */
export const keepHealth = ({ database, dispatcher, ids, vault }: Omit<Site, 'folder'>, log: Log): void => {
  const grant = database.raw
    .prepare<[string], { id: string; credential: Buffer }>('SELECT id, credential FROM grants WHERE login = ?')
    .get(HEALTH_LOGIN)
  if (grant && vault.open(grant.credential, credentialPurpose(grant.id)).ok) return
  const kept = dispatcher.dispatch(keepHealthLogin, {}, { id: ids.next('cmd'), actor })
  if (!kept.ok) log.error('lango health has no login, so updates cannot be judged', { fault: kept.error })
}

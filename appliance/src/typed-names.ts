import type { Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { credentialPurpose, isCodeLogin } from '@lango/modules/access/rules'
import type { NasControl, NasSession } from '@lango/modules/sessions/port'

/** A router knows a voucher's session by the code that was typed there, which is kept under seal only. */
export const byTypedName = (control: NasControl, reader: RawDatabase, vault: Vault): NasControl => {
  const grant = reader.prepare<[string], { id: string; credential: Buffer }>(
    'SELECT id, credential FROM grants WHERE login = ? AND credential IS NOT NULL',
  )
  const typed = (session: NasSession): NasSession => {
    const sealed = isCodeLogin(session.userName) ? grant.get(session.userName) : undefined
    const code = sealed && vault.open(sealed.credential, credentialPurpose(sealed.id))
    return code?.ok ? { ...session, userName: code.value.reveal() } : session
  }
  return {
    disconnect: (session, by, signal) => control.disconnect(typed(session), by, signal),
    change: (session, by, changes, signal) => control.change(typed(session), by, changes, signal),
  }
}

/** A new key for passwords and secrets, and everything sealed under it. */
import { ok, type Fault, type Result } from '@lango/kernel'
import type { Actor } from '@lango/kernel/verbs'
import { resealGrants } from '@lango/modules/access'
import { resealMessages } from '@lango/modules/messages'
import { resealSecrets } from '@lango/modules/network'
import { resealPayments } from '@lango/modules/payments'
import { resealBackupSecrets } from '@lango/modules/backups'
import { resealWallets } from '@lango/modules/wallets'
import { resealWebhooks } from '@lango/modules/webhooks'
import { resealAcme } from './acme/settings.ts'
import type { DataFolder } from './data-folder.ts'
import type { Site } from './site.ts'

export type Rotated = { readonly keyId: string; readonly resealed: number; readonly unreadable: number }

/**
 * `announce` resolves when every other thread has read the key file again: from then on boxes under the new key may
 * appear. Cut short, it is made whole by rotating once more: old keys stay in the file.
 */
export const rotateKeys = async (
  { vault, dispatcher, ids }: Pick<Site, 'vault' | 'dispatcher' | 'ids'>,
  folder: Pick<DataFolder, 'tlsDir'>,
  actor: Actor,
  announce: () => Promise<void>,
): Promise<Result<Rotated, Fault>> => {
  const keyId = vault.rotate()
  await announce()
  const secrets = dispatcher.dispatch(resealSecrets, {}, { id: ids.next('cmd'), actor })
  if (!secrets.ok) return secrets
  const webhooks = dispatcher.dispatch(resealWebhooks, {}, { id: ids.next('cmd'), actor })
  if (!webhooks.ok) return webhooks
  const schedule = dispatcher.dispatch(resealBackupSecrets, {}, { id: ids.next('cmd'), actor })
  if (!schedule.ok) return schedule
  const messages = dispatcher.dispatch(resealMessages, {}, { id: ids.next('cmd'), actor })
  if (!messages.ok) return messages
  const payments = dispatcher.dispatch(resealPayments, {}, { id: ids.next('cmd'), actor })
  if (!payments.ok) return payments
  const certificates = resealAcme(folder, vault)
  const few = [secrets.value, webhooks.value, schedule.value, messages.value, payments.value, certificates]
  let resealed = few.reduce((sum, one) => sum + one.resealed, 0)
  let unreadable = few.reduce((sum, one) => sum + one.unreadable, 0)
  for (const reseal of [resealGrants, resealWallets]) {
    const resealChunk = (afterNo: number) => dispatcher.dispatch(reseal, { afterNo }, { id: ids.next('cmd'), actor })
    for (let afterNo: number | undefined = 0; afterNo !== undefined;) {
      const chunk: ReturnType<typeof resealChunk> = resealChunk(afterNo)
      if (!chunk.ok) return chunk
      resealed += chunk.value.resealed
      unreadable += chunk.value.unreadable
      afterNo = chunk.value.lastNo
      // Logins wait for control in their first use: let them in between two chunks.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return ok({ keyId, resealed, unreadable })
}

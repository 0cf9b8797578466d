/** The vouchers of a batch, made and ended in short steps between which everything else of the box has its turn. */
import { ok, type Fault, type Result } from '@lango/kernel'
import type { DoingDesk } from '@lango/kernel/ui'
import { makeVouchers, VOUCHER_CHUNK_ROWS } from './commands.ts'
import { breathe } from './desk-parts.tsx'
import { revokeRest } from './one.ts'

/** What one request makes: a few seconds of a small box; for more the batch’s page goes on. */
export const MADE_AT_ONCE = 5000

/** Makes the next vouchers of a batch; whoever asks twice for the same makes nothing twice. */
export const makeSome = async (
  desk: Pick<DoingDesk, 'tell'>,
  batch: number,
): Promise<Result<{ readonly isDone: boolean }, Fault>> => {
  for (let made = 0; made < MADE_AT_ONCE; made += VOUCHER_CHUNK_ROWS) {
    const done = await desk.tell(makeVouchers, { batch })
    // The same form was sent before and makes them: the batch's page tells how far it is.
    if (!done.ok && done.error.type === 'ToldOnce') return ok({ isDone: false })
    if (!done.ok) return done
    if (done.value.left === 0) return ok({ isDone: true })
    await breathe()
  }
  return ok({ isDone: false })
}

export const revokeAll = async (
  desk: Pick<DoingDesk, 'tell'>,
  batch: number,
  keepSold: boolean,
): Promise<Result<{ readonly revoked: number }, Fault>> => {
  let revoked = 0
  for (;;) {
    const done = await desk.tell(revokeRest, { batch, keepSold })
    if (!done.ok) return done
    revoked += done.value.revoked
    if (!done.value.more) return ok({ revoked })
    await breathe()
  }
}

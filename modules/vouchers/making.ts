/** The vouchers of a batch, made in short steps between which everything else of the box has its turn. */
import { ok, type Fault, type Result } from '@lango/kernel'
import type { DoingDesk } from '@lango/kernel/ui'
import { makeVouchers, VOUCHERS_AT_ONCE } from './commands.ts'
import { breathe } from './desk-parts.tsx'

/** What one request makes: a few seconds of a small box; for more the batch’s page goes on. */
export const MADE_AT_ONCE = 5000

/** Makes the next vouchers of a batch; whoever asks twice for the same makes nothing twice. */
export const makeSome = async (
  desk: Pick<DoingDesk, 'tell'>,
  batch: number,
): Promise<Result<{ readonly isDone: boolean }, Fault>> => {
  for (let made = 0; made < MADE_AT_ONCE; made += VOUCHERS_AT_ONCE.made) {
    const done = await desk.tell(makeVouchers, { batch })
    // The same form was sent before and makes them: the batch's page tells how far it is.
    if (!done.ok && done.error.type === 'ToldOnce') return ok({ isDone: false })
    if (!done.ok) return done
    if (done.value.left === 0) return ok({ isDone: true })
    await breathe()
  }
  return ok({ isDone: false })
}

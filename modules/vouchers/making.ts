/** The vouchers of a batch, made in short steps between which everything else of the box has its turn. */
import { ok, type Fault, type Result } from '@lango/kernel'
import type { DoingDesk } from '@lango/kernel/ui'
import { makeVouchers, VOUCHERS_AT_ONCE } from './commands.ts'
import { breathe } from './desk-parts.tsx'
import type { DeskBatch } from './overview.ts'

/** What is made before a request is answered, in less than a second; the rest is made behind it. */
const MADE_BEFORE_ANSWER = 2000

type Making = Pick<DoingDesk, 'tell'>
type Made = Result<{ readonly isDone: boolean }, Fault>

/** Batches that are being made, by their ids. After a restart there are none: then somebody has to say "go on". */
const underWay = new Set<string>()

export const isUnderWay = ({ id }: Pick<DeskBatch, 'id'>): boolean => underWay.has(id)

/**
 * Makes what is left of a batch: a few at once, more of them behind the answer, while the batch's page tells how far it
 * is. Whoever asks twice for the same makes nothing twice.
 */
export const makeLeft = async (desk: Making, { id, number }: Pick<DeskBatch, 'id' | 'number'>): Promise<Made> => {
  if (underWay.has(id)) return ok({ isDone: false })
  underWay.add(id)
  const first = await makeSome(desk, number, MADE_BEFORE_ANSWER).catch((error: unknown) => {
    underWay.delete(id)
    throw error
  })
  if (!first.ok || first.value.isDone) underWay.delete(id)
  else
    void makeSome(desk, number, Infinity)
      // The box stops, or its disk is full: the page says that some are missing.
      .catch(() => undefined)
      .finally(() => underWay.delete(id))
  return first
}

const makeSome = async (desk: Making, batch: number, most: number): Promise<Made> => {
  for (let made = 0; made < most; made += VOUCHERS_AT_ONCE.made) {
    const done = await desk.tell(makeVouchers, { batch })
    // The same form was sent before, and has made these.
    if (!done.ok && done.error.type !== 'ToldOnce') return done
    if (done.ok && done.value.left === 0) return ok({ isDone: true })
    await breathe()
  }
  return ok({ isDone: false })
}

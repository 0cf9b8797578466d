/** Turns what was typed into the form of a batch into what to make, or into what to say beside each field. Pure. */
import type { z } from 'zod'
import { parseDurationMs } from '@lango/kernel'
import { fill, FormReader, type Fields, type Problems } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { CODE_LENGTH, PREFIX_SPELLING, type CodeShape } from '../access/index.ts'
import type { listPlans } from '../plans/index.ts'
import { BATCH_VOUCHERS_MAX, type openBatch } from './commands.ts'
import { CODES_PER_VOUCHER_MIN, guessesPerHit } from './rules.ts'
import type { VoucherWords } from './words.ts'

export type BatchInput = z.input<(typeof openBatch)['input']>
export type Plan = ResultOf<typeof listPlans>[number]

const NOTE_LENGTH_MAX = 200
const SECOND_MS = 1000
/** What `openBatch` takes where no length is given. */
const LENGTH_OF = { letters: 8, digits: 10 } as const

type Given = {
  readonly plans: readonly Plan[]
  readonly words: VoucherWords
  readonly timeZone: string
  readonly now: number
}
type Reading = Given & { readonly form: FormReader }

const withinOf = ({ form, words }: Reading): number | undefined => {
  const ms = form.read('within', parseDurationMs, words.withinUnreadable)
  if (ms === undefined) return undefined
  const sec = Math.floor(ms / SECOND_MS)
  if (sec < 60) form.refuse('within', words.withinUnreadable)
  return sec
}

/** A date and time of the site, as browsers send it: 2026-11-21T18:30. */
const instantOf = (text: string | undefined, timeZone: string): number | undefined => {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text)) return undefined
  try {
    return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return undefined
  }
}

/** When all of them begin and end: of a plan for a fixed time, and of no other. */
const timesOf = (
  { form, words, timeZone, now }: Reading,
  plan: Plan | undefined,
): Pick<BatchInput, 'beginsAt' | 'endsAt'> => {
  const [beginsAt, endsAt] = [instantOf(form.text('beginsAt'), timeZone), instantOf(form.text('endsAt'), timeZone)]
  if (plan?.policy.clock !== 'fixed') {
    for (const name of ['beginsAt', 'endsAt']) if (form.text(name) !== undefined) form.refuse(name, words.timesAlone)
    return {}
  }
  if (beginsAt === undefined) form.refuse('beginsAt', words.timesMissing)
  if (endsAt === undefined) form.refuse('endsAt', words.timesMissing)
  else if (endsAt <= now || endsAt <= (beginsAt ?? 0)) form.refuse('endsAt', words.timesOrder)
  return { beginsAt, endsAt }
}

const shapeOf = ({ form, words }: Reading): CodeShape => {
  const alphabet = form.choice('alphabet', ['letters', 'digits'])
  const length = form.whole('length', [CODE_LENGTH.min, CODE_LENGTH.max], words.lengthUnreadable) ?? LENGTH_OF[alphabet]
  const prefix = (form.text('prefix') ?? '').toUpperCase()
  if (!PREFIX_SPELLING.test(prefix)) form.refuse('prefix', words.prefixUnreadable)
  return { prefix, length, numeric: alphabet === 'digits' }
}

export const readBatchForm = (
  fields: Fields,
  given: Given,
): { readonly input: BatchInput; readonly plan: Plan; readonly guesses: number } | { readonly problems: Problems } => {
  const { plans, words } = given
  const form = new FormReader(fields)
  const reading: Reading = { ...given, form }
  const plan = plans.find(({ name, status }) => name === form.text('plan') && status === 'active')
  if (!plan) form.refuse('plan', words.planMissing)
  const count = form.whole('count', [1, BATCH_VOUCHERS_MAX], words.countUnreadable)
  if (count === undefined) form.refuse('count', words.countUnreadable)
  const shape = shapeOf(reading)
  const note = form.text('note')
  if (note !== undefined && note.length > NOTE_LENGTH_MAX) form.refuse('note', words.noteLong)
  const guesses = guessesPerHit(shape, count ?? 1)
  if (guesses < CODES_PER_VOUCHER_MIN)
    form.refuse('length', fill(words.tooShort, { guesses: Math.max(1, Math.floor(guesses)) }))
  const input: BatchInput = {
    plan: plan?.name ?? '',
    count: count ?? 0,
    ...shape,
    useWithinSec: withinOf(reading),
    ...timesOf(reading, plan),
    note,
  }
  return plan && form.isGood ? { input, plan, guesses } : { problems: form.problems }
}

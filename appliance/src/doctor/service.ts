/** The doctor of a running box: looks on request, in a thread that gives way to logins, and keeps what was found. */
import { extname } from 'node:path'
import { z } from 'zod'
import { err, ok, type Clock, type Fault, type Log, type Result } from '@lango/kernel'
import { inputInvalid } from '@lango/kernel/verbs'
import type { DataFolder } from '../data-folder.ts'
import { hoursOf, type Hour, type Minute } from '../machine/day-history.ts'
import { answerOf } from '../one-shot-thread.ts'
import type { Machine } from '../web/feed.ts'
import type { BoxStatus, Check } from './check.ts'
import type { Examination } from './index.ts'

export type Examined = {
  readonly checks: readonly Check[]
  /** Epoch ms. */
  readonly at: number
  readonly tookMs: number
  readonly full: boolean
}

/** What the page of the box's health shows. */
export type HealthState = {
  readonly examined?: Examined
  /** It could not look. */
  readonly fault?: Fault
  readonly looking?: { readonly full: boolean; readonly since: number }
  readonly machine: Machine
  /** Of the last day, from the box's start at most. */
  readonly hours: readonly Hour[]
}

export type DoctorDeps = {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly machine: () => Machine
  readonly minutes: () => readonly Minute[]
  readonly log: Log
  readonly examine?: (examination: Omit<Examination, 'random'>) => Promise<Result<readonly Check[], Fault>>
}

export type Doctor = {
  readonly show: () => HealthState
  /** Begins to look, unless it does already. */
  readonly look: (status: BoxStatus, full: boolean) => void
}

/** A person waits this long for the first look before they are told that it goes on. */
const FIRST_WITHIN_MS = 2000

const examineInThread: NonNullable<DoctorDeps['examine']> = (examination) =>
  answerOf(new URL(`./doctor-thread${extname(import.meta.url)}`, import.meta.url), 'doctor', examination)

export const createDoctor = ({
  folder,
  clock,
  machine,
  minutes,
  log,
  examine = examineInThread,
}: DoctorDeps): Doctor => {
  let outcome: Pick<HealthState, 'examined' | 'fault'> = {}
  let looking: HealthState['looking']
  let isFullWanted = false

  const look = async (status: BoxStatus, full: boolean): Promise<void> => {
    const began = clock.monotonicMs()
    looking = { full, since: clock.now() }
    try {
      const result = await examine({ folder, status, now: clock.now(), full })
      const told = { at: clock.now(), tookMs: clock.monotonicMs() - began, full }
      outcome = result.ok ? { examined: { ...told, checks: result.value } } : { ...outcome, fault: result.error }
    } catch (error) {
      log.error('the doctor’s thread ended before it was done', { error })
      outcome = { ...outcome, fault: { type: 'DoctorFailed' } }
    } finally {
      looking = undefined
      // Somebody wants more than what was being looked at.
      if (isFullWanted) {
        isFullWanted = false
        void look(status, true)
      }
    }
  }

  return {
    show: () => ({ ...outcome, ...(looking && { looking }), machine: machine(), hours: hoursOf(minutes()) }),
    look(status, full) {
      if (!looking) void look(status, full)
      else if (full && !looking.full) isFullWanted = true
    },
  }
}

const lookInput = z.object({ full: z.boolean().default(false) })

/** By name, as the desk and the box's own socket ask for them. */
export const doctorActions = (doctor: Doctor, status: () => BoxStatus, sleep: (ms: number) => Promise<unknown>) => ({
  'doctor.show': async (): Promise<Result<HealthState, Fault>> => {
    const { examined, fault } = doctor.show()
    if (!examined && !fault) doctor.look(status(), false)
    for (let waitedMs = 0; waitedMs < FIRST_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
      if (!doctor.show().looking || examined) break
      await sleep(LOOK_EVERY_MS)
    }
    return ok(doctor.show())
  },
  'doctor.look': (input: unknown): Result<HealthState, Fault> => {
    const parsed = lookInput.safeParse(input)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    doctor.look(status(), parsed.data.full)
    return ok(doctor.show())
  },
})

const LOOK_EVERY_MS = 100

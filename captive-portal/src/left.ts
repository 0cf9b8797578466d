/** How much of what somebody has is left. Pure. */
import type { ResultOf } from '@lango/kernel/db'
import type { showAllowance } from '@lango/modules/sessions'

export type Allowance = NonNullable<ResultOf<typeof showAllowance>>

/** Seconds online that are left at most; undefined for no end. What has not begun has its whole time. */
export const secLeft = ({ sec, endsAt, fromFirstUseSec, openUntilAt }: Allowance, now: number): number | undefined => {
  const until = (at: number | null): number | undefined => (at === null ? undefined : (at - now) / 1000)
  const ends = [sec?.left, fromFirstUseSec ?? until(endsAt), until(openUntilAt)].filter((left) => left !== undefined)
  return ends.length === 0 ? undefined : Math.min(...ends)
}

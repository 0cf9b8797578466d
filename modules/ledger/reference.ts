/** What money is sent under, where a payment names an account: short enough to be typed from one screen into another. */

/** Without 0 and O, 1 and I. */
const REFERENCE_LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const REFERENCE_LENGTH = 8
const DRAWS_MAX = 100

/** Eight of 32 letters behind the initial of what it is for: 40 bits, and within the twelve that a phone shows. */
export const drawReference = (
  initial: string,
  below: (limit: number) => number,
  isTaken: (reference: string) => boolean,
): string => {
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const letters = Array.from({ length: REFERENCE_LENGTH }, () => REFERENCE_LETTERS[below(REFERENCE_LETTERS.length)])
    const reference = initial + letters.join('')
    if (!isTaken(reference)) return reference
  }
  throw new Error(`no free reference in ${DRAWS_MAX} draws`)
}

/** As people type an account: in any case, with blanks and dashes. */
export const readReference = (typed: string): string => typed.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

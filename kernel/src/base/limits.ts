/**
 * Declares named limits: everything that can grow has one. Each is a positive safe integer; the unit ends its name.
 *
 *     export const jobLimits = defineLimits({ attemptsMax: 8, backoffMsMax: 3_600_000 })
 */
export const defineLimits = <const L extends Record<string, number>>(limits: L): Readonly<L> => {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`limit ${name} is ${value}`)
  }
  return Object.freeze(limits)
}

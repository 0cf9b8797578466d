/** When something that is sold for a fixed time begins and ends, in the time zone of the site. */
import { siteTimeZone } from '../time-zone.ts'
import { UsageError, type Args, type Io, type OptionSpec } from './command.ts'

export const saleTimeOptions: Readonly<Record<string, OptionSpec>> = {
  begins: { value: '"2026-12-01 08:00"', help: 'of a plan for a fixed time: when it begins' },
  ends: { value: '"2026-12-03 20:00"', help: 'of a plan for a fixed time: when it ends' },
}

export const saleTimesOf = (args: Args, env: Io['env']): { beginsAt?: number; endsAt?: number } => {
  const [begins, ends] = [args.text('begins'), args.text('ends')]
  return {
    ...(begins === undefined ? {} : { beginsAt: instantOf(begins, env) }),
    ...(ends === undefined ? {} : { endsAt: instantOf(ends, env) }),
  }
}

export const instantOf = (text: string, env: Io['env']): number => {
  try {
    const local = Temporal.PlainDateTime.from(text.trim().replace(' ', 'T'))
    return local.toZonedDateTime(siteTimeZone(env)).epochMilliseconds
  } catch {
    throw new UsageError(`A time is written 2026-12-01 08:00, not '${text}'.`)
  }
}

/** As `instantOf` reads it back. */
export const writtenInstant = (at: number, env: Io['env']): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(siteTimeZone(env))
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
    .replace('T', ' ')

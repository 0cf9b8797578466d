/** When something that is sold for a fixed time begins and ends, in the time zone of the site. */
import { zoneOf } from './zone.ts'
import { UsageError, type CliContext, type OptionSpec } from './command.ts'

export const saleTimeOptions: Readonly<Record<string, OptionSpec>> = {
  begins: { value: '"2026-12-01 08:00"', help: 'of a plan for a fixed time: when it begins' },
  ends: { value: '"2026-12-03 20:00"', help: 'of a plan for a fixed time: when it ends' },
}

export const saleTimesOf = async (context: CliContext): Promise<{ beginsAt?: number; endsAt?: number }> => {
  const [begins, ends] = [context.args.text('begins'), context.args.text('ends')]
  if (begins === undefined && ends === undefined) return {}
  const zone = await zoneOf(context)
  return {
    ...(begins === undefined ? {} : { beginsAt: instantOf(begins, zone) }),
    ...(ends === undefined ? {} : { endsAt: instantOf(ends, zone) }),
  }
}

export const instantOf = (text: string, zone: string): number => {
  try {
    const local = Temporal.PlainDateTime.from(text.trim().replace(' ', 'T'))
    return local.toZonedDateTime(zone).epochMilliseconds
  } catch {
    throw new UsageError(`A time is written 2026-12-01 08:00, not '${text}'.`)
  }
}

/** As `instantOf` reads it back. */
export const writtenInstant = (at: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
    .replace('T', ' ')

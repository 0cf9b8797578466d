/** The zone that a site's days, months and windows begin by: as the environment says, else the machine's own. */
export const siteTimeZone = (env: Readonly<Record<string, string | undefined>>): string =>
  env['LANGO_TIME_ZONE'] ?? Temporal.Now.timeZoneId()

export const isTimeZone = (name: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

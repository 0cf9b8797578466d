/** The zone that a site's days, months and windows begin by: as the environment says, else the machine's own. */
export const siteTimeZone = (env: Readonly<Record<string, string | undefined>>): string =>
  env['LANGO_TIME_ZONE'] ?? Temporal.Now.timeZoneId()

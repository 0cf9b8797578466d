import type { Settings } from '@lango/modules/settings'

/** The zone that a site's days, months and windows begin by: as the environment says, else as set, else the machine's. */
export const siteTimeZone = (env: Readonly<Record<string, string | undefined>>, set = ''): string =>
  env['LANGO_TIME_ZONE'] ?? (set === '' ? Temporal.Now.timeZoneId() : set)

/** Whoever sets another zone has their page before the box starts anew. */
const LOOK_EVERY_MS = 3000

export type TimeZoneDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly settings: () => Settings
  readonly every: (ms: number, run: () => void) => () => void
  readonly onTimeZone: (zone: string) => void
}

/** The zone that holds as long as the box runs; tells once when another one is set meanwhile. */
export const watchTimeZone = ({ env, settings, every, onTimeZone }: TimeZoneDeps) => {
  const now = (): string => siteTimeZone(env, settings().timeZone)
  const timeZone = now()
  let told = timeZone
  const stop = every(LOOK_EVERY_MS, () => {
    const zone = now()
    if (zone !== told) onTimeZone((told = zone))
  })
  return { timeZone, stop }
}

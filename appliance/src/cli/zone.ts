/** The zone of the site, in which times are typed and shown. */
import type { Settings } from '@lango/modules/settings'
import { siteTimeZone } from '../time-zone.ts'
import type { CliContext } from './command.ts'

export const zoneOf = async ({ io, query }: Pick<CliContext, 'io' | 'query'>): Promise<string> => {
  const set = await query<Settings>('settings.show', {})
  return siteTimeZone(io.env, set.ok ? set.value.timeZone : '')
}

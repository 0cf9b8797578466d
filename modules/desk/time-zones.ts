import type { Option } from '@lango/kernel/ui'

/** Every zone there is, behind whatever stands for none. */
export const timeZoneOptions = (none: string): readonly Option[] => [
  { value: '', label: none },
  ...['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') })),
]

/**
 * What differs between routers and versions of RouterOS where packages are brought, as data. From MikroTik's manual
 * ("Upgrade", "Packages") unless it says otherwise; whatever is marked unconfirmed was not seen at its source.
 */

/** Architectures as `/system/resource` names them where file names have another word. Unconfirmed: `powerpc`. */
export const FILE_ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'x86', powerpc: 'ppc' }

/** Of files whose name has none: those of a PC from 7 on (tikoci/routeros-skills, "extra packages"). */
export const UNNAMED_ARCHITECTURE = 'x86'

/** What may be installed from MikroTik's own servers. The others are not for routers that serve anybody. */
export const channels = ['stable', 'long-term'] as const
export type Channel = (typeof channels)[number]

/**
 * Versions that a router older than them goes through on its way beyond: any of the line, the newest that there is.
 * `channel`: where MikroTik's servers offer it to such a router. The manual names 7.12.1 for whoever comes from 6.
 * Unconfirmed: that 6.49 has to come first, and that routers between 7.0 and 7.11 are offered 7.12 in any channel.
 */
export const STEPPING_STONES: readonly {
  readonly line: string
  readonly channelFrom: Readonly<Record<number, string>>
}[] = [
  { line: '6.49', channelFrom: { 6: 'long-term' } },
  { line: '7.12', channelFrom: { 6: 'upgrade' } },
]

/**
 * Drivers of radios that became packages of their own: a router with such an interface that comes from before needs
 * the file beside the system's. Through MikroTik's servers it fetches that by itself. Unconfirmed: that every board
 * with `wifi` interfaces takes `wifi-qcom`; some older ones take `wifi-qcom-ac` in its place.
 */
export const SPLIT_SINCE = '7.13'
export const SPLIT_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  wlan: ['wireless'],
  wifi: ['wifi-qcom', 'wifi-qcom-ac'],
}

/** What must stay free beside the files. Unconfirmed: a round number above what small boards were seen to need. */
export const SPARE_BYTES = 1_048_576
/** Of memory, where files lie in memory until the router restarts: it still has to run meanwhile. Unconfirmed. */
export const SPARE_MEMORY_BYTES = 8 * 1_048_576

/** What a box is started with. */
import type { Log } from '@lango/kernel'
import type { ImagePlaces } from './updates.ts'

export type BoxOptions = {
  readonly dir: string
  readonly listen: string
  readonly authPort: number
  readonly acctPort: number
  readonly radsecPort: number
  readonly webPort: number
  readonly webListen: string
  /** The captive portal's, on the address that RADIUS listens on; undefined for none. */
  readonly portalPort: number | undefined
  /** Of the same over https, where the certificate has a public name; undefined for never. */
  readonly portalTlsPort: number | undefined
  /** Host names of the desk, in lower case. */
  readonly webNames: readonly string[]
  readonly demo: boolean
  /** Of the site, an IANA name: days, months and windows begin by it. */
  readonly timeZone: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly log: Log
  /** Something failed that only a fresh process can mend. */
  readonly onFatal: (why: string, error: unknown) => void
  /** Somebody should look when one login in twenty takes longer. */
  readonly loginP95MsMax: number
  /** Webhooks may go to this machine: for development only. */
  readonly webhooksToLoopback: boolean
  /** Where SMS go instead of to their provider: a simulator, for development only. */
  readonly smsServer: string | undefined
  /** Of an appliance image, which updates itself. */
  readonly image: ImagePlaces | undefined
  /** Where boxes of a pair talk, on the address that RADIUS listens on. */
  readonly pairPort: number
  /** This box is to be the standby of another from now on. */
  readonly onStandby: () => void
  /** A restored box lies ready in this one's place. */
  readonly onRestored: () => void
}

/** What of it is only known once the folder is open. */
export type StartOptions = Omit<BoxOptions, 'timeZone'> & {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Another time zone was set: threads take theirs when they start. */
  readonly onTimeZone: (zone: string) => void
}

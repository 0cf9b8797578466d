/** RFC 8908: how a system asks, without a browser, whether its user has to do something. Pure. */
export const CAPTIVE_TYPE = 'application/captive+json'

export type CaptiveState = {
  readonly captive: boolean
  readonly 'user-portal-url': string
  readonly 'venue-info-url'?: string
  readonly 'can-extend-session'?: boolean
  /** Left out where there is no end. */
  readonly 'seconds-remaining'?: number
  readonly 'bytes-remaining'?: number
}

export type Remaining = {
  /** Undefined for no end. */
  readonly secLeft: number | undefined
  readonly octetsLeft: number | undefined
}

/** `remaining` is undefined for whoever is not online. */
export const captiveState = (
  remaining: Remaining | undefined,
  { portalUrl, venueInfoUrl }: { readonly portalUrl: string; readonly venueInfoUrl: string },
): CaptiveState => ({
  captive: remaining === undefined,
  'user-portal-url': portalUrl,
  // RFC 8908 section 5: an https address.
  ...(venueInfoUrl.startsWith('https://') && { 'venue-info-url': venueInfoUrl }),
  ...(remaining && { 'can-extend-session': true }),
  ...(remaining?.secLeft !== undefined && { 'seconds-remaining': Math.max(0, Math.floor(remaining.secLeft)) }),
  ...(remaining?.octetsLeft !== undefined && { 'bytes-remaining': Math.max(0, remaining.octetsLeft) }),
})

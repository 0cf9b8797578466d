/** What a policy may hold: apart from the rules, so that threads that only read policies need no schema library. */
import { z } from 'zod'
import { quotaPeriods } from './calendar.ts'

const kbps = z.number().int().min(0).max(400_000_000)
const seconds = z.number().int().min(0).max(0xffff_ffff)

/** Burst as MikroTik, accel-ppp and CAKE know it: up to `Kbps` for `timeSec` while the average is under the threshold. */
const burst = z.object({
  downKbps: kbps,
  upKbps: kbps,
  thresholdDownKbps: kbps,
  thresholdUpKbps: kbps,
  timeSec: z.number().int().min(1).max(3600),
})

/** From so many octets of a period on, this speed. */
const fairUseTier = z.object({ afterOctets: z.number().int().min(1), downKbps: kbps, upKbps: kbps })

const localTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'A time of day is 00:00 to 23:59.')

/** A time of the week, in the time zone of the site. */
export const weekTimeSchema = z.object({
  /** The days it begins on: 0 is Sunday, 6 Saturday. */
  days: z.array(z.number().int().min(0).max(6)).min(1).max(7),
  from: localTime,
  /** Not after `from`: on the day after. */
  to: localTime,
})

const timeWindow = weekTimeSchema.extend({
  /** With a speed it is a time of another speed, else a time of access. */
  downKbps: kbps.optional(),
  upKbps: kbps.optional(),
})

export const policySchema = z.object({
  /** Speed in the subscriber's direction; 0 means no limit. */
  downKbps: kbps,
  upKbps: kbps,
  burst: burst.optional(),
  /** Queue priority, 1 highest to 8. */
  priority: z.number().int().min(1).max(8).optional(),
  /** Longest session; 0 means none. The end of validity shortens it. */
  sessionTimeoutSec: seconds,
  idleTimeoutSec: seconds,
  /** How often the NAS reports usage (RFC 2869 §5.16: never under 60). */
  interimSec: z.number().int().min(60).max(86_400),
  /** Devices online at once; 0 means any number. */
  deviceLimit: z.number().int().min(0).max(1000),
  /** `first`: the first `deviceLimit` devices seen are bound, others are refused. */
  bindDevices: z.enum(['no', 'first']),
  /** `first`: the first ONT or CPE seen is bound, others are refused. */
  bindSerial: z.enum(['no', 'first']).optional(),
  pool: z.string().max(200).optional(),
  ipv6Pool: z.string().max(200).optional(),
  delegatedIpv6Pool: z.string().max(200).optional(),
  vlan: z.number().int().min(1).max(4094).optional(),
  /** The router's own profile, group or role of this name (MikroTik Group, Aruba role, Huawei user group). */
  group: z.string().max(200).optional(),
  addressList: z.string().max(200).optional(),
  /** A page that the NAS sends the browser to. */
  redirectUrl: z.url().max(240).optional(),
  /**
   * What prepaid time runs by: the wall from the first use or the sale on (when absent), the time online, which pauses,
   * or two instants that are chosen with each sale.
   */
  clock: z.enum(['wall', 'used', 'fixed']).optional(),
  /** How often a quota begins anew; absent: never. */
  quotaPeriod: z.enum(quotaPeriods).optional(),
  /** Data of a period that was not used is good in the next one, up to so many octets. */
  rolloverOctets: z.number().int().min(1).optional(),
  /** Slower from so many octets of a period on, until it ends; the last that applies counts. */
  fairUse: z.array(fairUseTier).min(1).max(5).optional(),
  /** In the time zone of the site. Of those with a speed the first that is open counts, whatever fair use says. */
  windows: z.array(timeWindow).min(1).max(10).optional(),
  /** Good at the routers of these numbers alone. */
  routers: z.array(z.number().int().min(1)).min(1).max(64).optional(),
  /** What an expired subscriber gets: a refusal, an address pool of its own, or a page. */
  onExpiry: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('reject') }),
    z.object({ kind: z.literal('pool'), pool: z.string().min(1).max(200), kbps }),
    z.object({ kind: z.literal('redirect'), url: z.url().max(240), kbps }),
  ]),
})

/** From what a desk types to what a service is. Pure. */
import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { isCodeLogin, isMac, normaliseDevice, normaliseSerial } from '../access/index.ts'
import { optionalCell } from './cells.ts'

const ipv6Prefix = z.cidrv6({ error: 'An IPv6 prefix looks like 2001:db8:1::/56.' })

/** One subscriber as typed at the desk or as a row of an import, but for the password; empty cells count as absent. */
export const subscriberSchema = z.object({
  // The 253 octets of a User-Name (RFC 2865 §5.1); control characters are refused here so that no log or page meets one.
  login: z
    .string()
    .min(1, 'A login is needed.')
    .max(253)
    .regex(/^[^\p{Cc}]+$/u, 'A login has no control characters.')
    .refine((login) => !isCodeLogin(login), 'Logins that begin with voucher: belong to vouchers.'),
  plan: z.string().min(1, 'A plan is needed.'),
  // Blanks alone are no name.
  name: z.preprocess(
    (value) => (typeof value === 'string' && value.trim() === '' ? undefined : value),
    z
      .string()
      .trim()
      .max(128)
      .regex(/^[^\0]*$/, 'A name has no NUL.')
      .optional(),
  ),
  phone: optionalCell(
    z.string().regex(/^\+?[\d\s()-]{6,24}$/, 'A phone number has 6 to 24 digits, such as +254 712 345 678.'),
  ),
  email: optionalCell(z.email({ error: 'An e-mail address looks like name@example.net.' })),
  ip: optionalCell(z.string().refine(isIPv4, 'An IPv4 address looks like 10.0.0.7.')),
  mac: optionalCell(
    z.string().refine((text) => isMac(normaliseDevice(text)), 'A MAC address looks like AA:BB:CC:DD:EE:FF.'),
  ),
  serial: optionalCell(
    z
      .string()
      .max(128)
      .regex(/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/, 'A serial is letters, digits and signs, such as HWTCA1B2C3D4.')
      .transform(normaliseSerial),
  ),
  vlan: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.coerce.number().int().min(1).max(4094).optional(),
  ),
  ipv6: optionalCell(ipv6Prefix),
  delegated: optionalCell(ipv6Prefix),
})

/** How a subscriber proves who they are, by the plan's kind and what was given. */
export const credentialsOf = (
  kind: string,
  subscriber: {
    readonly login: string
    readonly mac?: string | undefined
    readonly serial?: string | undefined
    readonly hasPassword: boolean
  },
):
  | {
      readonly ok: true
      readonly macLogin: string | undefined
      readonly devices: readonly string[]
      /** The serial alone logs in. */
      readonly serialLogin: boolean
    }
  | { readonly ok: false; readonly why: string } => {
  const mac = subscriber.mac === undefined ? undefined : normaliseDevice(subscriber.mac)
  const login = normaliseDevice(subscriber.login)
  const byPassword = {
    ok: true,
    macLogin: undefined,
    serialLogin: false,
    devices: mac === undefined ? [] : [mac],
  } as const
  if (isMac(login) && !subscriber.hasPassword) return { ...byPassword, macLogin: login, devices: [] }
  // IPoE: the device's address is all that its DHCP request brings.
  if (kind === 'static' && mac !== undefined) return { ...byPassword, macLogin: mac, devices: [] }
  if (subscriber.hasPassword) return byPassword
  // The same, of a line: option 82 says which ONT asks.
  if (kind === 'static' && subscriber.serial !== undefined) return { ...byPassword, serialLogin: true }
  return { ok: false, why: 'A password is needed, or a MAC address as the login.' }
}

/** What somebody is called whom nobody has named: as they log in. Names have no blanks at their ends. */
export const nameFor = ({ name, login }: { readonly name?: string | undefined; readonly login: string }): string =>
  name ?? (login.trim() || login)

// No letters that look like others: it is read from one screen and typed on another.
const PASSWORD_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const PASSWORD_LENGTH = 12

/** A network password that the box makes: 12 of 31 letters, 59 bits. `below` draws an integer from 0 to what it is given, without it. */
export const drawPassword = (below: (limit: number) => number): string =>
  Array.from({ length: PASSWORD_LENGTH }, () => PASSWORD_LETTERS[below(PASSWORD_LETTERS.length)]).join('')

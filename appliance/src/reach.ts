/** Where the box is reached: by routers, and by phones that a code on paper leads to the portal or onto the Wi-Fi. */
import { networkInterfaces } from 'node:os'
import { ok, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createPortalLook, wifiCode, type PortalSettings } from '@lango/modules/portal'
import type { PortalEntry } from '@lango/modules/vouchers'
import { ownAddresses } from './own-addresses.ts'
import { originOf, type SecurePortal } from './portal-door.ts'
import type { PortalServer } from './portal.ts'
import { portalPorts } from './served.ts'

type Known = {
  readonly settings: Pick<PortalSettings, 'address' | 'wifiName'>
  readonly listen: string
  /** CIDR. */
  readonly addresses: readonly string[]
  /** Undefined where there is no portal. */
  readonly portal: { readonly port: number; readonly secure: SecurePortal | undefined } | undefined
}

const HTTP_PORT = 80
/** Only the box reaches it there, or it says nothing of where the box is. */
const SAYS_NOTHING = /^(0\.0\.0\.0$|::$|$|127\.|::1$|localhost$)/

/** The one address that phones can mean; of several nobody knows which of them is on the Wi-Fi. */
const ownHost = ({ listen, addresses }: Known): string | undefined => {
  if (!SAYS_NOTHING.test(listen)) return listen
  const own = addresses.map((cidr) => cidr.split('/')[0]!).filter((address) => !address.includes(':'))
  return own.length === 1 ? own[0] : undefined
}

const originKnown = (known: Known): string | undefined => {
  const { settings, portal } = known
  if (settings.address !== '' || portal === undefined) return settings.address || undefined
  if (portal.secure !== undefined) return originOf(portal.secure)
  const host = ownHost(known)
  if (host === undefined) return undefined
  return `http://${host.includes(':') ? `[${host}]` : host}${portal.port === HTTP_PORT ? '' : `:${portal.port}`}`
}

export const portalEntry = (known: Known): Result<PortalEntry, never> => {
  const { wifiName } = known.settings
  const origin = originKnown(known)
  return ok({
    ...(origin !== undefined && { voucherUrl: `${origin}/voucher?code=CODE` }),
    ...(wifiName !== '' && { wifi: { name: wifiName, code: wifiCode(wifiName) } }),
  })
}

type Reached = {
  readonly raw: RawDatabase
  readonly listen: string
  /** Those of the AAA threads. */
  readonly ports: Readonly<Record<string, number>>
  readonly portal: () => PortalServer | undefined
}

export const reachActions = ({ raw, listen, ports, portal }: Reached) => {
  const look = createPortalLook(raw)
  const addresses = () => ownAddresses(networkInterfaces())
  const portalNow = () => {
    const open = portal()
    return open && { port: open.port, secure: open.secure() }
  }
  return {
    'box.reach': () =>
      ok({
        listen,
        addresses: addresses(),
        ports: { ...ports, ...portalPorts(portal()) },
        securePortal: portal()?.secure(),
      }),
    'portal.entry': () => portalEntry({ settings: look(), listen, addresses: addresses(), portal: portalNow() }),
  }
}

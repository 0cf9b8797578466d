/** Where phones are led by a code on paper: to the portal, or onto the Wi-Fi. */
import { ok, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { Reach } from '@lango/modules/network'
import { createPortalLook, wifiCode, type PortalSettings } from '@lango/modules/portal'
import type { PortalEntry } from '@lango/modules/vouchers'
import { originOf } from './portal-door.ts'

type Known = Reach & { readonly settings: Pick<PortalSettings, 'address' | 'wifiName'> }

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
  const { settings, ports, securePortal } = known
  if (settings.address !== '' || ports.portal === undefined) return settings.address || undefined
  if (securePortal !== undefined) return originOf(securePortal)
  const host = ownHost(known)
  if (host === undefined) return undefined
  return `http://${host.includes(':') ? `[${host}]` : host}${ports.portal === HTTP_PORT ? '' : `:${ports.portal}`}`
}

export const portalEntry = (known: Known): Result<PortalEntry, never> => {
  const { wifiName } = known.settings
  const origin = originKnown(known)
  return ok({
    ...(origin !== undefined && { voucherUrl: `${origin}/voucher?code=CODE` }),
    ...(wifiName !== '' && { wifi: { name: wifiName, code: wifiCode(wifiName) } }),
  })
}

export const createPortalEntry = (raw: RawDatabase, reach: () => Reach): (() => Result<PortalEntry, never>) => {
  const look = createPortalLook(raw)
  return () => portalEntry({ ...reach(), settings: look() })
}

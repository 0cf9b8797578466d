/** What browsers reach, of which the parts that are started before it have to know. */
import { networkInterfaces } from 'node:os'
import type { Reach } from '@lango/modules/network'
import type { Aaa } from './aaa/threads.ts'
import type { Ports } from './compose.ts'
import type { Desk } from './desk.ts'
import { ownAddresses } from './own-addresses.ts'
import type { PortalServer } from './portal.ts'
import type { BoxTls } from './tls/index.ts'

/** Once it is there. */
export type Served = { readonly desk: () => Desk | undefined; readonly portal: () => PortalServer | undefined }

/** Another certificate is in use from now on; connections that stand keep theirs. */
export const takeCertificates =
  (aaa: Aaa, { desk, portal }: Served) =>
  (tls: BoxTls): void => {
    aaa.setTls({ ...tls.eap, ca: [...tls.eap.ca] })
    desk()?.setTls(tls.web)
    portal()?.setTls(tls)
  }

export const portalPorts = (portal: PortalServer | undefined): Pick<Ports, 'portal' | 'portalTls'> => {
  const secure = portal?.secure()
  return { ...(portal && { portal: portal.port }), ...(secure && { portalTls: secure.port }) }
}

/** How the box and what it serves are reached now. */
export const reachOf =
  (listen: string, { ports }: Pick<Aaa, 'ports'>, { portal }: Served) =>
  (): Reach => ({
    listen,
    addresses: ownAddresses(networkInterfaces()),
    ports: { ...ports, ...portalPorts(portal()) },
    securePortal: portal()?.secure(),
  })

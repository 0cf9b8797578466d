/** What browsers reach, of which the parts that are started before it have to know. */
import type { Aaa } from './aaa/threads.ts'
import type { Ports } from './compose.ts'
import type { Desk } from './desk.ts'
import type { PortalServer } from './portal.ts'
import type { BoxTls } from './tls/index.ts'

/** Once it is there. */
export type Served = { readonly desk: () => Desk | undefined; readonly portal: () => PortalServer | undefined }

/** Another certificate is in use from now on; connections that stand keep theirs. */
export const takeCertificates =
  (aaa: Aaa, { desk, portal }: Served) =>
  (tls: BoxTls): void => {
    aaa.setTls({ ...tls.eap, ca: [...tls.eap.ca] })
    desk()?.setTls(tls.eap)
    portal()?.setTls(tls)
  }

export const portalPorts = (portal: PortalServer | undefined): Pick<Ports, 'portal' | 'portalTls'> => {
  const secure = portal?.secure()
  return { ...(portal && { portal: portal.port }), ...(secure && { portalTls: secure.port }) }
}

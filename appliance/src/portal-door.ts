/**
 * The portal over https: open for as long as the certificate in use is for a public name, since phones believe no other
 * and say nothing of why (RFC 8908 section 7). What is open takes a new certificate without being closed.
 */
import { err, ok, type Log, type Result } from '@lango/kernel'
import { found, type Check } from './doctor/check.ts'
import { publicNameOf, type BoxTls, type NoPublicName, type PublicName } from './tls/index.ts'
import { serveWeb, type ServeOptions } from './web/index.ts'
import type { WebServer, WebServerFault } from './web/serve.ts'

export type SecurePortal = PublicName & { readonly port: number }

/** `code` as the system gives it. */
export type PortalTlsPortFault = Omit<WebServerFault, 'type'> & { readonly type: 'PortalTlsPortUnavailable' }

type Deps = Pick<ServeOptions, 'app' | 'connectionsMax'> & {
  readonly listen: string
  readonly port: number
  readonly webNames: readonly string[]
  readonly log: Log
}

const HTTPS_PORT = 443

/** As browsers write it. */
export const originOf = ({ name, port }: Pick<SecurePortal, 'name' | 'port'>): string =>
  `https://${name}${port === HTTPS_PORT ? '' : `:${port}`}`

export class PortalDoor {
  readonly #deps: Deps
  #open: { readonly server: WebServer; readonly name: PublicName } | undefined
  #shut: NoPublicName | 'port' = 'box'
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  now(): SecurePortal | undefined {
    return this.#open && { ...this.#open.name, port: this.#open.server.port }
  }

  /** One certificate after the other. */
  take(tls: BoxTls): Promise<Result<void, PortalTlsPortFault>> {
    const taken = this.#turn.then(() => this.#take(tls))
    this.#turn = taken
    return taken
  }

  checks(): readonly Check[] {
    if (this.#open) return []
    return [found('portal-https', 'attention', { type: 'portal-nameless', why: this.#shut, port: this.#deps.port })]
  }

  async stop(): Promise<void> {
    await this.#turn
    await this.#close()
  }

  async #take(tls: BoxTls): Promise<Result<void, PortalTlsPortFault>> {
    const { app, connectionsMax, listen, port, webNames, log } = this.#deps
    const name = publicNameOf(tls, webNames)
    if (!name.ok) {
      const { why } = name.error
      this.#shut = why
      log.warn('the portal is not served over https: the certificate has no public name', { why })
      await this.#close()
      return ok(undefined)
    }
    const { key, cert } = tls.eap
    if (this.#open) {
      this.#open.server.setTls({ key, cert })
      this.#open = { ...this.#open, name: name.value }
      return ok(undefined)
    }
    const server = await serveWeb({ app, listen, port, tls: { key, cert }, ...(connectionsMax && { connectionsMax }) })
    if (!server.ok) {
      this.#shut = 'port'
      log.error('the portal cannot be served over https', { fault: server.error })
      return err({ ...server.error, type: 'PortalTlsPortUnavailable' })
    }
    this.#open = { server: server.value, name: name.value }
    log.info('the portal is served over https', { origin: originOf({ ...name.value, port: server.value.port }) })
    return ok(undefined)
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.server.close()
  }
}

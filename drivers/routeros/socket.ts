/** Opens the line to a router: TCP, or TLS to a router that proves to be the one that is meant. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { err, ok, type Result } from '@lango/kernel'
import type { Deadline } from './call.ts'
import type { RouterosFault } from './fault.ts'

/**
 * How a router is known. Routers mostly sign their own certificate, so the usual way is the fingerprint that the owner
 * confirmed once. Anonymous TLS (a router without a certificate) is not offered: it proves nothing.
 */
export type TlsTrust =
  /** SHA-256 of the certificate, in hexadecimal, with or without colons. */
  | { readonly pinSha256: string }
  /** The authority that signed it, as PEM, and the name it must be for (default: the host that is connected to). */
  | { readonly ca: string; readonly serverName?: string }

export type RouterAddress = {
  readonly host: string
  readonly port: number
  /** Undefined for no TLS: then passwords cross the network as they are. */
  readonly tls?: TlsTrust | undefined
}

/** Dead peers are noticed by the system too, when nothing is asked of them. */
const TCP_KEEPALIVE_MS = 30_000

export const openSocket = async (
  address: RouterAddress,
  deadline: Deadline,
): Promise<Result<Socket, RouterosFault>> => {
  const { signal } = deadline
  if (signal.aborted) return err(deadline.fault(false))
  const { host, port, tls } = address
  const socket = tls === undefined ? connectTcp({ host, port }) : connectTls(tlsOptions(address, tls))
  socket.setNoDelay(true)
  socket.setKeepAlive(true, TCP_KEEPALIVE_MS)
  const { promise, resolve } = Promise.withResolvers<Result<Socket, RouterosFault>>()
  const give = (result: Result<Socket, RouterosFault>): void => {
    if (!result.ok) socket.destroy()
    resolve(result)
  }
  const onError = (error: Error): void => give(err(faultOf(error, socket, tls)))
  const onClose = (): void => give(err({ type: 'Unreachable', cause: 'the connection was closed at once' }))
  const onAbort = (): void => give(err(deadline.fault(false)))
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => give(trusted(socket, tls)))
  // Stays for the life of the socket: a late error without a listener would end the process.
  socket.on('error', onError)
  socket.once('close', onClose)
  signal.addEventListener('abort', onAbort, { once: true })
  const result = await promise
  signal.removeEventListener('abort', onAbort)
  return result
}

const tlsOptions = ({ host, port }: RouterAddress, trust: TlsTrust) => {
  if ('pinSha256' in trust) return { host, port, rejectUnauthorized: false }
  const servername = trust.serverName ?? host
  return { host, port, ca: trust.ca, ...(isIP(servername) === 0 && { servername }) }
}

const bareHex = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()

const fingerprintOf = (socket: Socket): string => {
  const certificate = (socket as TLSSocket).getPeerCertificate?.()
  // An empty object when there is none.
  return bareHex(certificate?.fingerprint256 ?? '')
}

/** The handshake proves that the router has the key of the certificate; here, that it is the certificate that is meant. */
const trusted = (socket: Socket, trust: TlsTrust | undefined): Result<Socket, RouterosFault> => {
  if (trust === undefined || !('pinSha256' in trust)) return ok(socket)
  const sha256 = fingerprintOf(socket)
  if (sha256 !== '' && sha256 === bareHex(trust.pinSha256)) return ok(socket)
  return err({ type: 'CertificateRefused', sha256, cause: 'it is not the pinned certificate' })
}

const faultOf = (error: Error, socket: Socket, trust: TlsTrust | undefined): RouterosFault => {
  const code = (error as NodeJS.ErrnoException).code ?? error.message
  const isOfCertificate = /CERT|ALTNAME|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/.test(code)
  return trust !== undefined && isOfCertificate
    ? { type: 'CertificateRefused', sha256: fingerprintOf(socket), cause: code }
    : { type: 'Unreachable', cause: code }
}

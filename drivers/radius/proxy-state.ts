import { findAttribute, nextOffset, type Packet } from './packet.ts'

const proxyState = 33

/** Octets of all Proxy-State attributes, their headers included. */
export function proxyStateOctets(packet: Packet): number {
  let octets = 0
  for (let at = findAttribute(packet, proxyState); at >= 0;) {
    const next = nextOffset(packet, at)
    octets += next - at
    at = findAttribute(packet, proxyState, next)
  }
  return octets
}

/** Copies them unmodified and in order (RFC 2865 §5.33) into `to` at `offset`. */
export function copyProxyStates(from: Packet, to: Buffer, offset: number): void {
  for (let at = findAttribute(from, proxyState); at >= 0;) {
    const next = nextOffset(from, at)
    from.bytes.copy(to, offset, at, next)
    offset += next - at
    at = findAttribute(from, proxyState, next)
  }
}

/**
 * Where no webhook goes, whoever typed the address: this machine, whose own interfaces listen there, and neighbours by
 * link, where clouds keep their keys (169.254.169.254). Private networks are allowed: a POP lives on one.
 */
import { BlockList, isIP } from 'node:net'

const listOf = (...ranges: string[]): BlockList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [network, bits] = range.split('/') as [string, string]
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

/** IPv4 mapped into IPv6 is looked up as the IPv4 that it is, by the list itself. */
const loopback = listOf('127.0.0.0/8', '::1/128')

const never = listOf(
  // "This host" (RFC 1122 §3.2.1.3): Linux takes it for loopback.
  '0.0.0.0/8',
  '169.254.0.0/16',
  'fe80::/10',
  // A cloud's keys, at other addresses.
  '100.100.100.200/32',
  'fd00:ec2::254/128',
  // To many at once.
  '224.0.0.0/3',
  'ff00::/8',
  // IPv4 in other clothes: compatible, NAT64, 6to4.
  '::/96',
  '64:ff9b::/104',
  '64:ff9b::7f00:0/104',
  '64:ff9b::a9fe:0/112',
  '2002::/24',
  '2002:7f00::/24',
  '2002:a9fe::/32',
)

export const isForbidden = (address: string, { allowsLoopback }: { readonly allowsLoopback: boolean }): boolean => {
  const [bare] = address.split('%') as [string]
  const family = isIP(bare) === 4 ? 'ipv4' : 'ipv6'
  if (isIP(bare) === 0) return true
  return loopback.check(bare, family) ? !allowsLoopback : never.check(bare, family)
}

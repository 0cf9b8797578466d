/** Who has which port, from the kernel's own tables: it needs no right and sends no packet. */
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, textIn } from './kernel-files.ts'

export type Transport = 'tcp' | 'udp'
export type PortHolder = {
  /** Of whom this user may see it. */
  readonly program?: string
  readonly pid?: number
  /** Name of the user it runs as, or their number. */
  readonly user: string
}

/** States of /proc/net/tcp and udp: listening, and bound without a peer. */
const OPEN: Readonly<Record<Transport, string>> = { tcp: '0A', udp: '07' }

type Socket = { readonly uid: number; readonly inode: string }

/** Undefined where nobody listens there. */
export const portHolder = (root: string, transport: Transport, port: number): PortHolder | undefined => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const found = [transport, `${transport}6`]
    .flatMap((table) => (textIn(root, `proc/net/${table}`) ?? '').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === OPEN[transport])
  if (!found) return undefined
  const socket: Socket = { uid: Number(found[7]), inode: found[9]! }
  return { ...programOf(root, socket), user: userOf(root, socket) }
}

const programOf = (root: string, { inode }: Socket): Pick<PortHolder, 'program' | 'pid'> => {
  const pid = namesIn(root, 'proc').find(
    (name) => /^\d+$/.test(name) && namesIn(root, `proc/${name}/fd`).some((fd) => holds(root, name, fd, inode)),
  )
  if (pid === undefined) return {}
  return { pid: Number(pid), program: textIn(root, `proc/${pid}/comm`)?.trim() ?? '' }
}

const holds = (root: string, pid: string, fd: string, inode: string): boolean => {
  try {
    return readlinkSync(join(root, 'proc', pid, 'fd', fd)) === `socket:[${inode}]`
  } catch {
    return false
  }
}

const userOf = (root: string, { uid }: Socket): string => {
  const entry = (textIn(root, 'etc/passwd') ?? '').split('\n').find((line) => line.split(':')[2] === String(uid))
  return entry?.split(':')[0] ?? String(uid)
}

/** Whether any route leads to everywhere, by IPv4 or IPv6. */
export const hasDefaultRoute = (root: string): boolean => {
  const four = (textIn(root, 'proc/net/route') ?? '').split('\n').slice(1)
  if (four.some((line) => isDefault4(line.split('\t')))) return true
  const six = (textIn(root, 'proc/net/ipv6_route') ?? '').split('\n')
  return six.some((line) => isDefault6(line.trim().split(/\s+/)))
}

/** RTF_GATEWAY, RTF_REJECT <linux/route.h> */
const [GATEWAY, REJECT] = [0x2, 0x200]

const isDefault4 = ([, destination, gateway, flags, , , , mask]: readonly string[]): boolean =>
  destination === '00000000' && mask === '00000000' && gateway !== undefined && !isRejected(flags)

const isDefault6 = ([destination, length, , , , , , , flags, device]: readonly string[]): boolean =>
  destination === '0'.repeat(32) &&
  length === '00' &&
  device !== 'lo' &&
  !isRejected(flags) &&
  (Number.parseInt(flags ?? '0', 16) & GATEWAY) !== 0

const isRejected = (flags: string | undefined): boolean => (Number.parseInt(flags ?? '0', 16) & REJECT) !== 0

/** Servers that names are asked of (resolv.conf(5)). */
export const nameServersIn = (root: string): readonly string[] =>
  [...(textIn(root, 'etc/resolv.conf') ?? '').matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) => address!)

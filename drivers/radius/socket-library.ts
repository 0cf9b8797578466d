/** The sockets of the C library, with the numbers and structures of 64-bit Linux (the same on x86-64 and arm64). */
import type * as Ffi from 'node:ffi'

// <sys/socket.h>, <netinet/in.h>
export const AF_INET = 2
export const MSG_DONTWAIT = 0x40
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2_000_000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_REUSEPORT = 15
/** struct sockaddr_in { family, port, addr, zero[8] } */
export const NAME_OCTETS = 16

const signatures = {
  socket: { return: 'int32', arguments: ['int32', 'int32', 'int32'] },
  setsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'pointer', 'uint32'] },
  getsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'pointer', 'pointer'] },
  bind: { return: 'int32', arguments: ['int32', 'pointer', 'uint32'] },
  getsockname: { return: 'int32', arguments: ['int32', 'pointer', 'pointer'] },
  close: { return: 'int32', arguments: ['int32'] },
  recvmmsg: { return: 'int32', arguments: ['int32', 'pointer', 'uint32', 'int32', 'pointer'] },
  sendmmsg: { return: 'int32', arguments: ['int32', 'pointer', 'uint32', 'int32'] },
  epoll_ctl: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'pointer'] },
  uv_backend_fd: { return: 'int32', arguments: ['pointer'] },
} as const satisfies Ffi.FunctionDefinitions

type Calls = Ffi.WrappedFunctionsFromDefinitions<typeof signatures>

/** The calls of the C library, where this runtime can make them and lays out its structures as they are written here. */
export type SocketLibrary = Pick<typeof Ffi, 'getRawPointer' | 'getCurrentEventLoop'> & Calls

/** Null on another system, another word size, or a Node that cannot or may not call native code. */
export const openSocketLibrary = (): SocketLibrary | null => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined
    if (!ffi) return null
    const { getRawPointer, getCurrentEventLoop } = ffi
    return { getRawPointer, getCurrentEventLoop, ...ffi.dlopen(null, signatures).functions }
  } catch {
    return null
  }
}

export const ipv4ToInt32 = (text: string): number => text.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0)

/**
 * The descriptor of a non-blocking IPv4 UDP socket bound to this address; undefined when that cannot be, for whatever
 * reason: binding it by node:dgram will say which.
 */
export const bindUdp = (
  library: SocketLibrary,
  at: {
    readonly address: string
    readonly port: number
    readonly reusePort: boolean
    readonly receiveBufferBytes: number
  },
): number | undefined => {
  const fd = library.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return undefined
  const name = Buffer.alloc(NAME_OCTETS)
  name.writeUInt16LE(AF_INET, 0)
  name.writeUInt16BE(at.port, 2)
  name.writeInt32BE(ipv4ToInt32(at.address), 4)
  const isBound =
    setOption(library, fd, SO_RCVBUF, at.receiveBufferBytes) &&
    (!at.reusePort || setOption(library, fd, SO_REUSEPORT, 1)) &&
    library.bind(fd, name, NAME_OCTETS) === 0
  if (isBound) return fd
  library.close(fd)
  return undefined
}

const setOption = (library: SocketLibrary, fd: number, option: number, number: number): boolean => {
  const value = int32(number)
  return library.setsockopt(fd, SOL_SOCKET, option, value, value.length) === 0
}

/** What the kernel grants: twice what can be used (socket(7)). */
export const receiveBufferBytesOf = (library: SocketLibrary, fd: number): number => {
  const value = int32(0)
  library.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, int32(value.length))
  return value.readInt32LE()
}

export const portOf = (library: SocketLibrary, fd: number): number => {
  const name = Buffer.alloc(NAME_OCTETS)
  library.getsockname(fd, name, int32(name.length))
  return name.readUInt16BE(2)
}

const int32 = (number: number): Buffer => {
  const value = Buffer.alloc(4)
  value.writeInt32LE(number)
  return value
}

/**
 * Runs inside a network namespace and does there what a phone, or a server on the internet, would do: one JSON line a
 * request on stdin, one a reply on stdout. Plain Node, without the project's own modules.
 */
import { createSocket } from 'node:dgram'
import { createServer, request as httpRequest } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

type Answer = Record<string, unknown>
type Flow = { octets: number; lastAt: number; end: string | undefined }

const WAIT_MS = 1200
const SILENCE_MS = 1500
const PIECE = Buffer.alloc(16_384, 'x')
const flows = new Map<string, Flow>()
const heard = { udp: 0 }

type Asked = {
  url: string
  method?: string
  body?: string
  headers?: Record<string, string>
  waitMs?: number
  /** The address to ask from. */
  from?: string
}

const http = (a: Asked) =>
  new Promise<Answer>((resolve) => {
    const sent = httpRequest(
      a.url,
      {
        method: a.method ?? 'GET',
        headers: a.headers ?? {},
        agent: false,
        timeout: a.waitMs ?? 12_000,
        localAddress: a.from,
      },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (piece: string) => (body += piece))
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }))
    sent.end(a.body)
  })

/** What becomes of a connection: `open`, an error's code, or `silence`. */
const tcp = ({ host, port }: { host: string; port: number }) =>
  new Promise<Answer>((resolve) => {
    const socket = connect({ host, port })
    const end = (outcome: string): void => {
      socket.destroy()
      resolve({ outcome })
    }
    socket.setTimeout(WAIT_MS, () => end('silence'))
    socket.once('connect', () => end('open'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })

const udp = ({ host, port, octets }: { host: string; port: number; octets: string }) =>
  new Promise<Answer>((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ outcome: 'silence' }), WAIT_MS)
    socket.once('message', (message) => end({ outcome: 'reply', octets: message.toString('hex') }))
    socket.once('error', (error: NodeJS.ErrnoException) => end({ outcome: error.code ?? error.message }))
    // Connected, so that an ICMP error is told.
    socket.connect(port, host, () => socket.send(Buffer.from(octets, 'hex')))
  })

/** Opens a connection that keeps sending and being answered, until it is cut. */
const flow = ({ id, host, port }: { id: string; host: string; port: number }) =>
  new Promise<Answer>((resolve) => {
    const socket = connect({ host, port })
    const one: Flow = { octets: 0, lastAt: 0, end: undefined }
    flows.set(id, one)
    const beat = setInterval(() => socket.write('beat'), 20)
    socket.on('data', (piece) => {
      one.octets += piece.length
      one.lastAt = Date.now()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => (one.end = error.code ?? error.message))
    socket.once('close', () => {
      clearInterval(beat)
      one.end ??= 'closed'
      resolve({ outcome: one.end })
    })
    socket.once('connect', () => resolve({ outcome: 'open' }))
  })

/** The same by datagrams of one socket, which end by nobody's word: they are no longer answered. */
const datagramFlow = ({ id, host, port }: { id: string; host: string; port: number }) =>
  new Promise<Answer>((resolve) => {
    const socket = createSocket('udp4')
    const one: Flow = { octets: 0, lastAt: 0, end: undefined }
    flows.set(id, one)
    const beat = setInterval(() => {
      socket.send('beat', port, host)
      if (one.lastAt === 0 || Date.now() - one.lastAt < SILENCE_MS) return
      one.end = 'silence'
      clearInterval(beat)
      socket.close()
    }, 20)
    socket.on('message', (message) => {
      one.octets += message.length
      one.lastAt = Date.now()
      resolve({ outcome: 'open' })
    })
  })

const flowState = ({ id }: { id: string }): Answer => {
  const one = flows.get(id)
  return { octets: one?.octets, lastAt: one?.lastAt, end: one?.end }
}

/** Octets that came, or went, within so long. */
const transfer = ({ host, port, up, ms }: { host: string; port: number; up: boolean; ms: number }) =>
  new Promise<Answer>((resolve) => {
    const socket = connect({ host, port })
    let [octets, firstAt, firstOctets] = [0, 0, 0]
    socket.on('data', (piece) => {
      // Of an upload, the server tells how much it has.
      octets = up ? Number(piece.toString().trim().split('\n').at(-1)) : octets + piece.length
      if (firstAt !== 0) return
      firstAt = performance.now()
      firstOctets = octets
    })
    socket.on('error', () => undefined)
    const push = (): void => {
      while (!socket.destroyed && socket.write(PIECE));
    }
    if (up) socket.on('drain', push).once('connect', push)
    setTimeout(() => {
      socket.destroy()
      resolve({ octets, kbps: ((octets - firstOctets) * 8) / (performance.now() - firstAt) })
    }, ms)
  })

/** What comes back to octets of a request that no library would send, until the other side has done. */
const raw = ({ host, port, octets }: { host: string; port: number; octets: string }) =>
  new Promise<Answer>((resolve) => {
    const socket = connect({ host, port }, () => socket.write(Buffer.from(octets, 'hex')))
    let reply = ''
    socket.setEncoding('latin1').on('data', (piece: string) => (reply += piece))
    socket.setTimeout(WAIT_MS, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.once('close', () => resolve({ reply }))
  })

const crowd: Socket[] = []
/** So many connections that each begin a request and never end it; how many the other side keeps. */
const slow = async (a: { host: string; port: number; count: number; from: readonly string[] }): Promise<Answer> => {
  let kept = 0
  for (let n = 0; n < a.count; n++) {
    const socket = connect({ host: a.host, port: a.port, localAddress: a.from[n % a.from.length] })
    crowd.push(socket)
    socket.once('connect', () => {
      kept += 1
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      socket.once('close', () => (kept -= 1))
    })
    socket.on('error', () => undefined).resume()
  }
  await new Promise((done) => setTimeout(done, 2 * WAIT_MS))
  return { kept }
}

const disperse = (): Answer => {
  for (const socket of crowd.splice(0)) socket.destroy()
  return {}
}

/** Servers: a page, an echo of TCP and of UDP, a source and a sink. */
const serve = async ({ host, page }: { host: string; page: number }): Promise<Answer> => {
  const web = createServer((request, response) => {
    response.end(JSON.stringify({ hello: request.url, from: request.socket.remoteAddress }))
  })
  await new Promise<void>((done) => web.listen(page, host, done))
  return {}
}

const serveOctets = async ({ host }: { host: string }): Promise<Answer> => {
  const quiet = (socket: Socket): Socket => socket.on('error', () => undefined)
  const echo = createTcpServer((socket) => quiet(socket).pipe(socket))
  const source = createTcpServer((socket) => {
    const push = (): void => {
      while (!socket.destroyed && socket.write(PIECE));
    }
    quiet(socket).on('drain', push)
    push()
  })
  const sink = createTcpServer((socket) => {
    let octets = 0
    quiet(socket).on('data', (piece) => (octets += piece.length))
    const tell = setInterval(() => socket.write(`${octets}\n`), 50)
    socket.once('close', () => clearInterval(tell))
  })
  for (const [port, server] of [
    [7, echo],
    [19, source],
    [9, sink],
  ] as const)
    await new Promise<void>((done) => server.listen(port, host, done))
  // Bound to the one address: else it answers from another.
  const datagrams = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  datagrams.on('message', (message, { address, port }) => {
    heard.udp += 1
    datagrams.send(message, port, address)
  })
  await new Promise<void>((done) => datagrams.bind(7, host, done))
  return {}
}

/** A DHCPDISCOVER, or a DHCPREQUEST for an address; what comes back: the address, and the text of option 114. */
const dhcp = ({ mac, wanted }: { mac: string; wanted?: string }) =>
  new Promise<Answer>((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ outcome: 'silence' }), 4000)
    socket.on('message', (reply) => {
      const options = new Map<number, Buffer>()
      for (let at = 240; at < reply.length && reply[at] !== 255; at += 2 + reply[at + 1]!)
        options.set(reply[at]!, reply.subarray(at + 2, at + 2 + reply[at + 1]!))
      end({
        outcome: { 2: 'offer', 5: 'given' }[options.get(53)![0]!] ?? 'refused',
        address: [...reply.subarray(16, 20)].join('.'),
        router: [...(options.get(3) ?? [])].join('.'),
        portalApi: options.get(114)?.toString(),
      })
    })
    const request = Buffer.alloc(240)
    request.set([1, 1, 6, 0, 1, 2, 3, 4])
    // Answered by broadcast: there is no address to be answered at.
    request.writeUInt16BE(0x8000, 10)
    request.set(Buffer.from(mac.replaceAll(':', ''), 'hex'), 28)
    request.set([99, 130, 83, 99], 236)
    const asked = wanted === undefined ? [53, 1, 1] : [53, 1, 3, 50, 4, ...wanted.split('.').map(Number)]
    const message = Buffer.concat([request, Buffer.of(...asked, 55, 3, 1, 3, 114, 255)])
    socket.bind(68, '0.0.0.0', () => {
      socket.setBroadcast(true)
      socket.send(message, 67, '255.255.255.255')
    })
  })

/** What a DHCPv6 server tells of one option to whoever asks for it without wanting an address. */
const dhcp6 = ({ device, option }: { device: string; option: number }) =>
  new Promise<Answer>((resolve) => {
    const socket = createSocket('udp6')
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ outcome: 'silence' }), 4000)
    socket.on('message', (reply) => {
      for (let at = 4; at < reply.length; at += 4 + reply.readUInt16BE(at + 2))
        if (reply.readUInt16BE(at) === option)
          return end({ outcome: reply.toString('utf8', at + 4, at + 4 + reply.readUInt16BE(at + 2)) })
      end({ outcome: 'none' })
    })
    // INFORMATION-REQUEST: a client id by its hardware address, and the option asked for.
    const message = [11, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0x40, 9, 0, 6, 0, 2, option >> 8, option & 0xff]
    socket.bind(546, () => socket.send(Buffer.from(message), 547, `ff02::1:2%${device}`))
  })

/** Carries what comes to a port here to a socket file, which is the same in every namespace. */
const forward = async ({ port, file }: { port: number; file: string }): Promise<Answer> => {
  const server = createTcpServer((socket) => {
    const onward = connect(file)
    for (const end of [socket, onward]) end.on('error', () => [socket, onward].forEach((one) => one.destroy()))
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {}
}

const actions: Record<string, (a: never) => Answer | Promise<Answer>> = {
  http,
  tcp,
  udp,
  flow,
  datagramFlow,
  raw,
  slow,
  disperse,
  flowState,
  transfer,
  serve,
  serveOctets,
  dhcp,
  dhcp6,
  forward,
  heard: () => heard,
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { no, action, input } = JSON.parse(line) as { no: number; action: string; input: never }
  void Promise.resolve(actions[action]!(input))
    .catch((error: unknown) => ({ failed: String(error) }))
    .then((answer) => process.stdout.write(`${JSON.stringify({ no, answer })}\n`))
})
process.stdin.on('end', () => process.exit(0))

/** A mail server that keeps what it gets: STARTTLS, AUTH, SMTP's answers, and faults on demand. It delivers nothing. */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, createSecureContext, TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'

/** `later`, `refused`: the answer to the recipient; `cut`: the connection is lost within the text; `silent`: no answer. */
export type SmtpFault = 'later' | 'refused' | 'cut' | 'silent' | 'lost-answer'

export type SmtpSimulatorOptions = {
  /** `none`: it offers no STARTTLS. */
  readonly security: 'starttls' | 'tls' | 'none'
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Undefined: it asks for none, and offers no AUTH. */
  readonly login?: { readonly user: string; readonly password: string } | undefined
  readonly onMail?: (mail: SimulatedMail) => void
}

export type SimulatedMail = {
  readonly from: string
  readonly to: string
  /** Headers, a blank line, the text; lines end with a line feed. */
  readonly source: string
  readonly isEncrypted: boolean
}

export type SmtpSimulator = {
  readonly port: number
  readonly mails: readonly SimulatedMail[]
  /** What clients said before TLS, without their name. */
  readonly saidOpenly: readonly string[]
  /** Goes wrong in these ways, a message each. */
  fail(...faults: readonly SmtpFault[]): void
  close(): Promise<void>
}

export const startSmtpSimulator = async (options: SmtpSimulatorOptions): Promise<SmtpSimulator> => {
  const mails: SimulatedMail[] = []
  const saidOpenly: string[] = []
  const faults: SmtpFault[] = []
  const sockets = new Set<Socket>()
  const keep = (mail: SimulatedMail): void => {
    mails.push(mail)
    options.onMail?.(mail)
  }
  const onSocket = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    new Conversation(socket, { options, keep, saidOpenly, nextFault: () => faults.shift() }).begin()
  }
  const server: Server =
    options.security === 'tls' ? createTlsServer({ ...options.tls }, onSocket) : createServer(onSocket)
  server.on('tlsClientError', () => {})
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    saidOpenly,
    fail: (...more) => void faults.push(...more),
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => closed())
      }),
  }
}

type Deps = {
  readonly options: SmtpSimulatorOptions
  readonly keep: (mail: SimulatedMail) => void
  readonly saidOpenly: string[]
  readonly nextFault: () => SmtpFault | undefined
}

const LINE_END = '\r\n'

class Conversation {
  readonly #deps: Deps
  #socket: Socket
  #rest = ''
  #isEncrypted: boolean
  #isIn = false
  #from = ''
  #to = ''
  #fault: SmtpFault | undefined
  #lines: string[] | undefined

  constructor(socket: Socket, deps: Deps) {
    this.#socket = socket
    this.#deps = deps
    this.#isEncrypted = socket instanceof TLSSocket
  }

  begin(): void {
    this.#listen()
    this.#say('220 simulator ESMTP')
  }

  #listen(): void {
    this.#socket.setEncoding('utf8').on('data', (text: string) => this.#read(text))
  }

  #say(...lines: readonly string[]): void {
    if (!this.#socket.destroyed) this.#socket.write(lines.map((line) => line + LINE_END).join(''))
  }

  #read(text: string): void {
    this.#rest += text
    for (let end = this.#rest.indexOf(LINE_END); end >= 0; end = this.#rest.indexOf(LINE_END)) {
      const line = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + LINE_END.length)
      if (this.#lines) this.#text(line, this.#lines)
      else this.#command(line)
    }
  }

  #command(line: string): void {
    const verb = line.split(/[ :]/)[0]!.toUpperCase()
    if (!this.#isEncrypted && verb !== 'EHLO') this.#deps.saidOpenly.push(line)
    const answers: Readonly<Record<string, () => void>> = {
      EHLO: () => this.#hello(),
      STARTTLS: () => this.#startTls(),
      AUTH: () => this.#auth(line),
      MAIL: () => this.#mail(line),
      RCPT: () => this.#recipient(line),
      DATA: () => this.#data(),
      RSET: () => this.#say('250 2.0.0 fine'),
      QUIT: () => {
        this.#say('221 2.0.0 bye')
        this.#socket.end()
      },
    }
    const answer = Object.hasOwn(answers, verb) ? answers[verb] : undefined
    if (answer) answer()
    else this.#say('502 5.5.1 unknown')
  }

  #hello(): void {
    const { security, login } = this.#deps.options
    const offers = [
      ...(security === 'starttls' && !this.#isEncrypted ? ['STARTTLS'] : []),
      ...(login && (this.#isEncrypted || security === 'none') ? ['AUTH PLAIN'] : []),
      '8BITMIME',
    ]
    this.#say('250-simulator', ...offers.map((offer, at) => `250${at === offers.length - 1 ? ' ' : '-'}${offer}`))
  }

  #startTls(): void {
    const { tls } = this.#deps.options
    if (!tls) return this.#say('454 4.7.0 no TLS')
    this.#say('220 2.0.0 go')
    this.#socket.removeAllListeners('data')
    const secured = new TLSSocket(this.#socket, { isServer: true, secureContext: createSecureContext({ ...tls }) })
    secured.on('error', () => {})
    this.#socket = secured
    this.#isEncrypted = true
    this.#rest = ''
    this.#listen()
  }

  #auth(line: string): void {
    const [, method, initial = ''] = line.split(' ')
    const { login } = this.#deps.options
    const [, user, password] = Buffer.from(initial, 'base64').toString('utf8').split('\0')
    this.#isIn = method === 'PLAIN' && login !== undefined && user === login.user && password === login.password
    this.#say(this.#isIn ? '235 2.7.0 in' : '535 5.7.8 wrong user or password')
  }

  #mail(line: string): void {
    if (this.#deps.options.login && !this.#isIn) return this.#say('530 5.7.0 authentication required')
    this.#from = addressIn(line)
    this.#fault = this.#deps.nextFault()
    this.#say('250 2.1.0 fine')
  }

  #recipient(line: string): void {
    if (this.#fault === 'silent') return
    if (this.#fault === 'later') return this.#say('451 4.3.2 greylisted, come again')
    if (this.#fault === 'refused') return this.#say('550 5.1.1 no such mailbox')
    this.#to = addressIn(line)
    this.#say('250 2.1.5 fine')
  }

  #data(): void {
    if (this.#to === '') return this.#say('503 5.5.1 to whom?')
    this.#lines = []
    this.#say('354 go')
  }

  #text(line: string, lines: string[]): void {
    if (this.#fault === 'cut') return void this.#socket.destroy()
    if (line !== '.') return void lines.push(line.startsWith('.') ? line.slice(1) : line)
    this.#deps.keep({ from: this.#from, to: this.#to, source: lines.join('\n'), isEncrypted: this.#isEncrypted })
    this.#lines = undefined
    this.#to = ''
    if (this.#fault === 'lost-answer') return void this.#socket.destroy()
    this.#say('250 2.0.0 kept')
  }
}

const addressIn = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? ''

/**
 * What the command line and a running box say over the Unix socket: `POST /command|query|action/NAME` with JSON, and
 * a `Result` as JSON. Instants and octets are plain numbers. Secrets in inputs travel on this socket only.
 *
 * The client's side imports nothing of the kernel at run time: loading it takes longer than most commands.
 */
export const rpcLimits = {
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  connections: 64,
  /** A checked Disconnect, the slowest thing asked, tries several means one after another. */
  answerWithinMs: 120_000,
  connectWithinMs: 2000,
  /** How long a close waits for what is under way. */
  closeWithinMs: 1000,
} as const

export type RpcFault =
  /** The box ended, or was cut off, before it answered: what was asked may have been done. */
  | { readonly type: 'BoxLost'; readonly cause: string }
  | { readonly type: 'SocketForbidden'; readonly file: string }
  /** A live process answers at the socket. */
  | { readonly type: 'SocketInUse'; readonly file: string }
  | { readonly type: 'RequestMalformed'; readonly cause: string }
  | { readonly type: 'RequestTooLarge'; readonly bytesMax: number }
  | { readonly type: 'RequestFailed' }

export const verbs = ['command', 'query', 'action'] as const
export type Verb = (typeof verbs)[number]

/** Names are words and dots: `subscribers.add`. */
export const NAME_SHAPE = /^[A-Za-z][A-Za-z0-9.]{0,63}$/

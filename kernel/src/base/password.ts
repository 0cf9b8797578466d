import { argon2, timingSafeEqual } from 'node:crypto'
import { defineLimits } from './limits.ts'
import type { Random } from './random.ts'
import { err, ok, type Result } from './result.ts'
import type { Secret } from './secret.ts'

/** Too many people are signing in at once; who waits a moment gets in. */
export type PasswordsBusy = { readonly type: 'TooBusy' }

export interface Passwords {
  /** A PHC string, `$argon2id$v=19$m=…,t=…,p=1$salt$hash`: what to store. */
  hash(password: Secret): Promise<Result<string, PasswordsBusy>>
  /** Whether the password is the stored one. Without a stored one it takes as long, and is no. */
  matches(password: Secret, stored: string | undefined): Promise<Result<boolean, PasswordsBusy>>
}

export const passwordLimits = defineLimits({
  /** Waiting to be computed; each takes some 20 ms of one core, one at a time, so that a box serves its routers. */
  waitingMax: 50,
})

// OWASP's second choice for argon2id: 19 MiB, two passes, one lane.
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const SALT_OCTETS = 16
const TAG_OCTETS = 32
const STORED = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/-]+)\$([\w+/-]+)$/

type Cost = { readonly memory: number; readonly passes: number; readonly parallelism: number }

const derive = (password: Secret, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const message = Buffer.from(password.reveal().normalize('NFC'))
  argon2('argon2id', { message, nonce: salt, tagLength, ...cost }, (error, key) =>
    error ? reject(error) : resolve(Buffer.from(key)),
  )
  return promise
}

const encode = (octets: Buffer): string => octets.toString('base64').replaceAll('=', '')

/** Passwords of people: argon2id (RFC 9106), off the calling thread, one at a time behind a bounded queue. */
export const createPasswords = (random: Random): Passwords => {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const inTurn = async <T>(work: () => Promise<T>): Promise<Result<T, PasswordsBusy>> => {
    if (waiting >= passwordLimits.waitingMax) return err({ type: 'TooBusy' })
    waiting += 1
    const mine = last.then(work)
    last = mine.catch(() => {})
    try {
      return ok(await mine)
    } finally {
      waiting -= 1
    }
  }

  const hash = async (password: Secret): Promise<string> => {
    const salt = random.bytes(SALT_OCTETS)
    const tag = await derive(password, salt, COST, TAG_OCTETS)
    const { memory, passes, parallelism } = COST
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`
  }

  return {
    hash: (password) => inTurn(() => hash(password)),
    matches: (password, stored) =>
      inTurn(async () => {
        const [, memory, passes, parallelism, salt = '', tag = ''] = STORED.exec(stored ?? '') ?? []
        if (memory === undefined) {
          await hash(password)
          return false
        }
        const expected = Buffer.from(tag, 'base64')
        const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
        const shown = await derive(password, Buffer.from(salt, 'base64'), cost, expected.length)
        return timingSafeEqual(shown, expected)
      }),
  }
}

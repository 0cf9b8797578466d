/**
 * The setup code: who reads it on the box's own screen may become its first owner. It is told nowhere else, outlives a
 * restart, and is worth nothing from the moment there is an owner. A plain file and no row: it is no business of the
 * databases, of their mirror or of a backup, and the screen has to show it again after a power cut.
 */
import { timingSafeEqual, createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { err, ok, TryWindow, type Clock, type Random, type Result, writeDurably } from '@lango/kernel'
import { networkOf } from '@lango/modules/registration'

/** Nothing that can be taken for another when it is read aloud from a screen: no 0 O, no 1 I L. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
/** 31^8: about 40 bits. */
const CODE_LENGTH = 8
const CODE_SHAPE = new RegExp(`^[${ALPHABET}]{${CODE_LENGTH}}$`)

/** People mistype; programs do not mind that it gets slower. */
export const FREE_TRIES = 5
const FIRST_WAIT_MS = 2000
const WAIT_MS_MAX = 15 * 60_000
const NETWORKS_MAX = 10_000
/** Of everybody together: at this rate one code in 27,000 is found within a year. */
const ALL_TRIES = { triesMax: 60, windowMs: 60_000, keysMax: 1 }
const EVERYBODY = ''

/** How long whoever has mistyped it so often waits before the next try. */
export const waitMsAfter = (failures: number): number =>
  failures < FREE_TRIES ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_TRIES), WAIT_MS_MAX)

export type OwnerExists = { readonly type: 'OwnerExists' }
export type CodeTried = { readonly is: 'right' | 'wrong' } | { readonly is: 'late'; readonly waitSec: number }

export type SetupCode = {
  /** As the screen shows it, `K7QM-3XRA`; undefined once the box has an owner. */
  shown(): string | undefined
  /** Another one; the one before is worth nothing. */
  renew(): Result<string, OwnerExists>
  /** Somebody at this address typed a code. What comes too early is not even looked at. */
  try(typed: string, address: string): CodeTried
  /** There is an owner. */
  end(): void
}

export type SetupCodeDeps = {
  readonly file: string
  /** Whether the box has people. */
  readonly anyone: () => boolean
  readonly random: Random
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** Makes the first one where there is no owner; removes what is left of one where there is. */
export const createSetupCode = ({ file, anyone, random, clock }: SetupCodeDeps): SetupCode => {
  const byNetwork = new Map<string, { failures: number; until: number }>()
  const byAll = new TryWindow(ALL_TRIES)

  const renew = (): string => {
    const code = draw(random)
    writeDurably(file, `${code}\n`, 0o600)
    return code
  }
  const code = (): string | undefined => (anyone() ? undefined : (read(file) ?? renew()))
  const end = (): void => rmSync(file, { force: true })

  const failed = (network: string, now: number): void => {
    const failures = (byNetwork.get(network)?.failures ?? 0) + 1
    byNetwork.delete(network)
    if (byNetwork.size >= NETWORKS_MAX) byNetwork.delete(byNetwork.keys().next().value!)
    byNetwork.set(network, { failures, until: now + waitMsAfter(failures) })
    byAll.add(EVERYBODY, now)
  }

  if (code() === undefined) end()
  return {
    shown() {
      const current = code()
      return current && grouped(current)
    },
    renew: () => (anyone() ? err({ type: 'OwnerExists' }) : ok(grouped(renew()))),
    try(typed, address) {
      const now = clock.monotonicMs()
      const network = networkOf(address)
      const waitMs = Math.max((byNetwork.get(network)?.until ?? 0) - now, byAll.isFull(EVERYBODY, now) ? 60_000 : 0)
      if (waitMs > 0) return { is: 'late', waitSec: Math.ceil(waitMs / 1000) }
      const current = code()
      if (current !== undefined && isSame(readTyped(typed), current)) {
        byNetwork.delete(network)
        return { is: 'right' }
      }
      failed(network, now)
      return { is: 'wrong' }
    },
    end,
  }
}

const draw = (random: Random): string =>
  Array.from({ length: CODE_LENGTH }, () => ALPHABET[random.below(ALPHABET.length)]).join('')

const read = (file: string): string | undefined => {
  const code = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  return CODE_SHAPE.test(code) ? code : undefined
}

const grouped = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`
const readTyped = (typed: string): string =>
  typed
    .slice(0, 64)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

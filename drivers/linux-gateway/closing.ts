/**
 * What keeps the clients' side closed while the table is away, as somebody's `nft flush ruleset` takes it: pure. The
 * table marks what comes in at either side. Whatever lacks the mark finds no way through, by rules of routing, which no
 * firewall flushes. Whoever is in has one, and goes on to the rules that are there otherwise.
 */
import type { Prefix6 } from './address.ts'

/** One bit, so that other marks stay as they are. */
export const PASSED_MARK = '0x10000000'
/** Before the rules of others, behind the addresses of the box itself. */
const FIRST = 290

export type ClosingConfig = {
  readonly lan: string
  readonly wan: string
  readonly address: string
  readonly prefix: number
  readonly prefix6: Prefix6 | undefined
}

export type ClosingRule = { readonly pref: string; readonly words: readonly string[] }

/** In the order in which they are added: where to go on has to be there first. */
export const closingRules = (
  { lan, wan, address, prefix, prefix6 }: ClosingConfig,
  family: '-4' | '-6',
): readonly ClosingRule[] => {
  const clients = family === '-4' ? `${address}/${prefix}` : prefix6 && `${prefix6.prefix}/64`
  const after = String(FIRST + 3)
  return [
    { pref: after, words: ['nop'] },
    { pref: String(FIRST), words: ['fwmark', `${PASSED_MARK}/${PASSED_MARK}`, 'goto', after] },
    { pref: String(FIRST + 1), words: ['iif', lan, 'blackhole'] },
    ...(clients === undefined ? [] : [{ pref: String(FIRST + 2), words: ['iif', wan, 'to', clients, 'blackhole'] }]),
  ]
}

/** Whether `ip rule show` tells of one. */
export const hasRule = (shown: string, { pref }: ClosingRule): boolean =>
  shown.split('\n').some((line) => line.startsWith(`${pref}:`))

/**
 * Why a router let somebody not in. It tells by the address, which anybody can write: nothing of it is repeated, and only
 * what a router or this box says is known.
 */
import type { Fault } from '@lango/kernel'
import type { GateWords } from './words/index.ts'

/** By the names of `errors.txt`, and by the box's own Reply-Messages. */
const known: Readonly<Record<string, keyof GateWords>> = {
  'radius-timeout': 'refused.silent',
  'internal-error': 'refused.silent',
  'config-error': 'refused.silent',
  'ippool-empty': 'refused.silent',
  'license-session-limit': 'refused.silent',
  'shutting-down': 'refused.wait',
  'auth-in-progress': 'refused.wait',
  'Please try again in a minute.': 'refused.wait',
  'user-session-limit': 'refused.devices',
  'Too many devices are using this login.': 'refused.devices',
  'invalid-mac': 'refused.otherDevice',
  'wrong-mac-username': 'refused.otherDevice',
  'This login is bound to another device.': 'refused.otherDevice',
  'This login is bound to another connection.': 'refused.otherDevice',
  'invalid-username': 'refused.code',
  'Login refused. Check your user name and password.': 'refused.code',
  'Too many attempts. Please wait a few minutes.': 'refused.often',
  'uptime-limit': 'over.time-used',
  'Your time is used up.': 'over.time-used',
  'traffic-limit': 'over.quota-used',
  'Your data bundle is used up.': 'over.quota-used',
  'Your service has expired. Please renew it.': 'over.expired',
  'Your service is suspended. Please contact your provider.': 'over.suspended',
  'This voucher is good at another place of your provider.': 'over.away',
  'Your plan is not good at this time. Please try again later.': 'over.outside-hours',
  'Your access has not begun yet. Please try again later.': 'over.not-begun',
}

/** Whether another challenge may be all that is needed: one is good once, and a phone that looks around by itself uses it. */
export const mayBeStale = (error: string): boolean =>
  ['chap-missing', 'invalid-username', 'Login refused. Check your user name and password.'].includes(error)

export const refusalText = (error: string, words: GateWords): string => {
  const name = Object.hasOwn(known, error) ? known[error] : undefined
  const text = name === undefined ? undefined : words[name]
  return typeof text === 'string' ? text : words.notConnectedBody
}

/** Why a phone is not asked to pay. */
export const promptRefusal = ({ type }: Fault, { words }: { readonly words: GateWords }): string => {
  switch (type) {
    case 'PromptOpen':
    case 'StandingOrderAsked':
      return words.otherPrompt
    case 'PromptsMany':
      return words.askedOften
    case 'PlanUnknown':
    case 'PlanNotForSale':
      return words.planGone
    case 'AmountUnfit':
      return words.walletAmountUnfit
    default:
      return words.paymentDown
  }
}

/** What a login is called in the log of decisions. Pure. */
import { isCodeLogin } from '@lango/modules/access/rules'
import { isMethod, type Method } from './methods.ts'
import { reasonWords, type Reason } from './reasons.ts'

/** How the login was spelt, where that is not its own name; of a code no more than its end. */
export const spelt = (name: string, typed: string): string => {
  if (name === typed) return ''
  return isCodeLogin(name) ? `…${typed.slice(-4)}` : typed
}

export const meterOf = (method: Method, reason: Reason): 'login' | 'proxied' | undefined => {
  if (method !== 'proxy') return 'login'
  return reason === 'proxied' ? 'proxied' : undefined
}

/** The library's own reasons, in the words of the decision log. */
export const eapReason = (reason: string): Reason => {
  if (reason === 'bad-password') return 'wrong-password'
  if (reason === 'no-password') return 'unknown-user'
  return Object.hasOwn(reasonWords, reason) ? (reason as Reason) : 'eap-failed'
}

export const eapMethod = (method: string): Method => {
  if (isMethod(method)) return method
  const named = `eap-${method}`
  return isMethod(named) ? named : 'eap'
}

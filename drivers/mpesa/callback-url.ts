import { ok, type Result } from '@lango/kernel'
import type { ProviderFault } from '@lango/modules/payments/port'
import { forbiddenInUrls, UNHEARD_URL } from './facts.ts'
import { misconfigured } from './faults.ts'

/**
 * The URL as Daraja takes it: https, and without the words it forbids (a random part in hexadecimal holds none by
 * chance). Plain http where Daraja itself is simulated on this machine. Nobody's where there is none.
 */
export const callbackUrlOf = (url: string | undefined, allowsHttp: boolean): Result<string, ProviderFault> => {
  if (url === undefined) return ok(UNHEARD_URL)
  const { protocol } = URL.parse(url) ?? {}
  if (protocol !== 'https:' && !(allowsHttp && protocol === 'http:'))
    return misconfigured('callback-url', 'the address for callbacks is not https')
  const word = forbiddenInUrls.find((word) => url.toLowerCase().includes(word))
  if (word !== undefined)
    return misconfigured('callback-url', `the address for callbacks holds “${word}”, which M-Pesa does not take`)
  return ok(url)
}

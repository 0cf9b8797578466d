import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'

/** Nothing inline, nothing from elsewhere, nobody's frame: markup that slipped through could still do nothing. */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/** Puts the protective headers on every answer, refusals and faults too; pages are never stored unless they say so. */
export const protectiveHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
}

/**
 * DNS rebinding: a stranger's page points its own name at this box, and the browser takes us for that page. It cannot
 * change the Host header, so only an address, `localhost` or a name of ours is answered.
 */
export const isOurHost = (host: string, hostNames: readonly string[]): boolean => {
  const address = URL.parse(`http://${host}`)
  if (!address || address.username !== '' || address.password !== '' || address.pathname !== '/') return false
  const name = address.hostname.toLowerCase()
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === 'localhost' || hostNames.includes(name)
}

/** A path on this box, or `/`: nobody is sent elsewhere by a form that was filled in elsewhere. */
export const localPath = (wanted: string): string => {
  const base = 'http://desk.invalid'
  const address = wanted.startsWith('/') ? URL.parse(wanted, base) : null
  return address?.origin === base ? `${address.pathname}${address.search}` : '/'
}

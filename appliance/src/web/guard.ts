import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'

/** Draws the portal as it would look, inside the page on which that is set. */
export const PREVIEW_PATH = '/portal-preview'
/** The one page that frames anything, and nothing but our own. */
const FRAMING_PATH = '/settings/portal'

const policyFor = (path: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    ...(path === FRAMING_PATH ? ["frame-src 'self'"] : []),
    path === PREVIEW_PATH ? "frame-ancestors 'self'" : "frame-ancestors 'none'",
  ].join('; ')

/** Nothing inline, nothing from elsewhere, nobody's frame: markup that slipped through could still do nothing. */
const headersFor = (path: string): Readonly<Record<string, string>> => ({
  'content-security-policy': policyFor(path),
  'x-content-type-options': 'nosniff',
  'x-frame-options': path === PREVIEW_PATH ? 'SAMEORIGIN' : 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
})

/** Puts the protective headers on every answer, refusals and faults too; pages are never stored unless they say so. */
export const protectiveHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headersFor(c.req.path))) c.header(name, value)
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

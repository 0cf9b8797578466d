/**
 * What a router's login page tells of whoever it sends here, and how they are sent back to be let in. Pure. All of it
 * comes through the browser, so none of it is believed: it says where to go, never who somebody is.
 */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

/** The browser's place in the hotspot, carried through every page in its address: no cookie lasts in these browsers. */
export type Place = {
  /** As the router writes it; '' where it is not told. Only counted by, never trusted. */
  readonly mac: string
  /** The router's page that logs in; '' where there is none. */
  readonly login: string
  /** CHAP: both as hex; '' for PAP. */
  readonly chapId: string
  readonly chapChallenge: string
  /** The language that was chosen here; '' for the browser's own. */
  readonly lang: string
  /** What the router calls itself: how its page looks, and nothing more. */
  readonly router: string
}

export const noPlace: Place = { mac: '', login: '', chapId: '', chapChallenge: '', lang: '', router: '' }

const PLACE_CHARACTERS_MAX = 2048
const ADDRESS_CHARACTERS_MAX = 512
const ROUTER_CHARACTERS_MAX = 64
const CHALLENGE_OCTETS_MAX = 64
const MAC = /^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/

/** RFC 1918 and 6598: where hotspots hand out addresses. */
const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|127\.)/

/** Whether a router's login page may stand at this host. With none listed, at a private address. */
const isLoginHost = (hostname: string, listed: readonly string[]): boolean =>
  listed.length === 0 ? isIP(hostname) === 4 && PRIVATE.test(hostname) : listed.includes(hostname.toLowerCase())

/** The address of a login page without what was hung on it, or '': nobody is sent elsewhere by a link made elsewhere. */
export const loginAddress = (text: string, listed: readonly string[]): string => {
  const url = text.length > ADDRESS_CHARACTERS_MAX ? null : URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return ''
  if (url.username !== '' || url.password !== '' || !isLoginHost(url.hostname, listed)) return ''
  return url.pathname.endsWith('/login') ? `${url.origin}${url.pathname}` : ''
}

/** One octet each, whatever they make as UTF-8. */
const octetsIn = (search: string, name: string): string => {
  const [, value = ''] = new RegExp(`[?&]${name}=([^&]*)`).exec(search) ?? []
  return value
    .replaceAll('+', ' ')
    .replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Printed by the router, as its manual has it; anything else is the octets themselves. */
const PRINTED = /^[\x20-\x7e]{2,}$/

/** Octets that RouterOS prints as text: what is no letter comes as `\371` (three octal digits). */
const octets = (printed: string): Buffer => {
  if (!PRINTED.test(printed)) return Buffer.from(printed, 'latin1')
  const parts = printed.match(/\\[0-3][0-7]{2}|\\.|[^\\]/gs) ?? []
  return Buffer.concat(
    parts.map((part) => {
      if (/^\\[0-3]/.test(part)) return Buffer.from([Number.parseInt(part.slice(1), 8)])
      return Buffer.from(part.length > 1 ? part.slice(1) : part, 'latin1')
    }),
  )
}

const challenge = (printed: string): string => {
  const read = octets(printed)
  return read.length > CHALLENGE_OCTETS_MAX ? '' : read.toString('hex')
}

const macOf = (text: string): string => {
  const mac = text.toUpperCase().replaceAll('-', ':')
  return MAC.test(mac) ? mac : ''
}

/** From the router's login page, by RouterOS's own names (reference: hotspot customisation). */
export const placeFromRouter = (search: string, listed: readonly string[]): Place => {
  const query = new URLSearchParams(search)
  const get = (name: string): string => query.get(name) ?? ''
  const [id, text] = [challenge(octetsIn(search, 'chap-id')), challenge(octetsIn(search, 'chap-challenge'))]
  const isChap = id.length === 2 && text !== ''
  return {
    mac: macOf(get('mac')),
    login: loginAddress(get('link-login-only') || get('link-login').split('?')[0]!, listed),
    chapId: isChap ? id : '',
    chapChallenge: isChap ? text : '',
    lang: get('lang').slice(0, 8),
    router: get('identity').slice(0, ROUTER_CHARACTERS_MAX),
  }
}

/** Whether a request comes from a router's login page. */
export const isFromRouter = (query: URLSearchParams): boolean =>
  ['link-login-only', 'link-login', 'mac'].some((name) => query.has(name))

const names = ['mac', 'login', 'chapId', 'chapChallenge', 'lang', 'router'] as const

/** Short enough for an address; '' for a place of which nothing is known. */
export const writePlace = (place: Place): string => {
  const told = new URLSearchParams(names.filter((name) => place[name] !== '').map((name) => [name, place[name]]))
  return told.size === 0 ? '' : Buffer.from(told.toString()).toString('base64url')
}

/** What `writePlace` wrote, or whatever somebody put in its place: it is looked at as if it came from a router. */
export const readPlace = (text: string, listed: readonly string[]): Place => {
  if (text === '' || text.length > PLACE_CHARACTERS_MAX) return noPlace
  const told = new URLSearchParams(Buffer.from(text, 'base64url').toString('utf8'))
  const get = (name: string): string => told.get(name) ?? ''
  const hex = (name: string): string => (/^(?:[0-9a-f]{2}){1,64}$/.test(get(name)) ? get(name) : '')
  return {
    mac: macOf(get('mac')),
    login: loginAddress(get('login'), listed),
    chapId: hex('chapId'),
    chapChallenge: hex('chapChallenge'),
    lang: get('lang').slice(0, 8),
    router: get('router').slice(0, ROUTER_CHARACTERS_MAX),
  }
}

/** `lower-hex MD5(chap-id ‖ password ‖ chap-challenge)`: what RouterOS's own login page computes. */
const chapAnswer = ({ chapId, chapChallenge }: Place, password: string): string =>
  createHash('md5')
    .update(Buffer.from(chapId, 'hex'))
    .update(password)
    .update(Buffer.from(chapChallenge, 'hex'))
    .digest('hex')

/** Where the browser goes to be let in; `next` is where the router sends it afterwards. */
export const loginLink = (
  place: Place,
  { login, password }: { readonly login: string; readonly password: string },
  next: string,
): string => {
  const isChap = place.chapId !== '' && place.chapChallenge !== ''
  const told = new URLSearchParams({
    username: login,
    password: isChap ? chapAnswer(place, password) : password,
    dst: next,
  })
  return `${place.login}?${told}`
}

/**
 * The router's page that logs out, beside the one that logs in; '' where there is none. Its cookie goes too: it would let
 * the phone in again by itself, and use up what is left.
 */
export const logoutLink = ({ login }: Place): string =>
  login === '' ? '' : login.replace(/\/login$/, '/logout?erase-cookie=true')

/**
 * An address that leads nowhere (RFC 5737): whoever asks for it by http behind a router's login is led to that login,
 * which tells where it is and leads on here with what was asked for.
 */
export const throughRouter = (path: string): string => `http://192.0.2.1${path}`

export type WayBack = {
  /** What was to be gone online with; '' for none. */
  readonly ticket: string
  /** They have asked to be let in, and were led by the router to be told where it is. */
  readonly isOnWay: boolean
  /** It was tried with a challenge of its own already. */
  readonly isAgain: boolean
  readonly lang: string
}

/** Of the address that the router was told to lead on to. It may be anybody's: only what is told here is read. */
export const readWayBack = (address: string): WayBack => {
  const url = address.length > PLACE_CHARACTERS_MAX ? null : URL.parse(address)
  const [, page, ticket = ''] = /^\/(s|connect)\/([\w.-]{1,128})$/.exec(url?.pathname ?? '') ?? []
  const isAgain = url?.searchParams.has('again') ?? false
  return { ticket, isOnWay: page === 'connect', isAgain, lang: readPlace(url?.searchParams.get('g') ?? '', []).lang }
}

/** What the pages of routers have in common: how one is found, named, and how it does. */
import {
  fill,
  formatExact,
  nothingKnown,
  Status,
  Tabs,
  visible,
  Why,
  type Desk,
  type Meaning,
  type Option,
} from '@lango/kernel/ui'
import type { Fault } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { listRouters } from '../network/index.ts'
import { listRouterHealth, openByRouter } from '../sessions/index.ts'
import { isKnownVendor, knownVendors, vendorLabel } from './vendor-settings.ts'
import { routerWords, type RouterWords } from './words-routers.ts'

export type Router = ResultOf<typeof listRouters>[number]
export type Health = ResultOf<typeof listRouterHealth>[number]

/** A router that does anything is heard more often than this. */
const SILENT_AFTER_MS = 15 * 60_000

export const wordsOf = (desk: Pick<Desk, 'locale'>): RouterWords => routerWords[desk.locale.lang]

// What an address cannot say: `/routers/new` is a page, and dots are taken for a way up.
const NOT_IN_PATHS = new Set(['new', '.', '..'])

/** Its page. A name that no address can hold is stood for by its id. */
export const routerHref = ({ id, name }: Pick<Router, 'id' | 'name'>, part = ''): string =>
  `/routers/${NOT_IN_PATHS.has(name) ? id : encodeURIComponent(name)}${part}`

/** The router of this page's address. */
export const routerOf = async (desk: Desk): Promise<Router | undefined> => {
  const asked = desk.param('name')
  const all = await desk.ask(listRouters, {})
  return all.find(({ name }) => name === asked) ?? all.find(({ id }) => id === asked)
}

/** For a deed: somebody removed it meanwhile. */
export const unknownRouter = (desk: Desk): Fault => {
  const fault: Fault & { readonly name: string } = { type: 'RouterUnknown', name: desk.param('name') }
  return fault
}

export const noRouter = (desk: Desk) => {
  const words = wordsOf(desk)
  return nothingKnown(words.nobody, words.nobodyBody, { href: '/routers', label: words.toRouters })
}

export const healthByRouter = async (desk: Desk): Promise<ReadonlyMap<number, Health>> =>
  new Map((await desk.ask(listRouterHealth, {})).map((health) => [health.routerNo, health]))

/** Open sessions by router; undefined for somebody who may not see sessions. */
export const openSessions = async (desk: Desk): Promise<ReadonlyMap<number, number> | undefined> => {
  if (!desk.may('sessions.read')) return undefined
  return new Map((await desk.ask(openByRouter, {})).map(({ routerNo, sessions }) => [routerNo, sessions]))
}

export const routerStates = ['up', 'silent', 'never'] as const
export type RouterState = (typeof routerStates)[number]

export const stateOf = (health: Health | undefined, now: number): RouterState => {
  if (health === undefined) return 'never'
  return now - health.lastPacketAt > SILENT_AFTER_MS ? 'silent' : 'up'
}

const meanings = { up: 'good', silent: 'attention', never: 'plain' } as const satisfies Record<RouterState, Meaning>

export const StateMark = ({ desk, state }: { desk: Pick<Desk, 'locale'>; state: RouterState }) => (
  <Status meaning={meanings[state]}>{wordsOf(desk)[state]}</Status>
)

/** Why it is held to be silent, or not to have come at all. */
export const StateWhy = ({ desk, router, health }: { desk: Desk; router: Router; health: Health | undefined }) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  if (health === undefined) {
    const remedy = fill(words.neverRemedy, { address: visible(router.address) })
    return <Why locale={locale} reason={words.neverWhy} remedy={remedy} />
  }
  if (stateOf(health, now) === 'up') return null
  const reason = fill(words.silentWhy, { time: formatExact(health.lastPacketAt, locale) })
  return <Why locale={locale} reason={reason} remedy={words.silentRemedy} />
}

/** With the one that the router has, also where this release does not know it. */
export const vendorOptions = (present: string): readonly Option[] => {
  const known = knownVendors.map((value) => ({
    value: value as string,
    label: value === 'generic' ? 'RADIUS (hostapd, …)' : vendorLabel(value),
  }))
  return isKnownVendor(present) || present === '' ? known : [...known, { value: present, label: present }]
}

export const RouterTabs = ({
  desk,
  router,
  current,
}: {
  desk: Desk
  router: Router
  current: 'settings' | 'setUp' | 'control' | 'removeTab'
}) => {
  const words = wordsOf(desk)
  const tab = (name: typeof current, part: string) => ({
    href: routerHref(router, part),
    label: words[name],
    current: current === name,
  })
  const removal = desk.may('routers.write') ? [tab('removeTab', '/remove')] : []
  const control = router.vendor === 'mikrotik' || current === 'control' ? [tab('control', '/control')] : []
  const tabs = [tab('settings', ''), tab('setUp', '/script'), ...control, ...removal]
  return <Tabs label={visible(router.name)} tabs={tabs} />
}

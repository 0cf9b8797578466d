import type { IconName, NavItem } from '@lango/kernel/ui'
import type { WebWords } from './words.ts'

type Place = {
  readonly href: string
  readonly word: keyof WebWords
  readonly icon: IconName
  /** What it takes to see it. */
  readonly permission?: string
  readonly first?: boolean
}

/** Places in a phone's bottom bar. */
const FIRST_MAX = 4

/** By job, as people look for it; of those that may come first somebody's first four stand in a phone's bottom bar. */
const places: readonly Place[] = [
  { href: '/', word: 'overview', icon: 'home', first: true },
  { href: '/sessions', word: 'sessions', icon: 'sessions', permission: 'sessions.read', first: true },
  { href: '/subscribers', word: 'subscribers', icon: 'subscribers', permission: 'subscribers.read', first: true },
  { href: '/vouchers', word: 'vouchers', icon: 'vouchers', permission: 'vouchers.read', first: true },
  { href: '/stock', word: 'stock', icon: 'vouchers', permission: 'vouchers.sell', first: true },
  { href: '/plans', word: 'plans', icon: 'plans', permission: 'plans.read' },
  { href: '/offers', word: 'offers', icon: 'plans', permission: 'offers.read' },
  { href: '/routers', word: 'routers', icon: 'routers', permission: 'routers.read' },
  { href: '/access-log', word: 'accessLog', icon: 'decisions', permission: 'sessions.read' },
  { href: '/reports', word: 'reports', icon: 'reports', permission: 'sessions.read' },
  { href: '/payments', word: 'payments', icon: 'payments', permission: 'payments.read' },
  { href: '/wallets', word: 'wallets', icon: 'payments', permission: 'wallets.read' },
  { href: '/payouts', word: 'payouts', icon: 'payments', permission: 'payments.read' },
  { href: '/ledger', word: 'ledger', icon: 'ledger', permission: 'ledger.read' },
  { href: '/staff', word: 'staff', icon: 'staff', permission: 'people.read' },
  { href: '/audit', word: 'audit', icon: 'audit', permission: 'audit.read' },
  { href: '/doctor', word: 'machine', icon: 'health', permission: 'sessions.read' },
  { href: '/settings', word: 'settings', icon: 'settings', permission: 'settings.read' },
]

/** Behind others of the navigation; whoever types their name is led there at once. */
const further: readonly Place[] = [
  { href: '/setup', word: 'setUpSteps', icon: 'settings', permission: 'settings.read' },
  { href: '/bypass', word: 'bypass', icon: 'routers', permission: 'subscribers.read' },
  { href: '/settings/portal', word: 'hotspotPage', icon: 'settings', permission: 'settings.read' },
  { href: '/settings/webhooks', word: 'webhooks', icon: 'settings', permission: 'webhooks.read' },
  { href: '/settings/backups', word: 'backups', icon: 'settings', permission: 'backups.read' },
  { href: '/rollouts', word: 'rollouts', icon: 'routers', permission: 'routers.read' },
  { href: '/updates', word: 'updates', icon: 'settings', permission: 'settings.read' },
  { href: '/settings/api', word: 'interface', icon: 'settings' },
]

const isWithin = (path: string, href: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)

/** What a person may open of what is there. */
export type Reach = {
  readonly may: (permission: string) => boolean
  /** Paths of pages: no link leads nowhere. */
  readonly paths: ReadonlySet<string>
}

const itemOf = ({ href, word, icon, first }: Place, words: WebWords, path: string): NavItem => ({
  href,
  label: words[word] as string,
  icon,
  current: isWithin(path, href),
  first: first === true,
})

const openTo = (from: readonly Place[], { may, paths }: Reach): readonly Place[] =>
  from.filter(({ href, permission }) => paths.has(href) && (permission === undefined || may(permission)))

/** What this person may open, with the place where they are marked. */
export const navigationFor = (words: WebWords, path: string, reach: Reach, demo: boolean): readonly NavItem[] => {
  const gallery: readonly Place[] = demo ? [{ href: '/gallery', word: 'gallery', icon: 'gallery' }] : []
  const open = openTo(places, reach)
  const first = new Set(open.filter((place) => place.first === true).slice(0, FIRST_MAX))
  return [...open, ...gallery].map((place) => itemOf({ ...place, first: first.has(place) }, words, path))
}

/** The pages that stand behind those of the navigation. */
export const furtherFor = (words: WebWords, path: string, reach: Reach): readonly NavItem[] =>
  openTo(further, reach).map((place) => itemOf(place, words, path))

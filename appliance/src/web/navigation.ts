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

/** By job, as people look for it; the first four stand in a phone's bottom bar. */
const places: readonly Place[] = [
  { href: '/', word: 'overview', icon: 'home', first: true },
  { href: '/sessions', word: 'sessions', icon: 'sessions', permission: 'sessions.read', first: true },
  { href: '/subscribers', word: 'subscribers', icon: 'subscribers', permission: 'subscribers.read', first: true },
  { href: '/vouchers', word: 'vouchers', icon: 'vouchers', permission: 'vouchers.read', first: true },
  { href: '/plans', word: 'plans', icon: 'plans', permission: 'plans.read' },
  { href: '/routers', word: 'routers', icon: 'routers', permission: 'routers.read' },
  { href: '/access-log', word: 'accessLog', icon: 'decisions', permission: 'sessions.read' },
  { href: '/reports', word: 'reports', icon: 'reports', permission: 'sessions.read' },
  { href: '/staff', word: 'staff', icon: 'staff', permission: 'people.read' },
  { href: '/audit', word: 'audit', icon: 'audit', permission: 'audit.read' },
  { href: '/settings', word: 'settings', icon: 'settings', permission: 'settings.read' },
]

const isWithin = (path: string, href: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)

/** What a person may open of what is there. */
export type Reach = {
  readonly may: (permission: string) => boolean
  /** Paths of pages: no link leads nowhere. */
  readonly paths: ReadonlySet<string>
}

/** What this person may open, with the place where they are marked. */
export const navigationFor = (
  words: WebWords,
  path: string,
  { may, paths }: Reach,
  demo: boolean,
): readonly NavItem[] => {
  const item = ({ href, word, icon, first }: Place): NavItem => ({
    href,
    label: words[word] as string,
    icon,
    current: isWithin(path, href),
    first: first === true,
  })
  const seen = places
    .filter(({ href, permission }) => paths.has(href) && (permission === undefined || may(permission)))
    .map(item)
  return demo ? [...seen, item({ href: '/gallery', word: 'gallery', icon: 'gallery' })] : seen
}

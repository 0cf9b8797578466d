/** The settings, a page each. */
import { PageHead, Tabs, type Desk } from '@lango/kernel/ui'
import { wordsOf } from './words-settings.ts'

const tabs = [
  { href: '/settings', word: 'general', permission: 'settings.read' },
  { href: '/settings/portal', word: 'hotspotPage', permission: 'settings.read' },
  { href: '/settings/retention', word: 'retention', permission: 'settings.read' },
  { href: '/settings/certificates', word: 'certificates', permission: 'settings.read' },
  { href: '/settings/standby', word: 'standby', permission: 'settings.read' },
  { href: '/settings/network', word: 'network', permission: 'settings.read' },
  { href: '/settings/import', word: 'lists', permission: 'plans.read' },
] as const

export const SettingsHead = ({ desk, current }: { desk: Desk; current: (typeof tabs)[number]['href'] }) => {
  const words = wordsOf(desk)
  return (
    <>
      <PageHead title={words.settings} />
      <Tabs
        label={words.settings}
        tabs={tabs
          .filter(({ permission }) => desk.may(permission))
          .map(({ href, word }) => ({ href, label: words[word], current: href === current }))}
      />
    </>
  )
}

import {
  Button,
  definePage,
  Field,
  fill,
  Form,
  langs,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Sentence,
  valuesFor,
  type Desk,
} from '@lango/kernel/ui'
import { changeSettings, showSettings } from '../settings/index.ts'
import { timeZoneOptions } from './time-zones.ts'
import { SettingsHead } from './settings-tabs.tsx'
import { wordsOf } from './words-settings.ts'

/** What is not set here, and where it is. */
const Elsewhere = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const lines = [
    [words.updates, words.updatesHelp, { href: '/updates', permission: 'settings.read' }],
    [words.backups, words.backupsHelp, { href: '/settings/backups', permission: 'backups.read' }],
    [words.webhooks, words.webhooksHelp, { href: '/settings/webhooks', permission: 'webhooks.read' }],
    [words.mpesa, words.mpesaHelp, { href: '/settings/mpesa', permission: 'settings.write' }],
    [words.wallets, words.walletsHelp, { href: '/settings/mpesa/wallets', permission: 'settings.write' }],
    [words.messages, words.messagesHelp, { href: '/settings/messages', permission: 'settings.write' }],
    [words.api, words.apiHelp, { href: '/settings/api', permission: 'self' }],
  ] as const
  return (
    <Panel title={words.box}>
      <ul class="lines">
        {lines.map(([name, help, page]) => (
          <li key={name}>
            <span>{page !== undefined && desk.may(page.permission) ? <a href={page.href}>{name}</a> : name}</span>
            <span class="muted">
              <Sentence text={help} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const FIELDS = ['siteName', 'currency', 'brandColour'] as const

export const settingsPage = definePage({
  path: '/settings',
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const now = await desk.ask(showSettings, {})
    const form = valuesFor(desk, 'save')
    const mayWrite = desk.may('settings.write')
    return {
      title: words.settings,
      content: (
        <>
          <SettingsHead desk={desk} current="/settings" />
          <Said desk={desk} words={{ saved: words.saved }} />
          <RefusedNote desk={desk} />
          <Panel title={words.brand}>
            <PanelBody>
              <Form action={desk.here} deed="save" once={desk.once()}>
                {FIELDS.map((name) => (
                  <Field
                    key={name}
                    locale={desk.locale}
                    label={words[name]}
                    name={name}
                    value={form.value(name, now[name])}
                    help={words[`${name}Help`]}
                    required={name === 'currency'}
                    disabled={!mayWrite}
                    {...form.error(name)}
                  />
                ))}
                {mayWrite ? (
                  <>
                    <Select
                      label={words.language}
                      name="language"
                      value={form.value('language', now.language)}
                      options={[
                        { value: '', label: words.languageOfBrowser },
                        ...langs.map((lang) => ({ value: lang, label: words[lang] })),
                      ]}
                      help={words.languageHelp}
                      {...form.error('language')}
                    />
                    <Select
                      label={words.timeZone}
                      name="timeZone"
                      value={form.value('timeZone', now.timeZone)}
                      options={timeZoneOptions(words.timeZoneOfMachine)}
                      help={fill(words.timeZoneHelp, { zone: desk.locale.timeZone })}
                      {...form.error('timeZone')}
                    />
                    <Button kind="main">{words.save}</Button>
                  </>
                ) : null}
              </Form>
            </PanelBody>
          </Panel>
          <Elsewhere desk={desk} />
        </>
      ),
    }
  },
  deeds: {
    save: {
      permission: 'settings.write',
      async run(desk) {
        const sent = [...FIELDS, 'language' as const, 'timeZone' as const].filter((name) => desk.fields.has(name))
        const set: Record<string, string> = Object.fromEntries(sent.map((name) => [name, desk.fields.get(name)]))
        const done = await desk.tell(changeSettings, set)
        return done.ok ? { go: '/settings?said=saved' } : { fault: done.error }
      },
    },
  },
})

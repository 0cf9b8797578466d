import {
  Button,
  definePage,
  Field,
  Form,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Sentence,
  valuesFor,
  type Desk,
  type DeskPage,
} from '@lango/kernel/ui'
import { changeSettings } from './commands.ts'
import { showSettings } from './queries.ts'
import { wordsOf } from './words.ts'

/** What is not set here, and where it is. */
const Elsewhere = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const lines = [
    [`${words.timeZone}: ${desk.locale.timeZone}`, words.timeZoneHelp],
    [words.certificate, words.certificateHelp],
    [words.backups, words.backupsHelp],
    [words.retention, words.retentionHelp],
    [words.api, '/api/openapi.json'],
  ] as const
  return (
    <Panel title={words.box}>
      <ul class="todo">
        {lines.map(([name, help]) => (
          <li key={name}>
            <span>{name}</span>
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

const settingsPage = definePage({
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
          <PageHead title={words.settings} />
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
                {mayWrite ? <Button kind="main">{words.save}</Button> : null}
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
        const set = Object.fromEntries(FIELDS.map((name) => [name, desk.fields.get(name)]))
        const done = await desk.tell(changeSettings, set)
        return done.ok ? { go: '/settings?said=saved' } : { fault: done.error }
      },
    },
  },
})

export const settingsPages: readonly DeskPage[] = [settingsPage]

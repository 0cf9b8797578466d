/** `lango language …`: languages of the captive portal beside its own, each by one file of words. */
import { basename } from 'node:path'
import { readFileSync } from 'node:fs'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import type { WordTrouble } from '@lango/captive-portal'
import type { ResultOf } from '@lango/kernel/db'
import type { listLanguages } from '@lango/modules/portal'
import { shown, UsageError, type CommandSpec, type Shown } from './command.ts'
import { clean, localTime, table } from './format.ts'

const LANGS = ['en', 'sw'] as const
const TROUBLES_SHOWN_MAX = 20
const troubleTexts = {
  missing: 'is missing: it is shown in English',
  unknown: 'is no word of the portal: left out',
  unfit: 'is empty, too long or no text: shown in English',
  places: 'has other {places} than the English: shown in English',
} as const

const loadPortal = () => import('@lango/captive-portal')

const template: CommandSpec = {
  path: ['language', 'template'],
  operands: [],
  summary: 'the words of the portal, for a translator to begin with',
  options: { from: { value: LANGS.join('|'), help: 'in which language (en)' } },
  notes: ['What stands in {braces} stays as it is: the portal puts values there.'],
  examples: ['lango language template > fr.json', 'lango language template --from sw > ln.json'],
  async run({ args }) {
    const text = (await loadPortal()).languageTemplate(args.choice('from', LANGS) ?? 'en')
    return shown(JSON.parse(text), () => text.trimEnd())
  },
}

const troubleLines = (troubles: readonly WordTrouble[]): string =>
  [
    ...troubles.slice(0, TROUBLES_SHOWN_MAX).map(({ word, why }) => `${clean(word)} ${troubleTexts[why]}`),
    ...(troubles.length > TROUBLES_SHOWN_MAX ? [`and ${troubles.length - TROUBLES_SHOWN_MAX} more`] : []),
  ].join('\n')

const readFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

const add: CommandSpec = {
  path: ['language', 'add'],
  operands: ['FILE'],
  summary: 'add a language to the portal, or take another file of it',
  options: {},
  notes: [
    'The file is called after the language: fr.json, am.json, pt-MZ.json. It is in use within a second.',
    'Begin with: lango language template',
  ],
  examples: ['lango language add fr.json'],
  async run({ args, command }): Promise<Result<Shown, Fault>> {
    const file = args.operand(0)!
    const [tag, text] = [basename(file).replace(/\.json$/, ''), readFile(file)]
    const read = (await loadPortal()).readLanguage(tag, text)
    if (!read.ok) return err(read.error)
    const done = await command('portal.setLanguage', { tag, text })
    if (!done.ok) return done
    const { language, troubles } = read.value
    return ok({
      value: { tag, name: language.name, troubles },
      text: () => `The portal speaks ${clean(language.name)} (${tag}).`,
      ...(troubles.length > 0 && { note: troubleLines(troubles) }),
    })
  },
}

const list: CommandSpec = {
  path: ['language', 'list'],
  operands: [],
  summary: 'the languages that were added, and how much of them is there',
  options: {},
  examples: ['lango language list'],
  async run({ query }) {
    const found = await query<ResultOf<typeof listLanguages>>('portal.languages', {})
    if (!found.ok) return found
    const { readLanguage } = await loadPortal()
    const rows = found.value.map(({ tag, text, changedAt }) => {
      const read = readLanguage(tag, text)
      const told = read.ok ? { name: read.value.language.name, troubles: read.value.troubles } : undefined
      return { tag, name: told?.name ?? '', inEnglish: told?.troubles.length ?? 0, isRead: read.ok, changedAt }
    })
    return shown(rows, () =>
      table(
        ['TAG', 'NAME', 'IN ENGLISH STILL', 'SINCE'],
        rows.map((one) => [
          one.tag,
          clean(one.name),
          one.isRead ? String(one.inEnglish) : 'all: the file cannot be read',
          localTime(one.changedAt),
        ]),
        'The portal speaks English and Swahili. Add a language: lango language template > fr.json',
      ),
    )
  },
}

const remove: CommandSpec = {
  path: ['language', 'remove'],
  operands: ['TAG'],
  summary: 'take a language off the portal',
  options: {},
  examples: ['lango language remove fr'],
  async run({ args, command }) {
    const tag = args.operand(0)!
    const removed = await command('portal.removeLanguage', { tag })
    return removed.ok ? shown({ tag }, () => `The portal speaks ${clean(tag)} no more.`) : removed
  },
}

export const languageCommands = [template, add, list, remove]

/** `lango setting …` */
import type { ResultOf } from '@lango/kernel/db'
import type { showSettings } from '@lango/modules/settings'
import { shown, UsageError, type CommandSpec } from './command.ts'
import { facts } from './format.ts'

type Settings = ResultOf<typeof showSettings>

type Key = {
  readonly help: string
  readonly command: 'settings.change' | 'settings.retain'
  /** What is typed is text where this does not say otherwise. */
  readonly is?: 'whole' | 'yes or no'
}

/** What each is for, and the command that sets it. */
const keys: Readonly<Record<keyof Settings, Key>> = {
  siteName: { help: 'what the POP is called; empty: the name of the machine', command: 'settings.change' },
  currency: { help: 'of prices of new plans: KES', command: 'settings.change' },
  brandColour: { help: '#0f766e; empty: Lango’s own', command: 'settings.change' },
  language: { help: 'of the desk: en or sw; empty: what each browser asks for', command: 'settings.change' },
  registrationSendsPassword: {
    help: 'whether people who register themselves get their password by message too: yes or no',
    command: 'settings.change',
    is: 'yes or no',
  },
  sessionDays: { help: 'how long sessions that are over are kept', command: 'settings.retain', is: 'whole' },
  decisionDays: { help: 'how long answers to logins are kept', command: 'settings.retain', is: 'whole' },
}

const read = (text: string, is: Key['is']): string | number | boolean => {
  if (is === 'whole') return Number(text)
  if (is === undefined) return text
  if (text !== 'yes' && text !== 'no') throw new UsageError(`It is yes or no, not ${text}.`)
  return text === 'yes'
}

const written = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)

const show: CommandSpec = {
  path: ['setting', 'show'],
  operands: [],
  summary: 'what is set',
  options: {},
  examples: ['lango setting show', 'lango setting show --json'],
  async run({ query }) {
    const set = await query<Settings>('settings.show', {})
    return set.ok
      ? shown(set.value, () => facts(Object.entries(set.value).map(([key, value]) => [key, written(value)])))
      : set
  },
}

const set: CommandSpec = {
  path: ['setting', 'set'],
  operands: ['KEY', 'VALUE'],
  summary: 'set one thing',
  options: { shorten: { help: 'what a shorter retention removes for good is meant to go' } },
  notes: Object.entries(keys).map(([key, { help }]) => `${key}: ${help}.`),
  examples: [
    'lango setting set siteName "Lakeview Kisumu"',
    'lango setting set language sw',
    'lango setting set sessionDays 180 --shorten',
  ],
  async run({ args, command }) {
    const [name, value] = [args.operand(0)!, args.operand(1)!]
    const key = Object.hasOwn(keys, name) ? keys[name as keyof Settings] : undefined
    if (!key) throw new UsageError(`There is no setting ${name}. They are ${Object.keys(keys).join(', ')}.`)
    const shorten = args.flag('shorten')
    if (shorten && key.command !== 'settings.retain')
      throw new UsageError('--shorten is for sessionDays and decisionDays.')
    const done = await command<Settings>(key.command, { [name]: read(value, key.is), ...(shorten && { shorten }) })
    return done.ok
      ? shown(done.value, () => `${name} is ${value === '' ? 'not set' : written(done.value[name as keyof Settings])}.`)
      : done
  },
}

export const settingCommands = [show, set]

/** What the captive portal shows, each as `portal.NAME`. */
import { readFileSync } from 'node:fs'
import { err, type Result, type Fault } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { showPortal } from '@lango/modules/portal'
import { shown, UsageError, type CliContext, type Shown } from './command.ts'
import { zoneOf } from './zone.ts'
import { instantOf, writtenInstant } from './sale-times.ts'

const PORTAL = 'portal.'
const LANGS = ['en', 'sw'] as const

type Key = {
  readonly help: string
  /** As the box takes what was typed. */
  readonly read?: (text: string, zone: string) => unknown
}

const inBoth = (name: string, help: string): Readonly<Record<string, Key>> =>
  Object.fromEntries(LANGS.map((lang) => [`${name}.${lang}`, { help: `${help} (${lang})` }]))

const keys: Readonly<Record<string, Key>> = {
  ...inBoth('welcome', 'a line above the bundles'),
  ...inBoth('announcement', 'what people should know today; empty: nothing'),
  announcementUntil: {
    help: 'until when that is shown: 2026-12-01 08:00; empty: as long as it stands there',
    read: (text, zone) => (text === '' ? null : instantOf(text, zone)),
  },
  ...inBoth('terms', 'plain text, an empty line between paragraphs'),
  'support.phone': { help: 'whom people call: +254712345678' },
  'support.whatsapp': { help: 'whom they write to by WhatsApp: +254712345678' },
  background: { help: 'colour behind the page: #ffffff; empty: Lango’s own' },
  colour: { help: 'of buttons: #0f766e; empty: the site’s own' },
  bundlesMax: { help: 'bundles on the first screen, 1 to 12', read: Number },
  loginHosts: {
    help: 'where routers’ login pages are, with commas between them; empty: any private IPv4 address',
    read: (text) => text.split(/[\s,]+/).filter((host) => host !== ''),
  },
  venueInfoUrl: { help: 'what a phone may show of the place: https://…' },
  address: { help: 'this page as phones reach it, for codes on paper: http://192.168.88.10:8090; empty: found' },
  wifiName: { help: 'SSID, for the code that joins it' },
}

const pictures = { logo: 'logo', backgroundPicture: 'background' } as const
const pictureHelp = {
  logo: 'a file: PNG, JPEG or WebP of at most 30 kB; empty: none',
  backgroundPicture: 'a file of at most 40 kB, and with the logo no more than 40 kB; empty: none',
} as const

export const isPortalKey = (name: string): boolean => name.startsWith(PORTAL)

export const portalNotes = Object.entries({
  ...Object.fromEntries(Object.entries(keys).map(([name, { help }]) => [name, help])),
  ...pictureHelp,
}).map(([name, help]) => `${PORTAL}${name}: ${help}.`)

export const portalNames = [...Object.keys(keys), ...Object.keys(pictures)].map((name) => PORTAL + name)

type Portal = ResultOf<typeof showPortal>

/** `welcome.en` and the rest, by their names. */
export const portalShown = ({ settings, pictures: kept }: Portal, zone: string) => {
  const { announcementUntil, loginHosts, ...rest } = settings
  const parts = Object.entries(rest).flatMap(([name, value]): (readonly [string, string | number])[] =>
    typeof value === 'object'
      ? Object.entries(value).map(([part, text]) => [`${name}.${part}`, text])
      : [[name, value]],
  )
  const pictureOf = (kind: string): string => {
    const found = kept.find((one) => one.kind === kind)
    return found === undefined ? '' : `${found.type}, ${found.width} × ${found.height}, ${found.bytes} octets`
  }
  const all = [
    ...parts,
    ['announcementUntil', announcementUntil === null ? '' : writtenInstant(announcementUntil, zone)] as const,
    ['loginHosts', loginHosts.join(', ')] as const,
    ...Object.entries(pictures).map(([name, kind]) => [name, pictureOf(kind)] as const),
  ]
  return Object.fromEntries(all.map(([name, value]) => [PORTAL + name, value]))
}

type Done = Promise<Result<Shown, Fault>>

const setPicture = async (command: CliContext['command'], name: keyof typeof pictures, file: string): Done => {
  const kind = pictures[name]
  if (file === '') {
    const gone = await command('portal.removePicture', { kind })
    return gone.ok ? shown({}, () => `${PORTAL}${name} is not set.`) : gone
  }
  let data: string
  try {
    data = readFileSync(file).toString('base64')
  } catch (error) {
    const { code: cause = String(error) } = error as NodeJS.ErrnoException
    return err({ type: 'FileUnreadable', file, cause } as Fault)
  }
  const done = await command('portal.setPicture', { kind, data })
  return done.ok ? shown(done.value, () => `${PORTAL}${name} is set.`) : done
}

export const setPortal = async (
  { command, query, io }: Pick<CliContext, 'command' | 'query' | 'io'>,
  name: string,
  value: string,
): Done => {
  const key = name.slice(PORTAL.length)
  if (Object.hasOwn(pictures, key)) return setPicture(command, key as keyof typeof pictures, value)
  if (!Object.hasOwn(keys, key))
    throw new UsageError(`There is no setting ${name}. They are ${portalNames.join(', ')}.`)
  const [top = '', part] = key.split('.')
  const { read } = keys[key]!
  const told = read === undefined ? value : read(value, await zoneOf({ query, io }))
  const done = await command('portal.set', { [top]: part === undefined ? told : { [part]: told } })
  return done.ok ? shown(done.value, () => `${name} is ${value === '' ? 'not set' : 'set'}.`) : done
}

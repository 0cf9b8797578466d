/** The box's own screen: 80 columns, 25 rows, ASCII. Pure. No secret but the setup code. */
import type { networkInterfaces } from 'node:os'
import { z } from 'zod'
import { ago, clean } from '../cli/format.ts'
import { ownAddresses } from '../own-addresses.ts'
import type { ConsoleFacts } from './console-facts.ts'

export const COLUMNS = 80
const ROWS = 25
const ADDRESSES_MAX = 5
const LABEL = 12

/** `update.json` of the image, as far as the screen goes. */
export const updateStatus = z.object({
  phase: z.string(),
  percent: z.number().optional(),
  why: z.string().optional(),
})
/** `network.json` of the image: a change that reverts by itself when the machine has been up for so long. */
export const networkStatus = z.object({ revertsAtUptimeSec: z.number().optional() })

/** What a screen is drawn from; undefined for what nobody could tell. */
export type Screen = {
  readonly version: string
  readonly hostName: string
  readonly interfaces: ReturnType<typeof networkInterfaces>
  readonly uptimeSec: number
  /** Of a box that answers. */
  readonly box: ConsoleFacts | undefined
  /** Why the data disk could not be used, in the image's words. */
  readonly noData: string | undefined
  readonly backupAt: number | undefined
  readonly update: z.infer<typeof updateStatus> | undefined
  readonly network: z.infer<typeof networkStatus> | undefined
}

export const drawScreen = (screen: Screen): string => {
  const { version, hostName, box } = screen
  const name = ascii(box?.siteName || hostName)
  const title = `Lango ${version}`
  const lines = [
    `${title}${name.slice(0, COLUMNS - title.length - 2).padStart(COLUMNS - title.length)}`,
    '-'.repeat(COLUMNS),
    ...(screen.noData === undefined ? [] : noDataLines(screen.noData)),
    ...addressLines(screen),
    ...fingerprintLines(box),
    '',
    ...(box ? boxLines(box, screen) : downLines(screen)),
    ...systemLines(screen),
  ]
  return lines.slice(0, ROWS - 1).join('\n')
}

/** The portable characters: what any screen and any serial line shows. */
const ascii = (text: string): string =>
  clean(text.normalize('NFKD').replaceAll(/\p{M}/gu, '')).replaceAll(/[^\x20-\x7e]/g, '?')

const fact = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`.slice(0, COLUMNS)

const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of ascii(text.replaceAll(/\s+/g, ' ')).trim().split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word.slice(0, width))
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const noDataLines = (why: string): string[] => [
  'THE DATA DISK CANNOT BE USED. Nobody is served, and nothing is changed on it.',
  ...wrapped(why, COLUMNS - 2)
    .slice(0, 4)
    .map((line) => `  ${line}`),
  '',
]

const addressLines = ({ interfaces, box }: Screen): string[] => {
  const all = Object.entries(interfaces).flatMap(([name, of]) =>
    ownAddresses({ [name]: of }).map((cidr) => ({ name, address: cidr.split('/')[0]! })),
  )
  const listen = box?.desk?.listen
  const isEverywhere = listen === undefined || listen === '0.0.0.0' || listen === '::'
  const reached = isEverywhere ? all : [{ name: '', address: listen }]
  if (reached.length === 0) return [fact('Address', 'none yet: connect a network cable, and wait for an address')]
  const more = reached.length - ADDRESSES_MAX
  return [
    ...reached
      .slice(0, ADDRESSES_MAX)
      .map(({ name, address }, index) =>
        fact(index === 0 ? 'Desk' : '', `${origin(address, box?.desk).padEnd(46)}  ${ascii(name)}`.trimEnd()),
      ),
    ...(more > 0 ? [fact('', `and ${more} more`)] : []),
  ]
}

const origin = (address: string, desk: ConsoleFacts['desk']): string => {
  const host = address.includes(':') ? `[${address}]` : address
  if (!desk) return address
  const [scheme, usual] = desk.fingerprint256 === undefined ? ['http', 80] : ['https', 443]
  return `${scheme}://${host}${desk.port === usual ? '' : `:${desk.port}`}/`
}

/** In groups of two octets, as people read them to each other. */
const fingerprintLines = (box: ConsoleFacts | undefined): string[] => {
  const hex = box?.desk?.fingerprint256?.replaceAll(':', '')
  if (hex === undefined) return []
  const groups = hex.match(/.{4}/g) ?? []
  return [
    fact('Certificate', `SHA-256 ${groups.slice(0, 8).join(' ')}`),
    fact('', `        ${groups.slice(8).join(' ')}`),
  ]
}

const boxLines = (box: ConsoleFacts, screen: Screen): string[] => [
  ...(box.isOwned ? [] : setupLines(box)),
  fact('State', box.isServing ? 'serving' : 'NOT SERVING: accounting cannot be stored. See: lango doctor'),
  fact('Clock', box.clockSure ? 'trusted' : 'not trusted yet: nothing expires until it is set (NTP)'),
  ...(box.isOwned ? [fact('Online', `${box.sessionsOpen} sessions`), backupLine(box, screen)] : []),
]

const backupLine = (box: ConsoleFacts, { backupAt }: Screen): string =>
  fact('Last backup', backupAt === undefined ? 'never: set one up at the desk' : ascii(ago(backupAt, box.now)))

const setupLines = ({ setupCode }: ConsoleFacts): string[] =>
  setupCode == null
    ? [fact('Set-up', 'This box has no owner. See: lango web-token'), '']
    : [
        fact('SETUP CODE', setupCode),
        '',
        'This box has no owner yet. On a phone or laptop in the same network:',
        '  1. open the address above; the browser warns, since the certificate is the',
        '     own one of the box: compare its fingerprint with the one above,',
        '  2. type the setup code, and choose your name and password.',
        '',
      ]

const downLines = ({ noData }: Screen): string[] =>
  noData === undefined ? [fact('State', 'NOT SERVING: Lango is not running (it may just be starting).')] : []

const systemLines = ({ update, network, uptimeSec }: Screen): string[] => {
  const reverts = network?.revertsAtUptimeSec
  const left = reverts === undefined ? 0 : Math.ceil(reverts - uptimeSec)
  return [
    ...(update === undefined || update.phase === 'idle' || update.phase === 'good' ? [] : [updateLine(update)]),
    ...(left > 0 ? [fact('Network', `change not confirmed yet: reverts in ${left} s`)] : []),
  ]
}

const updateLine = ({ phase, percent, why }: z.infer<typeof updateStatus>): string =>
  fact('Update', ascii(`${phase}${percent === undefined ? '' : ` ${percent} %`}${why ? `: ${why}` : ''}`))

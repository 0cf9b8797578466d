/** The set-up of a hotspot as lines for a terminal of RouterOS. Pure. */
import { HOTSPOT_NAME, hotspotSetUp, type HotspotInput, type SetUpPages, type SetUpRows } from '../network/index.ts'
import { addOnce, quote } from './routeros-text.ts'

type Values = SetUpRows['rows'][number]['values']

const QUOTED = new Set(['interface', 'secret', 'dst-host', 'value', 'comment'])
const BARE = /^[\w.,:/-]+$/

const word = (name: string, text: string): string =>
  `${name}=${QUOTED.has(name) || !BARE.test(text) ? quote(text) : text}`

const words = (values: Values, ...without: readonly string[]): string =>
  Object.entries(values)
    .flatMap(([name, value]) => {
      const text = typeof value === 'string' ? value : value.reveal()
      return text === '' || without.includes(name) ? [] : [word(name, text)]
    })
    .join(' ')

/** `/ip/hotspot/profile` as the terminal has it. */
const typed = (menu: string): string => menu.replaceAll('/', ' ').replace(' ', '/')

/** Those of older scripts too, which had one comment for all. */
const OURS = `comment~${quote('^lango[:-]hotspot')}`

const replaced = ({ menu, rows }: SetUpRows): readonly string[] => [
  `${typed(menu)} remove [find ${OURS}]`,
  ...rows.map(({ key, values }) => {
    const comment = word('comment', `lango:hotspot:${key}`)
    return `${typed(menu)} add ${comment} ${words(values, 'disabled')}`
  }),
]

/** What is there from before is set to what it should be. */
const named = ({ menu, rows, named: name = '' }: SetUpRows, ...without: readonly string[]): readonly string[] =>
  rows.flatMap(({ values }) => [
    addOnce(typed(menu), word('name', name), words(values, 'name', ...without)),
    `${typed(menu)} set [find ${word('name', name)}] ${words(values, 'name', ...without)}`,
  ])

const address = ({ menu, rows }: SetUpRows): readonly string[] =>
  rows.map(({ key, values }) => {
    const comment = word('comment', `lango:hotspot:${key}`)
    const by = word('address', String(values['address']))
    return addOnce(typed(menu), by, `${words(values, 'address', 'disabled')} ${comment}`)
  })

/** The option may be told of later than the network. */
const network = (step: SetUpRows): readonly string[] => {
  const [{ values } = { values: {} as Values }] = step.rows
  const { 'dhcp-option': option, ...rest } = values
  const made = address({ ...step, rows: [{ key: 'network', values: rest }] })
  if (typeof option !== 'string' || option === '') return made
  const found = `[find ${word('address', String(values['address']))}]`
  return [...made, `${typed(step.menu)} set ${found} ${word('dhcp-option', option)}`]
}

/** The pages are brought to the router, to its flash where that is a folder of its own: the rest is lost with the power. */
const pageLine = ({ from, folder: name, files }: SetUpPages, isFlash: boolean): string => {
  const folder = `${isFlash ? 'flash/' : ''}${name}`
  const fetch = `/tool fetch url=("${from}" . $file) dst-path=("${folder}/" . $file)`
  const use = `/ip hotspot profile set [find name=${HOTSPOT_NAME}] html-directory=${folder}`
  return `:if ([:len [/file find name=flash]] ${isFlash ? '>' : '='} 0) do={ :foreach file in={${files.map(quote).join(';')}} do={ ${fetch} }; ${use} }`
}

const gardenNote = (hasPages: boolean): readonly string[] =>
  hasPages
    ? [
        '# Before they log in they reach the portal and nothing else. Leave out what phones look for to see whether they are',
        '# online (captive.apple.com, connectivitycheck.gstatic.com, …): they would believe that they are',
      ]
    : ['# Before they log in they reach the box']

const secureNote = ({ securePortal }: HotspotInput, isTold: boolean): readonly string[] =>
  securePortal && isTold
    ? [
        `# The portal has a public name, ${securePortal.name}: phones are told of it by DHCP option 114 (RFC 8910), and what the name`,
        '# resolves to here is the box. Without that name or its certificate none of this is sent',
      ]
    : []

/** For a router that asks for devices by their address too, and whose pages lead to the portal where there is one. */
export const hotspotScript = (input: HotspotInput): readonly string[] => {
  const steps = hotspotSetUp(input)
  const pages = steps.find((step) => step.part === 'pages')
  const rows = new Map(steps.flatMap((step) => ('rows' in step ? [[step.part, step] as const] : [])))
  const of = (part: SetUpRows['part'], render: (step: SetUpRows) => readonly string[]) => render(rows.get(part)!)
  const option = rows.get('option')!
  return [
    '# The box that answers logins and counts usage',
    ...of('radius', replaced),
    '# The box may end a session and change its speed',
    `/radius incoming set accept=yes port=${input.coaPort}`,
    ...gardenNote(pages !== undefined),
    ...of('garden', replaced),
    '# The hotspot. Devices are asked for by their address first: those on the bypass list cannot open a page',
    ...of('profile', (step) => named(step, 'html-directory')),
    ...(pages
      ? [
          '# Its pages lead to the portal of the box; run this again when the portal has moved',
          pageLine(pages, true),
          pageLine(pages, false),
        ]
      : []),
    ...of('pool', named),
    ...of('server', named),
    '# Addresses for those who join, now that the hotspot stands in front of them',
    ...of('address', address),
    ...secureNote(input, option.rows.length > 0),
    ...named(option),
    ...(option.rows.length > 0 ? of('names', replaced) : []),
    ...of('network', network),
    ...of('dhcp', named),
  ]
}

/**
 * What is pasted into a terminal of RouterOS so that the box may log in and hold customers there. Pure. Pasting it again
 * changes nothing.
 */
import type { ControlWay, StaticNetwork } from '../network/index.ts'
import { addOnce, quote } from './routeros-text.ts'

export type ControlScriptInput = {
  /** The box, as the router reaches it. */
  readonly box: string
  readonly way: ControlWay
  readonly port: number
  readonly user: string
  /** Undefined while it is not to be told: a placeholder stands there, which no router takes for a password. */
  readonly password: string | undefined
  readonly networks: readonly StaticNetwork[]
  readonly keepsHotspot: boolean
}

export const PASSWORD_PLACEHOLDER = '<PASSWORD>'

const services: Readonly<Record<ControlWay, string>> = { api: 'api', 'api-tls': 'api-ssl', rest: 'www-ssl' }
const CERTIFICATE = 'lango-control'

/** To fetch pages it takes files (`ftp`) and `test`; without `sensitive` nobody sees whether a secret is the right one. */
const HOTSPOT_RIGHTS = ',ftp,test,sensitive'

const userLines = (input: ControlScriptInput): readonly string[] => {
  const { box, way, user, password = PASSWORD_PLACEHOLDER, keepsHotspot } = input
  const rights = `policy=read,write,${way === 'rest' ? 'rest-api' : 'api'}${keepsHotspot ? HOTSPOT_RIGHTS : ''}`
  const settings = `group=lango password=${quote(password)} address=${box}`
  return [
    keepsHotspot
      ? '# The user that the box logs in as: from its address alone, and with no right to manage users'
      : '# The user that the box logs in as: from its address alone, and with no right to manage users or files',
    addOnce('/user group', 'name=lango', rights),
    `/user group set [find name=lango] ${rights}`,
    addOnce('/user', `name=${quote(user)}`, settings),
    `/user set [find name=${quote(user)}] ${settings}`,
  ]
}

const serviceLines = ({ way, port }: ControlScriptInput): readonly string[] => {
  if (way === 'api') return [`/ip service set api port=${port} disabled=no`]
  const made = `/certificate add name=${CERTIFICATE} common-name=${CERTIFICATE} days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server`
  return [
    '# A certificate of its own, by which the box knows it again; the signing takes a moment',
    `:if ([:len [/certificate find name=${CERTIFICATE}]] = 0) do={ ${made}; /certificate sign ${CERTIFICATE} }`,
    `/ip service set ${services[way]} certificate=${CERTIFICATE} port=${port} disabled=no`,
  ]
}

const FILTER = '/ip firewall filter'

/** At the top: what passes a rule above it, or FastTrack, is neither held back nor slowed down. */
const ruleLine = (comment: string, rule: string): string => {
  const add = `${FILTER} add chain=forward ${rule} comment=${quote(comment)}`
  const first = `[${FILTER} find where dynamic=no]`
  const atTop = `:if ([:len ${first}] = 0) do={ ${add} } else={ ${add} place-before=[:pick ${first} 0] }`
  return `:if ([:len [${FILTER} find comment=${quote(comment)}]] = 0) do={ ${atTop} }`
}

const networkLines = ({ network, interface: behind }: StaticNetwork): readonly string[] => [
  `# ${network}: past FastTrack, which would pass by the queues, and only who may pass`,
  ruleLine(`lango to ${network}`, `dst-address=${network} connection-state=established,related action=accept`),
  ruleLine(`lango from ${network}`, `src-address=${network} connection-state=established,related action=accept`),
  ruleLine(`lango only ${network}`, `src-address=${network} src-address-list=!lango-active action=drop`),
  '# An address that somebody gave themselves gets no answer. Look first that nothing else uses this interface:',
  `# /interface bridge set [find name=${quote(behind)}] arp=reply-only`,
]

export const controlScript = (input: ControlScriptInput): string =>
  [
    ...userLines(input),
    ...serviceLines(input),
    ...input.networks.flatMap(networkLines),
    ...(input.way === 'api'
      ? []
      : [
          '# Compare this fingerprint with the one that the box shows',
          `/certificate print detail where name=${CERTIFICATE}`,
        ]),
    '',
  ].join('\n')

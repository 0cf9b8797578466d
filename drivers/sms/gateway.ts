/** Sends SMS by a gateway that is described by its operator: fills `MessageSender` of the messages module. */
import type { MessageSender, OutgoingMessage, SendOutcome } from '@lango/modules/messages/port'
import { exchange, fieldAt, isUnwell, later, readJson, refused, type Request } from './exchange.ts'

export type GatewayOptions = {
  readonly address: string
  /** Posted as a form or as JSON, or in the query of a GET. */
  readonly how: 'form' | 'json' | 'query'
  /** With places in braces. */
  readonly body: string
  readonly header: string
  readonly sender: string
  readonly key: string
  readonly okField: string
  readonly okValues: readonly string[]
  readonly idField: string
  /** Plain http to this machine: for tests, development and demonstrations. */
  readonly allowsLoopback: boolean
  readonly timeoutMs?: number
}

export const createGatewaySender = (options: GatewayOptions): MessageSender => ({
  async send(message, stopped) {
    if (!isAllowed(options)) return refused('its address is not https')
    const request = requestOf(options, message)
    if (!request) return refused('the key cannot stand in a header')
    const answer = await exchange(request, { timeoutMs: options.timeoutMs, stopped })
    if (!answer.ok) return later(answer.error.reason)
    return outcomeOf(options, answer.value.status, answer.value.body, message.text)
  },
})

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const isAllowed = ({ address, allowsLoopback }: GatewayOptions): boolean => {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (allowsLoopback && LOOPBACK.test(hostname))
}

type Values = Readonly<Record<string, string>>

/** Once and from the left: what is filled in is not looked at again. */
const filled = (text: string, values: Values): string =>
  text.replaceAll(/\{([a-z]+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? values[name]! : place))

const filledJson = (value: unknown, values: Values): unknown => {
  if (typeof value === 'string') return filled(value, values)
  if (Array.isArray(value)) return value.map((each) => filledJson(each, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filledJson(each, values)]))
}

const formOf = (template: string, values: Values): string => {
  const pairs = [...new URLSearchParams(template)].map(([name, value]) => [name, filled(value, values)])
  return new URLSearchParams(pairs).toString()
}

/** What a header may hold: anything else ends it, or is told in an error. */
const PRINTABLE = /^[\x20-\x7e]*$/

/** Undefined where the key would break the header that it is to stand in. */
const requestOf = (options: GatewayOptions, { to, text, id, reportUrl = '' }: OutgoingMessage): Request | undefined => {
  const { address, how, body, header, sender, key } = options
  const [name = '', ...rest] = header.split(':')
  const value = filled(rest.join(':').trim(), { key })
  if (!PRINTABLE.test(value)) return undefined
  const more = name === '' ? {} : { [name]: value }
  const headers = { accept: 'application/json, text/plain;q=0.9, */*;q=0.5', ...more }
  const values = { number: to, digits: to.replace(/^\+/, ''), text, sender, key, id, report: reportUrl }
  if (how === 'query') return { url: `${address}?${formOf(body, values)}`, method: 'GET', headers }
  const type = how === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
  return {
    url: address,
    method: 'POST',
    headers: { ...headers, 'content-type': type },
    body: how === 'json' ? JSON.stringify(filledJson(JSON.parse(body), values)) : formOf(body, values),
  }
}

const outcomeOf = (options: GatewayOptions, status: number, body: string, text: string): SendOutcome => {
  if (status === 401 || status === 403) return refused(`it answered ${status}: it does not take the user and key`)
  if (isUnwell(status)) return later(`it answered ${status}`)
  if (status < 200 || status > 299) return refused(`it answered ${status}`)
  return judged(options, body, text)
}

const judged = ({ okField, okValues, idField }: GatewayOptions, body: string, text: string): SendOutcome => {
  const answer = readJson(body)
  if (okField !== '' && answer === undefined) return later('its answer cannot be read')
  const said = okField === '' ? body.trim() : (fieldAt(answer, okField) ?? '')
  const isTaken = okField === '' ? okValues.some((value) => said.startsWith(value)) : okValues.includes(said)
  if (okValues.length > 0 && !isTaken) return refused(refusalOf(okField, said, text))
  return { type: 'accepted', providerId: idField === '' ? null : (fieldAt(answer, idField) ?? null) }
}

/** A word of its answer that is not of the message is told: most often it is a code of its list. */
const refusalOf = (field: string, said: string, text: string): string => {
  const isTellable = /^[\w.:-]{1,24}$/.test(said) && !text.includes(said)
  return isTellable ? `it answered ${field === '' ? '' : `${field} `}${said}` : 'its answer is not that it has taken it'
}

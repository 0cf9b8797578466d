/** What providers of SMS post of messages that they have taken: fills `ReportReader` of the messages module. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { DeliveryReport, ReportArrived, ReportReader } from '@lango/modules/messages/port'
import { fieldAt, readJson } from './exchange.ts'
import { twilioWords } from './twilio.ts'

const E164 = /^\+[1-9]\d{7,14}$/
const numberIn = (text: string | null): string | undefined => (text !== null && E164.test(text) ? text : undefined)
const textIn = (text: string | null): string | undefined => (text === null || text === '' ? undefined : text)

/** Their meanings of `Success` differ: in a report it is "on the handset". */
const AT_FAILED: ReadonlySet<string> = new Set(['Failed', 'Rejected', 'AbsentSubscriber', 'Expired'])

/** Nothing of it is signed: what makes it theirs is the address. */
export const africasTalkingReports: ReportReader = {
  read({ method, body }) {
    const form = new URLSearchParams(body)
    const [id, status] = [textIn(form.get('id')), form.get('status') ?? '']
    if (method !== 'POST' || id === undefined) return undefined
    const report = { providerId: id, recipient: numberIn(form.get('phoneNumber')) }
    if (status === 'Success') return { ...report, state: 'delivered', reason: null }
    if (!AT_FAILED.has(status)) return undefined
    return { ...report, state: 'undelivered', reason: textIn(form.get('failureReason')) ?? status }
  },
}

/** Base64 of the HMAC-SHA1 of the whole address and of each parameter, sorted by its name. */
export const twilioSignature = (authToken: string, url: string, body: string): string => {
  const pairs = [...new URLSearchParams(body)].toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  const signed = url + pairs.map(([name, value]) => name + value).join('')
  return createHmac('sha1', authToken).update(signed).digest('base64')
}

/** In a time that does not tell how far it agrees. */
const isSame = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a!, b!)
}

export const createTwilioReports = ({ authToken }: { readonly authToken: string }): ReportReader => ({
  read({ url, method, headers, body }) {
    const signature = headers['x-twilio-signature'] ?? ''
    if (method !== 'POST' || !isSame(signature, twilioSignature(authToken, url, body))) return undefined
    const form = new URLSearchParams(body)
    const [id, status] = [textIn(form.get('MessageSid')), form.get('MessageStatus')]
    if (id === undefined) return undefined
    const report = { providerId: id, recipient: numberIn(form.get('To')) }
    if (status === 'delivered' || status === 'read') return { ...report, state: 'delivered', reason: null }
    if (status !== 'undelivered' && status !== 'failed') return undefined
    const code = Number(form.get('ErrorCode') ?? '')
    return {
      ...report,
      state: 'undelivered',
      reason: code > 0 && Number.isSafeInteger(code) ? twilioWords(code) : status,
    }
  },
})

export type GatewayReportsOptions = {
  readonly reportField: string
  readonly reportIdField: string
  readonly arrivedValues: readonly string[]
  readonly failedValues: readonly string[]
}

/** As most of them have it: the words of SMPP's receipts, and of web interfaces. Case does not matter. */
const ARRIVED = ['DELIVRD', 'delivered', 'success']
const FAILED = ['UNDELIV', 'EXPIRED', 'REJECTD', 'DELETED', 'failed', 'undelivered', 'undeliverable', 'rejected']
const STATE_FIELD = 'status'
const ID_FIELD = 'id'

const isAmong = (values: readonly string[], usual: readonly string[], said: string): boolean =>
  (values.length > 0 ? values : usual).some((value) => value.toLowerCase() === said.toLowerCase())

/** In the query, in a form or in JSON, whatever it calls it. */
const toldIn = ({ query, body }: ReportArrived): ((path: string) => string | undefined) => {
  const json = readJson(body)
  const forms = [new URLSearchParams(query), new URLSearchParams(body)]
  return (path) => {
    const told = typeof json === 'object' && json !== null ? fieldAt(json, path) : undefined
    return told ?? forms.map((form) => textIn(form.get(path))).find((text) => text !== undefined)
  }
}

export const createGatewayReports = (options: GatewayReportsOptions): ReportReader => ({
  read(arrived) {
    const told = toldIn(arrived)
    const said = told(options.reportField || STATE_FIELD)
    if (said === undefined) return undefined
    const report = { providerId: told(options.reportIdField || ID_FIELD), recipient: undefined }
    if (isAmong(options.arrivedValues, ARRIVED, said)) return { ...report, state: 'delivered', reason: null }
    const failed: DeliveryReport = { ...report, state: 'undelivered', reason: said }
    return isAmong(options.failedValues, FAILED, said) ? failed : undefined
  },
})

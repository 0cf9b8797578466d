/** A server that speaks Africa's Talking's protocol for SMS, keeps what it gets, and goes wrong on demand. It delivers nothing. */
import { postReport, startProvider, type ProviderFault, type SimulatedSms, type Told } from './provider.ts'

/** A number is the status code of the recipient. */
export type AfricasTalkingFault = number | 'sender' | ProviderFault

export type AfricasTalkingSimulatorOptions = {
  readonly username: string
  readonly apiKey: string
  readonly onSms?: (sms: SimulatedSms) => void
}

export type AfricasTalkingSimulator = {
  readonly server: string
  readonly messages: readonly SimulatedSms[]
  /** Goes wrong in these ways, a request each. */
  fail(...faults: readonly AfricasTalkingFault[]): void
  /** Tells what became of a message, by its place in the list, at the address that the account was set to. */
  report(url: string, at: number, status: string, failureReason?: string): Promise<number>
  close(): Promise<void>
}

const E164 = /^\+[1-9]\d{7,14}$/
const STATUS: Readonly<Record<number, string>> = {
  101: 'Success',
  403: 'InvalidPhoneNumber',
  405: 'InsufficientBalance',
  406: 'UserInBlacklist',
  500: 'InternalServerError',
  501: 'GatewayError',
  502: 'RejectedByGateway',
}

export const startAfricasTalkingSimulator = async ({
  username,
  apiKey,
  onSms,
}: AfricasTalkingSimulatorOptions): Promise<AfricasTalkingSimulator> => {
  const messages: SimulatedSms[] = []
  const keep = (sms: SimulatedSms): void => {
    messages.push(sms)
    onSms?.(sms)
  }
  const provider = await startProvider<number | 'sender'>(({ method, path, headers, body }, fault) => {
    const form = new URLSearchParams(body)
    if (method !== 'POST' || path !== '/version1/messaging') return { status: 404, body: 'not found' }
    if (headers['apikey'] !== apiKey || form.get('username') !== username)
      return { status: 401, body: 'The supplied authentication is invalid' }
    if (fault === 'sender') return told({ Message: 'InvalidSenderId', Recipients: [] })
    const number = form.get('to') ?? ''
    const code = fault ?? (E164.test(number) ? 101 : 403)
    if (code <= 102) keep({ to: number, from: form.get('from') ?? '', text: form.get('message') ?? '' })
    return told(answerFor(number, code, messages.length))
  })
  return {
    ...provider,
    messages,
    report(url, at, status, failureReason) {
      const form = { id: `ATXid_${at + 1}`, status, phoneNumber: messages[at]!.to, networkCode: '63902' }
      return postReport(url, { ...form, ...(failureReason && { failureReason }) })
    },
  }
}

const answerFor = (number: string, statusCode: number, no: number): object => {
  const isTaken = statusCode <= 102
  const cost = isTaken ? 'KES 0.8000' : '0'
  const status = STATUS[statusCode] ?? 'Success'
  return {
    Message: `Sent to ${isTaken ? 1 : 0}/1 Total Cost: ${cost}`,
    Recipients: [{ statusCode, number, status, cost, messageId: isTaken ? `ATXid_${no}` : 'None' }],
  }
}

const told = (data: object): Told => ({ status: 201, body: { SMSMessageData: data } })

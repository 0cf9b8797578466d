/** A server that speaks Africa's Talking's protocol for SMS, keeps what it gets, and goes wrong on demand. It delivers nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A number is the status code of the recipient; the others are of the whole answer. */
export type AfricasTalkingFault = number | 'sender' | 'http-500' | 'garbage' | 'silent' | 'cut' | 'lost-answer'

export type AfricasTalkingSimulatorOptions = {
  readonly username: string
  readonly apiKey: string
  readonly onSms?: (sms: SimulatedSms) => void
}

export type SimulatedSms = { readonly to: string; readonly from: string; readonly text: string }

export type AfricasTalkingSimulator = {
  readonly server: string
  readonly messages: readonly SimulatedSms[]
  /** Goes wrong in these ways, a request each. */
  fail(...faults: readonly AfricasTalkingFault[]): void
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
  const faults: AfricasTalkingFault[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await bodyOf(request))
    if (request.method !== 'POST' || request.url !== '/version1/messaging')
      return void response.writeHead(404).end('not found')
    if (request.headers['apikey'] !== apiKey || form.get('username') !== username)
      return void response.writeHead(401).end('The supplied authentication is invalid')
    serve(request, response, form, faults.shift())
  }

  const serve = (
    { socket }: IncomingMessage,
    response: ServerResponse,
    form: URLSearchParams,
    fault: AfricasTalkingFault | undefined,
  ): void => {
    if (fault === 'silent') return
    if (fault === 'cut') return void socket.destroy()
    if (fault === 'http-500') return void response.writeHead(500).end('Internal')
    if (fault === 'garbage') return void response.writeHead(201).end('<html>')
    if (fault === 'sender') return told(response, { Message: 'InvalidSenderId', Recipients: [] })
    const number = form.get('to') ?? ''
    const code = typeof fault === 'number' ? fault : E164.test(number) ? 101 : 403
    if (code <= 102) keep({ to: number, from: form.get('from') ?? '', text: form.get('message') ?? '' })
    if (fault === 'lost-answer') return void socket.destroy()
    told(response, answerFor(number, code, messages.length))
  }

  const keep = (sms: SimulatedSms): void => {
    messages.push(sms)
    onSms?.(sms)
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    fail: (...more) => void faults.push(...more),
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections()
        server.close(() => closed())
      }),
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

const told = (response: ServerResponse, data: object): void =>
  void response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ SMSMessageData: data }))

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

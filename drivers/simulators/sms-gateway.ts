/** A gateway for SMS such as many aggregators have, asked by form, JSON or query; it goes wrong on demand and delivers nothing. */
import { postReport, startProvider, type Asked, type ProviderFault, type SimulatedSms, type Told } from './provider.ts'

/** `refused`: with its own code for that, `text`: it answers in words and not in JSON. */
export type SmsGatewayFault = 'refused' | 'busy' | 'text' | ProviderFault

export type SmsGatewaySimulator = {
  readonly server: string
  readonly messages: readonly SimulatedSms[]
  /** Goes wrong in these ways, a request each. */
  fail(...faults: readonly SmsGatewayFault[]): void
  /** Tells what became of a message, by its place in the list, where it was told with it (`dlr`). */
  report(at: number, form: Readonly<Record<string, string>>): Promise<number>
  close(): Promise<void>
}

/** What it was told under its own names: `to`, `message`, `from` and `apikey`, which may be a header. */
const fieldsOf = ({ method, path, headers, body }: Asked): Readonly<Record<string, string | undefined>> => {
  const type = headers['content-type'] ?? ''
  const told =
    method === 'GET'
      ? Object.fromEntries(new URLSearchParams(path.split('?')[1]))
      : type === 'application/json'
        ? (JSON.parse(body) as Record<string, string>)
        : Object.fromEntries(new URLSearchParams(body))
  return { apikey: headers.authorization?.replace(/^Bearer /, ''), ...told }
}

export const startSmsGatewaySimulator = async ({ key }: { readonly key: string }): Promise<SmsGatewaySimulator> => {
  const messages: SimulatedSms[] = []
  const reportUrls: (string | undefined)[] = []
  const provider = await startProvider<'refused' | 'busy' | 'text'>((asked, fault): Told => {
    const told = fieldsOf(asked)
    if (told['apikey'] !== key) return { status: 403, body: { status: 'denied' } }
    if (fault === 'refused') return { status: 200, body: { status: '1004', detail: told['message'] } }
    if (fault === 'busy') return { status: 503, body: '' }
    messages.push({ to: told['to'] ?? '', from: told['from'] ?? '', text: told['message'] ?? '' })
    reportUrls.push(told['dlr'])
    if (fault === 'text') return { status: 200, body: `OK: ${messages.length}` }
    return { status: 200, body: { status: 0, messages: [{ id: `gw-${messages.length}` }] } }
  })
  return { ...provider, messages, report: (at, form) => postReport(reportUrls[at], form) }
}

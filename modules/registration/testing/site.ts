/** A site where people register by themselves: what is sent to them is kept, and codes are read from it. */
import { orThrow, type Secret } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { access } from '../../access/index.ts'
import { customers } from '../../customers/index.ts'
import { ledger } from '../../ledger/index.ts'
import { wallets } from '../../wallets/index.ts'
import { createMessageDelivery, messages, messageTextPurpose, setSender } from '../../messages/index.ts'
import { network } from '../../network/index.ts'
import { people } from '../../people/index.ts'
import { addPlan, plans } from '../../plans/index.ts'
import { services } from '../../services/index.ts'
import { settings } from '../../settings/index.ts'
import { confirmRegistration, listRegistrations, registration, startRegistration } from '../index.ts'

export const PHONE = '+254712345678'
export const service = { purpose: 'service', language: 'sw', text: 'Nakubali.' } as const
const smtp = { driver: 'smtp' as const, host: 'mail.isp.example', from: 'noreply@isp.example' }
const sms = { driver: 'africastalking' as const, username: 'isp', prefixes: ['+254'], secret: 'key' }

export const siteWith = (seed = 1) => {
  const sent: { readonly to: string; readonly text: string }[] = []
  const late: { textOf?: (no: number) => Secret | undefined; now?: () => number } = {}
  const delivery = createMessageDelivery({
    senderOf: () => ({
      send: (message) => {
        sent.push(message)
        return Promise.resolve({ type: 'accepted', providerId: null })
      },
    }),
    reportUrlOf: () => undefined,
    textOf: (no) => late.textOf!(no),
    clock: { now: () => late.now!() },
  })
  const modules = [
    people,
    settings,
    messages,
    network,
    access,
    plans,
    ledger,
    customers,
    wallets,
    services,
    registration,
  ]
  const site = memorySite(modules, { jobs: [delivery], seed })
  const { raw } = site.database
  late.now = site.clock.now
  late.textOf = (no) => {
    const { body } = raw.prepare<[number], { body: Buffer | null }>('SELECT body FROM messages WHERE no = ?').get(no)!
    return body === null ? undefined : orThrow(site.vault.open(body, messageTextPurpose(no)))
  }
  site.must(setSender, { sender: smtp })
  site.must(setSender, { sender: sms })
  const trial = { kind: 'hotspot', policy: { downKbps: 2000 }, validitySec: 86_400 } as const
  const plan = {
    phone: site.must(addPlan, { ...trial, name: 'Trial', selfRegistration: 'phone' }).id,
    email: site.must(addPlan, { ...trial, name: 'Trial by mail', selfRegistration: 'email' }).id,
  }
  const asks = (contact: string, more: object = {}) => ({
    plan: contact.includes('@') ? plan.email : plan.phone,
    name: 'Amina <b>Otieno</b>',
    contact,
    language: 'sw' as const,
    address: '192.0.2.1',
    agreed: [service],
    ...more,
  })
  const start = (contact: string, more: object = {}) => site.dispatch(startRegistration, asks(contact, more))
  const begun = (contact: string, more: object = {}) => site.must(startRegistration, asks(contact, more))
  const confirm = (token: string, code: string) => site.must(confirmRegistration, { token, code }).outcome
  /** What came last to somebody. */
  const inbox = async (to: string) => {
    await site.runJobs()
    return sent.findLast((message) => message.to === to)?.text ?? ''
  }
  const codeTo = async (to: string) => /\b\d{6}\b/.exec(await inbox(to))?.[0] ?? ''
  const joined = async (contact: string, more: object = {}) => {
    const { token } = begun(contact, more)
    const code = await codeTo(contact)
    return { token, code, confirmed: confirm(token, code) }
  }
  const list = () => site.query(listRegistrations, {})
  return { ...site, sent, plan, trial, start, begun, confirm, inbox, codeTo, joined, list }
}
export type Site = ReturnType<typeof siteWith>

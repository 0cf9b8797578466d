/** C2B: the customer pays the paybill or till himself, and Daraja tells of it at addresses that are registered once. */
import { err, ok, type Money, type Result } from '@lango/kernel'
import type { ProviderFault } from '@lango/modules/payments/port'
import { callbackUrlOf } from './callback-url.ts'
import type { Client, MpesaConfig } from './client.ts'
import { paths } from './facts.ts'
import { msisdnOf } from './phone.ts'
import { shillingsOf } from './values.ts'

/** `v1` tells the payer's number as a hash, `v2` masked. */
export type C2bVersion = keyof typeof paths.c2bRegister

export type C2bRegistration = {
  readonly version: C2bVersion
  readonly confirmationUrl: string
  readonly validationUrl: string
  /** What becomes of a payment when the validation address does not answer in about 8 s. */
  readonly unanswered: 'Completed' | 'Cancelled'
}

export type C2bSimulation = {
  readonly version: C2bVersion
  readonly phone: string
  readonly amount: Money
  readonly account: string
}

export interface C2b {
  /**
   * In production once: `registered-before` says that some addresses are registered, not that it is these; they are
   * deleted in Safaricom's portal.
   */
  registerC2b(
    registration: C2bRegistration,
    signal: AbortSignal,
  ): Promise<Result<'registered' | 'registered-before', ProviderFault>>
  /** A payment of play money; the sandbox alone takes it. */
  simulateC2b(simulation: C2bSimulation, signal: AbortSignal): Promise<Result<void, ProviderFault>>
}

export const createC2b = (client: Client, { shortcode, kind }: MpesaConfig): C2b => ({
  async registerC2b({ version, confirmationUrl, validationUrl, unanswered }, signal) {
    const confirmation = callbackUrlOf(confirmationUrl, client.isLoopback)
    if (!confirmation.ok) return confirmation
    const validation = callbackUrlOf(validationUrl, client.isLoopback)
    if (!validation.ok) return validation
    const body = {
      ShortCode: shortcode,
      ResponseType: unanswered,
      ConfirmationURL: confirmation.value,
      ValidationURL: validation.value,
    }
    const call = { method: 'POST', path: paths.c2bRegister[version], body } as const
    const outcome = await client.ask(call, signal)
    if (!outcome.ok) return outcome
    if ('refusal' in outcome.value && outcome.value.refusal.is === 'registered') return ok('registered-before')
    const done = client.accepted(outcome.value, ['0'])
    return done.ok ? ok('registered') : done
  },

  async simulateC2b({ version, phone, amount, account }, signal) {
    const [msisdn, shillings] = [msisdnOf(phone), shillingsOf(amount)]
    if (msisdn === undefined || shillings === undefined)
      return err({
        type: 'ProviderRefused',
        code: msisdn === undefined ? 'phone' : 'amount',
        failure: msisdn === undefined ? 'phone' : 'configuration',
        reason: 'M-Pesa takes a Kenyan number and whole shillings',
      })
    const body = {
      ShortCode: shortcode,
      CommandID: kind === 'till' ? 'CustomerBuyGoodsOnline' : 'CustomerPayBillOnline',
      Amount: shillings,
      Msisdn: msisdn,
      BillRefNumber: kind === 'till' ? null : account,
    }
    const done = await client.demand({ method: 'POST', path: paths.c2bSimulate[version], body }, signal)
    return done.ok ? ok() : done
  },
})

/** A voucher and the grant that its code opens, as both are before anybody has them. */
import { Secret } from '@lango/kernel'
import { insertSql } from '@lango/kernel/db'
import type { CommandContext } from '@lango/kernel/verbs'
import { createGrantWriter, type ServiceKind } from '../access/index.ts'
import { vouchers } from './tables.ts'

/** A voucher is nobody's device, and has no address of its own. */
export const NO_ADDRESS = {
  macLogin: undefined,
  devices: [],
  framedIp: undefined,
  framedIpv6Prefix: undefined,
  delegatedIpv6Prefix: undefined,
  vlan: undefined,
}

type Made = {
  readonly batchId: string
  readonly serial: number
  readonly code: string
  readonly login: string
  readonly kind: ServiceKind
  readonly policyId: string
  /** Until the first login this is its last day; from then on validity counts. */
  readonly expiresAt: number | null
  readonly validitySec: number | null
  readonly quotaOctets: number | null
  readonly quotaSec: number | null
  readonly beginsAt: number | null
}

/** Statements of one command: prepared once for all its rows. */
export const createVoucherWriter = (ctx: CommandContext): ((made: Made) => void) => {
  const putGrant = createGrantWriter(ctx)
  const addVoucher = ctx.raw.prepare(insertSql(vouchers))
  return ({ batchId, serial, code, login, kind, policyId, expiresAt, validitySec, ...rest }) => {
    const id = ctx.ids.next('vch')
    addVoucher.run({
      id,
      batchId,
      serial,
      tail: code.slice(-4),
      state: 'made',
      holder: null,
      agentId: null,
      changedAt: ctx.now,
      changedBy: ctx.actor.id,
      firstUsedAt: null,
      expiresAt,
      loanId: null,
    })
    putGrant({
      ...NO_ADDRESS,
      serviceId: id,
      login,
      kind,
      password: new Secret(code),
      policyId,
      expiresAt: expiresAt ?? undefined,
      validitySec: validitySec ?? undefined,
      quotaOctets: rest.quotaOctets ?? undefined,
      quotaSec: rest.quotaSec ?? undefined,
      beginsAt: rest.beginsAt ?? undefined,
    })
  }
}

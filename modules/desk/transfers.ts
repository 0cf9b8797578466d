/** Lists in and out, as the box tells of them. */
import type { Desk } from '@lango/kernel/ui'

export const lists = ['subscribers', 'plans', 'vouchers'] as const
export type TransferList = (typeof lists)[number]
export const products = ['daloradius', 'usermanager', 'mikhmon', 'phpnuxbill'] as const
export const sources = [...lists, ...products] as const
export type Source = (typeof sources)[number]

type Preview = {
  readonly noun: (typeof lists)[number]
  readonly rows: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly changes: readonly {
    readonly line: number
    readonly name: string
    readonly cells: readonly { readonly column: string; readonly from: string; readonly to: string }[]
  }[]
}

/** `transfer.show` */
export type Transfer = {
  readonly source: Source
  readonly state: 'receiving' | 'checking' | 'checked' | 'loading' | 'loaded' | 'failed'
  readonly rows: number
  readonly written: number
  readonly sheets: readonly Preview[]
  readonly lost: readonly {
    readonly file: string
    readonly line: number
    readonly what: string
    readonly lines: number
  }[]
  readonly fault: {
    readonly sentence: string
    readonly faulty: number
    readonly lines: readonly { readonly line: number; readonly sentence: string }[]
  } | null
}

export const transferOf = async (desk: Desk): Promise<Transfer | null> => {
  const told = await desk.box<Transfer | null>('transfer.show', { lang: desk.locale.lang })
  return told.ok ? told.value : null
}

const ofProduct = ['subscribers.read', 'subscribers.write', 'plans.read', 'plans.write']

/** All that an import takes: to check a list tells what is there. */
export const importPermissions: Readonly<Record<Source, readonly string[]>> = {
  subscribers: ['subscribers.read', 'subscribers.write', 'plans.read'],
  plans: ['plans.read', 'plans.write'],
  vouchers: ['vouchers.read', 'vouchers.write', 'plans.read'],
  daloradius: ofProduct,
  usermanager: ofProduct,
  mikhmon: ofProduct,
  phpnuxbill: ofProduct,
}

/** Whether this person may import it; the box looks again. */
export const mayImport = (desk: Desk, source: Source): boolean =>
  importPermissions[source].every((permission) => desk.may(permission))

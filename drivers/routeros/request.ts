/** What may be asked of a router, as data: the same for the API and for REST, and for whoever plans before asking. */
import type { Result, Secret } from '@lango/kernel'
import type { RouterosFault } from './fault.ts'

/** Properties by name, as the router prints them. Without a prototype: a property may be called anything. */
export type Row = Readonly<Record<string, string>>

/** Properties to write. A secret is revealed only where the request is encoded. */
export type Values = Readonly<Record<string, string | Secret>>

export type RouterosRequest =
  /** The rows of a menu, `where` all of these are equal; of each the `properties`, or all. */
  | { readonly kind: 'print'; readonly menu: string; readonly where?: Row; readonly properties?: readonly string[] }
  /** A row, before the row of id `before` where order counts, else at the end. The answer has its id. */
  | { readonly kind: 'add'; readonly menu: string; readonly values: Values; readonly before?: string }
  /** Without `id`: of a menu that is one set of settings, such as `/system/identity`. */
  | { readonly kind: 'set'; readonly menu: string; readonly id?: string; readonly values: Values }
  | { readonly kind: 'remove'; readonly menu: string; readonly id: string }
  /** To the place before another row, or to the end. */
  | { readonly kind: 'move'; readonly menu: string; readonly id: string; readonly before?: string }
  /** Any other command of a menu: `/system` `reboot`, `/radius` `monitor` with `once`. */
  | { readonly kind: 'run'; readonly menu: string; readonly command: string; readonly values: Values }

export type Reply = {
  readonly rows: readonly Row[]
  /** Of the row that was added, such as `*1A`. */
  readonly id: string | undefined
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** Of the command, waiting for its turn included. A connection that is opened for it may take as long again. */
  readonly timeoutMs?: number
}

/** One router that can be asked. */
export interface Session {
  /** Never rejects. */
  perform(request: RouterosRequest, call?: CallOptions): Promise<Result<Reply, RouterosFault>>
}

export type RouterLogin = { readonly user: string; readonly password: Secret }

const MENU = /^(?:\/[a-z0-9-]+){1,8}$/
const NAME = /^\.?[a-z0-9-]{1,64}$/i

/** Names are ours and never somebody's input: one that is none would become another command, or path. */
export const assertNames = (request: RouterosRequest): void => {
  const names = [
    ...('values' in request ? Object.keys(request.values) : []),
    ...(request.kind === 'print' ? [...Object.keys(request.where ?? {}), ...(request.properties ?? [])] : []),
    ...(request.kind === 'run' ? [request.command] : []),
  ]
  const fault = MENU.test(request.menu) ? names.find((name) => !NAME.test(name)) : request.menu
  if (fault !== undefined) throw new RangeError(`no name of RouterOS: ${JSON.stringify(fault)}`)
}

export const revealed = (value: string | Secret): string => (typeof value === 'string' ? value : value.reveal())

/** A row without a prototype, so that `__proto__` is a property like others. */
export const rowOf = (entries: Iterable<readonly [string, string]>): Row => {
  const row = Object.create(null) as Record<string, string>
  for (const [name, value] of entries) row[name] = value
  return row
}

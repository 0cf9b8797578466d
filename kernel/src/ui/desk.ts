/**
 * What a module's page is: an address of the desk, what it shows, and the deeds its forms ask for. Pages know neither
 * server nor database: the box and the cloud each give them a `Desk`.
 */
import type { VNode } from 'preact'
import type { z } from 'zod'
import type { Fault, Result } from '../base/result.ts'
import type { AnyQuery, ResultOf } from '../db/query.ts'
import type { AnyCommand, ValueOf } from '../verbs/command.ts'
import type { Locale } from './locale.ts'
import type { Problems } from './form.tsx'

/** What a form sent; a field that was not sent is ''. */
export interface Fields {
  get(name: string): string
  all(name: string): readonly string[]
  has(name: string): boolean
  /** A file that was chosen, as it is; its text is in `get`. */
  file(name: string): Uint8Array | undefined
}

/** What a form asked for and did not get: shown again with all that was typed. */
export type Refused = {
  readonly deed: string
  readonly fields: Fields
  /** What happened and what to do, where it belongs to no field. */
  readonly sentence: string | undefined
  readonly problems: Problems
}

/** Everything a page may use. Whoever looks has the page's permission already. */
export interface Desk {
  readonly locale: Locale
  /** Epoch ms. */
  readonly now: number
  readonly siteName: string
  /** ISO 4217: of prices where nothing else is said. */
  readonly currency: string
  /** Who looks: a person's id, undefined for whoever holds the box's console. */
  readonly staffId: string | undefined
  /** The browser's session of that person. */
  readonly sessionId: string | undefined
  /** The name for which the reader's browser can keep passkeys of this box; else what is missing. */
  readonly passkeys: Result<{ readonly rpId: string }, { readonly type: 'NameMissing' | 'HttpsMissing' }>
  /** Whoever looks has shown anew, moments ago, who they are: what guards their account may be changed. */
  readonly isProven: boolean
  /** Path with query: where a form of this page is posted. */
  readonly here: string
  /** Name or address that the reader's browser has reached the box by, without its port. */
  readonly host: string
  readonly search: URLSearchParams
  /** A part of the address, `:login`. */
  param(name: string): string
  may(permission: string): boolean
  /** A query's answer. A fault ends the page, which then says what happened. */
  ask<Q extends AnyQuery>(query: Q, input: z.input<Q['input']>): Promise<ResultOf<Q>>
  /** What only the box as a whole knows, by name. */
  box<T>(name: string, input: unknown): Promise<Result<T, Fault>>
  /** Set when the page is shown again because a form of it was refused. */
  readonly refused: Refused | undefined
  /** Fresh for each form: the same form sent twice is done once. */
  once(): string
}

/** What a deed may use besides. */
export interface DoingDesk extends Desk {
  readonly fields: Fields
  tell<C extends AnyCommand>(command: C, input: z.input<C['input']>): Promise<Result<ValueOf<C>, Fault>>
}

export type Shown = {
  readonly title: string
  readonly content: VNode
  readonly status?: 200 | 404
  /** It has forms that ask the browser for a passkey. */
  readonly usesPasskeys?: boolean
  /** Loads the page anew after so long, for somebody who waits for something; needs no script. */
  readonly refreshSec?: number
}

export type Done =
  /** It is done: on to another page, which says so by one of its own words. */
  | { readonly go: string }
  /** It is not: the page again, with why. */
  | { readonly fault: Fault }
  | { readonly problems: Problems }
  /** What is told this once. */
  | { readonly show: Shown }
  | { readonly file: { readonly name: string; readonly type: string; readonly body: Uint8Array<ArrayBuffer> | string } }

export type Deed = {
  readonly permission: string
  run(desk: DoingDesk): Promise<Done>
}

export type DeskPage = {
  /** `/subscribers/:login` */
  readonly path: string
  /** What it takes to open it. */
  readonly permission: string
  show(desk: Desk): Promise<Shown>
  /** By the name that a form of the page carries. */
  readonly deeds?: Readonly<Record<string, Deed>>
  /** Of a form that sends more than most: pictures. */
  readonly formBytesMax?: number
}

export const definePage = (page: DeskPage): DeskPage => page

/** Where nothing is: somebody deleted it, or mistyped. */
export const nothingHere = (title: string, content: VNode): Shown => ({ title, content, status: 404 })

/** Where the page before ended, by a number in the address, as a query takes it. */
export const beforeAsked = ({ search }: Pick<Desk, 'search'>): { readonly before?: number } => {
  const text = search.get('before') ?? ''
  return /^\d{1,15}$/.test(text) ? { before: Number(text) } : {}
}

import type { Result } from '../base/result.ts'
import type { Fields } from './desk.ts'

/** What a page's query says, as the fields of a form. */
export const fieldsOf = (search: URLSearchParams): Fields => ({
  get: (name) => search.get(name) ?? '',
  all: (name) => search.getAll(name),
  has: (name) => search.has(name),
  file: () => undefined,
})

/** Reads what people typed into a form, field by field, and gathers what is to be said beside each of them. */
export class FormReader {
  /** By field: what to do about it. */
  readonly problems: Record<string, string> = {}
  readonly #fields: Fields

  constructor(fields: Fields) {
    this.#fields = fields
  }

  get isGood(): boolean {
    return Object.keys(this.problems).length === 0
  }

  /** The first thing that is wrong with a field is the one that is said. */
  refuse(name: string, sentence: string): void {
    this.problems[name] ??= sentence
  }

  /** Undefined where nothing stands. */
  text(name: string): string | undefined {
    const typed = this.#fields.get(name).trim()
    return typed === '' ? undefined : typed
  }

  needed(name: string, sentence: string): string {
    const typed = this.text(name)
    if (typed === undefined) this.refuse(name, sentence)
    return typed ?? ''
  }

  /** As the parser takes it; undefined where nothing stands, or what cannot be read. */
  read<T>(name: string, parse: (text: string) => Result<T>, sentence: string): T | undefined {
    const typed = this.text(name)
    if (typed === undefined) return undefined
    const parsed = parse(typed)
    if (parsed.ok) return parsed.value
    this.refuse(name, sentence)
    return undefined
  }

  /** A whole number within bounds; thousands may be apart. */
  whole(name: string, [min, max]: readonly [number, number], sentence: string): number | undefined {
    const typed = this.text(name)?.replaceAll(/[,\s]/g, '')
    if (typed === undefined) return undefined
    const value = /^\d{1,15}$/.test(typed) ? Number(typed) : Number.NaN
    if (value >= min && value <= max) return value
    this.refuse(name, sentence)
    return undefined
  }

  /** One of these; the first where something else, or nothing, was sent. */
  choice<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const sent = this.#fields.get(name)
    return values.find((value) => value === sent) ?? values[0]
  }

  checked(name: string): boolean {
    return this.#fields.has(name)
  }

  all(name: string): readonly string[] {
    return this.#fields.all(name)
  }
}

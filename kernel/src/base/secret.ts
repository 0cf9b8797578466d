import { inspect } from 'node:util'

const SHOWN = '‹secret›'

/**
 * A value that prints as `‹secret›` in logs, JSON, templates and inspections.
 * `reveal()` is the one way to it, so that every use can be found by searching for that word.
 */
export class Secret<T = string> {
  readonly #value: T
  constructor(value: T) {
    this.#value = value
  }
  reveal(): T {
    return this.#value
  }
  toString(): string {
    return SHOWN
  }
  toJSON(): string {
    return SHOWN
  }
  [Symbol.toPrimitive](): string {
    return SHOWN
  }
  [inspect.custom](): string {
    return SHOWN
  }
}

export const secret = <T>(value: T): Secret<T> => new Secret(value)

/** An expected failure: a tagged value that the edge maps to a sentence. Programmer errors throw instead. */
export type Fault<T extends string = string> = { readonly type: T }

export type Ok<T> = { readonly ok: true; readonly value: T }
export type Err<E> = { readonly ok: false; readonly error: E }
export type Result<T, E extends Fault = Fault> = Ok<T> | Err<E>

export function ok(): Ok<void>
export function ok<const T>(value: T): Ok<T>
export function ok(value?: unknown): Ok<unknown> {
  return { ok: true, value }
}

export const err = <const E extends Fault>(error: E): Err<E> => ({ ok: false, error })

/** The value, or a throw: for start-up code and tests, where a fault has nobody to be told to. */
export const orThrow = <T, E extends Fault>(result: Result<T, E>): T => {
  if (result.ok) return result.value
  throw new FaultError(result.error)
}

/** A fault that had to travel as an exception. Its message carries the fault's own fields. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
  readonly fault: Fault
  constructor(fault: Fault) {
    super(`${fault.type}: ${JSON.stringify(fault)}`)
    this.fault = fault
  }
}

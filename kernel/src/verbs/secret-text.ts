import { z } from 'zod'
import { Secret } from '../base/secret.ts'

const anyText = z.string().min(1).max(253)

/**
 * An input that must never be stored, audited or logged: a password, a router secret. It is checked by the schema
 * given and becomes a `Secret`, which prints as `‹secret›`; the handler reveals it to seal it.
 */
export const secretText = (text: z.ZodType<string, string> = anyText) =>
  z
    .union([z.string(), z.instanceof(Secret).transform((held) => held.reveal())])
    .pipe(text)
    .transform((checked) => new Secret(checked))
    .meta({ format: 'password', writeOnly: true })

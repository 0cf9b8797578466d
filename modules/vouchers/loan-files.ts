/**
 * What boxes tell each other of loans: texts that are signed by the one that wrote them, in a form that a file carries
 * as well as a line. A loan holds codes, so it is sealed for the box that borrows; what comes back holds none. Pure.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { err, isSealingKey, ok, verifierOf, type Result, type Signer, type Unsealer } from '@lango/kernel'
import { policySchema, serviceKinds } from '../access/index.ts'

/** So many vouchers of one loan: they change their state in one transaction. */
export const LOAN_VOUCHERS_MAX = 400
/** Larger than any of these texts. */
export const LOAN_FILE_CHARACTERS_MAX = 200_000
const NAME_LENGTH_MAX = 64

const FORMAT = { key: 'lango-box-key/1', loan: 'lango-voucher-loan/1', back: 'lango-voucher-return/1' } as const

const id = z.string().min(1).max(64)
const count = z.number().int().min(1)
const instant = z.number().int().min(0)
const fingerprint = z.string().regex(/^[0-9a-f]{32}$/)
const serials = z.number().int().min(1)

const boxKey = z.object({
  format: z.literal(FORMAT.key),
  name: z.string().max(NAME_LENGTH_MAX),
  signing: z.string().max(400),
  sealing: z.string().refine(isSealingKey),
  signature: z.string().max(200),
})

/** A box as others know it. */
export type BoxKey = {
  readonly name: string
  readonly fingerprint: string
  readonly signing: string
  readonly sealing: string
}

export type OwnKeys = { readonly signer: Signer; readonly unsealer: Unsealer }

const fingerprintOf = ({ signing, sealing }: Pick<BoxKey, 'signing' | 'sealing'>): string =>
  hash('sha256', `${FORMAT.key}\n${signing.trim()}\n${sealing}`, 'hex').slice(0, 32)

export const ownFingerprint = ({ signer, unsealer }: OwnKeys): string =>
  fingerprintOf({ signing: signer.publicPem, sealing: unsealer.publicKey })

const keyText = ({ name, signing, sealing }: Omit<BoxKey, 'fingerprint'>): string =>
  JSON.stringify([FORMAT.key, name, signing, sealing])

export const writeBoxKey = ({ signer, unsealer }: OwnKeys, name: string): string => {
  const key = { name: name.slice(0, NAME_LENGTH_MAX), signing: signer.publicPem, sealing: unsealer.publicKey }
  return `${JSON.stringify({ format: FORMAT.key, ...key, signature: signer.sign(keyText(key)) }, null, 2)}\n`
}

const parsed = <S extends z.ZodType>(schema: S, text: string): z.output<S> | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Undefined for what no box has written. Whose it is, people know: they compare the fingerprint. */
export const readBoxKey = (text: string): BoxKey | undefined => {
  const key = parsed(boxKey, text)
  if (!key || verifierOf(key.signing)?.fits(keyText(key), key.signature) !== true) return undefined
  const { name, signing, sealing } = key
  return { name, signing, sealing, fingerprint: fingerprintOf(key) }
}

const loanSchema = z.object({
  format: z.literal(FORMAT.loan),
  loan: id,
  from: fingerprint,
  to: fingerprint,
  batch: count,
  prefix: z.string().max(8),
  codeLength: count,
  numeric: z.boolean(),
  fromSerial: serials,
  toSerial: serials,
  endsAt: instant,
  /** As it was sold to the batch. */
  plan: z.object({
    name: z.string().min(1).max(64),
    kind: z.enum(serviceKinds),
    policy: policySchema,
    validitySec: count,
    quotaOctets: count.nullable(),
    quotaSec: count.nullable(),
    priceMinor: z.number().int().min(0),
    currency: z.string().length(3),
  }),
  vouchers: z
    .array(z.object({ serial: serials, code: z.string().min(1).max(64), useBefore: instant.nullable() }))
    .min(1)
    .max(LOAN_VOUCHERS_MAX),
})
export type Loan = Omit<z.output<typeof loanSchema>, 'format'>

const loanFile = z.object({
  format: z.literal(FORMAT.loan),
  loan: id,
  from: fingerprint,
  to: fingerprint,
  vouchers: count,
  endsAt: instant,
  sealed: z.string().max(LOAN_FILE_CHARACTERS_MAX),
})
type Outside = Omit<z.output<typeof loanFile>, 'sealed'>

/** What stands on it is bound to what is in it. */
const purposeOf = ({ format, loan, from, to, vouchers, endsAt }: Outside): string =>
  JSON.stringify([format, loan, from, to, vouchers, endsAt])

const signedText = z.object({ text: z.string(), signature: z.string().max(200) })

export const writeLoan = (
  { signer }: Pick<OwnKeys, 'signer'>,
  loan: Loan,
  seal: (text: string, purpose: string) => Buffer,
): string => {
  const text = JSON.stringify({ format: FORMAT.loan, ...loan })
  const { from, to, endsAt } = loan
  const outside = { format: FORMAT.loan, loan: loan.loan, from, to, vouchers: loan.vouchers.length, endsAt }
  const sealed = seal(JSON.stringify({ text, signature: signer.sign(text) }), purposeOf(outside)).toString('base64')
  return `${JSON.stringify({ ...outside, sealed }, null, 2)}\n`
}

export type LoanFileFault =
  /** It is no loan, or was altered on the way. */
  | { readonly type: 'LoanFileUnreadable' }
  | { readonly type: 'LoanForAnother'; readonly to: string }
  /** Its owner has not said that they trust this box. */
  | { readonly type: 'BoxUntrusted'; readonly fingerprint: string }

/** Signed by whom it says it is of: `signingKeyOf` tells the key of a box that is trusted. */
export const readLoan = (
  { unsealer, own }: { readonly unsealer: Unsealer; readonly own: string },
  file: string,
  signingKeyOf: (from: string) => string | undefined,
): Result<{ readonly loan: Loan; readonly digest: string }, LoanFileFault> => {
  const outside = parsed(loanFile, file)
  if (!outside) return err({ type: 'LoanFileUnreadable' })
  const { sealed, ...told } = outside
  if (told.to !== own) return err({ type: 'LoanForAnother', to: told.to })
  const key = signingKeyOf(told.from)
  if (key === undefined) return err({ type: 'BoxUntrusted', fingerprint: told.from })
  const opened = unsealer.open(Buffer.from(sealed, 'base64'), purposeOf(told))
  const inside = opened === undefined ? undefined : parsed(signedText, opened)
  if (!inside || verifierOf(key)?.fits(inside.text, inside.signature) !== true)
    return err({ type: 'LoanFileUnreadable' })
  const loan = parsed(loanSchema, inside.text)
  const isSame = loan && loan.loan === told.loan && loan.from === told.from && loan.to === own
  if (!isSame || loan.endsAt !== told.endsAt) return err({ type: 'LoanFileUnreadable' })
  return ok({ loan, digest: hash('sha256', inside.text, 'hex') })
}

const backSchema = z.object({
  format: z.literal(FORMAT.back),
  loan: id,
  from: fingerprint,
  to: fingerprint,
  at: instant,
  /** What is not good at home again; all others of the loan are. */
  kept: z
    .array(
      z.object({
        serial: serials,
        state: z.enum(['used', 'sold', 'revoked']),
        firstUsedAt: instant.nullable(),
        expiresAt: instant.nullable(),
      }),
    )
    .max(LOAN_VOUCHERS_MAX),
})
export type Back = Omit<z.output<typeof backSchema>, 'format'>

export const writeBack = ({ signer }: Pick<OwnKeys, 'signer'>, back: Back): string => {
  const text = JSON.stringify({ format: FORMAT.back, ...back })
  return `${JSON.stringify({ text, signature: signer.sign(text) }, null, 2)}\n`
}

export const readBack = (
  own: string,
  file: string,
  signingKeyOf: (from: string) => string | undefined,
): Result<Back, LoanFileFault> => {
  const outside = parsed(signedText, file)
  const back = outside && parsed(backSchema, outside.text)
  if (!back) return err({ type: 'LoanFileUnreadable' })
  if (back.to !== own) return err({ type: 'LoanForAnother', to: back.to })
  const key = signingKeyOf(back.from)
  if (key === undefined) return err({ type: 'BoxUntrusted', fingerprint: back.from })
  return verifierOf(key)?.fits(outside.text, outside.signature) === true
    ? ok(back)
    : err({ type: 'LoanFileUnreadable' })
}

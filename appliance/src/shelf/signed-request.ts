/** Who asks for something of a shelf: requests are signed as S3 has it (AWS Signature Version 4, in headers). */
import { timingSafeEqual } from 'node:crypto'
import { err, ok, type Clock, type Result, type Secret } from '@lango/kernel'
import { signatureOf } from './drivers.ts'

/** A shelf that is lent, as its key has shown. */
export type Lent = { readonly name: string; readonly bytesMax: number; readonly secretKey: Secret }

export type Asked = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

export type Signed = {
  readonly lent: Lent
  /** SHA-256 in hex of what the body has to be. */
  readonly bodyHash: string
}

/** As S3 calls them. */
export type SignatureFault = { readonly type: 'AccessDenied' | 'SignatureDoesNotMatch' | 'RequestTimeTooSkewed' }

/** Amazon S3, "RequestTimeTooSkewed". */
const SKEW_MS_MAX = 15 * 60_000

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([A-Za-z0-9]{1,128})\/(\d{8})\/([a-z0-9-]{1,40})\/s3\/aws4_request, ?SignedHeaders=([a-z0-9-]{1,64}(?:;[a-z0-9-]{1,64}){0,31}), ?Signature=([0-9a-f]{64})$/
const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const HASH = /^[0-9a-f]{64}$/
/** What is worked out for a key that nobody has takes as long. */
const NOBODYS = '0'.repeat(40)

/** Epoch ms; NaN where it is no time, which is near to none. */
const timeOf = (stamp: string): number => Date.parse(stamp.replace(STAMP, '$1-$2-$3T$4:$5:$6Z'))

/** Everything that says what is meant is signed, or it might have been put there by others. */
const isCovered = (headers: Asked['headers'], signed: ReadonlySet<string>): boolean =>
  signed.has('host') &&
  signed.has('x-amz-date') &&
  Object.keys(headers).every((name) => !name.startsWith('x-amz-') || signed.has(name))

/** What a request says of itself, believed of nobody yet; undefined where it is not signed in this way. */
const claimOf = ({ headers }: Asked) => {
  const [, accessKeyId, day, region, names, signature] = AUTHORIZATION.exec(headers['authorization'] ?? '') ?? []
  const { 'x-amz-date': stamp = '', 'x-amz-content-sha256': bodyHash = '' } = headers
  const isWhole = accessKeyId !== undefined && STAMP.test(stamp) && stamp.startsWith(day!) && HASH.test(bodyHash)
  const signed = new Set(names?.split(';'))
  if (!isWhole || !isCovered(headers, signed)) return undefined
  return { accessKeyId, region: region!, signature: signature!, stamp, bodyHash, signed }
}

export const verifySigned = (
  asked: Asked,
  lentTo: (accessKeyId: string) => Lent | undefined,
  clock: Pick<Clock, 'now' | 'sure'>,
): Result<Signed, SignatureFault> => {
  const claim = claimOf(asked)
  if (!claim) return err({ type: 'AccessDenied' })
  const { method, url, headers } = asked
  const { accessKeyId, region, signature, stamp, bodyHash, signed } = claim
  const lent = lentTo(accessKeyId)
  const parts = {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries([...signed].map((name) => [name, headers[name] ?? ''])),
    bodyHash,
    stamp,
  }
  const right = signatureOf(parts, { secretKey: lent?.secretKey.reveal() ?? NOBODYS, region })
  const isRight = timingSafeEqual(Buffer.from(right), Buffer.from(signature))
  if (!isRight || lent === undefined) return err({ type: 'SignatureDoesNotMatch' })
  // A clock that may be wrong itself tells nobody that theirs is.
  const isNow = !clock.sure() || Math.abs(clock.now() - timeOf(stamp)) <= SKEW_MS_MAX
  return isNow ? ok({ lent, bodyHash }) : err({ type: 'RequestTimeTooSkewed' })
}

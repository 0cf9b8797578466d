/** Requests as words of the API, and words of its replies as rows. Pure. */
import { createHash } from 'node:crypto'
import type { Secret } from '@lango/kernel'
import type { RouterosFault, TrapCategory } from './fault.ts'
import { assertNames, revealed, rowOf, type RouterosRequest, type Row, type Values } from './request.ts'

const attributes = (values: Values): string[] =>
  Object.entries(values).map(([name, value]) => `=${name}=${revealed(value)}`)

/** Each condition is put on a stack; `?#&` takes two off and puts their conjunction there. */
const query = (where: Row): string[] => {
  const conditions = Object.entries(where).map(([name, value]) => `?${name}=${value}`)
  return conditions.length > 1 ? [...conditions, `?#${'&'.repeat(conditions.length - 1)}`] : conditions
}

const optional = (name: string, value: string | undefined): string[] =>
  value === undefined ? [] : [`=${name}=${value}`]

export const wordsOf = (request: RouterosRequest): string[] => {
  assertNames(request)
  const { menu } = request
  switch (request.kind) {
    case 'print':
      return [`${menu}/print`, ...optional('.proplist', request.properties?.join(',')), ...query(request.where ?? {})]
    case 'add':
      return [`${menu}/add`, ...attributes(request.values), ...optional('place-before', request.before)]
    case 'set':
      return [`${menu}/set`, ...optional('.id', request.id), ...attributes(request.values)]
    case 'remove':
      return [`${menu}/remove`, `=.id=${request.id}`]
    case 'move':
      return [`${menu}/move`, `=numbers=${request.id}`, ...optional('destination', request.before)]
    default:
      return [`${menu}/${request.command}`, ...attributes(request.values)]
  }
}

export type ReplySentence = { readonly type: string; readonly tag: string | undefined; readonly row: Row }

/** `!re`, `=name=value`, `.tag=7`. A value may hold further equal signs. */
export const readReply = ([type = '', ...words]: readonly string[]): ReplySentence => {
  const row: [string, string][] = []
  let tag: string | undefined
  for (const word of words) {
    const [, name, value] = /^=([^=]+)=(.*)$/s.exec(word) ?? []
    if (name !== undefined) row.push([name, value!])
    else if (word.startsWith('.tag=')) tag = word.slice('.tag='.length)
    // `!fatal` says why in a bare word.
    else if (type === '!fatal') row.push(['message', word])
  }
  return { type, tag, row: rowOf(row) }
}

const CATEGORIES: readonly TrapCategory[] = [0, 1, 2, 3, 4, 5, 6, 7]

/** Older versions say in words alone that the item is not there. */
export const MISSING = /no such (?:item|command)/i

export const refusalOf = (row: Row): RouterosFault => {
  const message = row['message'] ?? ''
  const category =
    CATEGORIES.find((known) => String(known) === row['category']) ?? (MISSING.test(message) ? 0 : undefined)
  return { type: 'Refused', category, message }
}

/** The answer to the challenge of versions before 6.43: MD5 over a zero octet, the password and the challenge. */
export const challengeResponse = (password: Secret, challengeHex: string): string => {
  const hash = createHash('md5').update(Buffer.of(0)).update(password.reveal(), 'utf8')
  return `00${hash.update(Buffer.from(challengeHex, 'hex')).digest('hex')}`
}

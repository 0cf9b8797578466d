/** Whose values the audit log would tell: so that they can be forgotten with their customer. */
import { personalIn, type AuditContext, type PersonId } from '@lango/kernel/verbs'

/** The customer behind a login; undefined where there is none. */
export const customerBehind = ({ raw }: Pick<AuditContext, 'raw'>): ((login: string) => PersonId | undefined) => {
  const find = raw.prepare<[string], { id: PersonId }>('SELECT customer_id id FROM services WHERE login = ?')
  return (login) => find.get(login)?.id
}

/** A record of one subscriber, named by login. */
export const recordOfLogin = (input: { readonly login: string }, about: AuditContext): unknown =>
  personalIn(customerBehind(about)(input.login), input)

/** A record of many: how many they are, and the first and last, by which they are found in their list. */
export const recordOfLogins = (logins: readonly string[], about: AuditContext): Record<string, unknown> => {
  const customer = customerBehind(about)
  const one = (login: string | undefined): unknown =>
    login === undefined ? undefined : personalIn(customer(login), { login })
  return { rows: logins.length, first: one(logins[0]), last: one(logins.at(-1)) }
}

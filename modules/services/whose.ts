/**
 * Whose values the audit log would tell, so that they can be forgotten: what identifies a service, its login and devices,
 * is sealed under the service's key, which goes with it to another customer; name, telephone and e-mail under theirs.
 */
import { personalIn, UNKNOWN_PERSON, type AuditContext, type PersonId } from '@lango/kernel/verbs'
import { customersIn } from './owner.ts'

/** A service and the customer it belongs to. */
export type Whose = { readonly serviceId: PersonId; readonly customerId: PersonId }

/** Who stands behind a login; undefined where there is none. */
export const behindLogin = ({ raw }: Pick<AuditContext, 'raw'>): ((login: string) => Whose | undefined) => {
  const find = raw.prepare<[string], Whose>('SELECT id serviceId, customer_id customerId FROM services WHERE login = ?')
  return (login) => find.get(login)
}

type Told = { readonly name?: unknown; readonly phone?: unknown; readonly email?: unknown; readonly login: string }

/** A record of a service together with what it tells of the customer. */
export const personalOf = (whose: Whose | undefined, { name, phone, email, ...service }: Told): object => ({
  ...(personalIn(whose?.serviceId, service) as object),
  ...(personalIn(whose?.customerId, { name, phone, email }) as object),
})

/** A record of one subscriber, named by login. */
export const recordOfLogin = (input: { readonly login: string }, about: AuditContext): unknown =>
  personalIn(behindLogin(about)(input.login)?.serviceId, input)

/** A record of many: how many they are, and the first and last, by which they are found in their list. */
export const recordOfLogins = (logins: readonly string[], about: AuditContext): Record<string, unknown> => {
  const behind = behindLogin(about)
  const one = (login: string | undefined): unknown =>
    login === undefined ? undefined : personalIn(behind(login)?.serviceId, { login })
  return { rows: logins.length, first: one(logins[0]), last: one(logins.at(-1)) }
}

/** A customer in a record: their id, since a login they were named by is personal. */
export const customerMeant = (customer: string, { raw }: Pick<AuditContext, 'raw'>): string =>
  customersIn(raw).named(customer)?.id ?? UNKNOWN_PERSON

/** From the name a NAS sends to the logins it may mean. Pure. */

export type Candidates =
  | { readonly kind: 'logins'; readonly logins: readonly string[]; readonly realm: string | undefined }
  | { readonly kind: 'foreign'; readonly realm: string }

/** The realm behind the last `@`; undefined when there is none. */
export const realmOf = (userName: string): string | undefined => {
  const at = userName.lastIndexOf('@')
  return at > 0 && at < userName.length - 1 ? userName.slice(at + 1).toLowerCase() : undefined
}

/**
 * A router with a realm serves that realm: its bare names mean `name@realm`, and a subscriber stored without a realm
 * may log in with or without it. Another realm's names are foreign there: two resellers behind two routers can both
 * have an `alice`. A router without a realm takes names as they are.
 */
export const candidatesOf = (userName: string, routerRealm: string | undefined): Candidates => {
  const realm = realmOf(userName)
  if (routerRealm === undefined) return { kind: 'logins', logins: [userName], realm }
  const own = routerRealm.toLowerCase()
  if (realm === undefined) return { kind: 'logins', logins: [`${userName}@${routerRealm}`, userName], realm: own }
  if (realm !== own) return { kind: 'foreign', realm }
  const bare = userName.slice(0, userName.lastIndexOf('@'))
  // `alice@other@isp` is nobody here: its bare form would be another realm's subscriber.
  return { kind: 'logins', logins: realmOf(bare) === undefined ? [userName, bare] : [userName], realm }
}

import { inviteStaff, enterByDoor, roleNames, setRole, signedIn, type Role } from '@lango/modules/people'
import { webUnderTest } from './web-under-test.ts'

const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`

/** The desk as somebody of the staff sees it: `as` changes who that is. */
export const deskUnderTest = (options: Parameters<typeof webUnderTest>[0] = {}) => {
  const made = webUnderTest(options)
  const { site, cookies, visit } = made
  const known = new Map<string, string>()

  const invited = (name: string, role: string): string => {
    const person = site.must(inviteStaff, { login: name, name, role })
    site.must(enterByDoor, { code: person.code, passwordHash })
    known.set(name, person.id)
    return person.id
  }

  /** Signs somebody in: of a role that every box has, or with these permissions only. */
  const as = (who: Role | readonly string[]): string => {
    const name = typeof who === 'string' ? who : `may-${known.size}`
    const roleOf = (): string =>
      typeof who === 'string' ? who : site.must(setRole, { name, permissions: [...who] as never }).id
    const id = known.get(name) ?? invited(name, roleOf())
    const { secret } = site.must(signedIn, { id, address: '10.0.0.9', agent: 'Firefox' })
    cookies.set('lango-staff-80', secret)
    return id
  }

  let forms = 0
  /** What a form of a page sends; fields with several values as lists. */
  const post = (path: string, deed: string, fields: Readonly<Record<string, string | readonly string[]>> = {}) => {
    const body = new URLSearchParams({ do: deed, once: `form-of-the-test-${forms++}`.padEnd(22, '-') })
    for (const [name, value] of Object.entries(fields))
      for (const one of typeof value === 'string' ? [value] : value) body.append(name, one)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' }
    return visit(path, { method: 'POST', body: body.toString(), headers })
  }

  const page = async (path: string): Promise<string> => (await visit(path)).text()

  /** Addresses on a page that lead nowhere. */
  const deadLinks = async (path: string): Promise<readonly string[]> => {
    const found = [...(await page(path)).matchAll(/ href="([^"#][^"]*)"/g)].map(([, address = '']) =>
      address.replaceAll('&amp;', '&'),
    )
    const answers = await Promise.all(
      [...new Set(found)].map(async (address) => ({ address, status: (await visit(address)).status })),
    )
    return answers.filter(({ status }) => status >= 400).map(({ address }) => address)
  }

  return { ...made, as, post, page, deadLinks, roleNames }
}

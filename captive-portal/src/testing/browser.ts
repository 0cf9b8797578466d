import type { portalUnderTest } from './portal-under-test.ts'

/** A browser that keeps its cookies. */
export const browser = (portal: ReturnType<typeof portalUnderTest>) => {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const keep = (answer: Response) => {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }
  const url = (path: string) => `http://192.168.88.10:8081${path}`
  const host = { host: '192.168.88.10:8081' }
  const get = async (path: string) =>
    keep(await portal.app.request(url(path), { headers: { ...host, cookie: cookie() } }, portal.env('10.5.50.7')))
  const post = async (path: string, fields: Record<string, string>) => {
    const headers = { ...host, cookie: cookie(), 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(fields).toString()
    return keep(await portal.app.request(url(path), { method: 'POST', headers, body }, portal.env('10.5.50.7')))
  }
  const text = async (path: string) => (await (await get(path)).text()).replaceAll('\u00a0', ' ')
  return { jar, get, post, text }
}

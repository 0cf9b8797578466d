/**
 * The template language of RouterOS hotspot pages: `$(name)`, `$(name-esc)`, `$(if …)…$(elif …)…$(else)…$(endif)`.
 * Two conditions set instead of asking: `http-status` and `http-header`. There is no escape for HTML. Pure.
 */

/** What stands for a name; '' for one that is not known here. */
export type Variables = (name: string) => string

export type Rendered = {
  readonly status: { readonly code: number; readonly reason: string } | undefined
  /** By lower-case name; of several of one name the last one counts. */
  readonly headers: ReadonlyMap<string, readonly [name: string, value: string]>
  readonly body: string
}

/** As the router prints octets: `\371\015`. */
export const octalText = (octets: Uint8Array): string =>
  [...octets].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`).join('')

/** As `-esc` does it: `123&456=1 2` becomes `123%26456%3D1+2`. */
export const urlEscape = (text: string): string =>
  [...Buffer.from(text)]
    .map((octet) => {
      const sign = String.fromCharCode(octet)
      if (/[\w.-]/.test(sign)) return sign
      return sign === ' ' ? '+' : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

const TAG = /\$\(([^()]*)\)/g
const CONDITION = /^([\w-]+)\s*(?:(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(\S*)))?$/
const ESCAPED = /-esc$/

type Branch = {
  /** Whether what stands around it is shown. */
  readonly isWithin: boolean
  /** One of its parts has been shown. */
  isTaken: boolean
  isShown: boolean
  /** What it sets, and the text before it: what it holds is no part of the page. */
  readonly sets?: { readonly what: string; readonly value: string; readonly before: string }
}

export const renderTemplate = (source: string, variables: Variables): Rendered => {
  const branches: Branch[] = []
  const headers = new Map<string, readonly [string, string]>()
  let status: Rendered['status']
  let shown = ''

  const isShown = (): boolean => branches.at(-1)?.isShown ?? true
  const valueOf = (name: string): string =>
    ESCAPED.test(name) ? urlEscape(variables(name.replace(ESCAPED, ''))) : variables(name)
  const isSo = (condition: string): boolean => {
    const [, name = '', operator, ...values] = CONDITION.exec(condition) ?? []
    const value = values.find((one) => one !== undefined) ?? ''
    return operator === '==' ? valueOf(name) === value : valueOf(name) !== value
  }
  const begin = (condition: string): void => {
    const isWithin = isShown()
    const [, what = '', operator, ...values] = CONDITION.exec(condition) ?? []
    const isSetting = (what === 'http-status' || what === 'http-header') && operator === '=='
    const isTaken = isWithin && (isSetting || isSo(condition))
    const value = values.find((one) => one !== undefined) ?? ''
    branches.push({
      isWithin,
      isTaken,
      isShown: isTaken,
      ...(isSetting && isTaken && { sets: { what, value, before: shown } }),
    })
    if (isSetting && isTaken) shown = ''
  }
  const turn = (isTrue: () => boolean): void => {
    const branch = branches.at(-1)
    if (branch === undefined) return
    branch.isShown = branch.isWithin && !branch.isTaken && isTrue()
    branch.isTaken ||= branch.isShown
  }
  const end = (): void => {
    const sets = branches.pop()?.sets
    if (sets === undefined) return
    const text = shown.trim()
    shown = sets.before
    if (sets.what === 'http-status') status = { code: Number(sets.value), reason: text }
    else headers.set(sets.value.toLowerCase(), [sets.value, text])
  }
  const tag = (text: string): void => {
    const [, word = '', rest = ''] = /^(if|elif|else|endif)\b\s*(.*)$/s.exec(text) ?? []
    if (word === 'if') begin(rest.trim())
    else if (word === 'elif') turn(() => isSo(rest.trim()))
    else if (word === 'else') turn(() => true)
    else if (word === 'endif') end()
    else if (isShown()) shown += valueOf(text.trim())
  }

  let at = 0
  for (const match of source.matchAll(TAG)) {
    if (isShown()) shown += source.slice(at, match.index)
    tag(match[1]!)
    at = match.index + match[0].length
  }
  if (isShown()) shown += source.slice(at)
  // What was begun and not ended goes to the end of the file.
  while (branches.length > 0) end()
  return { status, headers, body: shown }
}

/** Phone numbers as people type them at a desk. */
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'

/** E.164. */
export const phoneSchema = z.string().regex(/^\+[1-9]\d{6,14}$/, 'A phone number is written as +254712345678.')

/** The country whose numbers people write without it, by the money of the site. (ITU-T E.164 assignments.) */
const HOMES: Readonly<Record<string, string>> = { KES: '254', RWF: '250', TZS: '255', UGX: '256' }
/** All of them have nine digits behind the country. */
const AT_HOME = /^0?([1-9]\d{8})$/

/** 0712 345 678, 712345678, 254712345678, 00254…, +254 (0) 712… in E.164. */
export const readPhone = (
  typed: string,
  currency: string,
): Result<string, { readonly type: 'PhoneUnreadable'; readonly text: string }> => {
  const text = typed.replaceAll(/[\s().-]/g, '')
  const home = HOMES[currency]
  const bare = text.replace(/^(\+|00)/, '')
  const isAbroad = bare !== text
  const isOfHome = home !== undefined && bare.startsWith(home)
  const [, own] = AT_HOME.exec(isOfHome ? bare.slice(home.length) : text) ?? []
  if (home !== undefined && own !== undefined) return ok(`+${home}${own}`)
  const isNumber = isAbroad && !isOfHome && /^[1-9]\d{6,14}$/.test(bare)
  return isNumber ? ok(`+${bare}`) : err({ type: 'PhoneUnreadable', text: typed })
}

/** How people write one: what stands as it was typed is found by all of them. */
export const phoneSpellings = (phone: string): readonly string[] => {
  const home = Object.values(HOMES).find((code) => phone.startsWith(`+${code}`))
  const own = home === undefined ? '' : phone.slice(home.length + 1)
  if (home === undefined || own.length !== 9) return [phone, phone.slice(1)]
  const spaced = `${own.slice(0, 3)} ${own.slice(3, 6)} ${own.slice(6)}`
  return [own, spaced].flatMap((each) => [
    `+${home}${each}`,
    `+${home} ${each}`,
    `${home}${each}`,
    `${home} ${each}`,
    `0${each}`,
    each,
  ])
}

/** Pieces of what is pasted into a terminal of RouterOS. Pure. */

const CONTROL = /\p{Cc}/u
const NEEDS_ESCAPE = /["\\$?]|\p{Cc}/gu

/** A text in quotes, as the console of RouterOS reads it; controls are written as `\hh` of their octets. */
export const quote = (text: string): string => {
  const escaped = text.replace(NEEDS_ESCAPE, (sign) => {
    if (!CONTROL.test(sign)) return `\\${sign}`
    return [...Buffer.from(sign)].map((octet) => `\\${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
  return `"${escaped}"`
}

/** Makes it unless it is there. */
export const addOnce = (menu: string, by: string, rest: string): string =>
  `:if ([:len [${menu} find ${by}]] = 0) do={ ${menu} add ${by} ${rest} }`

const COLON = 58
const isUpperHex = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 65 && code <= 70)

/** Whether a text is `AA:BB:CC:DD:EE:FF` already: what most NASes send, told without a regular expression. */
const isNormal = (text: string): boolean => {
  if (text.length !== 17) return false
  for (let i = 0; i < 17; i++) {
    const code = text.charCodeAt(i)
    if (i % 3 === 2 ? code !== COLON : !isUpperHex(code)) return false
  }
  return true
}

/**
 * A device address in one form, whatever separators and case a NAS uses: `AA:BB:CC:DD:EE:FF`. Other texts (a phone
 * number, a tunnel's address) come back as they are.
 */
export const normaliseDevice = (station: string): string => {
  if (station === '' || isNormal(station)) return station
  // RouterOS's DHCP server sends the client id: a hardware type, then octets without leading zeros.
  const clientId = /^1:((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})$/i.exec(station)
  if (clientId) {
    const octets = clientId[1]!.split(':').map((octet) => octet.padStart(2, '0'))
    return octets.join(':').toUpperCase()
  }
  const digits = station.replaceAll(/[-:.]/g, '')
  if (digits.length !== 12 || !/^[0-9a-f]{12}$/i.test(digits)) return station
  return digits.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')
}

/** Whether a text, once normalised, is a MAC address. */
export const isMac = (device: string): boolean => isNormal(device)

/** A part of a MAC address however it is typed, as it is stored: AA:BB:CC; other text as it is. */
export const devicePart = (text: string): string => {
  const digits = text.replaceAll(/[:.\- ]/g, '')
  return /^[0-9a-f]{4,12}$/i.test(digits) ? (digits.match(/.{1,2}/g) ?? []).join(':') : text
}

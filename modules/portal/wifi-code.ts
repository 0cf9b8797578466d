/**
 * What a QR code says so that a phone joins an open Wi-Fi, as ZXing wrote it down and all phones read it: these
 * characters are escaped, and a name that could be hexadecimal is quoted, or readers take it for octets. Pure.
 */
export const wifiCode = (ssid: string): string => {
  const escaped = ssid.replaceAll(/[\\;,":]/g, (letter) => `\\${letter}`)
  const isHex = /^(?:[\da-f]{2})+$/i.test(ssid)
  return `WIFI:T:nopass;S:${isHex ? `"${escaped}"` : escaped};;`
}

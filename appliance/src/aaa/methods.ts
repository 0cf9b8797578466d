/** How a login proved itself. The order is stored: add at the end. */
export const methods = [
  'unknown',
  'pap',
  'chap',
  'mschapv1',
  'mschapv2',
  'mac',
  'eap',
  'eap-md5',
  'eap-mschapv2',
  'eap-gtc',
  'eap-tls',
  'peap-mschapv2',
  'peap-gtc',
  'ttls-pap',
  'ttls-chap',
  'ttls-mschap',
  'ttls-mschapv2',
  'ttls-eap-md5',
  'ttls-eap-gtc',
  'ttls-eap-mschapv2',
  'proxy',
  'serial',
  'passphrase',
] as const

export type Method = (typeof methods)[number]

export const isMethod = (name: string): name is Method => (methods as readonly string[]).includes(name)

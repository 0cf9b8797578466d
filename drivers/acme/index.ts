export { obtainCertificate } from './client.ts'
export { createDnsWebhook, createRfc2136, createSeen, publicServersOf } from './dns-providers.ts'
export type { AcmeAccount, AcmeFault, DnsProvider } from './port.ts'

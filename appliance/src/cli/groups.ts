/** Every command by its first word. A group's file is loaded when the group is asked for: most calls need one. */
import type { CommandSpec } from './command.ts'

export type Group = { readonly summary: string; load(): Promise<readonly CommandSpec[]> }

export const groups: ReadonlyMap<string, Group> = new Map([
  [
    'console',
    { summary: 'what the box’s own screen shows', load: async () => (await import('./console.ts')).consoleCommands },
  ],
  ['setup', { summary: 'a box without an owner', load: async () => (await import('./setup.ts')).setupCommands }],
  ['start', { summary: 'run the box', load: async () => (await import('./start.ts')).startCommands }],
  [
    'gateway',
    { summary: 'be the gateway of a hotspot', load: async () => (await import('./gateway.ts')).gatewayCommands },
  ],
  [
    'network',
    { summary: 'the ports of an appliance', load: async () => (await import('./network.ts')).networkCommands },
  ],
  [
    'router',
    { summary: 'routers that may ask this box', load: async () => (await import('./router.ts')).routerCommands },
  ],
  [
    'rollout',
    {
      summary: 'RouterOS and RouterBOOT of routers',
      load: async () => (await import('./rollout.ts')).rolloutCommands,
    },
  ],
  [
    'server',
    {
      summary: 'home servers, and receivers of copies',
      load: async () => (await import('./server.ts')).serverCommands,
    },
  ],
  ['plan', { summary: 'what is sold', load: async () => (await import('./plan.ts')).planCommands }],
  [
    'subscriber',
    { summary: 'who may be online', load: async () => (await import('./subscriber.ts')).subscriberCommands },
  ],
  [
    'customer',
    { summary: 'whose the services are', load: async () => (await import('./customer.ts')).customerCommands },
  ],
  [
    'payment',
    { summary: 'what people buy by phone', load: async () => (await import('./payment.ts')).paymentCommands },
  ],
  [
    'bypass',
    { summary: 'devices that cannot open a portal', load: async () => (await import('./bypass.ts')).bypassCommands },
  ],
  ['wallet', { summary: 'money put in beforehand', load: async () => (await import('./wallet.ts')).walletCommands }],
  [
    'offer',
    { summary: 'codes and hours with less to pay', load: async () => (await import('./offer.ts')).offerCommands },
  ],
  [
    'payout',
    { summary: 'money that goes out to phones', load: async () => (await import('./payout.ts')).payoutCommands },
  ],
  ['voucher', { summary: 'codes that are sold', load: async () => (await import('./voucher.ts')).voucherCommands }],
  [
    'export',
    { summary: 'lists to keep or move', load: async () => (await import('./transfer/export.ts')).exportCommands },
  ],
  [
    'import',
    {
      summary: 'lists from a file, and from other products',
      load: async () => [
        ...(await import('./transfer/import.ts')).importCommands,
        ...(await import('./transfer/import-from.ts')).importFromCommands,
      ],
    },
  ],
  ['session', { summary: 'who is online, and was', load: async () => (await import('./session.ts')).sessionCommands }],
  ['usage', { summary: 'what was used, by hour or day', load: async () => (await import('./usage.ts')).usageCommands }],
  [
    'decisions',
    {
      summary: 'why a login was accepted or refused',
      load: async () => (await import('./decisions.ts')).decisionsCommands,
    },
  ],
  [
    'test-auth',
    { summary: 'log in without a router', load: async () => (await import('./test-auth.ts')).testAuthCommands },
  ],
  [
    'setting',
    { summary: 'name, language, retention', load: async () => (await import('./setting.ts')).settingCommands },
  ],
  [
    'language',
    { summary: 'languages of the portal', load: async () => (await import('./language.ts')).languageCommands },
  ],
  ['backup', { summary: 'one archive of everything', load: async () => (await import('./backup.ts')).backupCommands }],
  [
    'restore',
    { summary: 'a backup onto an empty box', load: async () => (await import('./restore.ts')).restoreCommands },
  ],
  [
    'support-bundle',
    {
      summary: 'a file for whoever helps from afar, without secrets and names',
      load: async () => (await import('./support-bundle.ts')).supportCommands,
    },
  ],
  [
    'bench-self',
    { summary: 'what this box can do at most', load: async () => (await import('./bench-self.ts')).benchCommands },
  ],
  [
    'update',
    {
      summary: 'releases: what runs, what is offered, when',
      load: async () => (await import('./update.ts')).updateCommands,
    },
  ],
  [
    'standby',
    {
      summary: 'a second box that can take over',
      load: async () => (await import('./standby.ts')).standbyCommands,
    },
  ],
  ['doctor', { summary: 'is the box in order?', load: async () => (await import('./doctor.ts')).doctorCommands }],
  [
    'health',
    { summary: 'would it serve a subscriber now?', load: async () => (await import('./health.ts')).healthCommands },
  ],
  ['tls', { summary: 'certificates for EAP and RadSec', load: async () => (await import('./tls.ts')).tlsCommands }],
  [
    'audit',
    {
      summary: 'who did what, and that nobody changed it',
      load: async () => (await import('./audit.ts')).auditCommands,
    },
  ],
  ['keys', { summary: 'the keys that seal passwords', load: async () => (await import('./keys.ts')).keysCommands }],
  ['staff', { summary: 'who works with the box', load: async () => (await import('./staff.ts')).staffCommands }],
  ['role', { summary: 'what they may do', load: async () => (await import('./staff.ts')).roleCommands }],
  [
    'webhook',
    { summary: 'who is told of what happens here', load: async () => (await import('./webhook.ts')).webhookCommands },
  ],
  [
    'message',
    {
      summary: 'who sends e-mail and SMS for the box',
      load: async () => (await import('./message.ts')).messageCommands,
    },
  ],
  ['token', { summary: 'keys for programs', load: async () => (await import('./token.ts')).tokenCommands }],
  [
    'web-token',
    {
      summary: 'a fresh address for the live page',
      load: async () => (await import('./web-token.ts')).webTokenCommands,
    },
  ],
])

/**
 * Every fault in the words of the desk: what happened, why, and what to do. The record is typed by the faults
 * themselves: one without its sentence does not compile.
 */
import type { ConfigFault, Fault, KeyFileFault, MoneyFault, QuantityFault, VaultFault } from '@lango/kernel'
import type { DatabaseFault, MigrationFault } from '@lango/kernel/db'
import type { DispatchFault, FaultOf } from '@lango/kernel/verbs'
import type { bindDevice, firstUse, freeDevice, removePassphrase, setPassphrase, topUp } from '@lango/modules/access'
import type { addPlan } from '@lango/modules/plans'
import type { addSubscriber, resumeSubscriber, revealPasswords } from '@lango/modules/services'
import type { changeSettings, setRetention } from '@lango/modules/settings'
import type { addWebhook, retryWebhook, testWebhook } from '@lango/modules/webhooks'
import type { AaaFault } from '../aaa/threads.ts'
import type { FolderFault } from '../data-folder.ts'
import type { OfflineFault } from '../offline-link.ts'
import type { RpcFault } from '../rpc/protocol.ts'
import type { NameFault } from '../run-named.ts'
import type { TlsFault } from '../tls/index.ts'
import { auditSentences, type AuditFault } from './audit-faults.ts'
import { benchSentences, type BenchServiceFault } from './bench-faults.ts'
import { customerSentences, type CustomerFault } from './customer-faults.ts'
import { localTime } from './format.ts'
import { sendingSentences, type SendingFault } from './message-faults.ts'
import { networkSentences } from './network-faults.ts'
import type { NetworkActionFault } from '../network/actions.ts'
import { offerSentences, type OfferFault } from './offer-faults.ts'
import { paymentSentences, type PaymentFault } from './payment-faults.ts'
import { payoutSentences, type PayoutFault } from './payout-faults.ts'
import { portalSentences, type PortalFault } from './portal-faults.ts'
import { rolloutSentences, type RolloutFault } from './rollout-faults.ts'
import { routerSentences, type RouterFault } from './router-faults.ts'
import { setupSentences, type SetupFault } from './setup-faults.ts'
import { staffSentences, type StaffFault } from './staff-faults.ts'
import { updateSentences, type UpdateFault } from './update-faults.ts'
import { walletSentences, type WalletFault } from './wallet-faults.ts'
import { voucherLoanSentences, type VoucherLoanFault } from './voucher-loan-faults.ts'
import { backupSentences, type BackupsFault } from './backup-faults.ts'
import { standbySentences, type PairingFault } from './standby-faults.ts'
import { voucherSentences, type VoucherFault } from './voucher-faults.ts'
import { acmeSentences, type CertificateAcmeFault } from './acme-faults.ts'
import type { PortalTlsPortFault } from '../portal-door.ts'
import type { PortalServerFault } from '../portal.ts'
import type { WebServerFault } from '../web/serve.ts'
import type { MoveFault } from '../transfer/products.ts'
import type { TransferFault } from '../transfer/desk-transfers.ts'
import type { FaultyLine, ImportFault } from '../transfer/run-import.ts'

type ModuleFault = FaultOf<
  | typeof firstUse
  | typeof bindDevice
  | typeof freeDevice
  | typeof removePassphrase
  | typeof setPassphrase
  | typeof topUp
  | typeof addPlan
  | typeof addSubscriber
  | typeof resumeSubscriber
  | typeof revealPasswords
  | typeof changeSettings
  | typeof setRetention
  | typeof addWebhook
  | typeof retryWebhook
  | typeof testWebhook
>

type ActionFault =
  | BenchServiceFault
  | { readonly type: 'SessionNotOpen'; readonly acctSessionId: string }
  | { readonly type: 'TooBusy' }
  | { readonly type: 'ActionUnknown'; readonly name: string }
  | { readonly type: 'Unauthenticated' }
  | { readonly type: 'KeyInvalid' }
  | { readonly type: 'TestUnanswered'; readonly server: string; readonly cause: string }

export type KnownFault =
  | ModuleFault
  | OfferFault
  | PaymentFault
  | RolloutFault
  | UpdateFault
  | WalletFault
  | PayoutFault
  | PortalFault
  | RouterFault
  | SetupFault
  | StaffFault
  | SendingFault
  | VoucherFault
  | VoucherLoanFault
  | ActionFault
  | BackupsFault
  | ImportFault
  | MoveFault
  | TransferFault
  | { readonly type: 'UsageInvalid' }
  | AaaFault
  | PairingFault
  | WebServerFault
  | PortalServerFault
  | PortalTlsPortFault
  | ConfigFault
  | KeyFileFault
  | VaultFault
  | MoneyFault
  | QuantityFault
  | DatabaseFault
  | MigrationFault
  | DispatchFault
  | AuditFault
  | CustomerFault
  | FolderFault
  | OfflineFault
  | NameFault
  | RpcFault
  | TlsFault
  | CertificateAcmeFault
  | NetworkActionFault

type Sentences = { readonly [T in KnownFault['type']]: (fault: Extract<KnownFault, { type: T }>) => string }

const OLD_BOX = 'The running box is of another release than this command: restart the box.'

const sentences: Sentences = {
  ...acmeSentences,
  ...networkSentences,
  ...setupSentences((fault) => faultSentence(fault)),
  ...rolloutSentences,
  ...updateSentences,
  ...standbySentences,
  ...backupSentences,
  // The desk
  PlanNameTaken: ({ name }) => `A plan is called ${name} already. Choose another name. See: lango plan list`,
  PlanUnknown: ({ plan }) => `No plan is called ${plan}, or it is withdrawn. See: lango plan list`,
  PlanUnfit: ({ why }) => why,
  DeviceIsLogin: ({ login, device }) =>
    `${device} is what ${login} logs in by; it cannot be taken off. Suspend the subscriber, or change the device.`,
  SaleTimesUnfit: ({ why }) => why,
  NothingToTopUp: () => 'The plan has no such limit, so there is nothing to add to.',
  TopUpEndUnfit: ({ daysMax }) => `A top-up ends in the future, ${daysMax} days from now at the latest.`,
  TopUpsFull: ({ max }) => `${max} top-ups are kept of one subscriber, and so many are there already.`,
  LoginTaken: ({ login }) => `The login ${login} is taken. See who has it: lango subscriber show ${login}`,
  SerialTaken: ({ serial }) => `The ONT or CPE ${serial} logs in for another subscriber already.`,
  MacTaken: ({ mac }) => `The device ${mac} logs in for another subscriber already.`,
  DeviceTaken: ({ device, login }) =>
    `${device} is bound to ${login}, whose Wi-Fi passphrase it gets. Free it there first: lango subscriber free ${login} ${device}`,
  PassphraseTaken: () =>
    'Another subscriber has this Wi-Fi passphrase, and a device that types it could be either’s. Choose another, or have the box make one.',
  CredentialMissing: ({ why }) => why,
  SubscriberUnknown: ({ login }) =>
    `No subscriber has the login ${login}. Look for it: lango subscriber list --search ${login}`,
  PasswordUnreadable: ({ login }) =>
    `The password of ${login} cannot be read: its key is missing. Put the key file back from a backup, or set the password again.`,
  ServiceEnded: ({ login }) =>
    `The service of ${login} has ended and cannot be taken up again. Add a new one: lango subscriber add …`,
  GrantUnknown: ({ grantId }) => `There is no grant ${grantId}.`,
  GrantNotActive: () => 'This login is suspended, revoked or has ended: nothing can begin with it.',
  DevicesBound: () => 'As many devices as the plan allows are bound to this login already.',
  SessionNotOpen: ({ acctSessionId }) => `No open session has the id ${acctSessionId}. See: lango session list`,

  ClockUnsure: () =>
    'The clock of the box is not trusted yet, and what this plan sells has a date that depends on it. Wait until NTP has set it: timedatectl status',

  // A file to import
  FileUnreadable: ({ file, cause }) => `${file} cannot be read (${cause}).`,
  CsvQuote: ({ line }) =>
    `Line ${line} has a quote where none may stand, or one that is never closed: quote whole fields, and double a quote inside.`,
  CsvTooLong: ({ line, lengthMax }) =>
    `The record at line ${line} is longer than ${lengthMax} characters. Is a quote never closed?`,
  CsvEncoding: ({ line }) =>
    `The file is not UTF-8 after line ${line}. Save it as UTF-8; names and passwords would be changed otherwise.`,
  CsvNul: ({ line }) =>
    `The file has a NUL character after line ${line}: it is no list of text. Save it as CSV in UTF-8.`,
  LineUnreadable: ({ why }) => `It cannot be read: ${why}.`,
  FileTooLarge: ({ file, octetsMax }) =>
    `${file} is larger than ${octetsMax} octets. Export only the tables of subscribers and plans, or in parts.`,
  NothingFound: ({ product }) =>
    `Nothing of ${product} is in these files. Are they its exports, and complete? See: lango help import`,
  CodeMissing: () => 'A voucher is its code, and the code is not in the file. Export it with --with-secrets.',
  ColumnsWrong: ({ line, why }) => `Line ${line}: ${why}.`,
  LineRepeated: ({ what, name, before }) => `The ${what} ${name} stands in line ${before} already.`,
  ImportFaulty: ({ rows, faulty, lines, preview }) =>
    `${faulty} of ${rows} lines cannot be added, and nothing was loaded. Of the others ${preview.new} would be new, ${preview.changed} changed, ${preview.unchanged} unchanged.${listed(lines, faulty)}`,
  ImportPartly: ({ noun, added, lines }) =>
    `${added} ${noun} are written; these were taken or changed by somebody else meanwhile:${listed(lines, lines.length)}`,
  ImportStopped: ({ noun, added, line, why }) => `${added} ${noun} are written; it stopped at line ${line}: ${why}`,

  UploadEmpty: () => 'No file came, or not all of it. Choose it again.',
  UploadTooLarge: ({ mebibytesMax }) =>
    `The file is larger than the ${mebibytesMax} MiB that the desk takes. The command line takes any: lango help import`,
  TransferBusy: () => 'An import is going on. Wait until it is done, or ask whoever began it.',
  TransferGone: () => 'This import is over, or was left alone too long. Send the file again.',

  TestUnanswered: ({ server, cause }) =>
    `No answer that can be trusted came from ${server} (${cause}). Is the secret the same on both sides, is this machine a client there, and does it listen?`,

  WebhookUnknown: ({ number }) => `There is no webhook ${number}. See: lango webhook list`,
  WebhooksTooMany: ({ max }) => `There are ${max} webhooks, and no more can be. Remove one: lango webhook remove N`,
  WebhookOff: ({ number }) =>
    `Webhook ${number} is switched off, so nothing is sent there. Switch it on: lango webhook set ${number} --status active`,
  WebhookFull: ({ number }) =>
    `Webhook ${number} has as many events waiting as can wait. Its receiver takes none: lango webhook deliveries --webhook ${number}`,
  WebhookRemoved: () => 'The webhook that it was for has been removed.',
  DeliveryUnknown: ({ delivery }) => `There is no delivery ${delivery}. See: lango webhook deliveries`,
  DeliveryNotFailed: ({ delivery, state }) =>
    `Delivery ${delivery} is ${state}: only what was given up is sent again by hand.`,

  // What was typed
  UsageInvalid: () => 'The command was called in a way that does not exist. See: lango help',
  InputInvalid: ({ problems }) => (problems ?? []).map(problemSentence).join(' ') || 'What was given cannot be read.',
  MoneyUnreadable: ({ text }) => `'${text}' is no amount: write 1500 or 1500.00.`,
  MoneyTooPrecise: ({ text, decimals }) => `'${text}' has more digits than its currency, which has ${decimals}.`,
  MoneyTooLarge: ({ text }) => `'${text}' is more than can be counted.`,
  CurrencyUnknown: ({ currency }) => `'${currency}' is no currency: write three letters such as KES.`,
  QuantityUnreadable: ({ text, expected }) => `'${text}' cannot be read: write it like ${expected}.`,
  ConfigInvalid: ({ problems }) => problems.map(({ where, sentence }) => `${where}: ${sentence}`).join(' '),

  // The box and its socket
  BoxDown: ({ dir, action }) =>
    `${action} needs a running box, and none runs on ${dir}. Start it: lango start --data ${dir}`,
  BoxLost: ({ cause }) =>
    `The box was lost before it answered (${cause}). What was asked may have been done: look before you ask again.`,
  SocketForbidden: ({ file }) =>
    `${file} belongs to another user. Run this as the user that the box runs as: sudo -u lango lango …`,
  SocketInUse: ({ file }) => `Another box listens at ${file} already.`,
  TooBusy: () => 'The box has as many questions waiting as it can take. Ask again in a moment.',
  RequestMalformed: ({ cause }) => `The box did not understand what it was asked: ${cause}. ${OLD_BOX}`,
  RequestTooLarge: ({ bytesMax }) => `What was asked is larger than the ${bytesMax} octets a box takes at once.`,
  RequestFailed: () => 'The box failed to carry it out; its log says why. Nothing was changed.',
  CommandUnknown: ({ name }) => `The box has no command ${name}. ${OLD_BOX}`,
  QueryUnknown: ({ name }) => `The box has no query ${name}. ${OLD_BOX}`,
  ActionUnknown: ({ name }) => `The box cannot do ${name}. ${OLD_BOX}`,
  ColourUnfit: ({ colour, contrast }) =>
    `Text on ${colour} cannot be read (contrast ${contrast}, it takes 4.5). Choose a darker or a lighter colour.`,
  RetentionShorter: ({ sessionDays, decisionDays }) =>
    `That is shorter than now (sessions ${sessionDays} days, decisions ${decisionDays} days): what is older is removed for good. If it is meant, say so: --shorten, or "shorten": true.`,
  ...staffSentences,
  Unauthenticated: () =>
    'No token, or one that opens nothing. Send it as "Authorization: Bearer TOKEN"; make one: lango token create --role ROLE',
  KeyInvalid: () => 'An Idempotency-Key is 1 to 80 letters, digits, dots, colons, dashes and _.',
  Forbidden: ({ permission }) => `You may not do this: it needs the permission ${permission}.`,
  CommandIdReused: ({ id }) => `The command id ${id} was used for something else before.`,
  ToldOnce: ({ id }) => `${id} was carried out before, and its answer, which is secret, was told then.`,
  CommandFailed: ({ id }) =>
    `It failed three times for a reason nobody expected; the log has it under ${id}. Nothing was changed. Please report it.`,
  PortInUse: ({ port }) =>
    `Port ${port} is in use by another program. Stop that one (ss -lunp shows it), or choose another port; 0 picks a free one.`,
  WebPortUnavailable: ({ listen, port, code }) => {
    if (code === 'EADDRINUSE')
      return `Port ${port} for the web page is in use by another program. Choose another with --web-port; 0 picks a free one.`
    return `The web page cannot listen on ${listen} port ${port} (${code}). Choose another with --web-port.`
  },
  PortalPortUnavailable: ({ listen, port, code }) => {
    if (code === 'EADDRINUSE')
      return `Port ${port} for the captive portal is in use by another program. Choose another with --portal-port; 0 picks a free one.`
    if (code === 'EACCES')
      return `Port ${port} for the captive portal may not be opened by this user: ports under 1024 need root or CAP_NET_BIND_SERVICE.`
    return `The captive portal cannot listen on ${listen} port ${port} (${code}). Choose another with --portal-port.`
  },
  PortalTlsPortUnavailable: ({ listen, port, code }) => {
    if (code === 'EADDRINUSE')
      return `Port ${port} for the captive portal’s https is in use by another program. Choose another with --portal-tls-port; 0 picks a free one.`
    if (code === 'EACCES')
      return `Port ${port} for the captive portal’s https may not be opened by this user: ports under 1024 need root or CAP_NET_BIND_SERVICE.`
    return `The captive portal’s https cannot listen on ${listen} port ${port} (${code}). Choose another with --portal-tls-port.`
  },
  PortForbidden: ({ port }) =>
    `Port ${port} may not be opened by this user: ports under 1024 need root or CAP_NET_BIND_SERVICE. Choose another port.`,
  PortUnusable: ({ port, cause }) => `Port ${port} cannot be opened (${cause}). Check the address given with --listen.`,

  // The data folder
  FolderMissing: ({ dir }) =>
    `${dir} holds no box. Name its folder with --data, or start a new box there: lango start --data ${dir}`,
  FolderUnusable: ({ dir, cause }) => `The data folder ${dir} cannot be used: ${folderCause(cause)}.`,
  FolderInUse: ({ dir }) =>
    `The data folder ${dir} is in use: a box is running or starting there, or another command is writing. Wait a moment, or stop it first.`,
  FolderOfAnother: ({ dir, uid }) =>
    `The data folder ${dir} belongs to user ${uid}: files made by you could not be read by the box. Run this as that user: sudo -u '#${uid}' lango …`,

  FileUnwritable: ({ file, cause }) => `${file} cannot be written (${folderCause(cause)}).`,

  // Certificates
  TlsUnreadable: ({ file, cause }) => `${file} cannot be used: ${cause}.`,
  TlsUnwritable: ({ file, cause }) => `${file} cannot be written (${cause}).`,
  TlsMismatch: ({ cert, key }) => `The private key in ${key} is not that of the certificate in ${cert}.`,
  TlsMissing: ({ dir }) =>
    `${dir} holds no certificates: a box makes them when it is first started. Start it once: lango start --data DIR`,
  TlsOutOfDate: ({ cert, at }) =>
    `The certificate in ${cert} is not good today: its limit is ${localTime(at)}. Get a new one, and check the clock.`,
  NameUnfit: ({ name }) =>
    `'${name}' cannot be a certificate’s name: use 1 to 64 letters, digits, dots, dashes, _ and @.`,
  FileExists: ({ file }) => `${file} exists. Choose another folder, or overwrite it with --replace.`,

  // Databases and keys
  DatabaseMissing: ({ file }) => `The database ${file} is missing. Restore a backup: lango restore FILE`,
  NotADatabase: ({ file }) => `${file} is no database. Was it overwritten? Restore a backup: lango restore FILE`,
  DatabaseCorrupt: ({ file }) =>
    `The database ${file} is damaged. Stop the box and restore the last backup: lango restore FILE --replace`,
  DatabaseUnreachable: ({ file, cause }) => `The database ${file} cannot be opened: ${cause}.`,
  DatabaseReadOnly: ({ file }) =>
    `${file} is read-only: the disk is mounted read-only, or the file’s mode does not let this user write. Nothing was changed.`,
  DiskFull: ({ file }) => `The disk is full: ${file} cannot grow. Free some space; the box goes on by itself.`,
  DiskFailed: ({ file, cause }) =>
    `The disk failed while ${file} was read or written (${cause}). Replace the disk; what was answered before is in the backup and on disk.`,
  DatabaseBusy: ({ file }) => `${file} is held by another program. Wait a moment and try again.`,
  ReleaseTooOld: ({ file, minReader, release }) =>
    `${file} was written by a newer release: it needs schema ${minReader} and this release knows ${release}. Start the newer release again; the file was left as it is.`,
  SchemaDestructive: ({ file, differences }) =>
    `${file} does not fit this release, and nothing was changed: ${differences.join('; ')}.`,
  KeyFileMissing: ({ file }) =>
    `The key file ${file} is missing, and without it no password can be read. Put it back from a backup: lango restore FILE`,
  KeyFileUnreadable: ({ file, cause }) => `The key file ${file} cannot be used (${cause}). Put it back from a backup.`,
  KeyFileExposed: ({ file, mode, advice }) => `The key file ${file} has mode ${mode}. ${advice}`,
  KeyLost: ({ keyId, advice }) => `The key ${keyId} is not in the key file. ${advice}`,
  BoxInvalid: () => 'A sealed password was altered or moved, and cannot be opened. Set it again.',
  ...auditSentences,
  ...benchSentences,
  ...customerSentences,
  ...offerSentences,
  ...paymentSentences,
  ...walletSentences,
  ...payoutSentences,
  ...portalSentences,
  ...routerSentences,
  ...voucherSentences,
  ...voucherLoanSentences,
  ...sendingSentences,
}

/** The sentence of any fault; one that is not known by name is shown with what it carries. */
export const faultSentence = ({ soFar, ...fault }: Fault & { readonly soFar?: unknown }): string => {
  if (soFar !== undefined) return `${faultSentence(fault)} A part was done before that; the same again does the rest.`
  // Each takes its own fault only: what they have in common is that they take no other.
  const known: ((own: never) => string) | undefined = Object.hasOwn(sentences, fault.type)
    ? sentences[fault.type as KnownFault['type']]
    : undefined
  if (known !== undefined) return known(fault as never)
  const { type, ...rest } = fault
  return `It was refused: ${type}${Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''}.`
}

const listed = (lines: readonly FaultyLine[], total: number): string => {
  const rest = total - lines.length
  return [
    ...lines.map(({ line, sentence }) => `\n  line ${line}: ${sentence}`),
    ...(rest > 0 ? [`\n  and ${rest} more`] : []),
  ].join('')
}

/** Options whose names differ from what they set. */
const optionNames: Readonly<Record<string, string>> = {
  requireMessageAuthenticator: 'message-authenticator',
  sessionTimeoutSec: 'session-sec',
  idleTimeoutSec: 'idle-sec',
  deviceLimit: 'devices',
  validitySec: 'valid',
  quotaOctets: 'data-mb',
  priceMinor: 'price',
  delegatedIpv6Pool: 'delegated-pool',
  onExpiry: 'expired',
}

const problemSentence = ({ path, message }: { readonly path: string; readonly message: string }): string => {
  const field = path.split('.').at(-1) ?? ''
  const option = optionNames[field] ?? field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `${option === '' ? '' : `--${option}: `}${message}${message.endsWith('.') ? '' : '.'}`
}

const folderCause = (cause: string): string => {
  if (cause === 'EROFS') return 'the disk is mounted read-only'
  if (cause === 'EACCES' || cause === 'EPERM') return 'this user may not write there'
  if (cause === 'ENOSPC') return 'the disk is full'
  if (cause === 'ENOTDIR' || cause === 'EEXIST') return 'a file is in its place'
  return cause
}

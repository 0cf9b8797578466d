/** What is not as it should be, in English. */
import { whyText } from '@lango/modules/rollouts'
import { formatMoney, money } from '@lango/kernel'
import type { ControlFault, HotspotTrouble } from '@lango/modules/network'
import type { NoPublicName } from '../tls/index.ts'
import { englishMachine } from './english-machine.ts'
import type { CertificateName, FindingWords } from './findings.ts'
import { listed } from './named.ts'

const MORE = 'and {n} more'
export const certificateTitles: Readonly<Record<CertificateName, string>> = {
  ca: 'The authority’s certificate',
  own: 'Your own server certificate',
  server: 'The box’s server certificate',
}
const certificateRemedy = (certificate: CertificateName): string =>
  certificate === 'own'
    ? 'Put the renewed one in its place: on the page Settings, or lango tls use --cert FILE --key FILE'
    : certificate === 'ca'
      ? 'Devices and routers must trust another: make new client certificates with your own authority in time.'
      : 'Make a new one on the page Settings, or restart the box: it renews it.'
const controlFaults: Readonly<Record<ControlFault['why'], string>> = {
  unreachable: 'not reached',
  certificate: 'its certificate is not the confirmed one',
  login: 'refuses the login',
  refused: 'refuses to be read',
  silent: 'stops answering',
  password: 'its password cannot be opened',
  'no-address': 'has no address to log in at',
}
const hotspotTroubles: Readonly<Record<HotspotTrouble['what'], string>> = {
  taken: 'a row of the operator’s is in the way',
  refused: 'the router does not take what is written',
  page: 'a page was not brought there',
  unready: 'the box does not know what to write',
}
const noNames: Readonly<Record<NoPublicName, string>> = {
  box: 'the certificate in use is the box’s own, which no stranger’s phone trusts',
  'self-signed': 'the certificate in use has signed itself, and no phone trusts it',
  unnamed: 'the certificate in use is for no name that is known outside',
}
const BACKUP_REMEDY = 'Make one, and keep it on another machine: lango backup FILE'
const SCHEDULE_REMEDY = 'It is tried again by itself; see what went wrong: lango backup runs'

export const englishFindings: FindingWords = {
  ...englishMachine,
  'accounting-unstored': () => ({
    sentence: 'Accounting cannot be stored, so it is not answered: routers keep it and send it again.',
    remedy: 'Free some space, or replace the disk; the log says what failed. The box goes on by itself.',
  }),
  'logins-slow': ({ logins, p95Ms, p95MsMax }, { ms }) => ({
    sentence: `Of the last five minutes’ ${logins} logins 95 % were answered within ${ms(p95Ms)}. That is more than ${ms(p95MsMax)}.`,
    remedy: 'Is another program busy on this machine, or its disk slow? lango decisions shows what took how long.',
  }),
  'clock-unsure': () => ({
    sentence:
      'The clock is unsure: the box serves on its last known time; nothing expires, and nothing with a date is sold.',
    remedy: 'Let NTP set it (timedatectl set-ntp true), or give the board a battery. The box goes on by itself.',
  }),
  'certificates-none': () => ({
    sentence: 'There are no certificates yet.',
    remedy: 'The box makes them when it starts.',
  }),
  'certificate-unfit': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Restore it from a backup, or remove it and start the box: it makes a new one.',
  }),
  'certificate-ending': ({ certificate, notAfter }, { time }) => ({
    sentence: `${certificateTitles[certificate]} is good until ${time(notAfter)}.`,
    remedy: certificateRemedy(certificate),
  }),
  'certificate-ended': ({ certificate, notAfter }, { time }) => ({
    sentence: `${certificateTitles[certificate]} ended on ${time(notAfter)}: devices refuse it.`,
    remedy: certificateRemedy(certificate),
  }),
  'acme-failing': ({ names, fault, failures, nextAt }, say) => ({
    sentence: `No certificate for ${say.name(names)} could be got, ${failures === 1 ? 'once' : `${failures} times`} now. ${say.fault(fault)}`,
    remedy: `It is tried again by itself from ${say.time(nextAt)} on. At once: lango tls acme --now`,
  }),
  'portal-nameless': ({ why, port }) =>
    why === 'port'
      ? {
          sentence: `The captive portal is not served over https: port ${port} cannot be opened.`,
          remedy: 'The log says why. Free the port, or choose another with --portal-tls-port, and restart the box.',
        }
      : {
          sentence: `The captive portal is not served over https: ${noNames[why]}.`,
          remedy:
            'Put one for a public name of this box in its place: on the page Settings, under Certificates. Until then phones are led to the portal over plain http.',
        },
  'routers-none': () => ({
    sentence: 'No router may ask this box yet.',
    remedy: 'Add one: lango router add NAME --address IP-OR-CIDR --secret S',
  }),
  'routers-never': (names, say) => ({
    sentence: `Never heard: ${listed(names, MORE, say.name)}.`,
    remedy: 'Check the address, the ports and the shared secret on the router, and the way from it to this box.',
  }),
  'routers-silent': (routers, say) => ({
    sentence: `Not heard for a day: ${listed(routers, MORE, ({ name, silentHours }) => `${say.name(name)} (${say.hoursAgo(silentHours)})`)}.`,
    remedy: 'Is it switched on, and is there a way to this box?',
  }),
  'routers-uncontrolled': (routers, say) => ({
    sentence: `The box cannot log in to: ${listed(routers, MORE, ({ name, why, detail }) => say.name(`${name} (${controlFaults[why]}${detail === '' ? '' : `: ${detail}`})`))}. Customers with a fixed address stay there as they are: who has paid is not let in, who has not is not shut out.`,
    remedy: 'The page of the router, under Control, says what to do. The box tries again by itself.',
  }),
  'routers-troubled': (routers, say) => ({
    sentence: `Customers with a fixed address who are not held as they should be: ${listed(routers, MORE, ({ name, customers }) => say.name(`${name} (${customers})`))}.`,
    remedy: 'The page of the router, under Control, says who and why.',
  }),
  'hotspots-troubled': (routers, say) => ({
    sentence: `Hotspots that are not as they should be: ${listed(routers, MORE, ({ name, what, said }) => say.name(`${name} (${hotspotTroubles[what]}${said === '' ? '' : `: ${said}`})`))}.`,
    remedy: 'The page of the router, under Control, says what is amiss there. The box tries again by itself.',
  }),
  'rollout-halted': ({ version, ...routers }, say) => ({
    sentence: `The rollout of RouterOS ${version} has stopped, because too many routers failed: ${listed(routers, MORE, (one) => say.name(`${one.name} (${whyText('en', one)})`))}. No other router is begun.`,
    remedy:
      'See to those routers: `lango rollout status`. Then go on with `lango rollout resume`, with --retry to try them again, or end it with `lango rollout cancel`.',
  }),
  'rollout-portal': ({ version }) => ({
    sentence: `Routers cannot fetch RouterOS ${version} from the box, because it has no portal.`,
    remedy: 'Start the box with --portal-port, or end the rollout and take MikroTik’s own servers: --from mikrotik.',
  }),
  'payments-unread': ({ minutes }) => ({
    sentence: `M-Pesa’s list of payments could not be read for ${minutes} minutes: what was paid without a prompt, or after one had failed, is not seen.`,
    remedy:
      'The log says why. Is there a way to the internet, and may the app read transactions (Pull)? What prompts tell goes on.',
  }),
  'payments-unmatched': ({ payments }) => ({
    sentence: `${payments === 1 ? 'A payment waits' : `${payments} payments wait`} for somebody to say what the money was for.`,
    remedy: 'The page Payments, under those that wait, says what is known of each.',
  }),
  'refunds-troubled': ({ unknown, unanswered, failed }) => ({
    sentence: `Money to be paid back by M-Pesa: of ${unknown} nobody knows whether it went, of ${unanswered} M-Pesa has not said so, ${failed} failed in the last day.`,
    remedy:
      'lango payment refunds lists them. Look at Safaricom’s portal whether the receipts are reversed, and say it: lango payment refund-said RECEIPT done, or failed. None is sent again by itself. The money of those that failed waits for somebody.',
  }),
  'payouts-troubled': ({ unknown, unanswered, failed, waiting }) => ({
    sentence: `Money to be paid out by M-Pesa: of ${unknown} nobody knows whether it went, of ${unanswered} M-Pesa has not said so, ${failed} failed in the last day, ${waiting} wait for somebody to release them for over a day.`,
    remedy:
      'lango payout list shows them. Look at Safaricom’s portal whether they were paid, and say it: lango payout said NUMBER done, or failed. What waits is released by somebody else than whoever asked for it: lango payout release NUMBER, or turn-down.',
  }),
  'payouts-unfunded': ({ hasMinor, needsMinor, currency }) => ({
    sentence: `The shortcode has ${formatMoney(money(hasMinor, currency))} to pay out from, and ${formatMoney(money(needsMinor, currency))} waits to go out.`,
    remedy:
      'Move money to the utility account in Safaricom’s portal, or turn down what can wait: lango payout list --state waiting',
  }),
  'payments-disputed': ({ movements }) => ({
    sentence: `M-Pesa says another end than stands here of ${movements} that were to go back or out, within a week.`,
    remedy:
      'Nothing was changed by it. lango payment refunds and lango payout list show what M-Pesa says under M-PESA SAYS: compare Safaricom’s portal, and what was given or paid back a second time meanwhile.',
  }),
  'payments-forged': ({ denied, mismatched }) => ({
    sentence: `Callbacks of the last day that do not agree with M-Pesa: ${denied} of purchases that are not paid, ${mismatched} of another prompt, amount or shortcode.`,
    remedy:
      'Nothing was given for them, or it was taken back. lango payment callbacks says what came and from where: somebody may read the addresses that prompts are told of at. Is it https all the way? lango setting set mpesa.trustUpTo 0 gives nothing before M-Pesa confirms it.',
  }),
  'routers-unknown': (strangers, say) => ({
    sentence: `Unknown addresses speak RADIUS to this box: ${listed(strangers, MORE, ({ address, packets, agoSec }) => `${say.name(address)} (${packets} packets, ${say.secAgo(agoSec)})`)}.`,
    remedy: `If it is yours: lango router add NAME --address ${say.name(strangers.first[0]?.address ?? 'IP')} --secret S`,
  }),
  lockouts: (logins, say) => ({
    sentence: `Locked out after too many wrong passwords: ${listed(logins, MORE, say.name)}.`,
    remedy: 'It ends by itself after some minutes. lango decisions LOGIN tells which device tries.',
  }),
  'messages-untaken': ({ inRow, ...channels }, say) => ({
    sentence: `The last ${inRow} messages were not taken: ${listed(channels, MORE, ({ channel, reason }) => `${channel} (${say.name(reason)})`)}.`,
    remedy: 'Mend what the provider says, and see whether it works: lango message test CHANNEL TO',
  }),
  'jobs-failed': (jobs, say) => ({
    sentence: `Given up after every try: ${listed(jobs, MORE, ({ name, error }) => say.name(error === null ? name : `${name} (${error})`))}.`,
    remedy: 'Mend the cause; the log has all of it.',
  }),
  'webhooks-troubled': (endpoints) => ({
    sentence: `Webhooks: ${listed(endpoints, MORE, ({ number, isGone, events }) =>
      isGone ? `${number} asks never to be asked again` : `${number} has not taken ${events} events`,
    )}.`,
    remedy:
      'lango webhook deliveries --state failed says why; lango webhook retry N sends again; lango webhook remove N gives it up.',
  }),
  'backup-none': () => ({ sentence: 'No backup has been made yet.', remedy: BACKUP_REMEDY }),
  'backup-old': ({ ageHours, file, octets }, say) => ({
    sentence: `The last backup is from ${say.hoursAgo(ageHours)}: ${file}, ${say.octets(octets)}.`,
    remedy: BACKUP_REMEDY,
  }),
  'backup-failed': ({ place, error }) => ({
    sentence: `The last backup to ${place} failed: ${error ?? 'no cause is known'}.`,
    remedy: SCHEDULE_REMEDY,
  }),
  'backup-late': ({ place }) => ({
    sentence: `No backup has reached ${place} for longer than its schedule says.`,
    remedy: SCHEDULE_REMEDY,
  }),
  'shelves-silent': (shelves, say) => ({
    sentence: `No backup has come for days from: ${listed(shelves, MORE, ({ name, silentHours }) => `${name} (${say.hoursAgo(silentHours)})`)}.`,
    remedy:
      'See on that box how its backups went: lango backup runs. Is it on, and does it reach this one? If it is no more: lango backup shelf remove NAME',
  }),
  'update-waits': ({ version }, say) => ({
    sentence: `Release ${say.name(version)} is offered, and waits for somebody to install it.`,
    remedy: 'Read what it brings: lango update status. Then lango update install, or lango update set --mode auto.',
  }),
  'updates-unread': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'It is tried again by itself. What is set: lango update status',
  }),
  'standby-away': ({ name, isCatchingUp, since }, say) => ({
    sentence: isCatchingUp
      ? `The standby ${say.name(name)} is still being given what it lacks, since ${say.time(since)}: it could not take over without a loss.`
      : `The standby ${say.name(name)} has not been there since ${say.time(since)}: what is acknowledged now is on this box alone.`,
    remedy: 'Is it switched on, and is there a way to it? It is taken in again by itself. See: lango standby status',
  }),
  'took-over': ({ name, at, missingSince }, say) => ({
    sentence: `This box took over from ${say.name(name)} at ${say.time(at)}. It had everything until ${say.time(missingSince)}; what ${say.name(name)} may have acknowledged alone after that is on its disk only.`,
    remedy: `Bring ${say.name(name)} back as the standby, or give it up: lango standby leave. It keeps what it had in a folder of its own, which its log and lango standby status name.`,
  }),
  'set-aside': ({ at, dir }, { time }) => ({
    sentence: `When this box became the standby at ${time(at)}, what it had was put aside into ${dir}.`,
    remedy: 'Compare it with what is served now, and remove the folder when nothing in it is wanted.',
  }),
  'audit-broken': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Find out who can write to site.db, and compare with a backup: lango audit verify --against FILE',
  }),
  'audit-unsigned': () => ({
    sentence: 'The audit log has grown for hours, and the box has not signed it.',
    remedy: 'Restart the box: it signs at its start. The log says why it does not.',
  }),
}

/** What may be amiss with the machine and its packets, in English. */
import type { MachineFacts, PortName } from './machine-facts.ts'
import type { FindingWords, Say } from './findings.ts'

const told = (count: number, one: string, more: string): string => (count === 1 ? `1 ${one}` : `${count} ${more}`)

const portTitles: Readonly<Record<PortName, string>> = {
  auth: 'authentication',
  acct: 'accounting',
  radsec: 'RadSec',
  web: 'the desk',
  portal: 'the captive portal',
  portalTls: 'the captive portal’s https',
}
const holderTold = ({ program, pid, user }: NonNullable<MachineFacts['port-closed']['holder']>, say: Say): string =>
  program === undefined
    ? `a program of the user ${say.name(user)}`
    : `${say.name(program)} (process ${pid}, user ${say.name(user)})`

type Disk = MachineFacts['disk-low']
const diskSentence = ({ freeOctets, sizeOctets, dir }: Disk, { octets }: Say): string =>
  `${octets(freeOctets)} of ${octets(sizeOctets)} are free where ${dir} lies.`
const DISK_REMEDY = 'Free some space, or move the data folder to a larger disk.'
const NEW_DISK = 'Make a backup now (lango backup FILE), and replace the disk: restore on the new one.'
const PORT_REMEDY = 'ss -lntup shows who has which port; the box says its own at its start.'

export const englishMachine: Pick<FindingWords, keyof MachineFacts> = {
  'disk-low': (disk, say) => ({ sentence: diskSentence(disk, say), remedy: DISK_REMEDY }),
  'disk-out': (disk, say) => ({
    sentence: `${diskSentence(disk, say)} Accounting is not answered when nothing is left.`,
    remedy: DISK_REMEDY,
  }),
  'inodes-low': ({ free, dir }) => ({
    sentence: `Only ${told(free, 'file', 'files')} can still be made where ${dir} lies, however much space is free.`,
    remedy: 'Find the folder with very many small files on that disk, and empty it: du --inodes -d2 /',
  }),
  'inodes-out': ({ dir }) => ({
    sentence: `No more files can be made where ${dir} lies, however much space is free: accounting stops.`,
    remedy: 'Find the folder with very many small files on that disk, and empty it: du --inodes -d2 /',
  }),
  'disk-read-only': ({ dir }) => ({
    sentence: `The file system where ${dir} lies is read-only: no accounting can be stored, and nothing sold.`,
    remedy:
      'Linux does this when the disk fails. Look at its messages (dmesg), restart the machine, and if it comes back replace the disk and restore a backup.',
  }),
  'disk-errors': ({ disk, errors }) => ({
    sentence: `The file system on ${disk} has met ${told(errors, 'error', 'errors')}: some of it may be lost.`,
    remedy: `${NEW_DISK} A check of the file system at the next start (fsck -f) mends what it can.`,
  }),
  'disk-failing': ({ disk }) => ({
    sentence: `The disk ${disk} says itself that it is failing.`,
    remedy: NEW_DISK,
  }),
  'disk-reserve-low': ({ disk }) => ({
    sentence: `The disk ${disk} has little left of the spare blocks that it replaces bad ones with.`,
    remedy: NEW_DISK,
  }),
  'disk-worn': ({ disk, wornPercent }) => ({
    sentence:
      wornPercent > 100
        ? `The disk ${disk} has been written to for longer than its maker vouches for.`
        : `The disk ${disk} has used about ${wornPercent} % of the life that its maker gives it.`,
    remedy:
      'It may go on for long, and may stop without a warning: see that backups are made, and have another disk at hand.',
  }),
  'disk-pressed': ({ percent }) => ({
    sentence: `In ${percent} % of the last five minutes everything waited for the disk.`,
    remedy:
      'Which program writes so much? (iotop -o, or pidstat -d 5) Old flash gets slow too: lango bench-self measures it.',
  }),
  'memory-low': ({ availableOctets, totalOctets }, { octets }) => ({
    sentence: `${octets(availableOctets)} of ${octets(totalOctets)} of memory are left for programs.`,
    remedy: 'See which program has it (top, then M), and stop what need not run on this machine.',
  }),
  'memory-pressed': ({ percent }) => ({
    sentence: `In ${percent} % of the last five minutes everything waited for memory.`,
    remedy: 'See which program has it (top, then M), and stop what need not run on this machine.',
  }),
  'memory-ran-out': ({ kills }) => ({
    sentence: `Memory ran out: Linux has ended ${told(kills, 'program', 'programs')} since the machine started.`,
    remedy:
      'journalctl -k --grep "Out of memory" says which, and when. The machine wants more memory, or fewer programs.',
  }),
  'load-high': ({ perProcessor, processors }) => ({
    sentence: `For five minutes ${perProcessor.toFixed(1)} programs have waited for each of the ${told(processors, 'processor', 'processors')}.`,
    remedy: 'See which program is busy (top). Logins go first here, but a machine that is never idle answers late.',
  }),
  'too-warm': ({ celsius, criticalC }) => ({
    sentence: `The machine is at ${celsius} °C, and stops or slows down at ${criticalC} °C.`,
    remedy: 'Give it air and shade, free its fan and vents of dust, and do not stack it on what gets warm itself.',
  }),
  'clock-unsynced': () => ({
    sentence:
      'Nothing keeps the clock in step: it runs on the machine’s own, which is wrong by seconds a week, or by minutes.',
    remedy:
      'timedatectl set-ntp true, and see that the time server can be reached; without internet name one of your own in /etc/systemd/timesyncd.conf.',
  }),
  'wal-large': ({ siteOctets, sessionsOctets }, { octets }) => ({
    sentence: `The write-ahead logs have ${octets(siteOctets)} and ${octets(sessionsOctets)}. Something has been reading for long.`,
    remedy: 'Stop programs that read the databases; the log shrinks by itself.',
  }),
  'folder-open': ({ dir, mode }) => ({
    sentence: `${dir} has mode ${mode}: others may look into it.`,
    remedy: `chmod 700 ${dir}`,
  }),
  'buffer-small': ({ grantedOctets, wantedOctets }, { octets }) => ({
    sentence: `Receive buffers may have ${octets(grantedOctets)} and ${octets(wantedOctets)} are wanted: after a power cut, when everybody dials, packets are lost.`,
    remedy: 'sysctl -w net.core.rmem_max=8388608, and the same in /etc/sysctl.d; then restart the box.',
  }),
  'database-damaged': ({ first }) => ({
    sentence: `It is damaged: ${first.join('; ')}.`,
    remedy: 'Stop the box and restore the last backup: lango restore FILE --replace',
  }),
  'keys-unfit': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Put keys.json back from a backup: lango restore FILE',
  }),
  'keys-lost': () => ({
    sentence: 'Passwords or router secrets are sealed under keys that the key file lacks: their logins are refused.',
    remedy: 'Put keys.json back from a backup, or set those passwords again.',
  }),
  'port-closed': ({ name, port, holder }, say) => ({
    sentence:
      holder === undefined
        ? `Nobody answers on port ${port} (${portTitles[name]}), though the box runs.`
        : `Port ${port} (${portTitles[name]}) is not the box’s: ${holderTold(holder, say)} has it.`,
    remedy:
      holder === undefined
        ? 'Restart the box; its log says why it does not listen there.'
        : `Stop that program, and restart the box; or give the box another port. ${PORT_REMEDY}`,
  }),
  'port-taken': ({ name, port, holder }, say) => ({
    sentence: `Port ${port}, where ${portTitles[name]} is asked for unless told otherwise, is taken: ${holderTold(holder, say)} has it.`,
    remedy: `The box cannot start there. Stop that program (systemctl disable --now NAME), or start the box with another port. ${PORT_REMEDY}`,
  }),
  'radius-silent': ({ port }) => ({
    sentence: `A Status-Server to the box’s own port ${port} is not answered: routers wait, and turn to another server.`,
    remedy: 'Restart the box, and make a support bundle: lango support-bundle FILE',
  }),
  'uplink-none': () => ({
    sentence:
      'No way leads out of this machine: it has no default route. Logins go on; M-Pesa, SMS, updates and backups elsewhere do not.',
    remedy: 'Is the cable of the uplink plugged in, and does its router give addresses? ip route shows what there is.',
  }),
  'names-none': () => ({
    sentence: 'No server is set that names are asked of: nothing outside can be found by its name.',
    remedy: 'Let the uplink tell one by DHCP, or write one into /etc/resolv.conf: nameserver ADDRESS',
  }),
  'names-unanswered': ({ server, cause }, say) => ({
    sentence: `The name server ${say.name(server)} does not answer (${say.name(cause)}): nothing outside is found by its name.`,
    remedy: 'Is the uplink up? Else choose another server: in the uplink’s router, or in /etc/resolv.conf.',
  }),
  'update-rolled-back': ({ why, at }, say) => ({
    sentence: `The update of ${say.time(at)} did not hold, and the release before runs again: ${say.name(why)}.`,
    remedy:
      'Nothing is lost. Make a support bundle (lango support-bundle FILE) and ask before you try the same one again.',
  }),
  'update-refused': ({ why, at }, say) => ({
    sentence: `The update of ${say.time(at)} was refused: ${say.name(why)}.`,
    remedy: 'Nothing was changed. Fetch the bundle again from where Lango’s releases are, for this kind of machine.',
  }),
  'packets-dropped': ({ count }) => ({
    sentence: `${told(count, 'packet was', 'packets were')} dropped without an answer since the start.`,
    remedy: 'A wrong shared secret is the most frequent cause: set it again on both sides. The log counts the causes.',
  }),
  'radsec-unknown': ({ count }) => ({
    sentence: `${told(count, 'RadSec connection was', 'RadSec connections were')} closed since the start: the certificate is good, but no router goes by its name.`,
    remedy: 'Say whose it is: lango router set ROUTER --radsec-identity NAME. The log has the addresses.',
  }),
  'radsec-handshakes': ({ count }) => ({
    sentence: `${told(count, 'RadSec connection', 'RadSec connections')} could not be made since the start.`,
    remedy:
      'If a router of yours is missing: give it a certificate of this box (lango tls issue NAME --out DIR) and the authority (lango tls show), and set its clock. The log has the addresses; strangers who try the port may be left alone.',
  }),
  'radsec-dropped': ({ count }) => ({
    sentence: `${told(count, 'packet or connection', 'packets or connections')} of RadSec ${count === 1 ? 'was' : 'were'} dropped since the start.`,
    remedy:
      'The log counts the causes: a router that breaks the protocol wants newer software; a limit that was reached, fewer connections.',
  }),
  'decisions-lost': ({ count }) => ({
    sentence: `${told(count, 'decision is', 'decisions are')} missing from the log of decisions since the start: the disk did not take ${count === 1 ? 'it' : 'them'}. The logins were answered all the same.`,
    remedy: 'Look at the disk, above; lango decisions has a gap until it takes them again.',
  }),
}

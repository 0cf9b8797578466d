/**
 * Faults in the words of a page, where those of the command line will not do: they name commands to type, and there is
 * no Swahili of them.
 */
import type { Fault } from '@lango/kernel'
import { fill, type Lang } from '@lango/kernel/ui'
import { backupFaultWords } from './backup-fault-words.ts'
import { offerFaultWords } from './offer-fault-words.ts'
import { paymentFaultWords } from './payment-fault-words.ts'
import { portalFaultWords } from './portal-fault-words.ts'
import { routerFaultWords } from './router-fault-words.ts'
import { rolloutFaultWords } from './rollout-fault-words.ts'
import { updateFaultWords } from './update-fault-words.ts'
import { walletFaultWords } from './wallet-fault-words.ts'
import { staffFaultWords } from './staff-fault-words.ts'
import { voucherFaultWords } from './voucher-fault-words.ts'

export type FaultWords = Readonly<Record<Lang, string>>

const words: Readonly<Record<string, FaultWords>> = {
  Forbidden: {
    en: 'You may not do this: it takes the permission {permission}. An owner can give it to you.',
    sw: 'Huruhusiwi kufanya hivi: inahitaji ruhusa ya {permission}. Mmiliki anaweza kukupa.',
  },
  BenchBusy: {
    en: 'The box is answering {perSec} requests a second: it measures itself when there is less to do, at night for example.',
    sw: 'Kisanduku kinajibu maombi {perSec} kwa sekunde: hujipima kunapokuwa na kazi kidogo, kwa mfano usiku.',
  },
  BenchNoRoom: {
    en: 'Measuring takes a second box beside this one, and there is not enough memory or disk free for it.',
    sw: 'Kupima kunahitaji kisanduku cha pili kando ya hiki, na hakuna kumbukumbu au diski ya kutosha kwa hilo.',
  },
  BenchFailed: {
    en: 'Nothing could be measured: {cause}. The box itself goes on as before.',
    sw: 'Hakuna kilichopimika: {cause}. Kisanduku chenyewe kinaendelea kama kawaida.',
  },
  BenchStopped: {
    en: 'The measurement was stopped before its end: nothing was kept of it.',
    sw: 'Kupima kulisimamishwa kabla ya mwisho: hakuna kilichohifadhiwa.',
  },
  ClockUnsure: {
    en: 'The clock of the box is not trusted yet, and this depends on a date. Wait until the box has the right time.',
    sw: 'Saa ya kisanduku bado haiaminiki, na hili linategemea tarehe. Subiri hadi kisanduku kipate saa sahihi.',
  },
  NotAppliance: {
    en: 'This is no appliance image: the machine’s own network stays as it is.',
    sw: 'Hii si picha ya kifaa cha Lango: mtandao wa mashine unabaki ulivyo.',
  },
  NetworkSilent: {
    en: 'The service that sets up the network has told nothing yet. Wait a moment, and look again.',
    sw: 'Huduma inayoweka mtandao bado haijasema lolote. Subiri kidogo, kisha angalia tena.',
  },
  NetworkPlanFaulty: {
    en: 'Something is wrong with this plan; nothing was changed.',
    sw: 'Kuna kosa kwenye mpango huu; hakuna kilichobadilishwa.',
  },
  NetworkTrialOver: {
    en: 'There is nothing to confirm: the change was taken back, or is kept already.',
    sw: 'Hakuna cha kuthibitisha: mabadiliko yamerudishwa, au tayari yamehifadhiwa.',
  },
  AcmeUnset: { en: 'Nothing is set yet.', sw: 'Bado hakuna kilichowekwa.' },
  AcmeUnreachable: {
    en: 'The authority at {server} cannot be asked: {cause}. Is there a way to the internet?',
    sw: 'Mamlaka iliyo {server} haiwezi kuulizwa: {cause}. Je, kuna njia ya intaneti?',
  },
  AcmeRefused: {
    en: 'The authority refuses ({problem}): {detail}',
    sw: 'Mamlaka imekataa ({problem}): {detail}',
  },
  AcmeUnproven: {
    en: 'The authority has not found the proof for {name} in the DNS: {detail}. Does the zone’s public server have what was written?',
    sw: 'Mamlaka haikupata uthibitisho wa {name} kwenye DNS: {detail}. Je, seva ya hadhara ya zoni ina kilichoandikwa?',
  },
  AcmeSlow: {
    en: 'The authority has not been done in time. It is asked again by itself.',
    sw: 'Mamlaka haikumaliza kwa wakati. Itaulizwa tena yenyewe.',
  },
  DnsRefused: {
    en: 'The proof could not be written to the DNS at {name}: {cause}. Check the server, the zone and the key.',
    sw: 'Uthibitisho haukuweza kuandikwa kwenye DNS kwenye {name}: {cause}. Angalia seva, zoni na ufunguo.',
  },
  InputInvalid: {
    en: 'Something in the form cannot be read. See the fields.',
    sw: 'Kuna kitu kwenye fomu kisichosomeka. Angalia sehemu zake.',
  },
  PlanNameTaken: {
    en: 'A plan is called {name} already. Choose another name.',
    sw: 'Tayari kuna kifurushi kiitwacho {name}. Chagua jina lingine.',
  },
  PlanUnknown: {
    en: 'No plan is called {plan}, or it is withdrawn. Choose another.',
    sw: 'Hakuna kifurushi kiitwacho {plan}, au kimeondolewa. Chagua kingine.',
  },
  PlanUnfit: {
    en: 'The terms of the plan do not hold together: {why}',
    sw: 'Masharti ya kifurushi hayaendani: {why}',
  },
  LoginTaken: {
    en: 'The login {login} is taken. Choose another.',
    sw: 'Jina la kuingia {login} limechukuliwa. Chagua lingine.',
  },
  SerialTaken: {
    en: 'The ONT or CPE {serial} logs in for another subscriber already.',
    sw: 'ONT au CPE {serial} tayari inaingia kwa mteja mwingine.',
  },
  MacTaken: {
    en: 'The device {mac} logs in for another subscriber already.',
    sw: 'Kifaa {mac} tayari kinaingia kwa mteja mwingine.',
  },
  CredentialMissing: {
    en: 'A password is needed, or a device address (MAC) to log in by.',
    sw: 'Nenosiri linahitajika, au anwani ya kifaa (MAC) ya kuingilia.',
  },
  SubscriberUnknown: {
    en: 'No subscriber has the login {login}.',
    sw: 'Hakuna mteja mwenye jina la kuingia {login}.',
  },
  CustomerUnknown: { en: 'This customer is not there any more.', sw: 'Mteja huyu hayupo tena.' },
  CustomerClosed: {
    en: 'This customer was erased, or all that was theirs is another’s. Nothing can be added or changed.',
    sw: 'Mteja huyu amefutwa, au vyote vilivyokuwa vyake ni vya mwingine. Hakuna kinachoweza kuongezwa wala kubadilishwa.',
  },
  MoveNeedless: {
    en: '{login} is this customer’s already, or the only service of its own.',
    sw: '{login} tayari ni ya mteja huyu, au ndiyo huduma pekee ya mteja wake.',
  },
  ServicesFull: {
    en: 'A customer has at most {max} services, and this one has so many. Make another customer.',
    sw: 'Mteja huwa na huduma zisizozidi {max}, na huyu tayari anazo. Tengeneza mteja mwingine.',
  },
  ServiceEnded: {
    en: 'The service of {login} has ended and cannot be taken up again. Add a new one.',
    sw: 'Huduma ya {login} imeisha na haiwezi kuendelezwa. Ongeza mpya.',
  },
  SessionNotOpen: {
    en: 'This session is over already.',
    sw: 'Kipindi hiki tayari kimeisha.',
  },
  KeyLost: {
    en: 'This secret cannot be read: its key is not in the key file. Put the key file back from a backup, or set a new one.',
    sw: 'Siri hii haiwezi kusomwa: ufunguo wake haumo kwenye faili ya funguo. Rudisha faili ya funguo kutoka nakala rudufu, au weka mpya.',
  },
  BoxInvalid: {
    en: 'This secret was altered or moved and cannot be opened. Set a new one.',
    sw: 'Siri hii imebadilishwa au kuhamishwa na haiwezi kufunguliwa. Weka mpya.',
  },
  BatchUnknown: { en: 'There is no batch {batch}.', sw: 'Hakuna kundi {batch}.' },
  TooManyLookups: {
    en: 'You have looked up too many codes that nobody has. Wait ten minutes, then try again.',
    sw: 'Umetafuta misimbo mingi mno ambayo haipo. Subiri dakika kumi, kisha ujaribu tena.',
  },
  VoucherEndless: {
    en: 'This voucher has no end that could be put off: its time runs from the first login.',
    sw: 'Vocha hii haina mwisho unaoweza kusogezwa: muda wake huanza kuingia mara ya kwanza.',
  },
  CodesUnreadable: {
    en: 'The codes of batch {batch} cannot be read: their key is missing. Put the key file back from a backup, or revoke the batch and make another.',
    sw: 'Misimbo ya kundi {batch} haisomeki: ufunguo wake haupo. Rudisha faili ya ufunguo kutoka nakala rudufu, au batilisha kundi na utengeneze jingine.',
  },
  SaleTimesUnfit: {
    en: 'The times of the sale do not fit the plan: {why}',
    sw: 'Nyakati za mauzo hazilingani na kifurushi: {why}',
  },
  NothingToTopUp: {
    en: 'The plan has no such limit, so there is nothing to add to.',
    sw: 'Kifurushi hakina kikomo hicho, kwa hiyo hakuna cha kuongezea.',
  },
  TopUpsFull: {
    en: '{max} top-ups are kept, and so many are there already.',
    sw: 'Nyongeza {max} huhifadhiwa, na tayari ziko nyingi hivyo.',
  },
  TopUpEndUnfit: {
    en: 'A top-up ends in the future, {daysMax} days from now at the latest.',
    sw: 'Nyongeza huisha wakati ujao, isizidi siku {daysMax} kuanzia sasa.',
  },
  DeviceIsLogin: {
    en: '{device} is what logs in here; without it nobody could.',
    sw: '{device} ndicho kinachoingia hapa; bila hicho hakuna anayeweza.',
  },
  DevicesBound: {
    en: 'As many devices as the plan allows are bound already. Free one of them first.',
    sw: 'Idadi ya vifaa vilivyofungwa imefikia kikomo cha kifurushi. Achilia kimoja kwanza.',
  },
  DeviceTaken: {
    en: '{device} is bound to {login}, whose Wi-Fi passphrase it gets. Free it there first.',
    sw: '{device} kimefungwa na {login}, na hupata nenosiri lake la Wi-Fi. Kiachilie huko kwanza.',
  },
  PassphraseTaken: {
    en: 'Another subscriber has this Wi-Fi passphrase, and a device that types it could be either’s. Choose another, or have the box make one.',
    sw: 'Mteja mwingine ana nenosiri hili la Wi-Fi, na kifaa kinacholiandika kingeweza kuwa cha yeyote kati yao. Chagua lingine, au acha kisanduku kitengeneze.',
  },
  GrantUnknown: {
    en: 'Its access is not there any more.',
    sw: 'Ruhusa yake ya kuingia haipo tena.',
  },
  CodesGuessable: {
    en: 'With codes this short one guess in {guesses} would hit one of {count} vouchers. Make them longer, or use letters.',
    sw: 'Kwa misimbo mifupi hivi, kisio kimoja kati ya {guesses} kingelenga moja ya vocha {count}. Ifanye mirefu, au tumia herufi.',
  },
  ColourUnfit: {
    en: 'Text on {colour} cannot be read (contrast {contrast}, it takes 4.5). Choose a darker or a lighter colour.',
    sw: 'Maandishi juu ya {colour} hayasomeki (utofauti {contrast}, inahitajika 4.5). Chagua rangi nyeusi au angavu zaidi.',
  },
  ...backupFaultWords,
  ...offerFaultWords,
  ...paymentFaultWords,
  ...rolloutFaultWords,
  ...updateFaultWords,
  ...walletFaultWords,
  ...portalFaultWords,
  ...routerFaultWords,
  ...staffFaultWords,
  ...voucherFaultWords,
  BackupsUnscheduled: {
    en: 'No backups are scheduled. Say first where they go.',
    sw: 'Hakuna nakala rudufu zilizopangwa. Sema kwanza ziende wapi.',
  },
  StorageKeyMissing: {
    en: 'S3-compatible storage needs the access key’s id and its secret key.',
    sw: 'Hifadhi ya aina ya S3 inahitaji kitambulisho cha ufunguo na ufunguo wake wa siri.',
  },
  WebhookUnknown: { en: 'This webhook is not there any more.', sw: 'Webhook hii haipo tena.' },
  WebhooksTooMany: {
    en: 'There are {max} webhooks, and no more can be. Remove one first.',
    sw: 'Kuna webhook {max}, na haziwezi kuzidi hapo. Ondoa moja kwanza.',
  },
  WebhookOff: {
    en: 'The webhook is paused, so nothing is sent there. Resume it first.',
    sw: 'Webhook imesitishwa, kwa hiyo hakuna kinachotumwa huko. Iendeleze kwanza.',
  },
  WebhookFull: {
    en: 'As many events are waiting for this webhook as can wait, since its receiver takes none. See why below.',
    sw: 'Matukio yanayosubiri webhook hii yamefikia kikomo, kwa kuwa mpokeaji hapokei. Angalia sababu hapa chini.',
  },
  WebhookRemoved: {
    en: 'The webhook that it was for has been removed.',
    sw: 'Webhook iliyohusika imeondolewa.',
  },
  DeliveryUnknown: { en: 'This delivery is not in the log any more.', sw: 'Utumaji huu haupo tena kwenye kumbukumbu.' },
  DeliveryNotFailed: {
    en: 'Only what was given up is sent again by hand; this is not.',
    sw: 'Yaliyoachwa tu ndiyo hutumwa tena kwa mkono; hili si mojawapo.',
  },
  TokenUnknown: { en: 'This token is not there any more.', sw: 'Tokeni hii haipo tena.' },
  ToldOnce: {
    en: 'This was done before, and its answer was told then. Make a new one if you have not kept it.',
    sw: 'Hili lilifanyika awali, na jibu lake lilitolewa wakati huo. Tengeneza jipya kama hukulihifadhi.',
  },
  SenderMissing: {
    en: 'Nobody is set up to send such messages yet.',
    sw: 'Bado hakuna aliyewekwa kutuma ujumbe wa aina hii.',
  },
  SenderSecretMissing: {
    en: 'The password or key for this server and user is needed. One that was set for another is not told to this one.',
    sw: 'Nenosiri au ufunguo wa seva na mtumiaji huyu unahitajika. Uliowekwa kwa mwingine hautolewi kwa huyu.',
  },
  PasswordInClear: {
    en: 'Without TLS anybody on the way could read the password: use TLS, or a server that asks for no user.',
    sw: 'Bila TLS mtu yeyote njiani angeweza kusoma nenosiri: tumia TLS, au seva isiyohitaji mtumiaji.',
  },
  NumberElsewhere: {
    en: 'SMS go only to numbers that begin with {prefixes}.',
    sw: 'SMS hutumwa tu kwa nambari zinazoanza na {prefixes}.',
  },
  MessagesFull: {
    en: '{max} messages wait to be sent, and no more can.',
    sw: 'Ujumbe {max} unasubiri kutumwa, na hauwezi kuongezwa.',
  },
  MessageUnknown: { en: 'This message is not there any more.', sw: 'Ujumbe huu haupo tena.' },
  ConsentUnknown: { en: 'This consent is not there any more.', sw: 'Ridhaa hii haipo tena.' },
  MessageNotFailed: {
    en: 'Only what was given up is sent again by hand.',
    sw: 'Ni ule tu ulioshindikana kabisa unaotumwa tena kwa mkono.',
  },
  MessageTooLate: {
    en: 'This message is not worth sending any more, and its text is gone.',
    sw: 'Ujumbe huu umepitwa na wakati, na maandishi yake yameondolewa.',
  },
  TooBusy: {
    en: 'The box has as many questions waiting as it can take. Try again in a moment.',
    sw: 'Kisanduku kina maswali mengi yanayosubiri. Jaribu tena baada ya muda mfupi.',
  },
  CommandFailed: {
    en: 'It failed inside; the log has it under {id}. Nothing was changed.',
    sw: 'Imeshindikana ndani; kumbukumbu inayo chini ya {id}. Hakuna kilichobadilishwa.',
  },
  SigningKeyMissing: {
    en: 'The box has no key to sign with yet. Restart it: it makes one when it starts.',
    sw: 'Kisanduku bado hakina ufunguo wa kutia sahihi. Kianzishe upya: hutengeneza kinapoanza.',
  },
  DiskFull: {
    en: 'The disk of the box is full. Free some space; nothing was changed.',
    sw: 'Diski ya kisanduku imejaa. Acha nafasi; hakuna kilichobadilishwa.',
  },
  TlsUnreadable: {
    en: '{file} cannot be used: {cause}.',
    sw: '{file} haiwezi kutumika: {cause}.',
  },
  TlsUnwritable: {
    en: '{file} cannot be written ({cause}).',
    sw: '{file} haiwezi kuandikwa ({cause}).',
  },
  TlsMismatch: {
    en: 'The private key in {key} is not that of the certificate in {cert}.',
    sw: 'Ufunguo wa siri ulio kwenye {key} si wa cheti kilicho kwenye {cert}.',
  },
  AuditBroken: {
    en: 'The audit log was altered at row {no}: every row after it is in doubt. Compare with the last backup.',
    sw: 'Kumbukumbu za ukaguzi zilibadilishwa kwenye mstari {no}: kila mstari baada yake una shaka. Linganisha na nakala rudufu ya mwisho.',
  },
  AuditCut: {
    en: 'The end of the audit log was cut off: it ends at row {no}, and the box signed that it reached row {headNo}. If the database was put back on purpose, remove audit-head.json from the data folder; else a backup has the missing rows.',
    sw: 'Mwisho wa kumbukumbu za ukaguzi ulikatwa: zinaishia mstari {no}, na kisanduku kilitia sahihi kuwa zilifika mstari {headNo}. Ikiwa hifadhidata ilirudishwa kwa makusudi, ondoa audit-head.json kwenye folda ya data; la sivyo nakala rudufu inayo mistari inayokosekana.',
  },
  AuditRewritten: {
    en: 'The audit log was altered after row {afterNo} and at row {no} at the latest, and its hashes were made anew: it is not what the box signed. Compare with the last backup.',
    sw: 'Kumbukumbu za ukaguzi zilibadilishwa baada ya mstari {afterNo} na kabla ya kupita mstari {no}, na hash zake zikafanywa upya: si zile ambazo kisanduku kilitia sahihi. Linganisha na nakala rudufu ya mwisho.',
  },
  AuditHeadForged: {
    en: 'The signature over the audit log up to row {no} is not of this box’s key: it was forged, or it is another box’s.',
    sw: 'Sahihi ya kumbukumbu za ukaguzi hadi mstari {no} si ya ufunguo wa kisanduku hiki: ilighushiwa, au ni ya kisanduku kingine.',
  },
  CsvQuote: {
    en: 'Line {line} has a quote where none may stand, or one that is never closed: quote whole fields, and double a quote inside.',
    sw: 'Mstari {line} una alama ya nukuu isipostahili, au isiyofungwa: weka nukuu kuzunguka sehemu nzima, na urudie nukuu iliyo ndani.',
  },
  CsvTooLong: {
    en: 'The record at line {line} is longer than {lengthMax} characters. Is a quote never closed?',
    sw: 'Rekodi ya mstari {line} ni ndefu kuliko herufi {lengthMax}. Je, kuna nukuu isiyofungwa?',
  },
  CsvEncoding: {
    en: 'The file is not UTF-8 after line {line}. Save it as UTF-8; names and passwords would be changed otherwise.',
    sw: 'Faili si UTF-8 baada ya mstari {line}. Ihifadhi kama UTF-8; la sivyo majina na manenosiri yangebadilika.',
  },
  CsvNul: {
    en: 'The file has a NUL character after line {line}: it is no list of text. Save it as CSV in UTF-8.',
    sw: 'Faili ina herufi NUL baada ya mstari {line}: si orodha ya maandishi. Ihifadhi kama CSV ya UTF-8.',
  },
  LineUnreadable: { en: 'It cannot be read: {why}.', sw: 'Haisomeki: {why}.' },
  ColumnsWrong: { en: 'Line {line}: {why}.', sw: 'Mstari {line}: {why}.' },
  LineRepeated: {
    en: 'The {what} {name} stands in line {before} already.',
    sw: '{name} ({what}) tayari ipo kwenye mstari {before}.',
  },
  NothingFound: {
    en: 'Nothing of {product} is in these files. Are they its exports, and complete?',
    sw: 'Hakuna chochote cha {product} kwenye faili hizi. Je, ndizo zilizotolewa nayo, na zimekamilika?',
  },
  CodeMissing: {
    en: 'A voucher is its code, and the code is not in the file. Export it at the box with --with-secrets.',
    sw: 'Vocha ni msimbo wake, na msimbo haumo kwenye faili. Itoe kwenye kisanduku kwa --with-secrets.',
  },
  CodeTaken: {
    en: 'Number {serial} of batch {batch}, or its code, is here already.',
    sw: 'Namba {serial} ya kundi {batch}, au msimbo wake, tayari ipo hapa.',
  },
  ImportFaulty: {
    en: '{faulty} of {rows} lines cannot be added, and nothing was written.',
    sw: 'Mistari {faulty} kati ya {rows} haiwezi kuongezwa, na hakuna kilichoandikwa.',
  },
  ImportPartly: {
    en: '{added} are written; the lines below were taken or changed by somebody else meanwhile.',
    sw: '{added} zimeandikwa; mistari iliyo hapa chini ilichukuliwa au kubadilishwa na mtu mwingine wakati huo.',
  },
  ImportStopped: {
    en: '{added} are written; it stopped at line {line}: {why}',
    sw: '{added} zimeandikwa; ilisimama kwenye mstari {line}: {why}',
  },
  UploadEmpty: {
    en: 'No file came, or not all of it. Choose it again.',
    sw: 'Hakuna faili iliyofika, au haikufika yote. Ichague tena.',
  },
  UploadTooLarge: {
    en: 'The file is larger than the {mebibytesMax} MiB that the desk takes. At the box, lango import takes any.',
    sw: 'Faili ni kubwa kuliko MiB {mebibytesMax} ambazo dawati hupokea. Kwenye kisanduku, lango import hupokea yoyote.',
  },
  TransferBusy: {
    en: 'An import is going on. Wait until it is done, or ask whoever began it.',
    sw: 'Kuna uingizaji unaoendelea. Subiri uishe, au muulize aliyeuanzisha.',
  },
  TransferGone: {
    en: 'This import is over, or was left alone too long. Send the file again.',
    sw: 'Uingizaji huu umeisha, au uliachwa kwa muda mrefu mno. Tuma faili tena.',
  },
}

/** The fault's sentence for a page; undefined when there is none of its own. */
export const faultSentenceIn = (lang: Lang, fault: Fault): string | undefined => {
  if (!Object.hasOwn(words, fault.type)) return undefined
  const values: Readonly<Record<string, string>> = { ...fault }
  return fill(words[fault.type]![lang], values)
}

type Problems = { readonly problems?: readonly { readonly path: string; readonly message: string }[] }

/** What is wrong with a line of a list, where there are no fields to say it beside. */
export const lineSentenceIn = (lang: Lang, fault: Fault): string | undefined => {
  if (fault.type !== 'InputInvalid') return faultSentenceIn(lang, fault)
  const { problems = [] } = fault as Fault & Problems
  return problems.map(({ path, message }) => `${path}: ${message}`).join(' ')
}

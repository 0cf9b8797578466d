/** What needs attention, in the reader's language. */
import { formatMoney, money } from '@lango/kernel'
import { formatAgo, formatBytes, formatExact, type Locale } from '@lango/kernel/ui'
import { englishFindings } from '../doctor/english-findings.ts'
import { tell, type CertificateName, type FindingWords, type Say, type Told } from '../doctor/findings.ts'
import { listed } from '../doctor/named.ts'
import type { ControlFault, HotspotTrouble } from '@lango/modules/network'
import type { NoPublicName } from '../tls/index.ts'
import type { AttentionRow } from './feed.ts'
import { faultSentenceIn } from './fault-words.ts'
import { whyText } from '@lango/modules/rollouts'
import { swahiliMachine } from './machine-words.ts'

const HOUR_MS = 3_600_000

const sayIn = (locale: Locale, row: AttentionRow): Say => ({
  octets: (count) => formatBytes(count, locale),
  ms: (ms) => `${(ms < 10 ? locale.tenths : locale.whole).format(ms)} ms`,
  hoursAgo: (hours) => formatAgo(0, hours * HOUR_MS, locale),
  secAgo: (seconds) => formatAgo(0, seconds * 1000, locale),
  time: (at) => formatExact(at, locale),
  // The page shows the whole of the sentence with nothing hidden in it.
  name: (text) => text,
  fault: (fault) => faultSentenceIn(locale.lang, fault) ?? row.sentence,
})

/** A finding in the reader's language; what an older or newer part of the box tells without one stays as it came. */
export const attentionIn = (locale: Locale, row: AttentionRow): Told =>
  row.finding === undefined
    ? row
    : tell(locale.lang === 'sw' ? swahiliFindings : englishFindings, row.finding, sayIn(locale, row))

const MORE = 'na {n} zaidi'
const controlFaults: Readonly<Record<ControlFault['why'], string>> = {
  unreachable: 'haifikiki',
  certificate: 'cheti chake si kile kilichothibitishwa',
  login: 'inakataa kuingia',
  refused: 'inakataa kusomwa',
  silent: 'inaacha kujibu',
  password: 'nenosiri lake haliwezi kufunguliwa',
  'no-address': 'haina anwani ya kuingilia',
}
const hotspotTroubles: Readonly<Record<HotspotTrouble['what'], string>> = {
  taken: 'safu ya mwendeshaji imezuia',
  refused: 'ruta haikubali kilichoandikwa',
  page: 'ukurasa haukufika',
  unready: 'kisanduku hakijui cha kuandika',
}
const certificates: Readonly<Record<CertificateName, string>> = {
  ca: 'Cheti cha mamlaka',
  own: 'Cheti chako mwenyewe cha seva',
  server: 'Cheti cha seva cha kisanduku',
}
const noNames: Readonly<Record<NoPublicName, string>> = {
  box: 'cheti kinachotumika ni cha kisanduku chenyewe, ambacho simu ya mgeni haikiamini',
  'self-signed': 'cheti kinachotumika kimejitia sahihi chenyewe, na hakuna simu inayokiamini',
  unnamed: 'cheti kinachotumika hakina jina linalojulikana nje',
}
const certificateRemedies: Readonly<Record<CertificateName, string>> = {
  ca: 'Vifaa na ruta vitahitaji kuamini mamlaka nyingine: tengeneza mapema vyeti vipya kwa mamlaka yako mwenyewe.',
  own: 'Weka kilichohuishwa mahali pake: kwenye ukurasa wa Mipangilio, au `lango tls use --cert FILE --key FILE`',
  server: 'Tengeneza kipya kwenye ukurasa wa Mipangilio, au anzisha kisanduku upya: hukihuisha.',
}
const BACKUP_REMEDY = 'Tengeneza moja, na uiweke kwenye mashine nyingine: `lango backup FILE`'
const SCHEDULE_REMEDY = 'Hujaribiwa tena yenyewe; tazama kilichoharibika: `lango backup runs`'

const swahiliFindings: FindingWords = {
  ...swahiliMachine,
  'accounting-unstored': () => ({
    sentence: 'Ripoti za matumizi haziwezi kuhifadhiwa, kwa hiyo hazijibiwi: ruta huzitunza na kuzituma tena.',
    remedy:
      'Acha nafasi kwenye diski, au ibadilishe; kumbukumbu zinaeleza kilichoshindikana. Kisanduku kitaendelea chenyewe.',
  }),
  'logins-slow': ({ logins, p95Ms, p95MsMax }, { ms }) => ({
    sentence: `Kati ya maingio ${logins} ya dakika tano zilizopita, asilimia 95 yalijibiwa ndani ya ${ms(p95Ms)}. Hiyo ni zaidi ya ${ms(p95MsMax)}.`,
    remedy:
      'Je, programu nyingine inaishughulisha mashine hii, au diski yake ni ya polepole? `lango decisions` huonyesha kilichochukua muda gani.',
  }),
  'clock-unsure': () => ({
    sentence:
      'Saa haiaminiki: kisanduku kinahudumu kwa wakati wa mwisho kinaoujua; hakuna kinachoisha muda, wala hakiuzwi chenye tarehe.',
    remedy:
      'Iache NTP iiweke (`timedatectl set-ntp true`), au ipe mashine betri ya saa. Kisanduku kitaendelea chenyewe.',
  }),
  'certificates-none': () => ({
    sentence: 'Bado hakuna vyeti.',
    remedy: 'Kisanduku huvitengeneza kinapoanza.',
  }),
  'certificate-unfit': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Kirudishe kutoka kwenye nakala rudufu, au kiondoe na uanzishe kisanduku: hutengeneza kipya.',
  }),
  'certificate-ending': ({ certificate, notAfter }, { time }) => ({
    sentence: `${certificates[certificate]} ni halali hadi ${time(notAfter)}.`,
    remedy: certificateRemedies[certificate],
  }),
  'certificate-ended': ({ certificate, notAfter }, { time }) => ({
    sentence: `${certificates[certificate]} kiliisha tarehe ${time(notAfter)}: vifaa hukikataa.`,
    remedy: certificateRemedies[certificate],
  }),
  'acme-failing': ({ names, fault, failures, nextAt }, say) => ({
    sentence: `Cheti cha ${say.name(names)} hakikupatikana, mara ${failures} sasa. ${say.fault(fault)}`,
    remedy: `Kitajaribiwa tena chenyewe kuanzia ${say.time(nextAt)}. Papo hapo: \`lango tls acme --now\``,
  }),
  'portal-nameless': ({ why, port }) =>
    why === 'port'
      ? {
          sentence: `Lango la wateja halitolewi kwa https: mlango ${port} hauwezi kufunguliwa.`,
          remedy:
            'Kumbukumbu zinaeleza sababu. Achia mlango huo, au chagua mwingine kwa `--portal-tls-port`, kisha uwashe kisanduku upya.',
        }
      : {
          sentence: `Lango la wateja halitolewi kwa https: ${noNames[why]}.`,
          remedy:
            'Weka cheti cha jina la hadhara la kisanduku hiki: kwenye ukurasa wa Mipangilio, chini ya Vyeti. Hadi hapo simu hupelekwa kwenye lango kwa http.',
        },
  'routers-none': () => ({
    sentence: 'Hakuna ruta inayoruhusiwa kuuliza kisanduku hiki bado.',
    remedy: 'Ongeza moja: `lango router add NAME --address IP-OR-CIDR --secret S`',
  }),
  'routers-never': (names, say) => ({
    sentence: `Hazijasikika kamwe: ${listed(names, MORE, say.name)}.`,
    remedy: 'Kagua anwani, milango na siri ya pamoja kwenye ruta, na njia kutoka kwake hadi kisanduku hiki.',
  }),
  'routers-silent': (routers, say) => ({
    sentence: `Hazijasikika kwa siku nzima: ${listed(routers, MORE, ({ name, silentHours }) => `${say.name(name)} (${say.hoursAgo(silentHours)})`)}.`,
    remedy: 'Je, imewashwa, na kuna njia hadi kisanduku hiki?',
  }),
  'routers-uncontrolled': (routers, say) => ({
    sentence: `Kisanduku hakiwezi kuingia kwenye: ${listed(routers, MORE, ({ name, why, detail }) => say.name(`${name} (${controlFaults[why]}${detail === '' ? '' : `: ${detail}`})`))}. Wateja wenye anwani maalumu hubaki kama walivyo: aliyelipa haruhusiwi, asiyelipa hazuiwi.`,
    remedy: 'Ukurasa wa ruta, chini ya Udhibiti, unaeleza la kufanya. Kisanduku hujaribu tena chenyewe.',
  }),
  'routers-troubled': (routers, say) => ({
    sentence: `Wateja wenye anwani maalumu ambao hawashikiliwi inavyopaswa: ${listed(routers, MORE, ({ name, customers }) => say.name(`${name} (${customers})`))}.`,
    remedy: 'Ukurasa wa ruta, chini ya Udhibiti, unaeleza ni nani na kwa nini.',
  }),
  'hotspots-troubled': (routers, say) => ({
    sentence: `Hotspot ambazo si kama zinavyopaswa kuwa: ${listed(routers, MORE, ({ name, what, said }) => say.name(`${name} (${hotspotTroubles[what]}${said === '' ? '' : `: ${said}`})`))}.`,
    remedy: 'Ukurasa wa ruta, chini ya Udhibiti, unaeleza kilichoharibika humo. Kisanduku hujaribu tena chenyewe.',
  }),
  'rollout-halted': ({ version, ...routers }, say) => ({
    sentence: `Usambazaji wa RouterOS ${version} umesimama, kwa sababu ruta nyingi mno zilishindikana: ${listed(routers, MORE, (one) => say.name(`${one.name} (${whyText('sw', one)})`))}. Hakuna ruta nyingine inayoanzwa.`,
    remedy:
      'Zishughulikie ruta hizo: `lango rollout status`. Kisha endelea kwa `lango rollout resume`, pamoja na --retry kuzijaribu tena, au ukatishe kwa `lango rollout cancel`.',
  }),
  'rollout-portal': ({ version }) => ({
    sentence: `Ruta haziwezi kupakua RouterOS ${version} kutoka kwenye kisanduku, kwa sababu hakina lango.`,
    remedy:
      'Anzisha kisanduku na --portal-port, au katisha usambazaji na utumie seva za MikroTik zenyewe: --from mikrotik.',
  }),
  'payments-unread': ({ minutes }) => ({
    sentence: `Orodha ya malipo ya M-Pesa haikusomeka kwa dakika ${minutes}: kilicholipwa bila ombi, au baada ya ombi kushindikana, hakionekani.`,
    remedy:
      'Kumbukumbu zinaeleza sababu. Je, kuna njia hadi intaneti, na programu inaruhusiwa kusoma miamala (Pull)? Yanayosemwa na maombi yanaendelea.',
  }),
  'payments-unmatched': ({ payments }) => ({
    sentence: `Malipo ${payments} yanasubiri mtu aseme pesa zilikuwa za nini.`,
    remedy: 'Ukurasa wa Malipo, chini ya yanayosubiri, unaeleza kinachojulikana kwa kila moja.',
  }),
  'refunds-troubled': ({ unknown, unanswered, failed }) => ({
    sentence: `Pesa za kurudishwa kwa M-Pesa: ${unknown} hakuna anayejua kama zimekwenda, ${unanswered} M-Pesa haijasema, ${failed} zilishindikana siku iliyopita.`,
    remedy:
      '`lango payment refunds` huziorodhesha. Angalia kwenye tovuti ya Safaricom kama risiti zimerudishwa, na useme: `lango payment refund-said RECEIPT done`, au `failed`. Hakuna inayotumwa tena yenyewe. Pesa za zilizoshindikana zinasubiri mtu.',
  }),
  'payouts-troubled': ({ unknown, unanswered, failed, waiting }) => ({
    sentence: `Pesa za kulipwa nje kwa M-Pesa: ${unknown} hakuna anayejua kama zimekwenda, ${unanswered} M-Pesa haijasema, ${failed} zilishindikana siku iliyopita, ${waiting} zinasubiri kuidhinishwa kwa zaidi ya siku moja.`,
    remedy:
      '`lango payout list` huzionyesha. Angalia kwenye tovuti ya Safaricom kama zililipwa, na useme: `lango payout said NUMBER done`, au `failed`. Zinazosubiri huidhinishwa na mtu mwingine asiye aliyeziomba: `lango payout release NUMBER`, au `turn-down`.',
  }),
  'payouts-unfunded': ({ hasMinor, needsMinor, currency }) => ({
    sentence: `Namba ya biashara ina ${formatMoney(money(hasMinor, currency))} za kulipa, na ${formatMoney(money(needsMinor, currency))} zinasubiri kulipwa.`,
    remedy:
      'Hamishia pesa kwenye akaunti ya utility kwenye tovuti ya Safaricom, au kataa zinazoweza kusubiri: `lango payout list --state waiting`',
  }),
  'payments-disputed': ({ movements }) => ({
    sentence: `M-Pesa inasema mwisho mwingine kuliko uliopo hapa wa ${movements} zilizopaswa kurudi au kulipwa, ndani ya wiki moja.`,
    remedy:
      'Hakuna kilichobadilishwa kwa hilo. `lango payment refunds` na `lango payout list` huonyesha inachosema M-Pesa chini ya M-PESA SAYS: linganisha na tovuti ya Safaricom, na kilichotolewa au kurudishwa mara ya pili wakati huo.',
  }),
  'payments-forged': ({ denied, mismatched }) => ({
    sentence: `Taarifa za siku iliyopita zisizokubaliana na M-Pesa: ${denied} za manunuzi ambayo hayajalipwa, ${mismatched} za ombi, kiasi au namba ya biashara nyingine.`,
    remedy:
      'Hakuna kilichotolewa kwa hayo, au kilirudishwa. `lango payment callbacks` hueleza kilichokuja na kilikotoka: huenda kuna anayesoma anwani za maombi. Je, ni https njia yote? `lango setting set mpesa.trustUpTo 0` hufanya kisitolewe chochote kabla M-Pesa haijathibitisha.',
  }),
  'routers-unknown': (strangers, say) => ({
    sentence: `Anwani zisizojulikana zinazungumza RADIUS na kisanduku hiki: ${listed(strangers, MORE, ({ address, packets, agoSec }) => `${say.name(address)} (pakiti ${packets}, ${say.secAgo(agoSec)})`)}.`,
    remedy: `Kama ni yako: \`lango router add NAME --address ${say.name(strangers.first[0]?.address ?? 'IP')} --secret S\`, au ukurasa wa Ruta.`,
  }),
  lockouts: (logins, say) => ({
    sentence: `Wamefungiwa baada ya nenosiri lisilo sahihi mara nyingi: ${listed(logins, MORE, say.name)}.`,
    remedy: 'Huisha chenyewe baada ya dakika chache. `lango decisions LOGIN` hueleza ni kifaa gani kinajaribu.',
  }),
  'messages-untaken': ({ inRow, ...channels }, say) => ({
    sentence: `Ujumbe ${inRow} wa mwisho haukupokelewa: ${listed(channels, MORE, ({ channel, reason }) => `${channel} (${say.name(reason)})`)}.`,
    remedy: 'Rekebisha anachosema mtoa huduma, kisha uone kama inafanya kazi: `lango message test CHANNEL TO`',
  }),
  'jobs-failed': (jobs, say) => ({
    sentence: `Kazi zilizoachwa baada ya majaribio yote: ${listed(jobs, MORE, ({ name, error }) => say.name(error === null ? name : `${name} (${error})`))}.`,
    remedy: 'Rekebisha kisababishi; kumbukumbu zina maelezo yote.',
  }),
  'webhooks-troubled': (endpoints) => ({
    sentence: `Webhook: ${listed(endpoints, MORE, ({ number, isGone, events }) =>
      isGone ? `namba ${number} imeomba isiulizwe tena` : `namba ${number} haijapokea matukio ${events}`,
    )}.`,
    remedy:
      '`lango webhook deliveries --state failed` hueleza sababu; `lango webhook retry N` hutuma tena; `lango webhook remove N` huiacha.',
  }),
  'backup-none': () => ({ sentence: 'Bado hakuna nakala rudufu iliyotengenezwa.', remedy: BACKUP_REMEDY }),
  'backup-old': ({ ageHours, file, octets }, say) => ({
    sentence: `Nakala rudufu ya mwisho ni ya ${say.hoursAgo(ageHours)}: ${file}, ${say.octets(octets)}.`,
    remedy: BACKUP_REMEDY,
  }),
  'backup-failed': ({ place, error }) => ({
    sentence: `Nakala rudufu ya mwisho kwenda ${place} ilishindikana: ${error ?? 'sababu haijulikani'}.`,
    remedy: SCHEDULE_REMEDY,
  }),
  'backup-late': ({ place }) => ({
    sentence: `Hakuna nakala rudufu iliyofika ${place} kwa muda mrefu kuliko ratiba yake inavyosema.`,
    remedy: SCHEDULE_REMEDY,
  }),
  'shelves-silent': (shelves, say) => ({
    sentence: `Hakuna nakala rudufu iliyofika kwa siku kadhaa kutoka: ${listed(shelves, MORE, ({ name, silentHours }) => `${name} (${say.hoursAgo(silentHours)})`)}.`,
    remedy:
      'Angalia kwenye kisanduku hicho nakala zake zilivyokwenda: `lango backup runs`. Je, kimewashwa, na kinakifikia hiki? Kama hakipo tena: `lango backup shelf remove NAME`',
  }),
  'update-waits': ({ version }, say) => ({
    sentence: `Toleo ${say.name(version)} linapatikana, na linasubiri mtu alisakinishe.`,
    remedy:
      'Soma linaleta nini: `lango update status`. Kisha `lango update install`, au `lango update set --mode auto`.',
  }),
  'updates-unread': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Hujaribiwa tena penyewe. Kilichowekwa: `lango update status`',
  }),
  'standby-away': ({ name, isCatchingUp, since }, { name: named, time }) => ({
    sentence: isCatchingUp
      ? `Kisanduku cha akiba ${named(name)} bado kinapewa kile kinachokosa, tangu ${time(since)}: hakiwezi kuchukua nafasi bila hasara.`
      : `Kisanduku cha akiba ${named(name)} hakipo tangu ${time(since)}: kinachothibitishwa sasa kiko kwenye kisanduku hiki pekee.`,
    remedy: 'Je, kimewashwa, na kuna njia ya kukifikia? Kinapokelewa tena chenyewe. Angalia: lango standby status',
  }),
  'took-over': ({ name, at, missingSince }, { name: named, time }) => ({
    sentence: `Kisanduku hiki kilichukua nafasi ya ${named(name)} ${time(at)}. Kilikuwa na kila kitu hadi ${time(missingSince)}; ambacho ${named(name)} kingeweza kuthibitisha peke yake baada ya hapo kiko kwenye diski yake tu.`,
    remedy: `Rudisha ${named(name)} kiwe cha akiba, au kiache: lango standby leave. Kinatunza kilichokuwa nacho kwenye folda yake.`,
  }),
  'set-aside': ({ at, dir }, { time }) => ({
    sentence: `Kisanduku hiki kilipokuwa cha akiba ${time(at)}, kilichokuwa nacho kiliwekwa kando kwenye ${dir}.`,
    remedy: 'Linganisha na kinachotumika sasa, kisha ondoa folda usipokihitaji tena.',
  }),
  'audit-broken': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy:
      'Tafuta ni nani anayeweza kuandika kwenye site.db, na ulinganishe na nakala rudufu: `lango audit verify --against FILE`',
  }),
  'audit-unsigned': () => ({
    sentence: 'Kumbukumbu za ukaguzi zimeongezeka kwa saa kadhaa, na kisanduku hakijazitia sahihi.',
    remedy: 'Anzisha kisanduku upya: hutia sahihi kinapoanza. Kumbukumbu zinaeleza kwa nini hakifanyi hivyo.',
  }),
}

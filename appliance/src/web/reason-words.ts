import type { Lang } from '@lango/kernel/ui'
import type { Reason } from '../aaa/reasons.ts'
import type { DecisionRow } from './feed.ts'

type Words = { readonly sentence: string; readonly remedy: string }

/** Why a login was answered as it was. The box tells it in English beside the code; a code that lacks Swahili does not compile. */
export const swahiliReasons: Readonly<Record<Reason, Words>> = {
  none: { sentence: 'Hakuna sababu iliyorekodiwa.', remedy: '' },
  accepted: { sentence: 'Taarifa za kuingia ni sahihi na huduma iko sawa.', remedy: '' },
  'accepted-expired': {
    sentence: 'Muda wa huduma umeisha; kifurushi kinawapeleka wateja kama huyu kwenye ukurasa au anwani zenye mipaka.',
    remedy: 'Ongeza muda wa huduma, kisha kata kipindi au subiri mteja aingie tena.',
  },
  'unknown-user': {
    sentence: 'Hakuna mteja mwenye jina hili la kuingia.',
    remedy: 'Linganisha tahajia iliyo kwenye kifaa na `lango subscriber list`.',
  },
  'wrong-password': {
    sentence: 'Nenosiri si sahihi.',
    remedy:
      'Andika nenosiri tena kwenye kifaa, au weka jipya. Ikiwa kila anayeingia kupitia ruta moja anakataliwa, siri ya ruta hiyo si sahihi.',
  },
  'no-credential': {
    sentence: 'Ombi halikuwa na nenosiri, jibu wala cheti cha kukaguliwa.',
    remedy: 'Washa PAP, CHAP, MS-CHAPv2 au EAP kwenye ruta.',
  },
  suspended: {
    sentence: 'Mteja huyu amesimamishwa.',
    remedy: 'Mrudishie huduma: `lango subscriber resume LOGIN`.',
  },
  away: {
    sentence: 'Vocha hii imekopeshwa kwa kisanduku kingine; inafaa huko, si hapa.',
    remedy: 'Angalia ni kipi: `lango voucher loans`. Zilizobaki za mkopo hufaa hapa tena zikirudishwa.',
  },
  ended: { sentence: 'Huduma imekoma.', remedy: 'Mfungulie mteja huduma mpya.' },
  expired: { sentence: 'Muda wa huduma umeisha.', remedy: 'Ongeza muda wa huduma.' },
  'other-device': {
    sentence: 'Jina hili la kuingia limeunganishwa na vifaa vingine.',
    remedy: 'Kiachilie kifaa kilichounganishwa, au ingia kwa kifaa hicho.',
  },
  'other-serial': {
    sentence:
      'Jina hili la kuingia limefungwa na ONT au CPE moja, na ombi lilitoka kwenye nyingine au bila yoyote; iliyoonekana imeandikwa pembeni.',
    remedy: 'Weka namba iliyopo sasa (`lango subscriber import FILE --update`), au unganisha ONT au CPE iliyofungwa.',
  },
  'unknown-device': {
    sentence: 'Ruta iliuliza kifaa kwa anwani yake, na hakuna kifaa chenye anwani hii kinachojulikana.',
    remedy:
      'Hakuna la kufanya ikiwa ni simu ya mtu: mwenyewe huingia kwenye ukurasa. TV, printa au mashine ya mauzo huwekwa kwenye orodha ya wasioingia.',
  },
  'other-router': {
    sentence: 'Kifaa kipo kwenye orodha ya wasioingia, lakini si kwa ruta hii.',
    remedy: 'Ongeza ruta kwenye kifaa katika orodha hiyo, au kiruhusu kwenye zote.',
  },
  'unknown-station': {
    sentence:
      'Kifaa hakijafungwa na mteja yeyote mwenye nenosiri lake la Wi-Fi, na access point haikuonyesha makubaliano (handshake) ya kujua nenosiri ni la nani.',
    remedy:
      'Funga kifaa kwa mteja wake: `lango subscriber bind LOGIN DEVICE`. Access point zenye hostapd 2.11 hukitambua zenyewe (`wpa_psk_radius=3`).',
  },
  'wrong-passphrase': {
    sentence: 'Nenosiri la Wi-Fi lililo kwenye kifaa si la mteja yeyote hapa.',
    remedy:
      'Sahau mtandao kwenye kifaa, kisha andika nenosiri tena. Makubaliano ya 802.11r (FT) na ya WPA3 hayawezi kukaguliwa: yazime kwenye mtandao huu.',
  },
  'device-limit': {
    sentence: 'Idadi ya vifaa vilivyo mtandaoni imefikia kikomo cha kifurushi.',
    remedy: 'Kata kimoja kati ya vifaa hivyo; kipindi kilichokufa huondoka chenyewe.',
  },
  'quota-used': {
    sentence: 'Data ya kifurushi imeisha.',
    remedy: 'Muuzie mteja data zaidi (`lango subscriber topup LOGIN`), au subiri kipindi kijacho.',
  },
  'locked-out': {
    sentence: 'Kifaa hiki kimekosea nenosiri mara nyingi; kinakataliwa kwa dakika kadhaa bila kukaguliwa.',
    remedy: 'Subiri, kisha ingia kwa nenosiri sahihi. Vifaa vingine vya jina hili la kuingia haviathiriki.',
  },
  'wrong-realm': {
    sentence: 'Realm ya jina hili la kuingia haihudumiwi hapa.',
    remedy: 'Weka realm ya ruta, au ongeza seva ya nyumbani ya realm hiyo.',
  },
  'eap-failed': {
    sentence: 'Mazungumzo ya EAP yalishindwa kabla ya nenosiri kukaguliwa.',
    remedy: 'Hakikisha kifaa kinaamini cheti cha kisanduku hiki (`lango tls show`) na kinatumia njia inayoruhusiwa.',
  },
  'key-lost': {
    sentence: 'Nenosiri lililohifadhiwa haliwezi kufunguliwa: ufunguo wake haumo kwenye faili ya funguo.',
    remedy: 'Rudisha faili ya funguo kutoka kwenye nakala rudufu, au weka nenosiri upya.',
  },
  busy: {
    sentence: 'Kisanduku kimefikia kikomo kimojawapo.',
    remedy: 'Tazama `lango doctor` ujue ni kikomo gani.',
  },
  'too-many-guesses': {
    sentence:
      'Kifaa hiki, au ruta hii, imejaribu misimbo mingi ambayo haipo; misimbo ambayo haijaanza kutumika inasubiri.',
    remedy: 'Subiri dakika chache. Ikiendelea, tafuta kwenye kumbukumbu za ruta kifaa kinachobahatisha.',
  },
  'outside-hours': {
    sentence: 'Kifurushi hakitumiki saa hizi za siku au wiki.',
    remedy:
      'Tazama saa zake: `lango subscriber show LOGIN`. Uza kifurushi kisicho na saa maalum pale kinapotakiwa kutumika wakati wote.',
  },
  'not-begun': {
    sentence: 'Muda ulionunuliwa bado haujaanza.',
    remedy: 'Tazama unaanza lini: `lango subscriber show LOGIN`.',
  },
  'time-used': {
    sentence: 'Muda wa kifurushi umetumika wote.',
    remedy: 'Muuzie mteja muda zaidi (`lango subscriber topup LOGIN`), au subiri kipindi kijacho.',
  },
  proxied: { sentence: 'Seva ya nyumbani ya realm ilijibu.', remedy: 'Iulize seva ya nyumbani.' },
  'proxy-down': {
    sentence: 'Seva ya nyumbani ya realm haikujibu.',
    remedy: 'Hakikisha inafikika na inakijua kisanduku hiki.',
  },
  'admin-full': { sentence: 'Mfanyakazi aliingia kwenye ruta yenyewe akiwa na haki zote.', remedy: '' },
  'admin-read': { sentence: 'Mfanyakazi aliingia kwenye ruta yenyewe kutazama tu.', remedy: '' },
  'admin-off': {
    sentence: 'Ombi lilikuwa la kuingia kwenye ruta yenyewe, na ruta hii haijaruhusiwa kuingiza wafanyakazi.',
    remedy:
      'Kuwaruhusu: `lango router set NAME --admin-logins on`. Hotspot inayouliza hivi ni lazima itume Acct-Session-Id au NAS-Port-Type.',
  },
  'admin-pap-only': {
    sentence:
      'Ombi lilikuwa la kuingia kwenye ruta yenyewe, na halikuja kwa PAP. Nenosiri la mfanyakazi huhifadhiwa kwa namna ambayo PAP pekee inaweza kukaguliwa.',
    remedy: 'Ingia kwa SSH, konsoli au WebFig; WinBox huuliza kwa CHAP. Kwenye ruta nyingine chagua PAP.',
  },
  'admin-unsigned': {
    sentence: 'Ombi lilikuwa la kuingia kwenye ruta yenyewe, bila sahihi (Message-Authenticator) wala RadSec.',
    remedy: 'Iambie ruta itie sahihi: kwenye RouterOS `/radius set [find] require-message-auth=yes-for-request-resp`.',
  },
  'admin-unknown': {
    sentence:
      'Ombi lilikuwa la kuingia kwenye ruta yenyewe, na hakuna mfanyakazi mwenye jina hili. Jina la mteja halifungui ruta.',
    remedy: 'Linganisha tahajia na `lango staff list`.',
  },
  'admin-wrong-password': {
    sentence: 'Ombi lilikuwa la kuingia kwenye ruta yenyewe, na nenosiri la mfanyakazi si sahihi.',
    remedy:
      'Andika tena, na tarakimu sita za programu nyuma yake ikiwa ipo. Nenosiri jipya: `lango staff reset LOGIN`.',
  },
  'admin-wrong-code': {
    sentence: 'Nenosiri la mfanyakazi ni sahihi; msimbo wa programu nyuma yake haupo, si sahihi au umeshatumika.',
    remedy:
      'Andika nenosiri na mara moja nyuma yake tarakimu sita ambazo programu inaonyesha sasa; kila msimbo hutumika mara moja.',
  },
  'admin-disabled': {
    sentence: 'Ombi lilikuwa la kuingia kwenye ruta yenyewe, na akaunti ya mtu huyu imezimwa.',
    remedy: 'Iwashe ikiwa anafanya kazi hapa tena: `lango staff list`.',
  },
  'admin-forbidden': {
    sentence: 'Nenosiri ni sahihi, lakini jukumu la mtu huyu halimruhusu kuingia kwenye ruta.',
    remedy: 'Lipe jukumu hilo ruhusa ya routers.admin au routers.look: `lango role list`.',
  },
  'admin-too-many': {
    sentence: 'Majaribio mengi mno ya kuingia kwenye ruta: kwenye ruta hii, kutoka mahali hapa au kwa jina hili.',
    remedy: 'Subiri dakika chache. Yakiendelea, tafuta anayekisia, na uifunge SSH ya ruta kwa walio nje.',
  },
  challenged: { sentence: 'Mazungumzo yanaendelea.', remedy: '' },
}

/** What the feed says about the health of the box, which has no codes: by its English. */
export const swahiliHealth: ReadonlyMap<string, string> = new Map([
  [
    'Accounting cannot be stored, so it is not answered.',
    'Ripoti za matumizi haziwezi kuhifadhiwa, kwa hiyo hazijibiwi.',
  ],
  ['Free disk space, then see `lango doctor`.', 'Ongeza nafasi kwenye diski, kisha tazama `lango doctor`.'],
])

/** A reason in the reader's language; a code from a newer box stays as it came. */
export const reasonIn = (lang: Lang, reason: string, { sentence, remedy }: Words): Words =>
  lang === 'sw' && Object.hasOwn(swahiliReasons, reason) ? swahiliReasons[reason as Reason] : { sentence, remedy }

/** A decision in the reader's language. */
export const decisionIn = (lang: Lang, row: DecisionRow): DecisionRow =>
  lang === 'sw' && Object.hasOwn(swahiliReasons, row.reason) ? { ...row, ...swahiliReasons[row.reason as Reason] } : row

/** The same for a sentence about the health of the box. */
export const healthSentenceIn = (lang: Lang, sentence: string): string =>
  lang === 'sw' ? (swahiliHealth.get(sentence) ?? sentence) : sentence

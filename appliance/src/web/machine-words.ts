/** What may be amiss with the machine and its packets, in Swahili. */
import type { FindingWords, Say } from '../doctor/findings.ts'
import type { MachineFacts, PortName } from '../doctor/machine-facts.ts'

const portTitles: Readonly<Record<PortName, string>> = {
  auth: 'uthibitishaji',
  acct: 'ripoti za matumizi',
  radsec: 'RadSec',
  web: 'dawati',
  portal: 'lango la wateja',
  portalTls: 'lango la wateja kwa https',
}
const holderTold = ({ program, pid, user }: NonNullable<MachineFacts['port-closed']['holder']>, say: Say): string =>
  program === undefined
    ? `programu ya mtumiaji ${say.name(user)}`
    : `${say.name(program)} (mchakato ${pid}, mtumiaji ${say.name(user)})`

type Disk = MachineFacts['disk-low']
const diskSentence = ({ freeOctets, sizeOctets, dir }: Disk, { octets }: Say): string =>
  `${octets(freeOctets)} kati ya ${octets(sizeOctets)} ni wazi pale ${dir} ilipo.`
const DISK_REMEDY = 'Acha nafasi kwenye diski, au hamishia folda ya data kwenye diski kubwa zaidi.'
const FILES_REMEDY = 'Tafuta folda yenye faili ndogo nyingi sana kwenye diski hiyo, uifute: `du --inodes -d2 /`'
const NEW_DISK =
  'Tengeneza nakala rudufu sasa (`lango backup FILE`), kisha ubadilishe diski: rudisha nakala kwenye diski mpya.'
const MEMORY_REMEDY = 'Tazama ni programu gani inayo (`top`, kisha M), na usimamishe isiyohitajika kwenye mashine hii.'
const PORT_REMEDY = '`ss -lntup` huonyesha nani ana mlango gani; kisanduku husema milango yake kinapoanza.'

export const swahiliMachine: Pick<FindingWords, keyof MachineFacts> = {
  'disk-low': (disk, say) => ({ sentence: diskSentence(disk, say), remedy: DISK_REMEDY }),
  'disk-out': (disk, say) => ({
    sentence: `${diskSentence(disk, say)} Ripoti za matumizi hazijibiwi nafasi ikiisha.`,
    remedy: DISK_REMEDY,
  }),
  'inodes-low': ({ free, dir }) => ({
    sentence: `Ni faili ${free} tu zinazoweza kutengenezwa pale ${dir} ilipo, hata kama kuna nafasi nyingi.`,
    remedy: FILES_REMEDY,
  }),
  'inodes-out': ({ dir }) => ({
    sentence: `Hakuna faili zaidi zinazoweza kutengenezwa pale ${dir} ilipo, hata kama kuna nafasi: ripoti za matumizi zinasimama.`,
    remedy: FILES_REMEDY,
  }),
  'disk-read-only': ({ dir }) => ({
    sentence: `Diski ilipo ${dir} inasomeka tu: ripoti za matumizi haziwezi kuhifadhiwa, wala hakuna kinachouzwa.`,
    remedy:
      'Linux hufanya hivi diski inapoharibika. Soma ujumbe wake (`dmesg`), washa mashine upya, na ikirudi hivyo badilisha diski na urudishe nakala rudufu.',
  }),
  'disk-errors': ({ disk, errors }) => ({
    sentence: `Mfumo wa faili kwenye ${disk} umekutana na makosa ${errors}: huenda sehemu imepotea.`,
    remedy: `${NEW_DISK} Ukaguzi wa mfumo wa faili wakati wa kuwasha (\`fsck -f\`) hurekebisha kinachowezekana.`,
  }),
  'disk-failing': ({ disk }) => ({
    sentence: `Diski ${disk} yenyewe inasema kwamba inaharibika.`,
    remedy: NEW_DISK,
  }),
  'disk-reserve-low': ({ disk }) => ({
    sentence: `Diski ${disk} imebakiza sehemu chache za akiba za kubadilishia zilizoharibika.`,
    remedy: NEW_DISK,
  }),
  'disk-worn': ({ disk, wornPercent }) => ({
    sentence:
      wornPercent > 100
        ? `Diski ${disk} imeandikwa kwa muda mrefu kuliko mtengenezaji anavyodhamini.`
        : `Diski ${disk} imetumia kama asilimia ${wornPercent} ya maisha inayopewa na mtengenezaji.`,
    remedy:
      'Huenda ikaendelea kwa muda mrefu, na huenda ikasimama bila onyo: hakikisha nakala rudufu zinatengenezwa, na uwe na diski nyingine tayari.',
  }),
  'disk-pressed': ({ percent }) => ({
    sentence: `Kwa asilimia ${percent} ya dakika tano zilizopita kila kitu kilisubiri diski.`,
    remedy:
      'Ni programu gani inaandika sana hivyo? (`iotop -o`, au `pidstat -d 5`) Flash ya zamani pia huwa polepole: `lango bench-self` huipima.',
  }),
  'memory-low': ({ availableOctets, totalOctets }, { octets }) => ({
    sentence: `Kumbukumbu iliyobaki kwa programu ni ${octets(availableOctets)} kati ya ${octets(totalOctets)}.`,
    remedy: MEMORY_REMEDY,
  }),
  'memory-pressed': ({ percent }) => ({
    sentence: `Kwa asilimia ${percent} ya dakika tano zilizopita kila kitu kilisubiri kumbukumbu.`,
    remedy: MEMORY_REMEDY,
  }),
  'memory-ran-out': ({ kills }) => ({
    sentence: `Kumbukumbu iliisha: Linux imezima programu ${kills} tangu mashine iwashwe.`,
    remedy:
      '`journalctl -k --grep "Out of memory"` hueleza zipi, na lini. Mashine inahitaji kumbukumbu zaidi, au programu chache.',
  }),
  'load-high': ({ perProcessor, processors }) => ({
    sentence: `Kwa dakika tano programu ${perProcessor.toFixed(1)} zimesubiri kila kichakataji kati ya ${processors}.`,
    remedy:
      'Tazama ni programu gani ina shughuli (`top`). Maingio hutangulia hapa, lakini mashine isiyopumzika hujibu kwa kuchelewa.',
  }),
  'too-warm': ({ celsius, criticalC }) => ({
    sentence: `Mashine ina °C ${celsius}, na husimama au hupunguza kasi kwenye °C ${criticalC}.`,
    remedy: 'Ipe hewa na kivuli, ondoa vumbi kwenye feni na matundu yake, na usiiweke juu ya kitu kinachopata joto.',
  }),
  'clock-unsynced': () => ({
    sentence:
      'Hakuna kinachoilinganisha saa: inategemea ya mashine yenyewe, ambayo hukosea sekunde kwa wiki, au dakika.',
    remedy:
      '`timedatectl set-ntp true`, na uhakikishe seva ya wakati inafikika; bila intaneti taja yako mwenyewe kwenye /etc/systemd/timesyncd.conf.',
  }),
  'wal-large': ({ siteOctets, sessionsOctets }, { octets }) => ({
    sentence: `Kumbukumbu za uandishi za hifadhidata zina ${octets(siteOctets)} na ${octets(sessionsOctets)}. Kuna kinachosoma kwa muda mrefu.`,
    remedy: 'Simamisha programu zinazosoma hifadhidata; kumbukumbu hupungua zenyewe.',
  }),
  'folder-open': ({ dir, mode }) => ({
    sentence: `${dir} ina ruhusa ${mode}: wengine wanaweza kutazama ndani yake.`,
    remedy: `Ifunge kwa wengine: \`chmod 700 ${dir}\``,
  }),
  'buffer-small': ({ grantedOctets, wantedOctets }, { octets }) => ({
    sentence: `Bafa za kupokea zinaruhusiwa ${octets(grantedOctets)} na zinahitajika ${octets(wantedOctets)}: umeme ukirudi, wote wakipiga pamoja, pakiti hupotea.`,
    remedy: '`sysctl -w net.core.rmem_max=8388608`, na vivyo hivyo kwenye /etc/sysctl.d; kisha uwashe kisanduku upya.',
  }),
  'database-damaged': ({ first }) => ({
    sentence: `Imeharibika: ${first.join('; ')}.`,
    remedy: 'Simamisha kisanduku na urudishe nakala rudufu ya mwisho: `lango restore FILE --replace`',
  }),
  'keys-unfit': ({ fault }, say) => ({
    sentence: say.fault(fault),
    remedy: 'Rudisha keys.json kutoka kwenye nakala rudufu: `lango restore FILE`',
  }),
  'keys-lost': () => ({
    sentence:
      'Manenosiri au siri za ruta zimefungwa kwa funguo zisizomo kwenye faili ya funguo: maingio yao yanakataliwa.',
    remedy: 'Rudisha keys.json kutoka kwenye nakala rudufu, au weka upya manenosiri hayo.',
  }),
  'port-closed': ({ name, port, holder }, say) => ({
    sentence:
      holder === undefined
        ? `Hakuna anayejibu kwenye mlango ${port} (${portTitles[name]}), ingawa kisanduku kinafanya kazi.`
        : `Mlango ${port} (${portTitles[name]}) si wa kisanduku: unashikiliwa na ${holderTold(holder, say)}.`,
    remedy:
      holder === undefined
        ? 'Washa kisanduku upya; kumbukumbu zake zinaeleza kwa nini hakisikilizi hapo.'
        : `Simamisha programu hiyo, kisha uwashe kisanduku upya; au kipe kisanduku mlango mwingine. ${PORT_REMEDY}`,
  }),
  'port-taken': ({ name, port, holder }, say) => ({
    sentence: `Mlango ${port}, ambapo ${portTitles[name]} hutarajiwa, umeshikwa na ${holderTold(holder, say)}.`,
    remedy: `Kisanduku hakiwezi kuanza hapo. Simamisha programu hiyo (\`systemctl disable --now NAME\`), au anzisha kisanduku kwa mlango mwingine. ${PORT_REMEDY}`,
  }),
  'radius-silent': ({ port }) => ({
    sentence: `Status-Server kwa mlango ${port} wa kisanduku chenyewe haijibiwi: ruta zinasubiri, na kuigeukia seva nyingine.`,
    remedy: 'Washa kisanduku upya, na utengeneze kifurushi cha usaidizi: `lango support-bundle FILE`',
  }),
  'uplink-none': () => ({
    sentence:
      'Hakuna njia ya kutoka kwenye mashine hii: haina njia chaguomsingi. Maingio yanaendelea; M-Pesa, SMS, masasisho na nakala rudufu za mbali haziendelei.',
    remedy: 'Je, kebo ya intaneti imechomekwa, na ruta yake inatoa anwani? `ip route` huonyesha kilichopo.',
  }),
  'names-none': () => ({
    sentence: 'Hakuna seva ya majina iliyowekwa: hakuna kilicho nje kinachopatikana kwa jina lake.',
    remedy: 'Acha njia ya intaneti iitaje kwa DHCP, au andika moja kwenye /etc/resolv.conf: `nameserver ADDRESS`',
  }),
  'names-unanswered': ({ server, cause }, say) => ({
    sentence: `Seva ya majina ${say.name(server)} haijibu (${say.name(cause)}): hakuna kilicho nje kinachopatikana kwa jina lake.`,
    remedy:
      'Je, njia ya intaneti inafanya kazi? La sivyo chagua seva nyingine: kwenye ruta ya intaneti, au kwenye /etc/resolv.conf.',
  }),
  'update-rolled-back': ({ why, at }, say) => ({
    sentence: `Sasisho la ${say.time(at)} halikushika, na toleo la awali linafanya kazi tena: ${say.name(why)}.`,
    remedy:
      'Hakuna kilichopotea. Tengeneza kifurushi cha usaidizi (`lango support-bundle FILE`) na uulize kabla ya kujaribu lile lile tena.',
  }),
  'update-refused': ({ why, at }, say) => ({
    sentence: `Sasisho la ${say.time(at)} lilikataliwa: ${say.name(why)}.`,
    remedy: 'Hakuna kilichobadilishwa. Lichukue tena pale matoleo ya Lango yalipo, la aina ya mashine hii.',
  }),
  'packets-dropped': ({ count }) => ({
    sentence: `Pakiti ${count} ziliachwa bila jibu tangu kuanza.`,
    remedy:
      'Mara nyingi sababu ni siri ya pamoja isiyo sahihi: iweke upya pande zote mbili. Kumbukumbu huhesabu sababu.',
  }),
  'radsec-unknown': ({ count }) => ({
    sentence: `Miunganisho ${count} ya RadSec ilifungwa tangu kuanza: cheti ni kizuri, lakini hakuna ruta yenye jina lake.`,
    remedy: 'Sema ni ya nani: `lango router set ROUTER --radsec-identity NAME`. Kumbukumbu zina anwani.',
  }),
  'radsec-handshakes': ({ count }) => ({
    sentence: `Miunganisho ${count} ya RadSec haikuweza kufanyika tangu kuanza.`,
    remedy:
      'Kama ruta yako haipo: ipe cheti cha kisanduku hiki (`lango tls issue NAME --out DIR`) na mamlaka (`lango tls show`), na uweke saa yake. Kumbukumbu zina anwani; wageni wanaojaribu mlango wanaweza kuachwa.',
  }),
  'radsec-dropped': ({ count }) => ({
    sentence: `Pakiti au miunganisho ${count} ya RadSec iliachwa tangu kuanza.`,
    remedy:
      'Kumbukumbu huhesabu sababu: ruta inayovunja itifaki inahitaji programu mpya zaidi; kikomo kilichofikiwa, miunganisho michache.',
  }),
  'decisions-lost': ({ count }) => ({
    sentence: `Maamuzi ${count} hayapo kwenye kumbukumbu za maamuzi tangu kuanza: diski haikuyapokea. Maingio yalijibiwa hata hivyo.`,
    remedy: 'Tazama diski, juu; `lango decisions` itakuwa na pengo hadi itakapoyapokea tena.',
  }),
}

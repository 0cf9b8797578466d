/** Faults about updates, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const updateFaultWords: Readonly<Record<string, FaultWords>> = {
  UpdatePlaceUnset: {
    en: 'Say first where releases are.',
    sw: 'Sema kwanza matoleo yako wapi.',
  },
  UpdateNoneOffered: {
    en: 'No release is offered. Look for one first.',
    sw: 'Hakuna toleo linalopatikana. Tafuta kwanza.',
  },
  TrustMissing: {
    en: '{file}, by which releases are recognised, cannot be read ({cause}). It comes with the image: write the image anew.',
    sw: '{file}, inayotambulisha matoleo, haisomeki ({cause}). Huja na image: andika image upya.',
  },
  FeedUnreachable: {
    en: 'The place of releases cannot be reached ({cause}). It is tried again by itself.',
    sw: 'Mahali pa matoleo hapafikiki ({cause}). Hujaribiwa tena penyewe.',
  },
  FeedExpired: {
    en: 'What is signed there is past its date ({role}): it is an old copy, or nobody has signed it anew. Look at the clock; fill a USB stick anew; else ask who makes the releases.',
    sw: 'Kilichotiwa sahihi hapo kimepitwa na tarehe ({role}): ni nakala ya zamani, au hakuna aliyetia sahihi upya. Tazama saa; jaza USB upya; la sivyo waulize wanaotengeneza matoleo.',
  },
  FeedRefused: {
    en: 'What lies there is refused: it is not what was signed, or older than what this box has seen ({cause}). Nothing was installed.',
    sw: 'Kilichopo hapo kimekataliwa: si kilichotiwa sahihi, au ni cha zamani kuliko kilichokwisha kuonekana hapa ({cause}). Hakuna kilichosakinishwa.',
  },
  BundleAltered: {
    en: '{name} is not what was signed and was deleted. It is fetched again by itself.',
    sw: '{name} si kilichotiwa sahihi, na kimefutwa. Kitaletwa tena chenyewe.',
  },
  UpdateDiskFull: {
    en: 'The disk has no room for the release. Keep sessions for fewer days, or move files away.',
    sw: 'Diski haina nafasi ya toleo hili. Weka vipindi kwa siku chache zaidi, au hamisha mafaili.',
  },
  UpdateFolderUnusable: {
    en: '{dir} cannot be written ({cause}).',
    sw: '{dir} haiandikiki ({cause}).',
  },
  DownloadStopped: {
    en: 'The download was stopped; it goes on where it was.',
    sw: 'Upakuaji ulisimamishwa; utaendelea ulipoishia.',
  },
}

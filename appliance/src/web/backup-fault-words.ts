/** Faults about backups, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const backupFaultWords: Readonly<Record<string, FaultWords>> = {
  BackupDamaged: {
    en: 'This is no backup of a Lango box, or it is no longer whole. Nothing was changed; use another.',
    sw: 'Hii si nakala rudufu ya kisanduku cha Lango, au si kamili tena. Hakuna kilichobadilishwa; tumia nyingine.',
  },
  BackupTooNew: {
    en: 'The backup was made by a newer release. Nothing was changed; update this box first, and then restore it.',
    sw: 'Nakala ilitengenezwa na toleo jipya zaidi. Hakuna kilichobadilishwa; sasisha kisanduku hiki kwanza, kisha uirejeshe.',
  },
  ReleaseTooOld: {
    en: 'What is in the backup was written by a newer release, which this one cannot read. Nothing was changed; update this box first.',
    sw: 'Kilichomo kwenye nakala kiliandikwa na toleo jipya zaidi, ambalo hili haliwezi kulisoma. Hakuna kilichobadilishwa; sasisha kisanduku hiki kwanza.',
  },
  PassphraseWrong: {
    en: 'This is not the passphrase or recovery key that the backup was sealed with. Nothing was changed; type it again.',
    sw: 'Hili si nenosiri au ufunguo uliotumika kuifunga nakala. Hakuna kilichobadilishwa; andika tena.',
  },
  SealUnknown: {
    en: 'The keys in the backup are sealed in a way that this release does not know. Update this box first.',
    sw: 'Funguo kwenye nakala zimefungwa kwa njia ambayo toleo hili halijui. Sasisha kisanduku hiki kwanza.',
  },
  KeysAbsent: {
    en: 'The backup was made without keys: no password and no router secret in it can be read. Restore it on a shell of the box: lango restore FILE --without-keys',
    sw: 'Nakala ilitengenezwa bila funguo: hakuna nenosiri wala siri ya router inayosomeka. Irejeshe kwenye shell ya kisanduku: lango restore FILE --without-keys',
  },
  RestoreNoRoom: {
    en: 'There is not enough room on the disk of this box for the backup and what is in it. Nothing was changed; use a larger disk.',
    sw: 'Hakuna nafasi ya kutosha kwenye diski ya kisanduku hiki kwa nakala na kilichomo. Hakuna kilichobadilishwa; tumia diski kubwa zaidi.',
  },
  FileUnreadable: {
    en: 'The backup can no longer be read ({cause}). Was the stick pulled out? Choose it again.',
    sw: 'Nakala haisomeki tena ({cause}). Je, kijiti kimechomolewa? Ichague tena.',
  },
  ShelfNameTaken: {
    en: 'A shelf is called {name} already. Choose another name, or end that one first.',
    sw: 'Tayari kuna rafu iitwayo {name}. Chagua jina jingine, au imalize hiyo kwanza.',
  },
  ShelvesTooMany: {
    en: 'There are {max} shelves, and a box lends no more. End one first.',
    sw: 'Kuna rafu {max}, na kisanduku hakiazimi zaidi. Maliza moja kwanza.',
  },
  ShelfUnknown: { en: 'No shelf is called {name} any more.', sw: 'Hakuna tena rafu iitwayo {name}.' },
  ShelfUnreachable: {
    en: 'No other box reaches this one over https: its desk listens on {listen}. Start it with --web-listen 0.0.0.0, or an address that the other box reaches.',
    sw: 'Hakuna kisanduku kingine kinachokifikia hiki kwa https: dawati lake linasikiliza kwenye {listen}. Kiwashe kwa --web-listen 0.0.0.0, au anwani ambayo kisanduku kingine kinaifikia.',
  },
}

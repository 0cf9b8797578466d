import { catalogue, type Desk } from '@lango/kernel/ui'

const standbyWords = catalogue(
  {
    standby: 'Standby',
    none: 'This box has no standby',
    noneHelp:
      'A second box can keep a copy of everything, and take over when this one dies, without losing an accounting record that was acknowledged.',
    make: 'At this box, make a code:',
    join: 'At the other, within ten minutes:',
    other: 'The standby',
    inSync: 'has everything',
    catchingUp: 'catching up',
    away: 'away',
    inSyncHelp: 'Accounting is acknowledged to routers when it is on both disks.',
    alone: 'What is acknowledged now is on this box alone. The standby is taken in again by itself.',
    since: 'Since',
    term: 'Take-overs so far',
    tookOver: 'This box took over',
    completeUntil: 'It had everything until',
    missing: 'What the other may have acknowledged alone after that is on the other’s disk only.',
    promote: 'When this box dies, the other takes over by its witness, or when somebody says so there:',
  },
  {
    standby: 'Cha akiba',
    none: 'Kisanduku hiki hakina cha akiba',
    noneHelp:
      'Kisanduku cha pili kinaweza kutunza nakala ya kila kitu, na kuchukua nafasi hiki kinapokufa, bila kupoteza rekodi ya matumizi iliyothibitishwa.',
    make: 'Kwenye kisanduku hiki, tengeneza msimbo:',
    join: 'Kwenye kile kingine, ndani ya dakika kumi:',
    other: 'Cha akiba',
    inSync: 'kina kila kitu',
    catchingUp: 'kinafikia',
    away: 'hakipo',
    inSyncHelp: 'Matumizi huthibitishwa kwa ruta yakiwa kwenye diski zote mbili.',
    alone: 'Kinachothibitishwa sasa kiko kwenye kisanduku hiki pekee. Cha akiba kitapokelewa tena chenyewe.',
    since: 'Tangu',
    term: 'Mara za kuchukua nafasi',
    tookOver: 'Kisanduku hiki kilichukua nafasi',
    completeUntil: 'Kilikuwa na kila kitu hadi',
    missing: 'Ambacho kile kingine kingeweza kuthibitisha peke yake baada ya hapo kiko kwenye diski yake tu.',
    promote: 'Kisanduku hiki kikifa, kile kingine huchukua nafasi kwa shahidi wake, au mtu akisema hapo:',
  },
)

export const wordsOf = ({ locale }: Pick<Desk, 'locale'>) => standbyWords[locale.lang]

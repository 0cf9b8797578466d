import { catalogue } from '@lango/kernel/ui'

export const aheadWords = catalogue(
  {
    title: 'Given before it was confirmed',
    what: 'Of the last seven days. What M-Pesa’s message alone was believed for is theirs for a minute, and taken back when it is not confirmed. A phone that once did not pay within a day is given nothing ahead that day.',
    times: 'Given ahead',
    confirmedTimes: 'Paid after all',
    takenBackTimes: 'Taken back',
    open: 'Not confirmed yet',
    confirmed: 'Paid',
    'taken-back': 'Taken back',
    unpaid: 'Theirs unpaid for',
    given: 'Given',
    none: 'Nothing was given ahead',
    noneBody: 'It is given only up to the sum that is set in the settings of M-Pesa, which is 0 at first.',
    link: 'Given before it was confirmed, within seven days: {given}; taken back: {takenBack}',
  },
  {
    title: 'Vilivyotolewa kabla ya kuthibitishwa',
    what: 'Vya siku saba zilizopita. Kilichoaminiwa kwa ujumbe wa M-Pesa pekee ni chao kwa dakika moja, na hurudishwa kisipothibitishwa. Simu ambayo mara moja haikulipa ndani ya siku haipewi kitu mapema siku hiyo.',
    times: 'Vilitolewa mapema',
    confirmedTimes: 'Vililipwa hatimaye',
    takenBackTimes: 'Vilirudishwa',
    open: 'Hakijathibitishwa bado',
    confirmed: 'Kimelipwa',
    'taken-back': 'Kimerudishwa',
    unpaid: 'Kilikuwa chao bila malipo kwa',
    given: 'Kilitolewa',
    none: 'Hakuna kilichotolewa mapema',
    noneBody: 'Hutolewa tu hadi kiasi kilichowekwa kwenye mipangilio ya M-Pesa, ambacho mwanzoni ni 0.',
    link: 'Vilivyotolewa kabla ya kuthibitishwa, siku saba: {given}; vilivyorudishwa: {takenBack}',
  },
)

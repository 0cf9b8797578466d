import { catalogue } from '@lango/kernel/locale'

/** What is sent to whoever registers. Nothing that they have typed stands in it: it would reach others from this box. */
export const sentWords = catalogue(
  {
    codeSubject: 'Your code for {site}',
    code: '{site}: your code is {code}. It is good for 10 minutes. Give it to nobody; we never ask for it.',
    knownSubject: 'You have an account at {site}',
    known: '{site}: this contact has had its account already, and each can have one. Lost your password? Ask us.',
    welcomeSubject: 'Your account at {site}',
    welcome: '{site}: your login is {login}, your password {password}',
  },
  {
    codeSubject: 'Msimbo wako wa {site}',
    code: '{site}: msimbo wako ni {code}. Unatumika kwa dakika 10. Usimpe mtu yeyote; sisi hatuuombi kamwe.',
    knownSubject: 'Una akaunti {site}',
    known: '{site}: mawasiliano haya yameshapata akaunti, na kila moja hupata moja tu. Umepoteza nenosiri? Tuulize.',
    welcomeSubject: 'Akaunti yako {site}',
    welcome: '{site}: jina lako la kuingia ni {login}, nenosiri lako {password}',
  },
)

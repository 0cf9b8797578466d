/** Faults of rollouts to routers, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const rolloutFaultWords: Readonly<Record<string, FaultWords>> = {
  RolloutRunning: {
    en: 'RouterOS {version} is on its way to routers still, and there is one rollout at a time. End that one first.',
    sw: 'RouterOS {version} bado inaenda kwenye ruta, na usambazaji ni mmoja kwa wakati. Katisha huo kwanza.',
  },
  RolloutNone: { en: 'There is no rollout under way.', sw: 'Hakuna usambazaji unaoendelea.' },
  RolloutNoRouters: {
    en: 'The box logs in to no router. Let it in on the page of a router, under Control.',
    sw: 'Kisanduku hakiingii kwenye ruta yoyote. Kiruhusu kwenye ukurasa wa ruta, chini ya Udhibiti.',
  },
  RouterPackageMissing: {
    en: 'The box has no file of RouterOS {version}. Put it in, or let routers ask MikroTik’s own servers.',
    sw: 'Kisanduku hakina faili la RouterOS {version}. Liweke, au ruta ziulize seva za MikroTik zenyewe.',
  },
  RouterPackageNameInvalid: {
    en: '{name} is not called like a package of RouterOS, such as routeros-7.20.1-arm64.npk.',
    sw: '{name} haina jina la kifurushi cha RouterOS, kama routeros-7.20.1-arm64.npk.',
  },
  RouterPackagesFull: {
    en: 'The box keeps {max} package files at most. Remove some first.',
    sw: 'Kisanduku hutunza mafaili ya vifurushi {max} tu. Ondoa mengine kwanza.',
  },
  RouterPackageUnknown: { en: 'The box has no file {name}.', sw: 'Kisanduku hakina faili {name}.' },
}

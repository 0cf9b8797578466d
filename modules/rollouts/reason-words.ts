/** Why a router waits, was left out or has failed: the end of a sentence, for pages, findings and the command line. */
import type { DeviceState, Reason } from './progress.ts'
import type { Unfit } from './rules.ts'

type Languages = 'en' | 'sw'
type Words<K extends string> = Readonly<Record<Languages, Readonly<Record<K, string>>>>

export const reasonWords: Words<Reason | Unfit> = {
  en: {
    offline: 'it does not answer',
    quiet: 'waits for its quiet hour',
    portal: 'the box has no portal to fetch files from: start it with --portal-port',
    altered: 'a file in the box is not what was put in: put it in again',
    'not-brought': 'it could not fetch the files',
    'not-offered': 'MikroTik’s servers offer it another version',
    'not-restarting': 'it was told to restart, and does not',
    gone: 'it did not come back after its restart: somebody has to go there',
    'old-version': 'it came back with the version that it had: its log says why',
    interfaces: 'interfaces that ran before do not run any more',
    radius: 'people were online there, and RADIUS hears nothing from it since',
    firmware: 'RouterBOOT stayed as it was',
    'no-control': 'the box does not log in to it any more',
    late: 'it was away until the last day',
    cancelled: 'the rollout was ended before',
    unreadable: 'its version cannot be read',
    running: 'it runs that version',
    older: 'it runs a newer one: going back has to be asked for',
    major: 'it runs another major version: going over has to be asked for',
    'no-file': 'there is no file for its architecture, or for a version between',
    'no-package': 'a package that it has installed is missing',
    'no-space': 'it has no room for the files',
    'other-files': 'other packages lie on it, which it would install with its next restart',
  },
  sw: {
    offline: 'haijibu',
    quiet: 'inasubiri saa yake tulivu',
    portal: 'kisanduku hakina lango la kupakulia mafaili: kianzishe na --portal-port',
    altered: 'faili ndani ya kisanduku si lile lililowekwa: liweke tena',
    'not-brought': 'haikuweza kupakua mafaili',
    'not-offered': 'seva za MikroTik zinaipa toleo lingine',
    'not-restarting': 'iliambiwa iwake upya, na haiwaki',
    gone: 'haikurudi baada ya kuwaka upya: mtu aende huko',
    'old-version': 'ilirudi na toleo ililokuwa nalo: kumbukumbu zake zinaeleza sababu',
    interfaces: 'violesura vilivyofanya kazi kabla havifanyi kazi tena',
    radius: 'kulikuwa na watu mtandaoni hapo, na RADIUS haijaisikia tangu hapo',
    firmware: 'RouterBOOT ilibaki kama ilivyokuwa',
    'no-control': 'kisanduku hakiingii tena kwayo',
    late: 'haikuwepo hadi siku ya mwisho',
    cancelled: 'usambazaji ulikatishwa kabla yake',
    unreadable: 'toleo lake halisomeki',
    running: 'inaendesha toleo hilo',
    older: 'inaendesha jipya zaidi: kurudi nyuma lazima kuombwe',
    major: 'inaendesha toleo kuu lingine: kuvuka lazima kuombwe',
    'no-file': 'hakuna faili la usanifu wake, au la toleo la katikati',
    'no-package': 'kifurushi kilichosakinishwa humo hakipo',
    'no-space': 'haina nafasi ya mafaili',
    'other-files': 'vifurushi vingine viko humo, ambavyo ingevisakinisha ikiwaka upya',
  },
}

export const stateWords: Words<DeviceState> = {
  en: {
    waiting: 'waits',
    bringing: 'fetches the files',
    restarting: 'restarts',
    checking: 'is being looked at',
    firmware: 'RouterBOOT follows',
    good: 'done',
    failed: 'failed',
    skipped: 'left as it is',
  },
  sw: {
    waiting: 'inasubiri',
    bringing: 'inapakua mafaili',
    restarting: 'inawaka upya',
    checking: 'inaangaliwa',
    firmware: 'RouterBOOT inafuata',
    good: 'imekamilika',
    failed: 'imeshindikana',
    skipped: 'imeachwa ilivyo',
  },
}

/** The reason, and what the device said of it. */
export const whyText = (
  lang: Languages,
  { why, said }: { readonly why: Reason | Unfit | ''; readonly said: string },
): string => {
  if (why === '') return ''
  return said === '' ? reasonWords[lang][why] : `${reasonWords[lang][why]} (${said})`
}

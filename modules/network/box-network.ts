/** The box's own ports: what is told of a change of them, and what is wrong with a plan in the words of the desk. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import type { NetworkFault } from './port.ts'

const NAMES_MAX = 2000

/** That the box's ports were asked to be something else, or kept so. The plan itself, with its passwords, is a file of the box. */
export const networkChanged = defineCommand({
  name: 'network.changed',
  permission: 'settings.write',
  isInternal: true,
  input: z.object({
    step: z.enum(['tried', 'kept']),
    role: z.enum(['aaa', 'gateway']),
    networks: z.string().max(NAMES_MAX),
  }),
  handle: () => ok(),
})

type Sentence = { readonly en: string; readonly sw: string }

/** `{about}` is a port, a network or a number of the plan. */
const sentences: Readonly<Record<NetworkFault['type'], Sentence>> = {
  PortTwice: {
    en: 'Port {about} is for two things. Choose one, or give each a VLAN of its own.',
    sw: 'Mlango {about} una kazi mbili. Chagua moja, au ipe kila moja VLAN yake.',
  },
  VlanTwice: {
    en: 'This port and VLAN stand twice: {about}. Give one of them another number.',
    sw: 'Mlango na VLAN hii zimeandikwa mara mbili: {about}. Ipe moja namba nyingine.',
  },
  PortMixed: {
    en: 'Port {about} is one of a bridge and has VLANs too. Take it out of the bridge, or tag what it is bridged for.',
    sw: 'Mlango {about} ni sehemu ya daraja na pia una VLAN. Uondoe kwenye daraja, au uweke VLAN kwa kazi hiyo.',
  },
  NameTwice: {
    en: 'Two networks are called {about}. Call one of them something else.',
    sw: 'Mitandao miwili inaitwa {about}. Ipe mmoja jina lingine.',
  },
  NetworksOverlap: {
    en: 'This network overlaps with {about}: the box could not tell them apart. Give one of them other addresses.',
    sw: 'Mtandao huu unaingiliana na {about}: kisanduku hakiwezi kuitofautisha. Upe mmoja anwani nyingine.',
  },
  DeskUnreachable: {
    en: 'Nobody could reach the desk. Make one port Staff (management) or Routers (access), or let the desk answer at the uplink too.',
    sw: 'Hakuna ambaye angeweza kufikia dawati. Fanya mlango mmoja uwe wa Wafanyakazi au wa Ruta, au dawati lipatikane pia upande wa intaneti.',
  },
  DeskDialled: {
    en: 'The desk cannot answer on a line that is dialled ({about}): the provider’s other customers could be there. Give the staff a port or a VLAN of their own.',
    sw: 'Dawati haliwezi kupatikana kwenye laini ya kupiga ({about}): wateja wengine wa mtoa huduma wanaweza kuwapo. Wape wafanyakazi mlango au VLAN yao.',
  },
  PoolSmall: {
    en: 'There are fewer addresses than lines ({about}). Make the range larger, or allow fewer lines.',
    sw: 'Anwani ni chache kuliko laini ({about}). Ongeza anwani, au ruhusu laini chache.',
  },
  PoolOutside: {
    en: 'The addresses to give away do not fit: {about}. They lie in the network of the port, and the box’s own is not among them.',
    sw: 'Anwani za kugawa hazifai: {about}. Ziwe ndani ya mtandao wa mlango, na ile ya kisanduku isiwemo.',
  },
  GatewayOutside: {
    en: 'The router {about} is not in the network of this port. Type its address there, or correct the length after the slash.',
    sw: 'Ruta {about} haimo kwenye mtandao wa mlango huu. Andika anwani yake ya humo, au rekebisha namba baada ya mkwaju.',
  },
  AddressUnusable: {
    en: 'The box cannot have the address {about}. Choose another of that network; guests need one of /8 to /28.',
    sw: 'Kisanduku hakiwezi kuwa na anwani {about}. Chagua nyingine ya mtandao huo; wageni wanahitaji /8 hadi /28.',
  },
  UplinkMissing: {
    en: 'Guests and dialled lines need a way to the internet. Make one port Internet (uplink).',
    sw: 'Wageni na laini za PPPoE wanahitaji njia ya intaneti. Fanya mlango mmoja uwe wa Intaneti.',
  },
  LanMissing: {
    en: 'The box is to be a gateway, for nobody. Make one port Guests or PPPoE, or choose the role beside routers.',
    sw: 'Kisanduku kiwe lango, lakini hakuna wa kuhudumia. Fanya mlango mmoja uwe wa Wageni au PPPoE.',
  },
  LanNeedsGateway: {
    en: 'Guests and PPPoE need the role gateway.',
    sw: 'Wageni na PPPoE wanahitaji jukumu la lango.',
  },
  LanTwice: {
    en: 'There is a second network of guests ({about}). One box has one: bridge their ports.',
    sw: 'Kuna mtandao wa pili wa wageni ({about}). Kisanduku kina mmoja: unganisha milango yao.',
  },
  PppoeTwice: {
    en: 'There is a second PPPoE server ({about}). One box has one: bridge their ports.',
    sw: 'Kuna seva ya pili ya PPPoE ({about}). Kisanduku kina moja: unganisha milango yake.',
  },
  DialerTwice: {
    en: 'A second provider is dialled by PPPoE ({about}). One line is dialled; the other gets its address by DHCP or has a fixed one.',
    sw: 'Kuna mtoa huduma wa pili wa PPPoE ({about}). Laini moja tu hupigwa; nyingine ipate anwani kwa DHCP au iwe maalum.',
  },
  PortMissing: {
    en: 'Port {about} is not in this box now. It is set up once it is.',
    sw: 'Mlango {about} haupo kwenye kisanduku hiki sasa. Utawekwa utakapokuwepo.',
  },
}

export const networkFaultSentence = (lang: 'en' | 'sw', { type, about }: NetworkFault): string =>
  sentences[type][lang].replace('{about}', about)

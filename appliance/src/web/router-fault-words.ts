/** Faults of routers in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const routerFaultWords: Readonly<Record<string, FaultWords>> = {
  BypassNameTaken: {
    en: 'Somebody or something is called {name} already. Choose another name.',
    sw: 'Tayari kuna kinachoitwa {name}. Chagua jina lingine.',
  },
  BypassUnknown: {
    en: 'No device with the address {mac} is on the list.',
    sw: 'Hakuna kifaa chenye anwani {mac} kwenye orodha.',
  },
  RouterNameTaken: {
    en: 'A router is called {name} already. Choose another name.',
    sw: 'Tayari kuna ruta iitwayo {name}. Chagua jina lingine.',
  },
  RouterAddressTaken: {
    en: '{address} is the address of router {name} already.',
    sw: '{address} tayari ni anwani ya ruta {name}.',
  },
  RouterUnknown: { en: 'No router is called {name}.', sw: 'Hakuna ruta iitwayo {name}.' },
  AddressInvalid: {
    en: '{address} is no address or range: write 10.0.0.1 or 10.0.0.0/24.',
    sw: '{address} si anwani wala masafa: andika 10.0.0.1 au 10.0.0.0/24.',
  },
  ControlUnknown: { en: 'The box does not log in to {name}.', sw: 'Kisanduku hakiingii kwenye {name}.' },
  HotspotUnknown: { en: 'The box keeps no hotspot on {name}.', sw: 'Kisanduku hakitunzi hotspot kwenye {name}.' },
  HotspotNetworkInvalid: {
    en: '{network} is no network for a hotspot: write 10.30.0.0/16, with room for a router and others.',
    sw: '{network} si mtandao wa hotspot: andika 10.30.0.0/16, wenye nafasi ya ruta na wengine.',
  },
  ProbeOpened: {
    en: 'Phones ask for {host} to see whether they are online: reached without a login they would never open the portal.',
    sw: 'Simu huuliza {host} kujua kama ziko mtandaoni: likifikika bila kuingia hazitafungua lango kamwe.',
  },
  ControlHostMissing: {
    en: '{name} is a range of addresses: say which one to log in to.',
    sw: '{name} ni masafa ya anwani: taja moja ya kuingilia.',
  },
  NetworkInvalid: {
    en: '{network} is no IPv4 network: write 10.40.0.0/16, with nothing set behind the length.',
    sw: '{network} si mtandao wa IPv4: andika 10.40.0.0/16, bila kitu baada ya urefu.',
  },
  NetworkTwice: {
    en: '{network} and {other} have addresses in common: give each address once.',
    sw: '{network} na {other} zina anwani za pamoja: toa kila anwani mara moja.',
  },
  NetworkTaken: {
    en: '{network} and {other} of router {router} have addresses in common: a customer is held at one router.',
    sw: '{network} na {other} ya ruta {router} zina anwani za pamoja: mteja hushikiliwa kwenye ruta moja.',
  },
}

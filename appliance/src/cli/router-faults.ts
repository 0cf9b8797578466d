/** The sentences about routers and other servers. */
import type { VaultFault } from '@lango/kernel'
import type { FaultOf } from '@lango/kernel/verbs'
import type { addBypasses, removeBypass, setBypass } from '@lango/modules/bypass'
import type {
  addRemoteServer,
  addRouter,
  removeControl,
  removeHotspot,
  removeRemoteServer,
  removeRouter,
  revealControl,
  routerLearned,
  setControl,
  setHotspot,
  setRouter,
} from '@lango/modules/network'

export type RouterFault = Exclude<
  FaultOf<
    | typeof addBypasses
    | typeof removeBypass
    | typeof setBypass
    | typeof addRemoteServer
    | typeof addRouter
    | typeof removeControl
    | typeof removeHotspot
    | typeof removeRemoteServer
    | typeof removeRouter
    | typeof revealControl
    | typeof routerLearned
    | typeof setControl
    | typeof setHotspot
    | typeof setRouter
  >,
  // Worded with subscribers.
  VaultFault | { readonly type: 'PlanUnknown' | 'MacTaken' }
>

type Sentences = { readonly [T in RouterFault['type']]: (fault: Extract<RouterFault, { type: T }>) => string }

export const routerSentences: Sentences = {
  RouterUnknown: ({ name }) => `No router is called ${name}. See: lango router list`,
  RouterNameTaken: ({ name }) =>
    `A router is called ${name} already. Choose another name, or change it: lango router set ${name} …`,
  RouterAddressTaken: ({ address, name }) =>
    `${address} is the address of router ${name} already. Change that one: lango router set ${name} …`,
  AddressInvalid: ({ address }) =>
    `'${address}' is no address or range: write 10.0.0.1, 10.0.0.0/24 or 2001:db8::/48, with nothing set behind the prefix.`,
  RealmMissing: () => 'A home server answers for a realm: say which.',
  ServerNameTaken: ({ name }) => `A server is called ${name} already. Choose another name.`,
  ServerUnknown: ({ name }) => `No server is called ${name}.`,
  ControlUnknown: ({ name }) => `The box does not log in to router ${name}. Let it: lango router control ${name} …`,
  BypassNameTaken: ({ name }) => `Somebody or something is called ${name} already. Choose another name.`,
  BypassUnknown: ({ mac }) => `No device with the address ${mac} is on the bypass list. See: lango bypass list`,
  HotspotUnknown: ({ name }) => `The box keeps no hotspot on router ${name}. Have it: lango router hotspot ${name}`,
  HotspotNetworkInvalid: ({ network }) =>
    `'${network}' is no network for a hotspot: write 10.30.0.0/16, with nothing set behind the prefix and room for a router and others.`,
  ProbeOpened: ({ host }) =>
    `Phones ask for ${host} to see whether they are online: reached without a login they would never open the portal.`,
  ControlHostMissing: ({ name }) =>
    `Router ${name} is a range of addresses: say which one to log in to: lango router control ${name} --host IP …`,
  NetworkInvalid: ({ network }) =>
    `'${network}' is no IPv4 network: write 10.40.0.0/16, with nothing set behind the prefix.`,
  NetworkTwice: ({ network, other }) => `${network} and ${other} have addresses in common: give each address once.`,
  NetworkTaken: ({ network, other, router }) =>
    `${network} and ${other} of router ${router} have addresses in common: a customer is held at one router.`,
}

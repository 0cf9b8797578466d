/** Faults about people who work with the box, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const staffFaultWords: Readonly<Record<string, FaultWords>> = {
  RoleUnknown: { en: 'There is no such role any more.', sw: 'Jukumu hilo halipo tena.' },
  RoleTooStrong: {
    en: 'You cannot give what you do not have yourself: {permission}.',
    sw: 'Huwezi kutoa usichokuwa nacho mwenyewe: {permission}.',
  },
  RoleNameTaken: {
    en: 'A role is called {name} already. Choose another name.',
    sw: 'Tayari kuna jukumu liitwalo {name}. Chagua jina lingine.',
  },
  RoleInUse: {
    en: 'Somebody has the role {name}. Give them another first.',
    sw: 'Kuna mtu mwenye jukumu la {name}. Mpe lingine kwanza.',
  },
  StaffUnknown: { en: 'This person is not there any more.', sw: 'Mtu huyu hayupo tena.' },
  StaffLoginTaken: {
    en: '{login} is somebody of the staff already. Choose another login.',
    sw: '{login} tayari ni mfanyakazi. Chagua jina lingine la kuingia.',
  },
  LastOwner: {
    en: '{login} is the last owner. Make somebody else an owner first.',
    sw: '{login} ni mmiliki wa mwisho. Mfanye mtu mwingine awe mmiliki kwanza.',
  },
  OwnerExists: {
    en: 'This box has people already. Sign in, or ask an owner for an invitation.',
    sw: 'Kisanduku hiki tayari kina watu. Ingia, au mwombe mmiliki mwaliko.',
  },
  DoorShut: {
    en: 'This invitation was used, replaced or is too old. Ask an owner for another.',
    sw: 'Mwaliko huu umetumika, umebadilishwa au umepitwa na wakati. Mwombe mmiliki mwingine.',
  },
  CodeUsed: {
    en: 'This code was used before. Wait for the next one.',
    sw: 'Msimbo huu umeshatumika. Subiri unaofuata.',
  },
  RouterForbidden: {
    en: 'The role of {login} does not let them log in to {router}: it takes routers.admin or routers.look.',
    sw: 'Jukumu la {login} halimruhusu kuingia kwenye {router}: linahitaji routers.admin au routers.look.',
  },
  CodeWrong: {
    en: 'The code is not the one the app shows now. Type the present one; check the clock of the phone.',
    sw: 'Msimbo sio ule ambao programu inaonyesha sasa. Andika wa sasa; angalia saa ya simu.',
  },
  AppNotBegun: { en: 'There is no app to confirm. Begin again.', sw: 'Hakuna programu ya kuthibitisha. Anza upya.' },
  PasskeyUnknown: { en: 'This passkey is not there any more.', sw: 'Ufunguo huu wa siri haupo tena.' },
  PasskeyKnown: {
    en: 'This passkey is kept here already. Use another device, or remove it first.',
    sw: 'Ufunguo huu wa siri tayari umehifadhiwa hapa. Tumia kifaa kingine, au uondoe kwanza.',
  },
  PasskeysFull: {
    en: 'You have {most} passkeys, and no more are kept. Remove one that you no longer use.',
    sw: 'Una funguo za siri {most}, na zaidi hazihifadhiwi. Ondoa ule usiotumia tena.',
  },
  PasskeyCopied: {
    en: 'The passkey {name} was used by a copy of it. Remove it, and add it anew on the device that you hold.',
    sw: 'Ufunguo wa siri {name} umetumiwa na nakala yake. Uondoe, kisha uuongeze upya kwenye kifaa ulicho nacho.',
  },
  ProofMissing: {
    en: 'Confirm first that it is you, then do it within five minutes.',
    sw: 'Thibitisha kwanza kuwa ni wewe, kisha ufanye ndani ya dakika tano.',
  },
}

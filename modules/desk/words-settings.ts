import { catalogue, type Desk } from '@lango/kernel/ui'

const settingsWords = catalogue(
  {
    settings: 'Settings',
    brand: 'This POP',
    siteName: 'Name of the POP',
    siteNameHelp: 'Stands on every page. Empty: the name of the machine.',
    currency: 'Currency',
    currencyHelp: 'Of prices of new plans, three letters such as KES.',
    brandColour: 'Colour',
    brandColourHelp: 'Written #0f766e. Empty: Lango’s own.',
    save: 'Save',
    saved: 'Saved.',
    box: 'The box',
    timeZone: 'Time zone',
    timeZoneHelp: 'Days, months and time windows begin by it. It is set by LANGO_TIME_ZONE when the box starts.',
    certificate: 'Certificate',
    certificateHelp:
      'For RadSec, EAP and the desk: `lango tls show` prints the authority, `lango tls use` takes one of your own.',
    backups: 'Backups',
    backupsHelp: 'The box makes them by itself, to a folder or to S3-compatible storage, and says how they went.',
    retention: 'Retention',
    retentionHelp: 'Sessions that are over are kept {days} days, the audit log {years} years.',
    webhooks: 'Webhooks',
    webhooksHelp: 'The box posts what happens to an address of yours, signed.',
    api: 'Interface for programs',
    apiHelp: 'Every command and query with its fields and an example; for machines at /api/openapi.json.',
  },
  {
    settings: 'Mipangilio',
    brand: 'POP hii',
    siteName: 'Jina la POP',
    siteNameHelp: 'Huonekana kwenye kila ukurasa. Ikiwa tupu: jina la mashine.',
    currency: 'Sarafu',
    currencyHelp: 'Ya bei za vifurushi vipya, herufi tatu kama KES.',
    brandColour: 'Rangi',
    brandColourHelp: 'Huandikwa #0f766e. Ikiwa tupu: ya Lango yenyewe.',
    save: 'Hifadhi',
    saved: 'Imehifadhiwa.',
    box: 'Kisanduku',
    timeZone: 'Ukanda wa saa',
    timeZoneHelp:
      'Siku, miezi na vipindi vya muda huanza kwa saa hiyo. Huwekwa na LANGO_TIME_ZONE kisanduku kinapoanza.',
    certificate: 'Cheti',
    certificateHelp:
      'Cha RadSec, EAP na dawati: `lango tls show` huchapisha mamlaka, `lango tls use` hupokea chako mwenyewe.',
    backups: 'Nakala rudufu',
    backupsHelp: 'Kisanduku huzitengeneza chenyewe, kwenye folda au hifadhi ya aina ya S3, na kusema zilivyokwenda.',
    retention: 'Uhifadhi',
    retentionHelp: 'Vipindi vilivyoisha huhifadhiwa siku {days}, kumbukumbu za ukaguzi miaka {years}.',
    webhooks: 'Webhook',
    webhooksHelp: 'Kisanduku hutuma yanayotokea kwenye anwani yako, yakiwa na sahihi.',
    api: 'Kiolesura cha programu',
    apiHelp: 'Kila amri na swali pamoja na sehemu zake na mfano; kwa mashine katika /api/openapi.json.',
  },
)

export const wordsOf = (desk: Pick<Desk, 'locale'>) => settingsWords[desk.locale.lang]

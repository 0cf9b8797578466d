import { catalogue, type Desk } from '@lango/kernel/ui'

const certificateWords = catalogue(
  {
    certificates: 'Certificates',
    inUse: 'In use',
    theBoxs: 'the box’s own',
    yours: 'yours',
    inUseHelp:
      'What the box shows to devices that log in by EAP, to routers over RadSec and to browsers. It renews this one by itself, thirty days before its end.',
    inUseOwnHelp:
      'What the box shows to devices that log in by EAP, to routers over RadSec and to browsers. It is yours: put the next one here in time.',
    subject: 'Of',
    issuer: 'Issued by',
    names: 'Names',
    goodUntil: 'Good until',
    ended: 'ended',
    fingerprint: 'Fingerprint (SHA-256)',
    unreadable: 'The certificates cannot be read.',
    unreadableHelp: 'What is wrong with them stands on the home page, and in `lango doctor`.',
    renew: 'Make a new one',
    useBox: 'Go back to the box’s own',
    authority: 'The box’s authority',
    authorityHelp:
      'Devices and routers trust the box’s own certificates when they have this one. It holds no secret: give it to everybody.',
    download: 'Download for phones and routers',
    clients:
      'A client certificate for a router’s RadSec, or for a device that logs in by EAP-TLS, is made at the box: `lango tls issue NAME --out DIR`',
    own: 'One of your own',
    ownHelp:
      'From an authority that devices know already. It is in use at once; the key is kept on the box and never shown again.',
    cert: 'Certificate',
    certHelp: 'PEM: the certificate, then those between it and its authority (fullchain.pem).',
    key: 'Private key',
    keyHelp: 'PEM, without a passphrase (privkey.pem).',
    clientCa: 'Authority of clients',
    clientCaHelp: 'PEM: client certificates of this authority are trusted beside the box’s own.',
    use: 'Use this certificate',
    noCertificate: 'This file holds no certificate in PEM. Choose the one that begins with BEGIN CERTIFICATE.',
    noKey:
      'This file holds no private key in PEM, or one under a passphrase. Choose the one that belongs to the certificate, without a passphrase.',
    otherKey: 'This is not the key of the certificate. Choose the two that belong together.',
    outOfDate: 'The certificate is not good today: it has ended, or not begun. Get a new one, and check the clock.',
    saidUse: 'Your certificate is in use.',
    saidUseBox: 'The box’s own certificate is in use.',
    saidRenew: 'A new certificate is in use.',
    saidAcme: 'It is set, and tried within a minute.',
    saidOff: 'Nothing is renewed by itself any more. The certificate that is in use stays.',
  },
  {
    certificates: 'Vyeti',
    inUse: 'Kinachotumika',
    theBoxs: 'cha kisanduku chenyewe',
    yours: 'chako',
    inUseHelp:
      'Ndicho ambacho kisanduku huonyesha vifaa vinavyoingia kwa EAP, ruta kupitia RadSec, na vivinjari. Hukihuisha chenyewe, siku thelathini kabla ya mwisho wake.',
    inUseOwnHelp:
      'Ndicho ambacho kisanduku huonyesha vifaa vinavyoingia kwa EAP, ruta kupitia RadSec, na vivinjari. Ni chako: weka kinachofuata hapa mapema.',
    subject: 'Cha',
    issuer: 'Kimetolewa na',
    names: 'Majina',
    goodUntil: 'Halali hadi',
    ended: 'kiliisha',
    fingerprint: 'Alama ya kidole (SHA-256)',
    unreadable: 'Vyeti haviwezi kusomwa.',
    unreadableHelp: 'Tatizo lake limeelezwa kwenye ukurasa wa mwanzo, na kwa `lango doctor`.',
    renew: 'Tengeneza kipya',
    useBox: 'Rudi kwenye cha kisanduku',
    authority: 'Mamlaka ya kisanduku',
    authorityHelp: 'Vifaa na ruta huamini vyeti vya kisanduku vikiwa na hiki. Hakina siri: mpe yeyote.',
    download: 'Pakua kwa ajili ya simu na ruta',
    clients:
      'Cheti cha mteja cha RadSec ya ruta, au cha kifaa kinachoingia kwa EAP-TLS, hutengenezwa kwenye kisanduku: `lango tls issue NAME --out DIR`',
    own: 'Chako mwenyewe',
    ownHelp:
      'Kutoka mamlaka ambayo vifaa tayari vinaijua. Huanza kutumika papo hapo; ufunguo hubaki kwenye kisanduku na hauonyeshwi tena kamwe.',
    cert: 'Cheti',
    certHelp: 'PEM: cheti, kisha vilivyo kati yake na mamlaka yake (fullchain.pem).',
    key: 'Ufunguo wa siri',
    keyHelp: 'PEM, bila nenosiri (privkey.pem).',
    clientCa: 'Mamlaka ya wateja',
    clientCaHelp: 'PEM: vyeti vya wateja vya mamlaka hii vitaaminiwa pamoja na vya kisanduku.',
    use: 'Tumia cheti hiki',
    noCertificate: 'Faili hii haina cheti cha PEM. Chagua inayoanza na BEGIN CERTIFICATE.',
    noKey:
      'Faili hii haina ufunguo wa siri wa PEM, au umefungwa kwa nenosiri. Chagua ulio wa cheti hicho, usio na nenosiri.',
    otherKey: 'Huu si ufunguo wa cheti hicho. Chagua viwili vinavyoendana.',
    outOfDate: 'Cheti hakifai leo: kimeisha, au hakijaanza. Pata kipya, na uangalie saa.',
    saidUse: 'Cheti chako kinatumika.',
    saidUseBox: 'Cheti cha kisanduku kinatumika.',
    saidRenew: 'Cheti kipya kinatumika.',
    saidAcme: 'Imewekwa, na itajaribiwa ndani ya dakika moja.',
    saidOff: 'Hakuna kinachohuishwa chenyewe tena. Cheti kinachotumika kinabaki.',
  },
)

export type CertificateWords = (typeof certificateWords)['en']
export const wordsOf = (desk: Pick<Desk, 'locale'>): CertificateWords => certificateWords[desk.locale.lang]

/** The certificates that EAP, RadSec and the desk show: what is in use, one of the owner's own, a new one. */
import type { Fault } from '@lango/kernel'
import {
  Ago,
  Button,
  definePage,
  DeedButton,
  Facts,
  Field,
  Form,
  formatExact,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Sentence,
  Status,
  UserText,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
  type Fact,
} from '@lango/kernel/ui'
import { AcmePanel, setAcme, type ToldAcme } from './certificates-acme.tsx'
import { SettingsHead } from './settings-tabs.tsx'
import { wordsOf, type CertificateWords } from './words-certificates.ts'

const PATH = '/settings/certificates'
const SOON_MS = 30 * 86_400_000

/** As the box tells it (`tls.show`). */
type Certificate = {
  readonly subject: string
  readonly issuer: string
  readonly names: string
  readonly notAfter: number
  readonly fingerprint256: string
}
type Certificates = {
  readonly authority: Certificate & { readonly pem: string }
  readonly used: Certificate
  readonly isOwn: boolean
}

const inUse = (desk: Desk) => desk.box<Certificates>('tls.show', {})

const until = (desk: Desk, { notAfter }: Certificate, words: CertificateWords) => {
  const day = formatExact(notAfter, desk.locale)
  if (notAfter <= desk.now) return <Status meaning="stopped">{`${words.ended} ${day}`}</Status>
  return notAfter - desk.now < SOON_MS ? <Status meaning="attention">{day}</Status> : day
}

const factsOf = (desk: Desk, certificate: Certificate): readonly Fact[] => {
  const words = wordsOf(desk)
  return [
    ...(certificate.subject === ''
      ? []
      : [[words.subject, <UserText key="subject" text={certificate.subject} />] as const]),
    [words.issuer, <UserText key="issuer" text={certificate.issuer} />],
    ...(certificate.names === ''
      ? []
      : [[words.names, <UserText key="names" text={certificate.names.replaceAll('DNS:', '')} />] as const]),
    [
      words.goodUntil,
      <span key="until">
        {until(desk, certificate, words)} <Ago at={certificate.notAfter} now={desk.now} locale={desk.locale} />
      </span>,
    ],
    [words.fingerprint, <code key="fingerprint">{certificate.fingerprint256}</code>],
  ]
}

const InUse = ({ desk, shown: { used, isOwn } }: { desk: Desk; shown: Certificates }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.inUse} note={isOwn ? words.yours : words.theBoxs}>
      <PanelBody>
        <p class="muted">{isOwn ? words.inUseOwnHelp : words.inUseHelp}</p>
        <Facts facts={factsOf(desk, used)} />
        {desk.may('settings.write') ? (
          <DeedButton desk={{ ...desk, here: PATH }} deed={isOwn ? 'useBox' : 'renew'}>
            {isOwn ? words.useBox : words.renew}
          </DeedButton>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const Authority = ({ desk, shown: { authority } }: { desk: Desk; shown: Certificates }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.authority}>
      <PanelBody>
        <p class="muted">{words.authorityHelp}</p>
        <Facts facts={factsOf(desk, authority)} />
        <DeedButton desk={{ ...desk, here: PATH }} deed="authority">
          {words.download}
        </DeedButton>
        <p class="muted">
          <Sentence text={words.clients} />
        </p>
      </PanelBody>
    </Panel>
  )
}

const Unreadable = ({ words }: { words: CertificateWords }) => (
  <Notice meaning="attention" title={words.unreadable}>
    <p>
      <Sentence text={words.unreadableHelp} />
    </p>
  </Notice>
)

const FILES = ['cert', 'key', 'clientCa'] as const

const Own = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'use')
  return (
    <Panel title={words.own}>
      <PanelBody>
        <p class="muted">{words.ownHelp}</p>
        <Form action={PATH} deed="use" once={desk.once()} upload>
          {FILES.map((name) => (
            <Field
              key={name}
              locale={desk.locale}
              label={words[name]}
              name={name}
              type="file"
              help={words[`${name}Help`]}
              required={name !== 'clientCa'}
              {...form.error(name)}
            />
          ))}
          <Button kind="main">{words.use}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** What is wrong, beside the file that it is wrong with. */
const refusal = (fault: Fault, words: CertificateWords): Done => {
  const { file, cert } = fault as Fault & { readonly file?: string; readonly cert?: string }
  const part = FILES.find((name) => name === file)
  if (fault.type === 'TlsUnreadable' && part !== undefined)
    return { problems: { [part]: part === 'key' ? words.noKey : words.noCertificate } }
  if (fault.type === 'TlsMismatch') return { problems: { key: words.otherKey } }
  if (fault.type === 'TlsOutOfDate' && cert === 'cert') return { problems: { cert: words.outOfDate } }
  return { fault }
}

const act = async (desk: DoingDesk, action: string, input: unknown): Promise<Done> => {
  const done = await desk.box(action, input)
  return done.ok ? { go: `${PATH}?said=${action.replace(/^(?:tls|acme)\./, '')}` } : refusal(done.error, wordsOf(desk))
}

const use = (desk: DoingDesk): Promise<Done> => {
  const clientCaPem = desk.fields.get('clientCa')
  return act(desk, 'tls.use', {
    certPem: desk.fields.get('cert'),
    keyPem: desk.fields.get('key'),
    ...(clientCaPem.trim() === '' ? {} : { clientCaPem }),
  })
}

export const certificatesPage = definePage({
  path: PATH,
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const [told, acme] = await Promise.all([inUse(desk), desk.box<ToldAcme>('acme.show', {})])
    return {
      title: words.certificates,
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Said
            desk={desk}
            words={{
              use: words.saidUse,
              useBox: words.saidUseBox,
              renew: words.saidRenew,
              acme: words.saidAcme,
              off: words.saidOff,
            }}
          />
          <RefusedNote desk={desk} />
          {told.ok ? (
            <>
              <InUse desk={desk} shown={told.value} />
              <Authority desk={desk} shown={told.value} />
            </>
          ) : (
            <Unreadable words={words} />
          )}
          {acme.ok ? <AcmePanel desk={desk} path={PATH} told={acme.value} /> : null}
          {desk.may('settings.write') ? <Own desk={desk} /> : null}
        </>
      ),
    }
  },
  deeds: {
    authority: {
      permission: 'settings.read',
      async run(desk) {
        const told = await inUse(desk)
        if (!told.ok) return { fault: told.error }
        const { pem: body } = told.value.authority
        // Android, iOS and RouterOS take PEM under this name and type.
        return { file: { name: 'lango-ca.crt', type: 'application/x-x509-ca-cert', body } }
      },
    },
    use: { permission: 'settings.write', run: use },
    useBox: { permission: 'settings.write', run: (desk) => act(desk, 'tls.useBox', {}) },
    renew: { permission: 'settings.write', run: (desk) => act(desk, 'tls.renew', {}) },
    acme: { permission: 'settings.write', run: (desk) => setAcme(desk, PATH) },
    acmeNow: { permission: 'settings.write', run: (desk) => act(desk, 'acme.renew', {}) },
    acmeOff: { permission: 'settings.write', run: (desk) => act(desk, 'acme.off', {}) },
  },
})

/** How it goes at a router that the box logs in to. */
import {
  Ago,
  counted,
  DeedButton,
  Facts,
  fill,
  formatNumber,
  Notice,
  Panel,
  PanelBody,
  Status,
  Table,
  UserText,
  visible,
  Why,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ControlFault, ControlStatus, ControlTrouble } from '../network/index.ts'
import { wordsOf } from './router-facts.tsx'
import { controlWords } from './words-control.ts'

export const controlWordsOf = (desk: Pick<Desk, 'locale'>) => controlWords[desk.locale.lang]

/** Of every controlled router; none where the box is not the one that runs. */
export const controlStatusOf = async (desk: Desk, routerId: string): Promise<ControlStatus | undefined> => {
  const told = await desk.box<readonly ControlStatus[]>('routers.controlled', {})
  return told.ok ? told.value.find((status) => status.routerId === routerId) : undefined
}

const inPairs = (sha256: string): string => sha256.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')

const Certificate = ({ desk, sha256 }: { desk: Desk; sha256: string }) => {
  const words = controlWordsOf(desk)
  if (sha256 === '')
    return (
      <Notice meaning="stopped" title={words.certificateNone}>
        <p>{words.certificateNoneHow}</p>
      </Notice>
    )
  return (
    <Notice meaning="attention" title={words.certificate}>
      <p>
        <code>{inPairs(sha256)}</code>
      </p>
      <p>{words.certificateHow}</p>
      {desk.may('routers.write') ? (
        <DeedButton desk={desk} deed="trust" fields={{ certificate: sha256 }} kind="main">
          {words.certificateDo}
        </DeedButton>
      ) : null}
    </Notice>
  )
}

const Failing = ({ desk, fault }: { desk: Desk; fault: ControlFault }) => {
  const words = controlWordsOf(desk)
  const { why, detail } = fault
  if (why === 'certificate') return <Certificate desk={desk} sha256={fault.certificateSha256 ?? ''} />
  const name = why === 'no-address' ? 'noAddress' : why
  return (
    <Notice meaning="stopped" title={words[name]}>
      <p>{words[`${name}How`]}</p>
      {detail === '' ? null : (
        <p class="muted">
          {words.said}: <UserText text={detail} />
        </p>
      )}
      <p>{words.meanwhile}</p>
    </Notice>
  )
}

const StateOfIt = ({ desk, status }: { desk: Desk; status: ControlStatus | undefined }) => {
  const words = controlWordsOf(desk)
  if (!status) return <Status meaning="plain">{words.trying}</Status>
  if (status.fault) return <Status meaning="stopped">{words.failing}</Status>
  return status.troubleCount > 0 ? (
    <Status meaning="attention">{words.troubled}</Status>
  ) : (
    <Status meaning="good">{words.kept}</Status>
  )
}

const heldText = (desk: Desk, { customers, active, fault }: ControlStatus): string => {
  const words = controlWordsOf(desk)
  if (customers === 0) return words.customersNone
  // What it holds nobody can tell now.
  if (fault) return counted(words.toHold, customers, desk.locale)
  return fill(counted(words.customers, customers, desk.locale), { active: formatNumber(active, desk.locale) })
}

const columns = (desk: Desk): readonly Column<ControlTrouble>[] => {
  const words = controlWordsOf(desk)
  const nameOf = (what: ControlTrouble['what']) => (what === 'refused' ? 'notTaken' : what)
  return [
    {
      id: 'customer',
      head: words.customer,
      width: 'm',
      card: 'title',
      value: ({ login }) => login,
      render: ({ login }) =>
        login === '' ? (
          words.removedOne
        ) : (
          <a href={`/subscribers/${encodeURIComponent(login)}`}>
            <UserText text={login} />
          </a>
        ),
    },
    {
      id: 'what',
      head: words.what,
      width: 'l',
      card: 'wide',
      value: ({ what }) => words[nameOf(what)],
      render: ({ what }) => (
        <Why locale={desk.locale} lead={words[nameOf(what)]} remedy={words[`${nameOf(what)}How`]} />
      ),
    },
    { id: 'where', head: words.where, width: 'm', value: ({ menu }) => menu },
    {
      id: 'said',
      head: words.said,
      width: 'm',
      value: ({ said }) => said,
      render: ({ said }) => <UserText text={said} />,
    },
  ]
}

const Troubles = ({ desk, status: { troubles, troubleCount } }: { desk: Desk; status: ControlStatus }) => {
  const words = controlWordsOf(desk)
  const more = troubleCount - troubles.length
  return (
    <Panel title={words.troubles} note={words.troublesNote}>
      <Table
        name="troubles"
        caption={words.troubles}
        columns={columns(desk)}
        rows={troubles}
        rowKey={({ login, what, menu }) => `${login} ${what} ${menu}`}
      />
      {more > 0 ? (
        <PanelBody>
          <p class="muted">{fill(words.troublesMore, { n: formatNumber(more, desk.locale) })}</p>
        </PanelBody>
      ) : null}
    </Panel>
  )
}

export const ControlState = ({ desk, status }: { desk: Desk; status: ControlStatus | undefined }) => {
  const words = controlWordsOf(desk)
  const { locale, now } = desk
  const when = (at: number | undefined) => (at === undefined ? '' : <Ago at={at} now={now} locale={locale} />)
  const said = status?.router
  return (
    <>
      {status?.fault ? <Failing desk={desk} fault={status.fault} /> : null}
      <Panel title={words.state}>
        <PanelBody>
          <Facts
            facts={[
              [wordsOf(desk).state, <StateOfIt key="state" desk={desk} status={status} />],
              [words.says, said ? visible([said.identity, said.board, said.version].join(' · ')) : ''],
              [words.held, status ? heldText(desk, status) : ''],
              [words.checked, when(status?.keptAt)],
              [words.changed, when(status?.changedAt)],
            ]}
          />
        </PanelBody>
      </Panel>
      {status && status.troubles.length > 0 ? <Troubles desk={desk} status={status} /> : null}
    </>
  )
}

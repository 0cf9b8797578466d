/** The pages of a new box that becomes another one. They work without a script. */
import {
  Button,
  Facts,
  Field,
  fill,
  Fold,
  formatAgo,
  formatBytes,
  formatExact,
  UserText,
  visible,
  type Problems,
} from '@lango/kernel/ui'
import { madeAtOf } from '@lango/modules/backups/rules'
import type { ComponentChildren, VNode } from 'preact'
import type { RestoreState, StickBackup } from '../restore/restoring.ts'
import { Alert, DoorPage, LanguageChoice, type DoorView } from './door-pages.tsx'
import { restoreWords, type RestoreWords } from './restore-words.ts'
import { RESTORE_UPLOAD_PATH } from './upload.ts'

export const HERE = '/setup/restore'
/** A place may hold thousands: nobody restores an old one from here. */
const NAMES_SHOWN = 50

export type StorageTyped = Readonly<Record<'place' | 'endpoint' | 'region' | 'accessKeyId', string>>

type Told = { view: DoorView; refused: string | undefined }

const wordsIn = (view: DoorView): RestoreWords => restoreWords[view.preferences.lang]

/** A button with what it says in a hidden field. */
const Step = ({ to, name, value, children }: { to: string; name?: string; value?: string; children: string }) => (
  <form method="post" action={`${HERE}/${to}`}>
    {name === undefined ? null : <input type="hidden" name={name} value={value} />}
    <Button>{children}</Button>
  </form>
)

type Found = { readonly name: string; readonly at: number | undefined; readonly octets?: number }

/** When it was made, as far as that is known: names begin alike, and a phone shows no more of them. */
const MadeAt = ({ at, octets, view: { locale }, now }: Omit<Found, 'name'> & { view: DoorView; now: number }) =>
  at === undefined ? null : (
    <>
      <b>{`${formatExact(at, locale)} (${formatAgo(at, now, locale)})`}</b>
      {octets === undefined ? null : <span class="muted"> {formatBytes(octets, locale)}</span>}
      <br />
    </>
  )

type BackupsProps = { found: readonly Found[]; to: string; view: DoorView; now: number }

/** Each with a button that takes it. */
const Backups = ({ found, to, view, now }: BackupsProps) => (
  <ul class="lines">
    {found.map(({ name, ...rest }) => (
      <li key={name} class="line-row">
        <span>
          <MadeAt {...rest} view={view} now={now} />
          <UserText text={name} />
        </span>
        <Step to={to} name="name" value={name}>
          {wordsIn(view).use}
        </Step>
      </li>
    ))}
  </ul>
)

const FileForm = ({ view, open }: { view: DoorView; open: boolean }) => {
  const words = wordsIn(view)
  return (
    <Fold title={words.fromFile} note="" open={open}>
      <form class="form" method="post" action={RESTORE_UPLOAD_PATH} encType="multipart/form-data">
        <Field locale={view.locale} label={words.file} name="file" type="file" required help={words.fileHelp} />
        <Button kind="main">{words.send}</Button>
      </form>
    </Fold>
  )
}

const Sticks = ({ view, sticks, now }: { view: DoorView; sticks: readonly StickBackup[]; now: number }) => {
  const words = wordsIn(view)
  return (
    <Fold title={words.fromStick} note="" open={sticks.length > 0}>
      {sticks.length === 0 ? <p>{words.stickNone}</p> : <Backups view={view} to="stick" found={sticks} now={now} />}
    </Fold>
  )
}

const StorageForm = ({ view, typed, problems }: { view: DoorView; typed: StorageTyped; problems: Problems }) => {
  const words = wordsIn(view)
  const line = (name: keyof StorageTyped | 'secretKey') => ({
    locale: view.locale,
    name,
    label: words[name],
    value: name === 'secretKey' ? '' : typed[name],
    autoComplete: 'off',
    ...(problems[name] === undefined ? {} : { error: problems[name] }),
  })
  return (
    <Fold title={words.fromStorage} note="" open={Object.keys(problems).length > 0 || typed.place !== ''}>
      <form class="form" method="post" action={`${HERE}/storage`}>
        <Field {...line('place')} required help={words.placeHelp} />
        <Field {...line('endpoint')} help={words.endpointHelp} />
        <Field {...line('region')} />
        <Field {...line('accessKeyId')} required />
        <Field {...line('secretKey')} type="password" required />
        <Button kind="main">{words.look}</Button>
      </form>
    </Fold>
  )
}

export type ChooseProps = Told & {
  sticks: readonly StickBackup[] | undefined
  now: number
  typed: StorageTyped
  problems: Problems
}

export const ChoosePage = ({ view, refused, sticks, now, typed, problems }: ChooseProps): VNode => {
  const words = wordsIn(view)
  return (
    <DoorPage view={view} title={words.title}>
      <p>{words.lead}</p>
      <Alert text={refused} />
      <FileForm view={view} open={typed.place === ''} />
      {sticks === undefined ? null : <Sticks view={view} sticks={sticks} now={now} />}
      <StorageForm view={view} typed={typed} problems={problems} />
      <p>
        <a href="/first-run">{words.back}</a>
      </p>
      <LanguageChoice view={view} returnTo={HERE} />
    </DoorPage>
  )
}

type StepPageProps = Told & { title: string; children: ComponentChildren }

/** A step from which one goes on, or chooses another backup. */
const StepPage = ({ view, refused, title, children }: StepPageProps): VNode => (
  <DoorPage view={view} title={title}>
    <Alert text={refused} />
    {children}
    <Step to="forget">{wordsIn(view).other}</Step>
  </DoorPage>
)

type ListedProps = Told & { state: RestoreState & { is: 'listed' }; now: number }

const Listed = ({ view, state, now, ...told }: ListedProps) => {
  const words = wordsIn(view)
  const shown = state.names.slice(0, NAMES_SHOWN)
  return (
    <StepPage view={view} {...told} title={words.listTitle}>
      <p>{fill(words.listLead, { place: visible(state.place) })}</p>
      <Backups view={view} to="fetch" found={shown.map((name) => ({ name, at: madeAtOf(name) }))} now={now} />
      {shown.length < state.names.length ? <p class="muted">{fill(words.listMore, { n: NAMES_SHOWN })}</p> : null}
    </StepPage>
  )
}

const Here = ({ view, ...told }: Told) => {
  const words = wordsIn(view)
  return (
    <StepPage view={view} {...told} title={words.hereTitle}>
      <p>{words.hereBody}</p>
      <form class="form" method="post" action={`${HERE}/open`}>
        <Field
          locale={view.locale}
          label={words.passphrase}
          name="passphrase"
          type="password"
          required
          autoComplete="off"
        />
        <Button kind="main">{words.check}</Button>
      </form>
    </StepPage>
  )
}

const Ready = ({ view, state, now, ...told }: Told & { state: RestoreState & { is: 'ready' }; now: number }) => {
  const words = wordsIn(view)
  const { hostName, createdAt } = state.manifest
  const at = `${formatExact(createdAt, view.locale)} (${formatAgo(createdAt, now, view.locale)})`
  return (
    <StepPage view={view} {...told} title={fill(words.readyTitle, { box: visible(hostName) })}>
      <p>{words.readyBody}</p>
      <Facts
        facts={[
          [words.box, <UserText key="box" text={hostName} />],
          [words.madeAt, at],
        ]}
      />
      <h2>{words.before}</h2>
      <ul class="plain-list">
        {[words.unplug, words.since, words.network, words.aside].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <form method="post" action={`${HERE}/begin`}>
        <Button kind="main">{words.begin}</Button>
      </form>
    </StepPage>
  )
}

/** What stands until the box is there again: it answers nothing meanwhile. */
export const BegunPage = ({ view, box }: { view: DoorView; box: string }): VNode => {
  const words = wordsIn(view)
  return (
    <DoorPage view={view} title={fill(words.doneTitle, { box: visible(box) })}>
      <p role="status">{words.doneBody}</p>
      <ul class="plain-list">
        {[words.certificate, words.unplug, words.network, words.home].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>
        <a class="button button-main" href="/sign-in">
          {words.signIn}
        </a>
      </p>
    </DoorPage>
  )
}

/** How far it is. */
export const StatePage = ({ view, state, now, refused }: Told & { state: RestoreState; now: number }): VNode => {
  const words = wordsIn(view)
  const told = { view, refused }
  if (state.is === 'listed') return <Listed {...told} state={state} now={now} />
  if (state.is === 'ready') return <Ready {...told} state={state} now={now} />
  if (state.is === 'here') return <Here {...told} />
  const isComing = state.is === 'coming'
  return (
    <StepPage {...told} title={isComing ? words.comingTitle : words.openingTitle}>
      <p role="status">
        {isComing ? fill(words.comingBody, { size: formatBytes(state.octets, view.locale) }) : words.openingBody}
      </p>
    </StepPage>
  )
}

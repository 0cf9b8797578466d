/** Passkeys on the page of one's own account, and on that of somebody else for whoever looks after people. */
import type { ResultOf } from '@lango/kernel/db'
import {
  Ago,
  Button,
  DeedButton,
  Field,
  fill,
  Form,
  Notice,
  Panel,
  PanelBody,
  PasskeyForm,
  Said,
  Sentence,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Deed,
  type Desk,
} from '@lango/kernel/ui'
import type { ComponentChildren } from 'preact'
import { PASSKEYS_MAX, removeOwnPasskey, removeStaffPasskey, renamePasskey } from './passkeys.ts'
import type { ownPasskeys } from './queries.ts'
import { wordsOf } from './words.ts'

type Passkey = ResultOf<typeof ownPasskeys>[number]

type Deeds = (passkey: Passkey) => ComponentChildren

const columns = (desk: Desk, deeds: Deeds): readonly Column<Passkey>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'name',
      head: words.name,
      width: 'l',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name }) => <UserText text={name} />,
    },
    {
      id: 'place',
      head: words.passkeyPlace,
      width: 'l',
      card: 'wide',
      value: ({ rpId }) => rpId,
      render: ({ rpId }) => <UserText text={rpId} />,
    },
    {
      id: 'kept',
      head: words.passkeyKept,
      width: 'm',
      value: ({ backedUp }) => (backedUp ? words.passkeySynced : words.passkeyHere),
    },
    {
      id: 'used',
      head: words.lastUsed,
      width: 'm',
      value: ({ lastUsedAt }) => String(lastUsedAt ?? ''),
      render: ({ lastUsedAt }) =>
        lastUsedAt === null ? words.notUsedYet : <Ago at={lastUsedAt} now={desk.now} locale={desk.locale} />,
    },
    { id: 'deeds', head: '', width: 'l', card: 'side', value: ({ id }) => id, render: deeds },
  ]
}

type ListProps = { desk: Desk; passkeys: readonly Passkey[]; deeds: Deeds }

const PasskeyTable = ({ desk, passkeys, deeds }: ListProps) => (
  <Table
    name="passkey-list"
    caption={wordsOf(desk).passkeys}
    columns={columns(desk, deeds)}
    rows={passkeys}
    rowKey={({ id }) => id}
  />
)

/** What became of a ceremony, as the door says it in the address. */
const ANSWERS = ['late', 'wrong', 'known', 'full', 'name', 'unproven'] as const

const Answer = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const confirming = desk.search.get('confirm')
  const adding = ANSWERS.find((each) => each === desk.search.get('passkey'))
  const sentences = {
    late: words.passkeyLate,
    wrong: words.passkeyWrong,
    known: desk.locale.words.passkeyKnown,
    full: fill(words.passkeysFull, { n: PASSKEYS_MAX }),
    name: words.passkeyNameNeeded,
    unproven: words.proofNeeded,
  }
  if (confirming === 'passkey') return <Notice meaning="stopped" title={words.passkeyWrong} />
  if (confirming === 'late') return <Notice meaning="stopped" title={words.passkeyLate} />
  return adding === undefined ? null : <Notice meaning="stopped" title={sentences[adding]} />
}

/** The door checks it, as it does when somebody signs in. */
const ConfirmForms = ({ desk, isHere }: { desk: Desk; isHere: boolean }) => {
  const words = wordsOf(desk)
  return (
    <>
      <p>{words.confirmBody}</p>
      <form class="form" method="post" action="/me/confirm">
        <Field
          locale={desk.locale}
          label={words.presentPassword}
          name="shown"
          type="password"
          required
          autoComplete="current-password"
          {...(desk.search.get('confirm') === 'wrong' ? { error: words.wrongPassword } : {})}
        />
        <Button>{words.confirm}</Button>
      </form>
      {isHere ? (
        <PasskeyForm locale={desk.locale} action="/me/confirm/passkey" options="/me/confirm/passkey/options">
          <Button>{words.confirmByPasskey}</Button>
        </PasskeyForm>
      ) : null}
    </>
  )
}

const AddForm = ({ desk, isFull }: { desk: Desk; isFull: boolean }) => {
  const words = wordsOf(desk)
  if (isFull) return <p>{fill(words.passkeysFull, { n: PASSKEYS_MAX })}</p>
  return (
    <>
      <PasskeyForm locale={desk.locale} action="/me/passkeys" options="/me/passkeys/options">
        <Field locale={desk.locale} label={words.name} name="name" required help={words.passkeyNameHelp} />
        <Button kind="main">{words.addPasskey}</Button>
      </PasskeyForm>
      <noscript>
        <p class="muted">{words.passkeyScript}</p>
      </noscript>
    </>
  )
}

const RenameForm = ({ desk, passkey }: { desk: Desk; passkey: Passkey }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'renamePasskey')
  return (
    <Form action={desk.here} deed="renamePasskey" once={desk.once()}>
      <input type="hidden" name="id" value={passkey.id} />
      <Field
        locale={desk.locale}
        label={fill(words.renameTitle, { name: passkey.name })}
        name="name"
        value={form.value('name', passkey.name)}
        required
        {...form.error('name')}
      />
      <Button kind="main">{words.save}</Button>
    </Form>
  )
}

/** Where passkeys cannot be, why, and what is left to do: those that are kept can be taken away from anywhere. */
export const PasskeysPanel = ({ desk, passkeys }: { desk: Desk; passkeys: readonly Passkey[] }) => {
  const words = wordsOf(desk)
  const { passkeys: place } = desk
  const renamed = passkeys.find(({ id }) => id === desk.search.get('rename'))
  const deeds = ({ id }: Passkey) => (
    <span class="button-row">
      <a class="button" href={`/me?rename=${id}#passkeys`}>
        {words.rename}
      </a>
      {desk.isProven ? (
        <DeedButton desk={desk} deed="removePasskey" fields={{ id }} kind="danger">
          {words.remove}
        </DeedButton>
      ) : null}
    </span>
  )
  const said = {
    confirmed: words.saidConfirmed,
    passkeyAdded: words.saidPasskeyAdded,
    passkeyNamed: words.saidSaved,
    passkeyGone: words.saidPasskeyGone,
  }
  const isHere = place.ok && passkeys.some(({ rpId }) => rpId === place.value.rpId)
  return (
    <Panel title={words.passkeys} id="passkeys">
      <PanelBody>
        <Said desk={desk} words={said} />
        <Answer desk={desk} />
        <p>{place.ok ? words.passkeysBody : <Sentence text={words[`passkeys${place.error.type}`]} />}</p>
        {renamed ? <RenameForm desk={desk} passkey={renamed} /> : null}
      </PanelBody>
      {passkeys.length === 0 ? null : <PasskeyTable {...{ desk, passkeys, deeds }} />}
      {renamed || (!place.ok && passkeys.length === 0) ? null : (
        <PanelBody>
          {desk.isProven ? null : <ConfirmForms desk={desk} isHere={isHere} />}
          {desk.isProven && place.ok ? <AddForm desk={desk} isFull={passkeys.length >= PASSKEYS_MAX} /> : null}
        </PanelBody>
      )}
    </Panel>
  )
}

export const ownPasskeyDeeds: Readonly<Record<string, Deed>> = {
  renamePasskey: {
    permission: 'self',
    async run(desk) {
      const done = await desk.tell(renamePasskey, { id: desk.fields.get('id'), name: desk.fields.get('name') })
      return done.ok ? { go: '/me?said=passkeyNamed#passkeys' } : { fault: done.error }
    },
  },
  removePasskey: {
    permission: 'self',
    async run(desk) {
      if (!desk.isProven) return { fault: { type: 'ProofMissing' } }
      const done = await desk.tell(removeOwnPasskey, { id: desk.fields.get('id') })
      return done.ok ? { go: '/me?said=passkeyGone#passkeys' } : { fault: done.error }
    },
  },
}

/** Somebody else's, for whoever may take them away: a phone was lost. */
export const StaffPasskeys = ({ desk, passkeys }: { desk: Desk; passkeys: readonly Passkey[] }) => {
  const words = wordsOf(desk)
  if (passkeys.length === 0) return null
  const deeds = ({ id }: Passkey) =>
    desk.may('people.write') ? (
      <DeedButton desk={desk} deed="removePasskey" fields={{ id }} kind="danger">
        {words.remove}
      </DeedButton>
    ) : null
  return (
    <Panel title={words.passkeys} id="passkeys">
      <PasskeyTable {...{ desk, passkeys, deeds }} />
    </Panel>
  )
}

export const staffPasskeyDeed: Deed = {
  permission: 'people.write',
  async run(desk) {
    const staffId = desk.param('id')
    const done = await desk.tell(removeStaffPasskey, { staffId, id: desk.fields.get('id') })
    return done.ok ? { go: `/staff/${staffId}?said=passkeyGone` } : { fault: done.error }
  },
}

import {
  CopyButton,
  Ago,
  Button,
  Check,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  Field,
  fill,
  Form,
  FormReader,
  formatExact,
  nothingHere,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  Table,
  Tabs,
  UserText,
  valuesFor,
  type Column,
  type Desk,
  type DoingDesk,
  type Option,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { StaffPasskeys, staffPasskeyDeed } from './pages-passkeys.tsx'
import { listRoles, listStaff, listStaffPasskeys, listStaffSessions } from './queries.ts'
import { parsePercentBp, percentText, roleNames } from './rules.ts'
import { changeStaff, DOOR_DAYS, inviteStaff, resetStaff, signOutStaff } from './staff.ts'
import { wordsOf, type PeopleWords } from './words.ts'

type Person = ResultOf<typeof listStaff>[number]
export type OwnRole = ResultOf<typeof listRoles>[number]

/** What a role is called: those that every box has in the reader's language, the box's own as they were named. */
export const roleName = (role: string, own: readonly OwnRole[], words: PeopleWords): string =>
  (roleNames as readonly string[]).includes(role)
    ? words[role as (typeof roleNames)[number]]
    : (own.find(({ id }) => id === role)?.name ?? role)

export const roleOptions = (own: readonly OwnRole[], words: PeopleWords): readonly Option[] => [
  ...roleNames.map((role) => ({ value: role, label: `${words[role]} – ${words[`${role}May`]}` })),
  ...own.map(({ id, name }) => ({ value: id, label: name })),
]

/** The parts of the staff page, each with an address of its own. */
export const StaffTabs = ({ desk, current }: { desk: Desk; current: 'staff' | 'roles' | 'tokens' }) => {
  const words = wordsOf(desk)
  const tab = (name: typeof current, href: string, label: string) => ({ href, label, current: current === name })
  return (
    <Tabs
      label={words.staff}
      tabs={[
        tab('staff', '/staff', words.staff),
        tab('roles', '/staff/roles', words.roles),
        tab('tokens', '/staff/tokens', words.tokens),
      ]}
    />
  )
}

const stateOf = (person: Person, words: PeopleWords) => {
  if (person.status === 'disabled') return <Status meaning="stopped">{words.disabled}</Status>
  if (person.passwordSince === null) return <Status meaning="info">{words.invited}</Status>
  return <Status meaning="good">{words.active}</Status>
}

const columns = (desk: Desk, own: readonly OwnRole[]): readonly Column<Person>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'login',
      head: words.login,
      width: 'xl',
      card: 'title',
      value: ({ login }) => login,
      render: ({ id, login, name }) => (
        <span class="pair">
          <a href={`/staff/${id}`}>
            <UserText text={login} />
          </a>
          <span class="muted">
            <UserText text={name} />
          </span>
        </span>
      ),
    },
    { id: 'role', head: words.role, width: 'l', value: ({ role }) => roleName(role, own, words) },
    {
      id: 'status',
      head: words.status,
      width: 'm',
      card: 'side',
      value: ({ status }) => status,
      render: (person) => stateOf(person, words),
    },
    {
      id: 'app',
      head: words.app,
      width: 'l',
      value: ({ totpSince }) => (totpSince === null ? words.appNo : words.appYes),
    },
  ]
}

const InviteForm = ({ desk, own }: { desk: Desk; own: readonly OwnRole[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'invite')
  return (
    <Panel title={words.inviteTitle} id="invite">
      <PanelBody>
        <RefusedNote desk={desk} deed="invite" />
        <Form action={desk.here} deed="invite" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={words.name}
            name="name"
            value={form.value('name')}
            required
            {...form.error('name')}
          />
          <Field
            locale={desk.locale}
            label={words.login}
            name="login"
            value={form.value('login')}
            required
            help={words.loginHelp}
            {...form.error('login')}
          />
          <Select
            label={words.role}
            name="role"
            value={form.value('role', 'cashier')}
            options={roleOptions(own, words)}
          />
          <p class="muted">{fill(words.inviteHelp, { n: DOOR_DAYS })}</p>
          <Button kind="main">{words.sendInvite}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** A link that is told this once. */
const doorShown = (desk: Desk, name: string, door: { readonly code: string; readonly until: number }) => {
  const words = wordsOf(desk)
  const title = fill(words.linkTitle, { name })
  return {
    title,
    content: (
      <>
        <PageHead title={title} />
        <Panel title={name}>
          <PanelBody>
            <p>{fill(words.linkBody, { time: formatExact(door.until, desk.locale) })}</p>
            <p>
              <code id="door" data-origin-link="">{`/welcome?code=${door.code}`}</code>
            </p>
            <p>
              <CopyButton of="door" locale={desk.locale} />{' '}
              <a class="button" href="/staff">
                {words.toStaff}
              </a>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

export const staffPage = definePage({
  path: '/staff',
  permission: 'people.read',
  async show(desk) {
    const words = wordsOf(desk)
    const [people, own] = [await desk.ask(listStaff, {}), await desk.ask(listRoles, {})]
    return {
      title: words.staff,
      content: (
        <>
          <PageHead title={words.staff} />
          <StaffTabs desk={desk} current="staff" />
          <Said desk={desk} words={{ saved: words.saidSaved }} />
          <section class="panel">
            {people.length === 0 ? (
              <EmptyState title={words.noStaff}>
                <p>{words.noStaffBody}</p>
              </EmptyState>
            ) : null}
            <Table
              name="staff"
              caption={words.staff}
              columns={columns(desk, own)}
              rows={people}
              rowKey={({ id }) => id}
            />
          </section>
          {desk.may('people.write') ? <InviteForm desk={desk} own={own} /> : null}
        </>
      ),
    }
  },
  deeds: {
    invite: {
      permission: 'people.write',
      async run(desk) {
        const { fields } = desk
        const [name, login, role] = [fields.get('name'), fields.get('login'), fields.get('role')]
        const invited = await desk.tell(inviteStaff, { name, login, role })
        return invited.ok ? { show: doorShown(desk, name, invited.value) } : { fault: invited.error }
      },
    },
  },
})

const sessionColumns = (desk: Desk): readonly Column<ResultOf<typeof listStaffSessions>[number]>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'agent',
      head: words.browser,
      width: 'xl',
      card: 'title',
      value: ({ agent }) => agent,
      render: ({ agent }) => <UserText text={agent} />,
    },
    { id: 'address', head: words.address, width: 'l', digits: true, value: ({ address }) => address },
    {
      id: 'since',
      head: words.signedIn,
      width: 'm',
      value: ({ createdAt }) => String(createdAt),
      render: ({ createdAt }) => <Ago at={createdAt} now={desk.now} locale={desk.locale} />,
    },
  ]
}

const commissionText = ({ commissionBp }: Person): string => (commissionBp === null ? '' : percentText(commissionBp))

const ChangeForm = ({ desk, person, own }: { desk: Desk; person: Person; own: readonly OwnRole[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'save')
  const isActive = person.status === 'active'
  return (
    <Panel title={words.role}>
      <PanelBody>
        <RefusedNote desk={desk} />
        <Form action={desk.here} deed="save" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={words.name}
            name="name"
            value={form.value('name', person.name)}
            required
            {...form.error('name')}
          />
          <Select
            label={words.role}
            name="role"
            value={form.value('role', person.role)}
            options={roleOptions(own, words)}
          />
          <Field
            locale={desk.locale}
            label={words.commission}
            name="commission"
            unit="%"
            inputMode="decimal"
            value={form.value('commission', commissionText(person))}
            help={words.commissionHelp}
            {...form.error('commission')}
          />
          <Button kind="main">{words.save}</Button>
        </Form>
        <hr />
        <Form action={desk.here} deed="reset" once={desk.once()}>
          <Check label={words.forgetApp} name="forgetApp" />
          <Button>{words.reset}</Button>
        </Form>
        <div class="button-row">
          <DeedButton desk={desk} deed="signOut">
            {words.signOutAll}
          </DeedButton>
          <DeedButton desk={desk} deed={isActive ? 'disable' : 'enable'} kind={isActive ? 'danger' : 'plain'}>
            {isActive ? words.disable : words.enable}
          </DeedButton>
        </div>
      </PanelBody>
    </Panel>
  )
}

const setStatus = (status: 'active' | 'disabled') => ({
  permission: 'people.write',
  async run(desk: DoingDesk) {
    const done = await desk.tell(changeStaff, { id: desk.param('id'), status })
    return done.ok ? { go: `/staff/${desk.param('id')}?said=saved` } : { fault: done.error }
  },
})

export const personPage = definePage({
  path: '/staff/:id',
  permission: 'people.read',
  async show(desk) {
    const words = wordsOf(desk)
    const person = (await desk.ask(listStaff, {})).find(({ id }) => id === desk.param('id'))
    if (!person)
      return nothingHere(
        words.nobody,
        <EmptyState title={words.nobody}>
          <p>{words.nobodyBody}</p>
        </EmptyState>,
      )
    const own = await desk.ask(listRoles, {})
    const sessions = await desk.ask(listStaffSessions, { staffId: person.id })
    const passkeys = await desk.ask(listStaffPasskeys, { staffId: person.id })
    return {
      title: person.name,
      content: (
        <>
          <PageHead title={<UserText text={person.name} />} beside={stateOf(person, words)} />
          <Said
            desk={desk}
            words={{ saved: words.saidSaved, out: words.saidOut, passkeyGone: words.saidPasskeyGone }}
          />
          <Facts
            facts={[
              [words.login, <UserText key="login" text={person.login} />],
              [words.role, roleName(person.role, own, words)],
              [words.app, person.totpSince === null ? words.appNo : words.appYes],
              [words.commission, person.commissionBp === null ? words.noCommission : `${commissionText(person)} %`],
              [words.since, formatExact(person.createdAt, desk.locale)],
            ]}
          />
          {desk.may('people.write') ? <ChangeForm desk={desk} person={person} own={own} /> : null}
          <StaffPasskeys desk={desk} passkeys={passkeys} />
          <Panel title={words.sessions}>
            {sessions.length === 0 ? (
              <EmptyState title={words.noSessions}>
                <p>{words.noSessionsBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="browsers"
                caption={words.sessions}
                columns={sessionColumns(desk)}
                rows={sessions}
                rowKey={({ id }) => id}
              />
            )}
          </Panel>
        </>
      ),
    }
  },
  deeds: {
    save: {
      permission: 'people.write',
      async run(desk) {
        const { fields } = desk
        const form = new FormReader(fields)
        const bp = form.read('commission', parsePercentBp, wordsOf(desk).commissionUnreadable)
        if (!form.isGood) return { problems: form.problems }
        const commissionBp = fields.has('commission') ? (bp ?? null) : undefined
        const change = { id: desk.param('id'), name: fields.get('name'), role: fields.get('role'), commissionBp }
        const done = await desk.tell(changeStaff, change)
        return done.ok ? { go: `/staff/${change.id}?said=saved` } : { fault: done.error }
      },
    },
    reset: {
      permission: 'people.write',
      async run(desk) {
        const done = await desk.tell(resetStaff, { id: desk.param('id'), forgetApp: desk.fields.has('forgetApp') })
        return done.ok ? { show: doorShown(desk, done.value.login, done.value) } : { fault: done.error }
      },
    },
    signOut: {
      permission: 'people.write',
      async run(desk) {
        const done = await desk.tell(signOutStaff, { id: desk.param('id') })
        return done.ok ? { go: `/staff/${desk.param('id')}?said=out` } : { fault: done.error }
      },
    },
    disable: setStatus('disabled'),
    enable: setStatus('active'),
    removePasskey: staffPasskeyDeed,
  },
})

import {
  CopyButton,
  Button,
  DeedButton,
  definePage,
  EmptyState,
  Field,
  fill,
  Form,
  formatExact,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { roleName, roleOptions, StaffTabs } from './pages-staff.tsx'
import { wordsOf } from './words.ts'
import { listRoles, listTokens } from './queries.ts'
import { createToken, revokeToken } from './tokens.ts'

type Token = ResultOf<typeof listTokens>[number]
type OwnRoles = ResultOf<typeof listRoles>

const columns = (desk: Desk, own: OwnRoles): readonly Column<Token>[] => {
  const words = wordsOf(desk)
  const until = ({ expiresAt, revokedAt }: Token): string => {
    if (revokedAt !== null) return words.revoked
    return expiresAt === null ? words.never : formatExact(expiresAt, desk.locale)
  }
  return [
    {
      id: 'name',
      head: words.name,
      width: 'xl',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name }) => <UserText text={name} />,
    },
    { id: 'role', head: words.role, width: 'm', value: ({ role }) => roleName(role, own, words) },
    {
      id: 'made',
      head: words.made,
      width: 'l',
      card: 'wide',
      value: ({ createdAt }) => formatExact(createdAt, desk.locale),
    },
    { id: 'until', head: words.expires, width: 'l', card: 'wide', value: until },
    {
      id: 'revoke',
      head: '',
      width: 'm',
      card: 'side',
      value: ({ revokedAt }) => String(revokedAt),
      render: ({ id, revokedAt }) =>
        revokedAt === null && desk.may('people.write') ? (
          <DeedButton desk={desk} deed="revoke" fields={{ id }}>
            {words.revoke}
          </DeedButton>
        ) : null,
    },
  ]
}

const MakeForm = ({ desk, own }: { desk: Desk; own: OwnRoles }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'make')
  return (
    <Panel title={words.newToken}>
      <PanelBody>
        <Form action={desk.here} deed="make" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={words.name}
            name="name"
            value={form.value('name')}
            required
            {...form.error('name')}
          />
          <Select
            label={words.role}
            name="role"
            value={form.value('role', 'viewer')}
            options={roleOptions(own, words)}
          />
          <p class="muted">
            {words.tokenHelp} <a href="/settings/api">{words.tokenInterface}</a>
          </p>
          <Button kind="main">{words.newToken}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const tokensPage = definePage({
  path: '/staff/tokens',
  permission: 'people.read',
  async show(desk) {
    const words = wordsOf(desk)
    const tokens = await desk.ask(listTokens, {})
    const own = await desk.ask(listRoles, {})
    return {
      title: words.tokens,
      content: (
        <>
          <PageHead title={words.staff} />
          <StaffTabs desk={desk} current="tokens" />
          <Said desk={desk} words={{ revoked: words.saidRevoked }} />
          <RefusedNote desk={desk} />
          <section class="panel">
            {tokens.length === 0 ? (
              <EmptyState title={words.noTokens}>
                <p>{words.noTokensBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="tokens"
                caption={words.tokens}
                columns={columns(desk, own)}
                rows={tokens}
                rowKey={({ id }) => id}
              />
            )}
          </section>
          {desk.may('people.write') ? <MakeForm desk={desk} own={own} /> : null}
        </>
      ),
    }
  },
  deeds: {
    make: {
      permission: 'people.write',
      async run(desk) {
        const words = wordsOf(desk)
        const made = await desk.tell(createToken, { name: desk.fields.get('name'), role: desk.fields.get('role') })
        if (!made.ok) return { fault: made.error }
        const title = fill(words.keyTitle, { name: made.value.name })
        return {
          show: {
            title,
            content: (
              <>
                <PageHead title={title} />
                <Panel title={words.tokens}>
                  <PanelBody>
                    <p>{words.keyBody}</p>
                    <p>
                      <code id="key">{made.value.token}</code>
                    </p>
                    <p>
                      <CopyButton of="key" locale={desk.locale} />{' '}
                      <a class="button" href="/staff/tokens">
                        {words.done}
                      </a>
                    </p>
                  </PanelBody>
                </Panel>
              </>
            ),
          },
        }
      },
    },
    revoke: {
      permission: 'people.write',
      async run(desk) {
        const done = await desk.tell(revokeToken, { id: desk.fields.get('id') })
        return done.ok ? { go: '/staff/tokens?said=revoked' } : { fault: done.error }
      },
    },
  },
})

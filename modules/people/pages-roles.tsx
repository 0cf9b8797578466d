import {
  Button,
  Check,
  DeedButton,
  definePage,
  Facts,
  Field,
  Form,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  valuesFor,
  type Desk,
  type DoingDesk,
} from '@lango/kernel/ui'
import { StaffTabs, type OwnRole } from './pages-staff.tsx'
import { wordsOf } from './words.ts'
import { listRoles } from './queries.ts'
import { removeRole, setRole } from './roles.ts'
import { permissions, roleNames } from './rules.ts'

const RoleForm = ({ desk, role }: { desk: Desk; role: OwnRole | undefined }) => {
  const words = wordsOf(desk)
  const deed = role === undefined ? 'make' : 'save'
  const form = valuesFor(desk, deed)
  const isThis = desk.refused?.fields.get('id') === (role?.id ?? '')
  const held = (permission: string): boolean =>
    (isThis ? desk.refused?.fields.all('permission') : role?.permissions)?.includes(permission) ?? false
  return (
    <Panel title={role?.name ?? words.newRole}>
      <PanelBody>
        <Form action={desk.here} deed={deed} once={desk.once()}>
          <input type="hidden" name="id" value={role?.id ?? ''} />
          <Field
            locale={desk.locale}
            label={words.name}
            name="name"
            value={isThis ? form.value('name') : (role?.name ?? '')}
            required
            {...(isThis ? form.error('name') : {})}
          />
          <fieldset class="checks">
            <legend>{words.permissions}</legend>
            {permissions.map((permission) => (
              <Check
                key={permission}
                label={permission}
                name="permission"
                value={permission}
                checked={held(permission)}
              />
            ))}
          </fieldset>
          <Button kind="main">{words.save}</Button>
        </Form>
        {role === undefined ? null : (
          <DeedButton desk={desk} deed="remove" fields={{ id: role.id }} kind="danger">
            {words.remove}
          </DeedButton>
        )}
      </PanelBody>
    </Panel>
  )
}

const saveRole = {
  permission: 'people.write',
  async run(desk: DoingDesk) {
    const { fields } = desk
    const id = fields.get('id')
    const done = await desk.tell(setRole, {
      ...(id === '' ? {} : { id }),
      name: fields.get('name'),
      permissions: permissions.filter((permission) => fields.all('permission').includes(permission)),
    })
    return done.ok ? { go: '/staff/roles?said=saved' } : { fault: done.error }
  },
}

export const rolePage = definePage({
  path: '/staff/roles',
  permission: 'people.read',
  async show(desk) {
    const words = wordsOf(desk)
    const own = await desk.ask(listRoles, {})
    return {
      title: words.roles,
      content: (
        <>
          <PageHead title={words.staff} />
          <StaffTabs desk={desk} current="roles" />
          <Said desk={desk} words={{ saved: words.saidSaved, removed: words.saidRemoved }} />
          <RefusedNote desk={desk} />
          <Panel title={words.roles}>
            <PanelBody>
              <Facts facts={roleNames.map((role) => [words[role], words[`${role}May`]] as const)} />
            </PanelBody>
          </Panel>
          {desk.may('people.write')
            ? [...own, undefined].map((role) => <RoleForm key={role?.id ?? ''} desk={desk} role={role} />)
            : null}
        </>
      ),
    }
  },
  deeds: {
    make: saveRole,
    save: saveRole,
    remove: {
      permission: 'people.write',
      async run(desk) {
        const done = await desk.tell(removeRole, { id: desk.fields.get('id') })
        return done.ok ? { go: '/staff/roles?said=removed' } : { fault: done.error }
      },
    },
  },
})

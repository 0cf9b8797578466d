/** The bypass list: devices that are online by their address alone. */
import type { ResultOf } from '@lango/kernel/db'
import {
  Button,
  DeedButton,
  definePage,
  Field,
  fill,
  Form,
  formatExact,
  formatMac,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Table,
  TextArea,
  UserText,
  valuesFor,
  visible,
  type Column,
  type Desk,
  type DoingDesk,
  type Problems,
} from '@lango/kernel/ui'
import { isMac, normaliseDevice } from '../access/index.ts'
import { addBypasses, DEVICES_MAX, listBypasses, removeBypass, setBypass } from '../bypass/index.ts'
import { listRouters } from '../network/index.ts'
import { listPlans } from '../plans/index.ts'
import { bypassWords } from './words-bypass.ts'

type Device = ResultOf<typeof listBypasses>[number]
const NAME_LENGTH_MAX = 64

export const bypassWordsOf = (desk: Pick<Desk, 'locale'>) => bypassWords[desk.locale.lang]

const routerNames = async (desk: Desk): Promise<ReadonlyMap<string, string>> =>
  new Map((await desk.ask(listRouters, {})).map(({ id, name }) => [id, name]))

const columns = (desk: Desk, names: ReadonlyMap<string, string>): readonly Column<Device>[] => {
  const words = bypassWordsOf(desk)
  const routersOf = ({ routers }: Device): string =>
    routers.length === 0 ? words.all : routers.map((id) => names.get(id) ?? '–').join(', ')
  const untilOf = ({ untilAt }: Device): string => {
    if (untilAt === null) return words.forever
    return untilAt <= desk.now ? words.over : formatExact(untilAt, desk.locale)
  }
  return [
    {
      id: 'name',
      head: words.name,
      width: 'm',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name, mac }) =>
        desk.may('subscribers.write') ? (
          <a href={`/bypass/${encodeURIComponent(mac)}`}>
            <UserText text={name} />
          </a>
        ) : (
          <UserText text={name} />
        ),
    },
    { id: 'mac', head: words.mac, width: 'm', card: 'wide', digits: true, value: ({ mac }) => formatMac(mac) },
    { id: 'plan', head: words.plan, width: 'm', value: ({ plan }) => visible(plan ?? words.planNone) },
    { id: 'until', head: words.until, width: 'm', value: untilOf },
    { id: 'routers', head: words.routers, width: 'm', value: (device) => visible(routersOf(device)) },
  ]
}

type TermsProps = {
  readonly desk: Desk
  readonly deed: 'add' | 'save'
  readonly before?: { readonly plan: string; readonly until: string; readonly routers: string }
}

const Terms = async ({ desk, deed, before = { plan: '', until: '', routers: '' } }: TermsProps) => {
  const words = bypassWordsOf(desk)
  const form = valuesFor(desk, deed)
  const plans = desk.may('plans.read') ? await desk.ask(listPlans, {}) : []
  const sold = plans.filter(({ status, name }) => status === 'active' || name === before.plan)
  return (
    <>
      <Select
        label={words.plan}
        name="plan"
        value={form.value('plan', before.plan)}
        options={[
          { value: '', label: words.planNone },
          ...sold.map(({ name }) => ({ value: name, label: visible(name) })),
        ]}
        help={words.planHelp}
        {...form.error('plan')}
      />
      <Field
        locale={desk.locale}
        label={words.until}
        name="until"
        type="date"
        value={form.value('until', before.until)}
        help={words.untilHelp}
        {...form.error('until')}
      />
      <TextArea
        label={words.routers}
        name="routers"
        value={form.value('routers', before.routers)}
        help={words.routersHelp}
        {...form.error('routers')}
      />
    </>
  )
}

type Given = { readonly plan: string | null; readonly untilAt: number | null; readonly routers: string[] }

/** The last day counts whole. */
const endOf = (day: string, timeZone: string): number | undefined => {
  try {
    return Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return undefined
  }
}

const termsIn = (desk: DoingDesk): { readonly terms: Given; readonly problems: Problems } => {
  const text = (name: string): string => desk.fields.get(name).trim()
  const [day, plan] = [text('until'), text('plan')]
  const untilAt = day === '' ? null : endOf(day, desk.locale.timeZone)
  const isRight = untilAt === null || (untilAt !== undefined && untilAt > desk.now)
  const routers = text('routers')
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  return {
    terms: { plan: plan === '' ? null : plan, untilAt: untilAt ?? null, routers },
    problems: isRight ? {} : { until: bypassWordsOf(desk).untilWrong },
  }
}

/** `8A:B3:A0:EB:D5:E7 Lobby TV`, one a line. */
const devicesIn = (desk: DoingDesk): { readonly devices: { mac: string; name: string }[]; readonly wrong?: string } => {
  const words = bypassWordsOf(desk)
  const lines = desk.fields
    .get('devices')
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  const devices = lines.map((line) => {
    const [, mac = '', name = ''] = /^(\S+)[\s,;]+(\S.*)$/.exec(line) ?? []
    return { line, mac: mac.replace(/[,;]$/, ''), name }
  })
  const bad = devices.find(
    ({ mac, name }) => !isMac(normaliseDevice(mac)) || name === '' || name.length > NAME_LENGTH_MAX,
  )
  if (bad || devices.length === 0)
    return { devices: [], wrong: fill(words.devicesWrong, { line: visible(bad?.line ?? '') }) }
  if (devices.length > DEVICES_MAX) return { devices: [], wrong: words.devicesMany }
  return { devices: devices.map(({ mac, name }) => ({ mac, name })) }
}

const AddForm = async ({ desk }: { desk: Desk }) => {
  const words = bypassWordsOf(desk)
  const form = valuesFor(desk, 'add')
  return (
    <Panel title={words.add}>
      <PanelBody>
        <RefusedNote desk={desk} deed="add" />
        <Form action={desk.here} deed="add" once={desk.once()}>
          <TextArea
            label={words.devices}
            name="devices"
            value={form.value('devices', '')}
            help={words.devicesHelp}
            {...form.error('devices')}
          />
          {await Terms({ desk, deed: 'add' })}
          <Button kind="main">{words.addDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const bypassPage = definePage({
  path: '/bypass',
  permission: 'subscribers.read',
  async show(desk) {
    const words = bypassWordsOf(desk)
    const devices = await desk.ask(listBypasses, {})
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <Said desk={desk} words={{ added: words.saidAdded, saved: words.saidSaved, removed: words.saidRemoved }} />
          <p>{words.note}</p>
          <Notice meaning="attention" title={words.copied} />
          <section class="panel">
            {devices.length === 0 ? (
              <PanelBody>
                <p class="muted">{words.empty}</p>
              </PanelBody>
            ) : (
              <Table
                name="bypass"
                caption={words.title}
                columns={columns(desk, await routerNames(desk))}
                rows={devices}
                rowKey={({ id }) => id}
              />
            )}
          </section>
          {desk.may('subscribers.write') ? await AddForm({ desk }) : null}
        </>
      ),
    }
  },
  deeds: {
    add: {
      permission: 'subscribers.write',
      async run(desk) {
        const { terms, problems } = termsIn(desk)
        const { devices, wrong } = devicesIn(desk)
        const all = { ...problems, ...(wrong === undefined ? {} : { devices: wrong }) }
        if (Object.keys(all).length > 0) return { problems: all }
        const added = await desk.tell(addBypasses, { devices, ...terms })
        return added.ok ? { go: '/bypass?said=added' } : { fault: added.error }
      },
    },
  },
})

const deviceOf = async (desk: Desk): Promise<Device | undefined> => {
  const wanted = normaliseDevice(desk.param('mac'))
  return (await desk.ask(listBypasses, {})).find(({ mac }) => mac === wanted)
}

/** The day before the instant at which it ends. */
const dayOf = (untilAt: number | null, timeZone: string): string =>
  untilAt === null
    ? ''
    : Temporal.Instant.fromEpochMilliseconds(untilAt - 1)
        .toZonedDateTimeISO(timeZone)
        .toPlainDate()
        .toString()

export const bypassDevicePage = definePage({
  path: '/bypass/:mac',
  permission: 'subscribers.write',
  async show(desk) {
    const words = bypassWordsOf(desk)
    const device = await deviceOf(desk)
    if (!device) return { title: words.title, status: 404, content: <Notice meaning="attention" title={words.gone} /> }
    const names = await routerNames(desk)
    const title = fill(words.changeTitle, { name: visible(device.name) })
    const form = valuesFor(desk, 'save')
    const before = {
      plan: device.plan ?? '',
      until: dayOf(device.untilAt, desk.locale.timeZone),
      routers: device.routers.flatMap((id) => names.get(id) ?? []).join('\n'),
    }
    return {
      title,
      content: (
        <>
          <PageHead title={title} />
          <section class="panel">
            <PanelBody>
              <p class="muted">{formatMac(device.mac)}</p>
              <RefusedNote desk={desk} deed="save" />
              <Form action={desk.here} deed="save" once={desk.once()}>
                <Field
                  locale={desk.locale}
                  label={words.name}
                  name="name"
                  value={form.value('name', device.name)}
                  required
                  {...form.error('name')}
                />
                {await Terms({ desk, deed: 'save', before })}
                <p class="muted">{words.saveNote}</p>
                <Button kind="main">{words.save}</Button>
              </Form>
              <RefusedNote desk={desk} deed="remove" />
              <DeedButton desk={desk} deed="remove" kind="danger">
                {words.remove}
              </DeedButton>
            </PanelBody>
          </section>
        </>
      ),
    }
  },
  deeds: {
    save: {
      permission: 'subscribers.write',
      async run(desk) {
        const { terms, problems } = termsIn(desk)
        const name = desk.fields.get('name').trim()
        const isNamed = name !== '' && name.length <= NAME_LENGTH_MAX
        const all = { ...problems, ...(isNamed ? {} : { name: bypassWordsOf(desk).nameWrong }) }
        if (Object.keys(all).length > 0) return { problems: all }
        const saved = await desk.tell(setBypass, { mac: desk.param('mac'), name, ...terms })
        return saved.ok ? { go: '/bypass?said=saved' } : { fault: saved.error }
      },
    },
    remove: {
      permission: 'subscribers.write',
      async run(desk) {
        const removed = await desk.tell(removeBypass, { mac: desk.param('mac') })
        return removed.ok ? { go: '/bypass?said=removed' } : { fault: removed.error }
      },
    },
  },
})

/** The hotspot that the box keeps on a router: how it goes there, and what it is to be. */
import { isIPv4 } from 'node:net'
import type { ResultOf } from '@lango/kernel/db'
import {
  Ago,
  Button,
  DeedButton,
  Facts,
  Field,
  fill,
  Form,
  Panel,
  PanelBody,
  RefusedNote,
  Status,
  Table,
  TextArea,
  UserText,
  valuesFor,
  visible,
  Why,
  type Column,
  type Desk,
  type DoingDesk,
  type Done,
  type Problems,
} from '@lango/kernel/ui'
import {
  HOTSPOT_DEFAULTS,
  isInterfaceName,
  readNetwork,
  removeHotspot,
  setHotspot,
  type HotspotStatus,
  type HotspotTrouble,
  type listHotspots,
} from '../network/index.ts'
import { unknownRouter, routerHref, routerOf } from './router-facts.tsx'
import { hotspotWords } from './words-hotspot.ts'

export type Hotspot = ResultOf<typeof listHotspots>[number]

export const hotspotWordsOf = (desk: Pick<Desk, 'locale'>) => hotspotWords[desk.locale.lang]

type Words = ReturnType<typeof hotspotWordsOf>

const StateOfIt = ({
  words,
  hotspot,
  status,
}: {
  words: Words
  hotspot: Hotspot
  status: HotspotStatus | undefined
}) => {
  if (hotspot.status === 'leaving') return <Status meaning="attention">{words.leaving}</Status>
  if (!status || (status.keptAt === undefined && status.troubles.length === 0))
    return <Status meaning="plain">{words.trying}</Status>
  return status.troubles.length > 0 ? (
    <Status meaning="attention">{words.troubled}</Status>
  ) : (
    <Status meaning="good">{words.kept}</Status>
  )
}

const columns = (desk: Desk): readonly Column<HotspotTrouble>[] => {
  const words = hotspotWordsOf(desk)
  const lead = ({ what, name }: HotspotTrouble): string => fill(words[what], { name: visible(name) })
  return [
    {
      id: 'what',
      head: words.what,
      width: 'l',
      card: 'title',
      value: lead,
      render: (one) => <Why locale={desk.locale} lead={lead(one)} remedy={words[`${one.what}How`]} />,
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

const State = ({ desk, hotspot, status }: { desk: Desk; hotspot: Hotspot; status: HotspotStatus | undefined }) => {
  const words = hotspotWordsOf(desk)
  const { locale, now } = desk
  const when = (at: number | undefined) => (at === undefined ? '' : <Ago at={at} now={now} locale={locale} />)
  const troubles = status?.troubles ?? []
  return (
    <>
      <PanelBody>
        <Facts
          facts={[
            [words.hotspot, <StateOfIt key="state" words={words} hotspot={hotspot} status={status} />],
            [words.interface, visible(hotspot.interface)],
            [words.network, hotspot.network],
            [words.checked, when(status?.keptAt)],
            [words.changed, when(status?.changedAt)],
          ]}
        />
        {desk.may('routers.write') ? (
          <>
            <RefusedNote desk={desk} deed="push" />
            <DeedButton desk={desk} deed="push">
              {words.push}
            </DeedButton>
          </>
        ) : null}
        {troubles.length > 0 ? <p class="muted">{words.troublesNote}</p> : null}
      </PanelBody>
      {troubles.length > 0 ? (
        <Table
          name="hotspot-troubles"
          caption={words.troubles}
          columns={columns(desk)}
          rows={troubles}
          rowKey={({ what, menu, name }) => `${what} ${menu} ${name}`}
        />
      ) : null}
    </>
  )
}

const HotspotForm = ({ desk, hotspot }: { desk: Desk; hotspot: Hotspot | undefined }) => {
  const words = hotspotWordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, 'hotspot')
  return (
    <PanelBody>
      <RefusedNote desk={desk} deed="hotspot" />
      <Form action={desk.here} deed="hotspot" once={desk.once()}>
        <Field
          locale={locale}
          label={words.interface}
          name="interface"
          value={form.value('interface', hotspot?.interface ?? HOTSPOT_DEFAULTS.interface)}
          required
          help={words.interfaceHelp}
          {...form.error('interface')}
        />
        <Field
          locale={locale}
          label={words.network}
          name="network"
          value={form.value('network', hotspot?.network ?? HOTSPOT_DEFAULTS.network)}
          required
          help={words.networkHelp}
          {...form.error('network')}
        />
        <Field
          locale={locale}
          label={words.box}
          name="box"
          value={form.value('box', hotspot?.box ?? '')}
          help={words.boxHelp}
          {...form.error('box')}
        />
        <TextArea
          label={words.openNames}
          name="openNames"
          value={form.value('openNames', (hotspot?.openNames ?? []).join('\n'))}
          help={words.openNamesHelp}
          {...form.error('openNames')}
        />
        <Button kind="main">{hotspot === undefined ? words.saveNew : words.save}</Button>
      </Form>
      {hotspot === undefined ? <p class="muted">{words.scriptFirst}</p> : null}
    </PanelBody>
  )
}

const Off = ({ desk }: { desk: Desk }) => {
  const words = hotspotWordsOf(desk)
  return (
    <Panel title={words.off}>
      <PanelBody>
        <RefusedNote desk={desk} deed="hotspotOff" />
        <RefusedNote desk={desk} deed="hotspotLeave" />
        <p>{words.offNote}</p>
        <div class="pager">
          <DeedButton desk={desk} deed="hotspotOff" kind="danger">
            {words.offDo}
          </DeedButton>
          <DeedButton desk={desk} deed="hotspotLeave">
            {words.leaveDo}
          </DeedButton>
        </div>
      </PanelBody>
    </Panel>
  )
}

type Props = {
  readonly desk: Desk
  readonly hotspot: Hotspot | undefined
  readonly status: HotspotStatus | undefined
}

export const HotspotPanels = ({ desk, hotspot, status }: Props) => {
  const words = hotspotWordsOf(desk)
  const mayWrite = desk.may('routers.write')
  return (
    <>
      <Panel title={words.hotspot} id="hotspot">
        {hotspot === undefined ? (
          <PanelBody>
            <p>{words.note}</p>
          </PanelBody>
        ) : (
          <State desk={desk} hotspot={hotspot} status={status} />
        )}
        {mayWrite && hotspot === undefined ? <HotspotForm desk={desk} hotspot={undefined} /> : null}
      </Panel>
      {mayWrite && hotspot !== undefined ? (
        <>
          <Panel title={words.settings}>
            <HotspotForm desk={desk} hotspot={hotspot} />
          </Panel>
          <Off desk={desk} />
        </>
      ) : null}
    </>
  )
}

const HOST_NAME = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*$/i

const save = async (desk: DoingDesk): Promise<Done> => {
  const router = await routerOf(desk)
  if (router === undefined) return { fault: unknownRouter(desk) }
  const words = hotspotWordsOf(desk)
  const text = (name: string): string => desk.fields.get(name).trim()
  const typed = { interface: text('interface'), network: text('network'), box: text('box') }
  const openNames = text('openNames').split(/\s+/).filter(Boolean)
  const wrong = openNames.find((name) => !HOST_NAME.test(name))
  const problems: Problems = {
    ...(isInterfaceName(typed.interface) ? {} : { interface: words.interfaceWrong }),
    ...(readNetwork(typed.network) ? {} : { network: words.networkWrong }),
    ...(typed.box === '' || isIPv4(typed.box) ? {} : { box: words.boxWrong }),
    ...(wrong === undefined ? {} : { openNames: fill(words.openNamesWrong, { line: visible(wrong) }) }),
  }
  if (Object.keys(problems).length > 0) return { problems }
  const box = typed.box === '' ? null : typed.box
  const saved = await desk.tell(setHotspot, { name: router.name, ...typed, box, openNames })
  return saved.ok ? { go: routerHref(router, '/control?said=hotspot#hotspot') } : { fault: saved.error }
}

const off =
  (leavesIt: boolean) =>
  async (desk: DoingDesk): Promise<Done> => {
    const router = await routerOf(desk)
    if (router === undefined) return { fault: unknownRouter(desk) }
    const removed = await desk.tell(removeHotspot, { name: router.name, leavesIt })
    const said = leavesIt ? 'left' : 'off'
    return removed.ok ? { go: routerHref(router, `/control?said=${said}#hotspot`) } : { fault: removed.error }
  }

export const hotspotDeeds = {
  hotspot: { permission: 'routers.write', run: save },
  hotspotOff: { permission: 'routers.write', run: off(false) },
  hotspotLeave: { permission: 'routers.write', run: off(true) },
  push: {
    permission: 'routers.write',
    async run(desk: DoingDesk): Promise<Done> {
      const router = await routerOf(desk)
      if (router === undefined) return { fault: unknownRouter(desk) }
      const pushed = await desk.box('routers.push', { name: router.name })
      return pushed.ok ? { go: routerHref(router, '/control?said=pushed#hotspot') } : { fault: pushed.error }
    },
  },
} as const

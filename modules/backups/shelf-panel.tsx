/** What this box keeps of the backups of others: on the page of backups. */
import {
  Ago,
  Button,
  Check,
  CopyButton,
  Facts,
  Field,
  fill,
  Fold,
  Form,
  formatAgo,
  formatBytes,
  formatNumber,
  FormReader,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  Status,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Deed,
  type Desk,
  type Done,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { ShelfAddress } from './port.ts'
import type { listShelves } from './queries.ts'
import { endShelf, lendShelf, resizeShelf } from './shelf-commands.ts'
import {
  BYTES_PER_GB,
  SHELF_BYTES_DEFAULT,
  SHELF_NAME,
  SHELF_SILENT_MS,
  shelfLimits,
  shelfLine,
} from './shelf-rules.ts'
import { shelfWordsOf, type ShelfWords } from './shelf-words.ts'

const HERE = '/settings/backups'
const GB_MAX = shelfLimits.bytesMaxMax / BYTES_PER_GB

type Shelf = ResultOf<typeof listShelves>[number]
type PanelProps = { desk: Desk; shelves: readonly Shelf[] }

const newestMark = ({ newestAt }: Shelf, { now, locale }: Desk, words: ShelfWords) => {
  if (newestAt === null) return <span class="muted">{words.nothing}</span>
  if (now - newestAt <= SHELF_SILENT_MS) return <Ago at={newestAt} now={now} locale={locale} />
  return <Status meaning="attention">{fill(words.late, { ago: formatAgo(newestAt, now, locale) })}</Status>
}

const columns = (desk: Desk): readonly Column<Shelf>[] => {
  const words = shelfWordsOf(desk)
  const { locale, now } = desk
  return [
    {
      id: 'shelf',
      head: words.name,
      width: 'm',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name }) => <UserText text={name} />,
    },
    {
      id: 'newest',
      head: words.newest,
      width: 'l',
      card: 'side',
      value: ({ newestAt }) => (newestAt === null ? words.nothing : formatAgo(newestAt, now, locale)),
      render: (shelf) => newestMark(shelf, desk, words),
    },
    {
      id: 'kept',
      head: words.kept,
      width: 's',
      figures: true,
      value: ({ kept }) => formatNumber(kept, locale),
    },
    {
      id: 'used',
      head: words.used,
      width: 'l',
      figures: true,
      value: ({ bytesUsed, bytesMax }) =>
        fill(words.usedOf, { used: formatBytes(bytesUsed, locale), max: formatBytes(bytesMax, locale) }),
    },
  ]
}

const sizeField = (desk: Desk, deed: string, name: string) => {
  const words = shelfWordsOf(desk)
  const form = valuesFor(desk, deed)
  return (
    <Field
      locale={desk.locale}
      label={words.maxLabel}
      name={name}
      unit="GB"
      inputMode="numeric"
      required
      help={words.maxHelp}
      value={form.value(name, String(SHELF_BYTES_DEFAULT / BYTES_PER_GB))}
      {...form.error(name)}
    />
  )
}

const LendForm = ({ desk }: { desk: Desk }) => {
  const words = shelfWordsOf(desk)
  const form = valuesFor(desk, 'lend')
  return (
    <>
      <RefusedNote desk={desk} deed="lend" />
      <Form action={desk.here} deed="lend" once={desk.once()}>
        <Field
          locale={desk.locale}
          label={words.nameLabel}
          name="shelf"
          autoComplete="off"
          required
          help={words.nameHelp}
          value={form.value('shelf', '')}
          {...form.error('shelf')}
        />
        {sizeField(desk, 'lend', 'shelfMax')}
        <Button>{words.lend}</Button>
      </Form>
    </>
  )
}

const ChangeForms = ({ desk, shelves }: PanelProps) => {
  const words = shelfWordsOf(desk)
  const options = shelves.map(({ name }) => ({ value: name, label: name }))
  const choice = (name: string) => (
    <Select label={words.which} name={name} value={options[0]!.value} options={options} />
  )
  const isOpen = desk.refused?.deed === 'resizeShelf' || desk.refused?.deed === 'endShelf'
  return (
    <Fold title={words.change} note={words.changeNote} open={isOpen}>
      <RefusedNote desk={desk} deed="resizeShelf" />
      <Form action={desk.here} deed="resizeShelf" once={desk.once()}>
        {choice('resized')}
        {sizeField(desk, 'resizeShelf', 'resizedMax')}
        <Button>{words.resize}</Button>
      </Form>
      <RefusedNote desk={desk} deed="endShelf" />
      <Form action={desk.here} deed="endShelf" once={desk.once()}>
        {choice('ended')}
        <p class="muted">{words.endHelp}</p>
        <Check label={words.removeToo} name="removeBackups" help={words.removeHelp} />
        <Button kind="danger">{words.end}</Button>
      </Form>
    </Fold>
  )
}

export const ShelvesPanel = ({ desk, shelves }: PanelProps) => {
  const words = shelfWordsOf(desk)
  const mayWrite = desk.may('backups.write')
  return (
    <Panel title={words.title} id="shelves">
      <PanelBody>
        <p>{words.lead}</p>
        {shelves.length === 0 ? <p class="muted">{words.none}</p> : null}
      </PanelBody>
      {shelves.length === 0 ? null : (
        <Table name="shelves-list" caption={words.title} columns={columns(desk)} rows={shelves} rowKey={nameOf} />
      )}
      {mayWrite ? (
        <PanelBody>
          <LendForm desk={desk} />
          {shelves.length === 0 ? null : <ChangeForms desk={desk} shelves={shelves} />}
        </PanelBody>
      ) : null}
    </Panel>
  )
}

const nameOf = ({ name }: Shelf): string => name

/** Told this once. */
const keyShown = (desk: Desk, lent: ValueOf<typeof lendShelf>, { endpoint, others }: ShelfAddress): Shown => {
  const words = shelfWordsOf(desk)
  const told = (id: string, text: string) => (
    <span key={id}>
      <code class="told" id={id}>
        {text}
      </code>{' '}
      <CopyButton of={id} locale={desk.locale} />
    </span>
  )
  return {
    title: words.toldTitle,
    content: (
      <>
        <PageHead title={words.toldTitle} />
        <Panel title={lent.name}>
          <PanelBody>
            <p>{words.toldLead}</p>
            <Facts
              facts={[
                [words.place, told('shelf-place', lent.place)],
                [words.endpoint, told('shelf-endpoint', endpoint)],
                ...(others.length === 0 ? [] : [[words.others, <code key="others">{others.join(' ')}</code>] as const]),
                [words.accessKeyId, told('shelf-key-id', lent.accessKeyId)],
                [words.secretKey, told('shelf-secret', lent.secretKey)],
                [words.line, told('shelf-line', shelfLine(lent, endpoint))],
              ]}
            />
            <p>
              <LinkButton href={`${HERE}?said=lent`} kind="main">
                {words.done}
              </LinkButton>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

const sizeOf = (form: FormReader, name: string, words: ShelfWords): number => {
  const wrong = fill(words.maxWrong, { max: GB_MAX })
  form.needed(name, wrong)
  return (form.whole(name, [1, GB_MAX], wrong) ?? 0) * BYTES_PER_GB
}

const lend = async (desk: DoingDesk): Promise<Done> => {
  const words = shelfWordsOf(desk)
  const form = new FormReader(desk.fields)
  const name = form.text('shelf') ?? ''
  if (!SHELF_NAME.test(name)) form.refuse('shelf', words.nameWrong)
  const bytesMax = sizeOf(form, 'shelfMax', words)
  if (!form.isGood) return { problems: form.problems }
  // First: a shelf that nobody reaches is of no use.
  const at = await desk.box<ShelfAddress>('shelf.address', {})
  if (!at.ok) return { fault: at.error }
  const done = await desk.tell(lendShelf, { name, bytesMax })
  return done.ok ? { show: keyShown(desk, done.value, at.value) } : { fault: done.error }
}

const resize = async (desk: DoingDesk): Promise<Done> => {
  const form = new FormReader(desk.fields)
  const bytesMax = sizeOf(form, 'resizedMax', shelfWordsOf(desk))
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(resizeShelf, { name: form.text('resized') ?? '', bytesMax })
  return done.ok ? { go: `${HERE}?said=resized` } : { fault: done.error }
}

const end = async (desk: DoingDesk): Promise<Done> => {
  const form = new FormReader(desk.fields)
  const input = { name: form.text('ended') ?? '', removeBackups: form.checked('removeBackups') }
  const done = await desk.tell(endShelf, input)
  return done.ok ? { go: `${HERE}?said=ended` } : { fault: done.error }
}

export const shelfDeeds: Readonly<Record<'lend' | 'resizeShelf' | 'endShelf', Deed>> = {
  lend: { permission: 'backups.write', run: lend },
  resizeShelf: { permission: 'backups.write', run: resize },
  endShelf: { permission: 'backups.write', run: end },
}

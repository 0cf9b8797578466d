/** Lists into the box and out of it: what is sent is checked first, shown, and loaded when it is meant. */
import {
  Button,
  Check,
  definePage,
  DeedButton,
  EmptyState,
  Field,
  fill,
  Fold,
  formatNumber,
  LinkButton,
  nothingHere,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Sentence,
  TextArea,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { TransferPanel } from './import-result.tsx'
import { SettingsHead } from './settings-tabs.tsx'
import { lists, mayImport, products, sources, transferOf, type Source } from './transfers.ts'
import { productNames, wordsOf } from './words-import.ts'

const PATH = '/settings/import'
/** Somebody waits for it. */
const REFRESH_SEC = 2

const nameOf = (desk: Desk, source: Source): string => {
  const list = lists.find((name) => name === source)
  return list === undefined ? productNames[source as (typeof products)[number]] : wordsOf(desk)[list]
}

const Import = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const offered = sources.filter((source) => mayImport(desk, source))
  if (offered.length === 0) return null
  return (
    <Panel title={words.bringIn}>
      <ul class="lines">
        {offered.map((source) => (
          <li key={source}>
            <a href={`${PATH}/${source}`}>{nameOf(desk, source)}</a>
            <span class="muted">
              <Sentence text={words[`${source}Help`]} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const Export = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const offered = lists.filter((list) => desk.may(`${list}.read`))
  return (
    <Panel title={words.takeOut}>
      <PanelBody>
        <p class="muted">
          <Sentence text={words.takeOutHelp} />
        </p>
        {offered.length === 0 ? (
          <p class="muted">{words.nothingToTake}</p>
        ) : (
          <div class="button-row">
            {offered.map((list) => (
              <DeedButton key={list} desk={{ ...desk, here: PATH }} deed="give" fields={{ list }}>
                {fill(words.asCsv, { list: words[list] })}
              </DeedButton>
            ))}
          </div>
        )}
      </PanelBody>
    </Panel>
  )
}

const give = async (desk: DoingDesk): Promise<Done> => {
  const list = desk.fields.get('list')
  const given = await desk.box<{ readonly body: string }>('transfer.give', { list })
  if (!given.ok) return { fault: given.error }
  return { file: { name: `${list}.csv`, type: 'text/csv; charset=utf-8', body: given.value.body } }
}

export const importPage = definePage({
  path: PATH,
  permission: 'plans.read',
  async show(desk) {
    const words = wordsOf(desk)
    const transfer = await transferOf(desk)
    const isBusy = transfer !== null && ['receiving', 'checking', 'loading'].includes(transfer.state)
    return {
      title: words.title,
      ...(isBusy && { refreshSec: REFRESH_SEC }),
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Said desk={desk} words={{ dropped: words.dropped }} />
          <RefusedNote desk={desk} />
          {transfer === null ? null : (
            <TransferPanel desk={desk} transfer={transfer} name={nameOf(desk, transfer.source)} path={PATH} />
          )}
          {isBusy ? null : <Import desk={desk} />}
          <Export desk={desk} />
        </>
      ),
    }
  },
  deeds: {
    give: { permission: 'plans.read', run: give },
    load: {
      permission: 'plans.read',
      async run(desk) {
        const done = await desk.box('transfer.load', {})
        return done.ok ? { go: PATH } : { fault: done.error }
      },
    },
    drop: {
      permission: 'plans.read',
      async run(desk) {
        const done = await desk.box('transfer.drop', {})
        return done.ok ? { go: `${PATH}?said=dropped` } : { fault: done.error }
      },
    },
  },
})

const Options = ({ desk, source }: { desk: Desk; source: Source }) => {
  const words = wordsOf(desk)
  const isMove = products.some((product) => product === source)
  return (
    <>
      <Check label={words.update} name="update" help={words.updateHelp} />
      {isMove || source === 'subscribers' ? (
        <Check label={words.newPasswords} name="newPasswords" help={words.newPasswordsHelp} />
      ) : null}
      {isMove ? (
        <>
          <TextArea label={words.plansFor} name="plans" rows={3} help={words.plansForHelp} />
          <Select
            label={words.kind}
            name="kind"
            value=""
            options={[
              { value: '', label: words.kindUsual },
              ...['pppoe', 'static', 'hotspot', '802.1x', 'mac'].map((kind) => ({ value: kind, label: kind })),
            ]}
            help={words.kindHelp}
          />
        </>
      ) : null}
    </>
  )
}

const REFUSALS = ['UploadEmpty', 'UploadTooLarge', 'TransferBusy'] as const

const UploadForm = ({ desk, source }: { desk: Desk; source: Source }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={fill(words.bringInOne, { list: nameOf(desk, source) })}>
      <PanelBody>
        <p class="muted">
          <Sentence text={words[`${source}Help`]} />
        </p>
        <form class="form" method="post" action={`${PATH}/${source}/file`} encType="multipart/form-data">
          <FileFields desk={desk} many={products.some((product) => product === source)} />
          <Options desk={desk} source={source} />
          <div class="button-row">
            <Button kind="main">{words.check}</Button>
            <LinkButton href={PATH}>{words.back}</LinkButton>
          </div>
        </form>
      </PanelBody>
    </Panel>
  )
}

/** Products write a file a table; some phones choose but one at a time. */
const FileFields = ({ desk, many }: { desk: Desk; many: boolean }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  return (
    <>
      <Field locale={locale} label={words.file} name="file1" type="file" required help={words.fileHelp} />
      {many ? (
        <Fold title={words.moreFiles} note={words.moreFilesHelp} open={false}>
          {[2, 3, 4, 5, 6].map((n) => (
            <Field
              key={n}
              locale={locale}
              label={fill(words.fileMore, { n: formatNumber(n, locale) })}
              name={`file${n}`}
              type="file"
            />
          ))}
        </Fold>
      ) : null}
    </>
  )
}

export const importFilePage = definePage({
  path: `${PATH}/:source`,
  permission: 'plans.read',
  show(desk) {
    const words = wordsOf(desk)
    const source = sources.find((name) => name === desk.param('source'))
    const refused = REFUSALS.find((type) => type === desk.search.get('refused'))
    const isOffered = source !== undefined && mayImport(desk, source)
    const content = (
      <>
        <SettingsHead desk={desk} current={PATH} />
        {refused === undefined ? null : <Notice meaning="stopped" title={words[refused]} />}
        {isOffered ? (
          <UploadForm desk={desk} source={source} />
        ) : (
          <EmptyState title={words.notOffered}>
            <a href={PATH}>{words.back}</a>
          </EmptyState>
        )}
      </>
    )
    return Promise.resolve(
      source === undefined ? nothingHere(words.title, content) : { title: nameOf(desk, source), content },
    )
  },
})

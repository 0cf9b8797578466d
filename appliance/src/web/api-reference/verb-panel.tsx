import { fill, Panel, PanelBody, Sentence, Table, type Column, type Desk } from '@lango/kernel/ui'
import { answerFields, typeText, waysOf, type SchemaField } from './fields.ts'
import type { ApiVerb } from './verbs.ts'
import { wordsOf } from './words.ts'

const KEY = 'any-key-of-your-own-1'

/** Single quotes inside single quotes, as a shell has it. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** As it is typed into a shell, with the address and the key in variables. */
export const curlOf = ({ kind, path, example }: Pick<ApiVerb, 'kind' | 'path' | 'example'>): string =>
  [
    `curl "$LANGO/api${path}" -H "Authorization: Bearer $TOKEN"`,
    ...(kind === 'command' ? [`  -H 'Idempotency-Key: ${KEY}'`] : []),
    `  -d ${quoted(JSON.stringify(example))}`,
  ].join(' \\\n')

const columns = (desk: Desk): readonly Column<SchemaField>[] => {
  const words = wordsOf(desk)
  const limits = ({ range, length, pattern, fallback, names }: SchemaField): string =>
    [
      range ?? '',
      length === undefined ? '' : fill(words.length, { range: length }),
      pattern === undefined ? '' : `/${pattern}/`,
      fallback === undefined ? '' : fill(words.fallback, { value: fallback }),
      names === undefined ? '' : `{name}: ${names}`,
    ]
      .filter(Boolean)
      .join(', ')
  return [
    {
      id: 'field',
      head: words.field,
      width: 'l',
      card: 'title',
      value: ({ path }) => path,
      render: ({ path }) => <code>{path}</code>,
    },
    {
      id: 'type',
      head: words.type,
      width: 'l',
      card: 'wide',
      value: ({ type }) => type,
      render: ({ type }) => <code>{type}</code>,
    },
    {
      id: 'required',
      head: words.required,
      width: 's',
      card: 'side',
      value: ({ isRequired }) => (isRequired ? words.yes : words.no),
    },
    { id: 'limits', head: words.limits, width: 'l', card: 'wide', value: limits },
  ]
}

type FieldsProps = {
  desk: Desk
  name: string
  title: string
  fields: readonly SchemaField[]
  /** Of an answer only names and types matter. */
  isAnswer?: boolean
}

const Fields = ({ desk, name, title, fields, isAnswer = false }: FieldsProps) => (
  <>
    <h3>{title}</h3>
    {fields.length === 0 ? (
      <p class="muted">{wordsOf(desk).noFields}</p>
    ) : (
      <Table
        name={name}
        caption={`${name}: ${title}`}
        columns={columns(desk).slice(0, isAnswer ? 2 : undefined)}
        rows={fields}
        rowKey={({ path }) => path}
        dense
      />
    )}
  </>
)

const Output = ({ desk, verb }: { desk: Desk; verb: ApiVerb }) => {
  const words = wordsOf(desk)
  const { name, output } = verb
  const fields = output === undefined ? [] : answerFields(output)
  if (fields.length > 0)
    return <Fields desk={desk} name={`${name}-value`} title={words.output} fields={fields} isAnswer />
  return (
    <>
      <h3>{words.output}</h3>
      <p class="muted">
        {output === undefined ? words.outputOpen : fill(words.outputPlain, { type: typeText(output) })}
      </p>
    </>
  )
}

/** One command or query: what it is for, what it takes, how it is asked, what it answers. */
export const VerbPanel = ({ desk, verb }: { desk: Desk; verb: ApiVerb }) => {
  const words = wordsOf(desk)
  const { kind, name, path, summary, permission, input, isToldOnce } = verb
  const ways = waysOf(input)
  const isOwn = permission === 'self'
  return (
    <Panel title={name} note={words[kind]} id={name}>
      <PanelBody>
        <p lang="en">{summary}</p>
        <p class="muted">
          <code>POST /api{path}</code> {isOwn ? words.needsSelf : fill(words.needs, { permission })}
        </p>
        {isToldOnce ? (
          <p class="muted">
            <Sentence text={words.toldOnce} />
          </p>
        ) : null}
        {ways.map((fields, at) => (
          <Fields
            key={fields.map((each) => each.path).join()}
            desk={desk}
            name={ways.length === 1 ? name : `${name}-${at + 1}`}
            title={ways.length === 1 ? words.input : fill(words.inputWay, { n: at + 1 })}
            fields={fields}
          />
        ))}
        <h3>{words.example}</h3>
        <pre tabIndex={0}>{curlOf(verb)}</pre>
        <Output desk={desk} verb={verb} />
      </PanelBody>
    </Panel>
  )
}

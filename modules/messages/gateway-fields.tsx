/** What is asked for of an SMS gateway of anybody's. */
import { Fold, Select, TextArea, valuesFor, type Desk, type DoingDesk, type FormReader } from '@lango/kernel/ui'
import { FormLine } from './form-line.tsx'
import { gatewayHows } from './gateway-rules.ts'
import type { GatewayConfig } from './rules.ts'
import { wordsOf } from './words.ts'

const deed = 'sms'
/** As most of them are asked: a form to begin with. */
const BODY = 'to={number}&message={text}&from={sender}&apikey={key}'

type Set = { readonly desk: Desk; readonly set: GatewayConfig | undefined }

const AnswerFields = ({ desk, set }: Set) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, deed)
  const answer = {
    okField: set?.okField ?? '',
    okValues: set?.okValues.join(', ') ?? '',
    idField: set?.idField ?? '',
  }
  const isUsed = Object.entries(answer).some(([name, was]) => form.value(name, was) !== '')
  const of = { deed, desk }
  return (
    <Fold title={words.answer} note={words.answerNote} open={isUsed}>
      <FormLine {...of} name="okField" label={words.okField} help={words.okFieldHelp} set={answer.okField} />
      <FormLine {...of} name="okValues" label={words.okValues} help={words.okValuesHelp} set={answer.okValues} />
      <FormLine {...of} name="idField" label={words.idField} help={words.idFieldHelp} set={answer.idField} />
    </Fold>
  )
}

const ReportFields = ({ desk, set }: Set) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, deed)
  const told = {
    reportField: set?.reportField ?? '',
    reportIdField: set?.reportIdField ?? '',
    arrivedValues: set?.arrivedValues.join(', ') ?? '',
    failedValues: set?.failedValues.join(', ') ?? '',
  }
  const names = ['reportField', 'reportIdField', 'arrivedValues', 'failedValues'] as const
  const isUsed = names.some((name) => form.value(name, told[name]) !== '')
  return (
    <Fold title={words.reports} note={words.reportsNote} open={isUsed}>
      {names.map((name) => (
        <FormLine
          key={name}
          desk={desk}
          deed={deed}
          name={name}
          label={words[name]}
          help={words[`${name}Help`]}
          set={told[name]}
        />
      ))}
    </Fold>
  )
}

export const GatewayFields = ({ desk, set }: Set) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, deed)
  const of = { deed, desk }
  return (
    <>
      <FormLine
        {...of}
        name="address"
        label={words.address}
        help={words.addressHelp}
        set={set?.address ?? ''}
        required
      />
      <Select
        label={words.how}
        name="how"
        value={form.value('how', set?.how)}
        options={gatewayHows.map((value) => ({ value, label: words[value] }))}
      />
      <TextArea
        label={words.body}
        name="body"
        value={form.value('body', set?.body ?? BODY)}
        help={words.bodyHelp}
        {...form.error('body')}
      />
      <FormLine {...of} name="header" label={words.header} help={words.headerHelp} set={set?.header ?? ''} />
      <FormLine {...of} name="key" label={words.gatewayKey} help={words.gatewayKeyHelp} type="password" />
      <FormLine {...of} name="sender" label={words.sender} help={words.gatewaySenderHelp} set={set?.sender ?? ''} />
      <AnswerFields desk={desk} set={set} />
      <ReportFields desk={desk} set={set} />
    </>
  )
}

/** Parameters may stand on lines of their own; JSON stays as it was typed. */
const bodyTyped = (how: string, typed: string): string =>
  how === 'json'
    ? typed
    : typed
        .split(/[\r\n]+/)
        .map((each) => each.trim())
        .filter((each) => each !== '')
        .join('&')

export const gatewayTyped = ({ fields }: DoingDesk, form: FormReader) => {
  const how = form.choice('how', gatewayHows)
  const listed = (name: string): string[] =>
    fields
      .get(name)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
  return {
    driver: 'http' as const,
    address: fields.get('address'),
    how,
    body: bodyTyped(how, fields.get('body')),
    header: fields.get('header'),
    sender: fields.get('sender'),
    okField: fields.get('okField'),
    okValues: listed('okValues'),
    idField: fields.get('idField'),
    reportField: fields.get('reportField'),
    reportIdField: fields.get('reportIdField'),
    arrivedValues: listed('arrivedValues'),
    failedValues: listed('failedValues'),
  }
}

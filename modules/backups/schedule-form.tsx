import { durationText, parseDurationMs } from '@lango/kernel'
import {
  Button,
  Field,
  fill,
  Fold,
  Form,
  FormReader,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Desk,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { Schedule } from './job.ts'
import {
  EVERY_SEC_MAX,
  EVERY_SEC_MIN,
  KEEP_DEFAULT,
  KEEP_MAX,
  PASSPHRASE_LENGTH_MAX,
  PASSPHRASE_LENGTH_MIN,
  PLACE_LENGTH_MAX,
  readEndpoint,
  readPlace,
  REGION,
  REGION_DEFAULT,
} from './rules.ts'
import { wordsOf, type BackupWords } from './words.ts'

const seals = ['keep', 'new', 'own'] as const
type Seal = (typeof seals)[number]

const DAY_SEC = 86_400
const STORAGE_FIELDS = ['endpoint', 'region', 'accessKeyId', 'secretKey'] as const

type FormProps = { desk: Desk; schedule: Schedule | undefined }

const StorageFields = ({ desk, schedule }: FormProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'set')
  const line = (name: (typeof STORAGE_FIELDS)[number], otherwise: string) => ({
    locale: desk.locale,
    name,
    label: words[name],
    value: form.value(name, otherwise),
    autoComplete: 'off',
    ...form.error(name),
  })
  const isOpen =
    schedule?.place.startsWith('s3:') === true || STORAGE_FIELDS.some((name) => form.error(name).error !== undefined)
  return (
    <Fold title={words.storage} note={words.storageNote} open={isOpen}>
      <Field {...line('endpoint', schedule?.endpoint ?? '')} help={words.endpointHelp} />
      <Field {...line('region', schedule?.region ?? REGION_DEFAULT)} />
      <Field {...line('accessKeyId', schedule?.accessKeyId ?? '')} />
      <Field
        {...line('secretKey', '')}
        value=""
        type="password"
        help={schedule?.accessKeyId == null ? words.secretKeyNew : words.secretKeyKept}
      />
    </Fold>
  )
}

const SealFields = ({ desk, schedule }: FormProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'set')
  const labels: Readonly<Record<Seal, string>> = { keep: words.sealKeep, new: words.sealNew, own: words.sealOwn }
  const offered = seals.filter((seal) => seal !== 'keep' || schedule !== undefined)
  return (
    <>
      <Select
        label={words.seal}
        name="seal"
        value={form.value('seal', offered[0])}
        options={offered.map((value) => ({ value, label: labels[value] }))}
      />
      <Field
        locale={desk.locale}
        label={words.passphrase}
        name="passphrase"
        type="password"
        autoComplete="new-password"
        help={fill(words.passphraseHelp, { n: PASSPHRASE_LENGTH_MIN })}
        {...form.error('passphrase')}
      />
    </>
  )
}

export const ScheduleForm = ({ desk, schedule }: FormProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'set')
  const line = (name: 'every' | 'place' | 'keep', otherwise: string) => ({
    locale: desk.locale,
    name,
    label: words[name],
    help: words[`${name}Help`],
    value: form.value(name, otherwise),
    required: true,
    ...form.error(name),
  })
  return (
    <Panel title={schedule === undefined ? words.setTitle : words.changeTitle} id="set">
      <PanelBody>
        <p class="muted">{words.changeNote}</p>
        <RefusedNote desk={desk} deed="set" />
        <Form action={desk.here} deed="set" once={desk.once()}>
          <Field {...line('place', schedule?.place ?? '')} autoComplete="off" />
          <Field {...line('every', durationText(schedule?.everySec ?? DAY_SEC))} />
          <Field {...line('keep', String(schedule?.keep ?? KEEP_DEFAULT))} inputMode="numeric" />
          <StorageFields desk={desk} schedule={schedule} />
          <SealFields desk={desk} schedule={schedule} />
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** What storage needs beside its place. */
const readStorage = (form: FormReader, words: BackupWords) => {
  const [endpoint, accessKeyId, secretKey] = [form.text('endpoint'), form.text('accessKeyId'), form.text('secretKey')]
  const region = form.text('region') ?? REGION_DEFAULT
  if (endpoint !== undefined && readEndpoint(endpoint) === undefined) form.refuse('endpoint', words.endpointWrong)
  if (!REGION.test(region)) form.refuse('region', words.regionWrong)
  if (accessKeyId === undefined) form.refuse('accessKeyId', words.keyMissing)
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(secretKey === undefined ? {} : { secretKey }),
  }
}

const readSeal = (form: FormReader, words: BackupWords) => {
  const seal = form.choice('seal', seals)
  if (seal !== 'own') return { newKey: seal === 'new' }
  const passphrase = form.text('passphrase') ?? ''
  const { length } = passphrase
  if (length < PASSPHRASE_LENGTH_MIN || length > PASSPHRASE_LENGTH_MAX)
    form.refuse('passphrase', fill(words.passphraseWrong, { n: PASSPHRASE_LENGTH_MIN, max: PASSPHRASE_LENGTH_MAX }))
  return { passphrase }
}

/** What was typed, or what is to be said beside each field. */
export const readSchedule = (desk: DoingDesk) => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const text = form.needed('place', words.placeMissing)
  const place = text.length <= PLACE_LENGTH_MAX ? readPlace(text) : undefined
  if (place === undefined) form.refuse('place', words.placeWrong)
  form.needed('every', words.everyWrong)
  const everySec = (form.read('every', parseDurationMs, words.everyWrong) ?? 0) / 1000
  if (everySec < EVERY_SEC_MIN || everySec > EVERY_SEC_MAX) form.refuse('every', words.everyWrong)
  const keepWrong = fill(words.keepWrong, { max: KEEP_MAX })
  form.needed('keep', keepWrong)
  const keep = form.whole('keep', [1, KEEP_MAX], keepWrong) ?? KEEP_DEFAULT
  const storage = place?.kind === 's3' ? readStorage(form, words) : {}
  const seal = readSeal(form, words)
  if (form.isGood) return { ok: true as const, input: { place: text, everySec, keep, ...storage, ...seal } }
  // Secrets are not shown again, and must not get lost unnoticed.
  for (const name of ['secretKey', 'passphrase']) if (form.text(name) !== undefined) form.refuse(name, words.again)
  return { ok: false as const, problems: form.problems }
}

/** The pictures of the hotspot's page: what there is, another in its place, or none. */
import { Button, FieldGroup, fill, Form, formatNumber, Panel, PanelBody, type Desk } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import {
  EVERYWHERE,
  PICTURE_OCTETS_MAX,
  PICTURE_PIXELS_MAX,
  pictureKinds,
  PICTURES_OCTETS_MAX,
  type PictureKind,
  type showPortal,
} from '../portal/index.ts'
import { wordsOf } from './words-portal.ts'

type Picture = ResultOf<typeof showPortal>['pictures'][number]

type Props = {
  readonly desk: Desk
  readonly location: string
  readonly own: readonly Picture[]
  /** Of the whole box: they stand where there is no own. */
  readonly everywhere: readonly Picture[]
}

const labels = { logo: 'logo', background: 'backgroundPicture' } as const
const helps = { logo: 'logoHelp', background: 'backgroundPictureHelp' } as const

type ShownProps = Pick<Props, 'desk' | 'location'> & { picture: Picture | undefined; isOwn: boolean; kind: PictureKind }

const Shown = ({ desk, picture, isOwn, kind, location }: ShownProps) => {
  const words = wordsOf(desk)
  if (picture === undefined) return <p class="muted">{words.noPicture}</p>
  const { sha256, width, height, bytes } = picture
  const facts = { width, height, kilobytes: desk.locale.tenths.format(bytes / 1000) }
  const isFollowed = !isOwn && location !== EVERYWHERE
  return (
    <div class="picture">
      <img src={`/portal-pictures/${sha256}`} alt="" width={width} height={height} />
      <p class="muted">
        {fill(words.pictureFacts, facts)}
        {isFollowed ? `, ${words.followed}` : null}
      </p>
      {isOwn && desk.may('settings.write') ? (
        <Form action={desk.here} deed="remove" once={desk.once()} inline>
          <Hidden kind={kind} location={location} />
          <Button>{words.remove}</Button>
        </Form>
      ) : null}
    </div>
  )
}

const Hidden = ({ kind, location }: { kind: PictureKind; location: string }) => (
  <>
    <input type="hidden" name="kind" value={kind} />
    <input type="hidden" name="location" value={location} />
  </>
)

const FILE_TYPES = 'image/png,image/jpeg,image/webp'

const Chooser = ({
  desk,
  location,
  kind,
  room,
}: Omit<Props, 'own' | 'everywhere'> & { kind: PictureKind; room: number }) => {
  const words = wordsOf(desk)
  const { refused } = desk
  const error = refused?.deed === 'use' && refused.fields.get('kind') === kind ? refused.problems['picture'] : undefined
  const id = `${kind}-file`
  const notes = [`${id}-help`, ...(error === undefined ? [] : [`${id}-error`])]
  return (
    <Form action={desk.here} deed="use" once={desk.once()} upload>
      <Hidden kind={kind} location={location} />
      <div class="field">
        <label for={id}>{words.choose}</label>
        <span class="field-box">
          <input
            id={id}
            name="picture"
            type="file"
            accept={FILE_TYPES}
            required
            data-shrink={room}
            data-shrink-side={PICTURE_PIXELS_MAX}
            data-shrink-type={kind === 'logo' ? 'image/png' : 'image/jpeg'}
            aria-describedby={notes.join(' ')}
            aria-invalid={error === undefined ? undefined : 'true'}
          />
        </span>
        {error === undefined ? null : (
          <p class="field-error status status-stopped" id={`${id}-error`}>
            {error}
          </p>
        )}
        <p class="field-help muted" id={`${id}-help`}>
          {fill(words[helps[kind]], {
            kilobytes: PICTURE_OCTETS_MAX[kind] / 1000,
            pixels: formatNumber(PICTURE_PIXELS_MAX, desk.locale),
          })}{' '}
          <span data-shrinks="" hidden>
            {words.shrinks}
          </span>
        </p>
      </div>
      <Button>{words.use}</Button>
    </Form>
  )
}

const Kind = ({ kind, ...props }: Props & { kind: PictureKind }) => {
  const { desk, location, own, everywhere } = props
  const words = wordsOf(desk)
  const of = (pictures: readonly Picture[], which: PictureKind) => pictures.find((one) => one.kind === which)
  const [mine, other] = [of(own, kind), kind === 'logo' ? ('background' as const) : ('logo' as const)]
  const beside = Math.max(0, ...[...own, ...everywhere].filter((one) => one.kind === other).map(({ bytes }) => bytes))
  const room = Math.min(PICTURE_OCTETS_MAX[kind], PICTURES_OCTETS_MAX - beside)
  return (
    <FieldGroup title={words[labels[kind]]}>
      <Shown {...{ desk, location, kind }} picture={mine ?? of(everywhere, kind)} isOwn={mine !== undefined} />
      {desk.may('settings.write') ? <Chooser {...{ desk, location, kind, room }} /> : null}
    </FieldGroup>
  )
}

export const Pictures = (props: Props) => {
  const words = wordsOf(props.desk)
  return (
    <Panel title={words.pictures}>
      <PanelBody>
        <p class="muted">{fill(words.picturesHelp, { kilobytes: PICTURES_OCTETS_MAX / 1000 })}</p>
        {pictureKinds.map((kind) => (
          <Kind key={kind} kind={kind} {...props} />
        ))}
      </PanelBody>
    </Panel>
  )
}

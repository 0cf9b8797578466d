import { parseDurationMs, parseSizeBytes, parseSpeed, type Fault, type Result } from '@lango/kernel'
import {
  CopyButton,
  fill,
  FormReader,
  PageHead,
  Panel,
  PanelBody,
  type Deed,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { freeDevice, spellCode, topUp } from '../access/index.ts'
import { handVouchers } from './handing.ts'
import { placeText, wordsOf } from './desk-parts.tsx'
import { extendVoucher, oneVoucher, revealVoucher, revokeVoucher, setVoucherSpeed } from './one.ts'
import type { Voucher } from './one-forms.tsx'

const MINUTE_SEC = 60
const EXTENSION_SEC_MAX = 366 * 86_400
const KBPS = { min: 8, max: 400_000_000 }
const HOLDER_LENGTH_MAX = 64
/** As long as the longest time that a plan can be good for. */
const SECONDS_MAX = 0xffff_ffff

const told = (desk: DoingDesk, done: Result<unknown, Fault>, said: string): Done =>
  done.ok ? { go: `/vouchers/code/${desk.param('id')}?said=${said}` } : { fault: done.error }

const extend = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  form.needed('by', words.extendUnreadable)
  const sec = Math.floor((form.read('by', parseDurationMs, words.extendUnreadable) ?? 0) / 1000)
  if (sec < MINUTE_SEC || sec > EXTENSION_SEC_MAX) form.refuse('by', words.extendUnreadable)
  if (!form.isGood) return { problems: form.problems }
  return told(desk, await desk.tell(extendVoucher, { id: desk.param('id'), sec }), 'extended')
}

const speed = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  form.needed('speed', words.speedUnreadable)
  const wanted = form.read('speed', parseSpeed, words.speedUnreadable)
  const isWithin = [wanted?.downKbps ?? 0, wanted?.upKbps ?? 0].every((kbps) => kbps >= KBPS.min && kbps <= KBPS.max)
  if (!isWithin) form.refuse('speed', words.speedUnreadable)
  if (!form.isGood || wanted === undefined) return { problems: form.problems }
  return told(desk, await desk.tell(setVoucherSpeed, { id: desk.param('id'), speed: wanted }), 'speed')
}

const withVoucher =
  (run: (desk: DoingDesk, voucher: Voucher) => Promise<Done>) =>
  async (desk: DoingDesk): Promise<Done> => {
    const voucher = await desk.ask(oneVoucher, { id: desk.param('id') })
    return voucher ? run(desk, voucher) : { fault: { type: 'VoucherUnknown' } }
  }

const add = withVoucher(async (desk, { grantNo }) => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const octets = form.read('data', parseSizeBytes, words.dataUnreadable)
  if (octets === 0) form.refuse('data', words.dataUnreadable)
  const ms = form.read('time', parseDurationMs, words.timeUnreadable)
  const sec = ms === undefined ? undefined : Math.floor(ms / 1000)
  if (sec !== undefined && (sec < MINUTE_SEC || sec > SECONDS_MAX)) form.refuse('time', words.timeUnreadable)
  if (octets === undefined && sec === undefined) {
    form.refuse(desk.fields.has('data') ? 'data' : 'time', words.amountMissing)
  }
  if (!form.isGood) return { problems: form.problems }
  return told(desk, await desk.tell(topUp, { grantNo, octets, sec }), 'added')
})

const free = withVoucher(async (desk, { grantNo }) =>
  told(desk, await desk.tell(freeDevice, { grantNo, device: desk.fields.get('device') }), 'freed'),
)

const hand = withVoucher(async (desk, { batch, serial }) => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const holder = form.needed('holder', words.holderMissing)
  if (holder.length > HOLDER_LENGTH_MAX) form.refuse('holder', words.holderLong)
  const state = form.choice('state', ['given', 'sold'])
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(handVouchers, { batch, from: serial, to: serial, state, holder })
  if (done.ok && done.value.moved === 0) return { fault: { type: 'VoucherOver' } }
  return told(desk, done, state)
})

const revoke = withVoucher(async (desk, { id, tail }) => {
  if (desk.fields.get('confirm').trim().toUpperCase().replace(/^…/, '') !== tail)
    return { problems: { confirm: wordsOf(desk).revokeOneWrong } }
  return told(desk, await desk.tell(revokeVoucher, { id }), 'revoked')
})

/** Told this once; the page is never kept by a browser. */
const reveal = withVoucher(async (desk, { id, batch, serial, plan }) => {
  const words = wordsOf(desk)
  const revealed = await desk.tell(revealVoucher, { id })
  if (!revealed.ok) return { fault: revealed.error }
  const title = fill(words.codeTitle, { place: placeText(batch, serial) })
  return {
    show: {
      title,
      content: (
        <>
          <PageHead title={title} />
          <Panel title={plan}>
            <PanelBody>
              <p>{words.codesNote}</p>
              <p>
                <code id="code">{spellCode(revealed.value.code, revealed.value.prefix)}</code>
              </p>
              <p>
                <CopyButton of="code" locale={desk.locale} />{' '}
                <a class="button" href={`/vouchers/code/${id}`}>
                  {words.done}
                </a>
              </p>
            </PanelBody>
          </Panel>
        </>
      ),
    },
  }
})

export const oneDeeds: Readonly<Record<string, Deed>> = {
  extend: { permission: 'vouchers.write', run: extend },
  speed: { permission: 'vouchers.write', run: speed },
  planSpeed: {
    permission: 'vouchers.write',
    run: async (desk) => told(desk, await desk.tell(setVoucherSpeed, { id: desk.param('id') }), 'speed'),
  },
  topUp: { permission: 'subscribers.write', run: add },
  free: { permission: 'subscribers.write', run: free },
  hand: { permission: 'vouchers.sell', run: hand },
  revoke: { permission: 'vouchers.write', run: revoke },
  reveal: { permission: 'vouchers.reveal', run: reveal },
}

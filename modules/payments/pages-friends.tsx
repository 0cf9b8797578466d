/** `/offers/friends`: what is promised to whoever brings a friend, and who did. */
import { err, ok, type Result } from '@lango/kernel'
import {
  agoColumn,
  Button,
  definePage,
  EmptyState,
  Field,
  Form,
  FormReader,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Select,
  Status,
  Table,
  Tabs,
  valuesFor,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { parsePercentBp } from '../people/index.ts'
import { changeSettings, REFERRAL_FRIEND_BP_MAX, showSettings } from '../settings/index.ts'
import { planOptions, type SoldPlan } from './ask-form.tsx'
import { PhoneLink, purchaseHref } from './desk-parts.tsx'
import { offerWordsOf } from './offer-text.ts'
import { plansForSale } from './queries.ts'
import { listReferrals } from './referral-queries.ts'

type Referral = ResultOf<typeof listReferrals>[number]

const PATH = '/offers/friends'
const PAGE_ROWS = 50
const MONTHLY_MAX = 100

export const OfferTabs = ({ desk, current }: { desk: Desk; current: 'offers' | 'friends' }) => {
  const words = offerWordsOf(desk)
  // Who brought whom is told to whoever may see who has bought.
  if (!desk.may('payments.read')) return null
  return (
    <Tabs
      label={words.offers}
      tabs={[
        { href: '/offers', label: words.offers, current: current === 'offers' },
        { href: PATH, label: words.friends, current: current === 'friends' },
      ]}
    />
  )
}

const meanings = { rewarded: 'good', capped: 'attention', 'taken-back': 'plain' } as const satisfies Record<
  Referral['state'],
  Meaning
>

const columns = (desk: Desk): readonly Column<Referral>[] => {
  const words = offerWordsOf(desk)
  const link = (number: number | null) => (number === null ? '' : <a href={purchaseHref(number)}>{number}</a>)
  return [
    {
      id: 'phone',
      head: words.referrer,
      width: 'l',
      card: 'title',
      digits: true,
      value: ({ phone }) => phone,
      render: ({ phone }) => <PhoneLink phone={phone} />,
    },
    { id: 'code', head: words.code, width: 'm', value: ({ code }) => code },
    {
      id: 'friend',
      head: words.friend,
      width: 'l',
      digits: true,
      value: ({ friendPhone }) => friendPhone,
      render: ({ friendPhone }) => <PhoneLink phone={friendPhone} />,
    },
    {
      id: 'purchase',
      head: words.purchase,
      width: 's',
      value: ({ purchase }) => String(purchase ?? ''),
      render: ({ purchase }) => link(purchase),
    },
    {
      id: 'reward',
      head: words.reward,
      width: 's',
      value: ({ reward }) => String(reward ?? ''),
      render: ({ reward }) => link(reward),
    },
    {
      id: 'state',
      head: words.state,
      width: 'l',
      card: 'wide',
      value: ({ state }) => words[state],
      render: ({ state }) => <Status meaning={meanings[state]}>{words[state]}</Status>,
    },
    agoColumn(desk, ({ at }) => at, { id: 'at', head: words.boughtAt, width: 'm' }),
  ]
}

const PromiseForm = async (desk: Desk, plans: readonly SoldPlan[]) => {
  const words = offerWordsOf(desk)
  const set = await desk.ask(showSettings, {})
  const form = valuesFor(desk, 'save')
  return (
    <Panel title={words.promise}>
      <PanelBody>
        <p class="muted">{words.promiseNote}</p>
        <RefusedNote desk={desk} deed="save" />
        <Form action={PATH} deed="save" once={desk.once()}>
          <Select
            label={words.rewardPlan}
            name="plan"
            value={form.value('plan', set.referralPlan)}
            options={[{ value: '', label: words.noReward }, ...planOptions(plans)]}
            {...form.error('plan')}
          />
          <Field
            locale={desk.locale}
            label={words.friendOff}
            name="friend"
            unit="%"
            inputMode="decimal"
            value={form.value('friend', set.referralFriendBp === 0 ? '' : String(set.referralFriendBp / 100))}
            help={words.friendOffHelp}
            {...form.error('friend')}
          />
          <Field
            locale={desk.locale}
            label={words.monthly}
            name="monthly"
            inputMode="numeric"
            value={form.value('monthly', String(set.referralMonthlyMax))}
            required
            {...form.error('monthly')}
          />
          <Button kind="main">{words.savePromise}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const Brought = async (desk: Desk) => {
  const words = offerWordsOf(desk)
  const rows = await desk.ask(listReferrals, {
    ...(desk.search.has('before') && { before: desk.search.get('before')! }),
    limit: PAGE_ROWS,
  })
  return (
    <>
      <Panel title={words.brought}>
        {rows.length === 0 ? (
          <EmptyState title={words.noneBrought}>
            <p>{words.noneBroughtBody}</p>
          </EmptyState>
        ) : (
          <Table name="referrals" caption={words.brought} columns={columns(desk)} rows={rows} rowKey={({ id }) => id} />
        )}
      </Panel>
      <OlderPager desk={desk} words={words} next={rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.id} />
    </>
  )
}

const parseFriendBp = (text: string): Result<number> => {
  const bp = parsePercentBp(text)
  return bp.ok && bp.value <= REFERRAL_FRIEND_BP_MAX ? ok(bp.value) : err({ type: 'InputInvalid' })
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = offerWordsOf(desk)
  const form = new FormReader(desk.fields)
  const plans = await desk.ask(plansForSale, {})
  const referralPlan = form.text('plan') ?? ''
  if (referralPlan !== '' && !plans.some(({ name }) => name === referralPlan)) form.refuse('plan', words.planGone)
  const referralFriendBp = form.read('friend', parseFriendBp, words.friendOffUnreadable) ?? 0
  const monthly = form.whole('monthly', [1, MONTHLY_MAX], words.monthlyUnreadable)
  if (monthly === undefined) form.refuse('monthly', words.monthlyUnreadable)
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(changeSettings, { referralPlan, referralFriendBp, referralMonthlyMax: monthly })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

export const friendsPage = definePage({
  path: PATH,
  permission: 'payments.read',
  async show(desk) {
    const words = offerWordsOf(desk)
    const plans = await desk.ask(plansForSale, {})
    return {
      title: words.friends,
      content: (
        <>
          <PageHead title={words.friends} />
          <OfferTabs desk={desk} current="friends" />
          <Said desk={desk} words={{ saved: words.saidPromise }} />
          {desk.may('settings.write') ? await PromiseForm(desk, plans) : null}
          {await Brought(desk)}
        </>
      ),
    }
  },
  deeds: { save: { permission: 'settings.write', run: save } },
})

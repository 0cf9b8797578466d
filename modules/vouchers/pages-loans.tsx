/** What was lent to other boxes and borrowed from them, and the files that go between. */
import {
  Button,
  DeedButton,
  definePage,
  EmptyState,
  Field,
  fill,
  Form,
  formatExact,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  Table,
  UserText,
  valuesFor,
  type Column,
  type Desk,
  type Done,
  type DoingDesk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { borrowVouchers, giveBack } from './borrowing.ts'
import { wordsOf } from './desk-parts.tsx'
import { LOAN_GRACE_MS, takeBack, writeLoanFile, writeOffLoan } from './lending.ts'
import { LOAN_FILE_CHARACTERS_MAX } from './loan-files.ts'
import { distrustBox, showBoxKey, trustBox } from './loan-peers.ts'
import { listBoxes, listLoans, type LoanLine } from './loan-queries.ts'
import { loanWords, type LoanWords } from './words-loans.ts'

const PATH = '/vouchers/loans'
type Box = ResultOf<typeof listBoxes>[number]

const loanWordsOf = (desk: Pick<Desk, 'locale'>): LoanWords => loanWords[desk.locale.lang]

const stateOf = (loan: LoanLine, desk: Desk): readonly [Meaning, string] => {
  const words = loanWordsOf(desk)
  const number = (n: number | null): string => formatNumber(n ?? 0, desk.locale)
  if (loan.state === 'open') return loan.endsAt > desk.now ? ['good', words.open] : ['attention', words.ended]
  if (loan.state === 'returned')
    return ['plain', fill(words.returned, { returned: number(loan.returned), kept: number(loan.kept) })]
  return (loan.twice ?? 0) > 0
    ? ['attention', fill(words.twice, { n: number(loan.twice) })]
    : ['plain', words.writtenOff]
}

/** A file is answered and the page stays as it is: each time it is asked for anew, so it carries no mark of its own. */
const FileButton = ({ desk, deed, loan, children }: { desk: Desk; deed: string; loan: string; children: string }) => (
  <form class="form form-inline" method="post" action={desk.here}>
    <input type="hidden" name="do" value={deed} />
    <input type="hidden" name="loan" value={loan} />
    <Button>{children}</Button>
  </form>
)

const LoanDeeds = ({ desk, loan }: { desk: Desk; loan: LoanLine }) => {
  const words = loanWordsOf(desk)
  if (!desk.may('vouchers.write')) return null
  if (loan.side === 'borrowed')
    return (
      <FileButton desk={desk} deed="giveBack" loan={loan.id}>
        {loan.state === 'open' ? words.giveBack : words.backAgain}
      </FileButton>
    )
  if (loan.state !== 'open') return null
  return loan.endsAt + LOAN_GRACE_MS <= desk.now ? (
    <DeedButton desk={desk} deed="writeOff" kind="danger" fields={{ loan: loan.id }}>
      {words.writeOff}
    </DeedButton>
  ) : (
    <FileButton desk={desk} deed="loanFile" loan={loan.id}>
      {words.download}
    </FileButton>
  )
}

const loanColumns = (desk: Desk): readonly Column<LoanLine>[] => {
  const words = loanWordsOf(desk)
  return [
    {
      id: 'box',
      head: words.box,
      width: 'l',
      card: 'title',
      value: ({ box }) => box,
      render: ({ box }) => <UserText text={box} />,
    },
    { id: 'side', head: words.side, width: 'l', value: ({ side }) => words[side] },
    {
      id: 'batch',
      head: words.batch,
      width: 's',
      digits: true,
      value: ({ batch }) => String(batch),
      render: ({ batch }) => <a href={`/vouchers/${batch}`}>{batch}</a>,
    },
    {
      id: 'numbers',
      head: words.numbers,
      width: 'm',
      digits: true,
      value: ({ fromSerial, toSerial }) => `${fromSerial}–${toSerial}`,
    },
    {
      id: 'count',
      head: words.count,
      width: 's',
      figures: true,
      value: ({ vouchers }) => formatNumber(vouchers, desk.locale),
    },
    { id: 'ends', head: words.ends, width: 'l', card: 'wide', value: ({ endsAt }) => desk.locale.day.format(endsAt) },
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: ({ state }) => state,
      render: (loan) => {
        const [meaning, text] = stateOf(loan, desk)
        return <Status meaning={meaning}>{text}</Status>
      },
    },
    {
      id: 'deeds',
      head: '',
      width: 'l',
      card: 'wide',
      value: () => '',
      render: (loan) => <LoanDeeds desk={desk} loan={loan} />,
    },
  ]
}

const FileField = ({ desk, deed, label }: { desk: Desk; deed: string; label: string }) => {
  const { error } = valuesFor(desk, deed).error('file')
  const id = `${deed}-file`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="field-box">
        <input
          id={id}
          name="file"
          type="file"
          required
          aria-invalid={error === undefined ? undefined : 'true'}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
        />
      </span>
      {error === undefined ? null : (
        <p class="field-error status status-stopped" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}

const TakeIn = ({ desk }: { desk: Desk }) => {
  const words = loanWordsOf(desk)
  return (
    <Panel title={words.takeIn}>
      <PanelBody>
        <RefusedNote desk={desk} deed="take" />
        <p class="muted">{words.takeInNote}</p>
        <Form action={desk.here} deed="take" once={desk.once()} upload>
          <FileField desk={desk} deed="take" label={words.file} />
          <Button kind="main">{words.take}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const spelt = (fingerprint: string): string => fingerprint.match(/.{4}/g)!.join(' ')

const BoxList = ({ desk, boxes }: { desk: Desk; boxes: readonly Box[] }) => {
  const words = loanWordsOf(desk)
  if (boxes.length === 0) return <p class="muted">{words.noBoxes}</p>
  return (
    <ul class="lines">
      {boxes.map(({ name, fingerprint, trustedAt, endedAt }) => (
        <li key={fingerprint} class="line-row">
          <span>
            <b>
              <UserText text={name} />
            </b>
            <br />
            <code>{spelt(fingerprint)}</code>
            <br />
            <span class="muted">
              {endedAt === null ? `${words.since} ${formatExact(trustedAt, desk.locale)}` : words.noMore}
            </span>
          </span>
          {endedAt === null && desk.may('settings.write') ? (
            <DeedButton desk={desk} deed="distrust" fields={{ box: fingerprint }}>
              {words.distrust}
            </DeedButton>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

const Boxes = async ({ desk }: { desk: Desk }) => {
  const words = loanWordsOf(desk)
  const boxes = await desk.ask(listBoxes, {})
  const form = valuesFor(desk, 'trust')
  return (
    <Panel title={words.boxes}>
      <PanelBody>
        <BoxList desk={desk} boxes={boxes} />
        {desk.may('settings.write') ? (
          <>
            <h3>{words.trust}</h3>
            <RefusedNote desk={desk} deed="trust" />
            <p class="muted">{words.trustNote}</p>
            <Form action={desk.here} deed="trust" once={desk.once()} upload>
              <FileField desk={desk} deed="trust" label={words.keyFile} />
              <Field
                locale={desk.locale}
                name="name"
                label={words.name}
                help={words.nameHelp}
                value={form.value('name')}
              />
              <Button>{words.trust}</Button>
            </Form>
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const ThisBox = ({ desk }: { desk: Desk }) => {
  const words = loanWordsOf(desk)
  return (
    <Panel title={words.thisBox}>
      <PanelBody>
        <RefusedNote desk={desk} deed="key" />
        <p class="muted">{words.thisBoxNote}</p>
        <form class="form" method="post" action={desk.here}>
          <input type="hidden" name="do" value="key" />
          <Button>{words.keyDownload}</Button>
        </form>
      </PanelBody>
    </Panel>
  )
}

const fileSent = (desk: DoingDesk): string | undefined => {
  const octets = desk.fields.file('file')
  return octets === undefined ? undefined : Buffer.from(octets).toString('utf8')
}

const noFile = (desk: Desk): Done => ({ problems: { file: loanWordsOf(desk).chooseFirst } })

/** What is lent to this box, or what comes back to it: the file says which. */
const take = async (desk: DoingDesk): Promise<Done> => {
  const file = fileSent(desk)
  if (file === undefined) return noFile(desk)
  if (!file.includes('"sealed"')) {
    const taken = await desk.tell(takeBack, { file })
    return taken.ok ? { go: `${PATH}?said=taken` } : { fault: taken.error }
  }
  const borrowed = await desk.tell(borrowVouchers, { file })
  return borrowed.ok ? { go: `${PATH}?said=borrowed` } : { fault: borrowed.error }
}

const trust = async (desk: DoingDesk): Promise<Done> => {
  const file = fileSent(desk)
  if (file === undefined) return noFile(desk)
  const name = desk.fields.get('name').trim().slice(0, 64)
  const done = await desk.tell(trustBox, { file, ...(name !== '' && { name }) })
  return done.ok ? { go: `${PATH}?said=trusted` } : { fault: done.error }
}

const asFile = (name: string, body: string): Done => ({ file: { name, type: 'application/json', body } })

const key = async (desk: DoingDesk): Promise<Done> => {
  const told = await desk.tell(showBoxKey, {})
  return told.ok ? asFile(`${told.value.fingerprint.slice(0, 8)}.key`, told.value.file) : { fault: told.error }
}

const loanFile = async (desk: DoingDesk): Promise<Done> => {
  const told = await desk.tell(writeLoanFile, { loan: desk.fields.get('loan') })
  return told.ok ? asFile(`${told.value.loan}.loan`, told.value.file) : { fault: told.error }
}

const give = async (desk: DoingDesk): Promise<Done> => {
  const told = await desk.tell(giveBack, { loan: desk.fields.get('loan') })
  return told.ok ? asFile(`${told.value.loan}.back`, told.value.file) : { fault: told.error }
}

const writeOff = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.tell(writeOffLoan, { loan: desk.fields.get('loan') })
  return done.ok ? { go: `${PATH}?said=writtenOff` } : { fault: done.error }
}

const distrust = async (desk: DoingDesk): Promise<Done> => {
  const done = await desk.tell(distrustBox, { box: desk.fields.get('box') })
  return done.ok ? { go: `${PATH}?said=distrusted` } : { fault: done.error }
}

const Loans = ({ desk, loans }: { desk: Desk; loans: readonly LoanLine[] }) => {
  const words = loanWordsOf(desk)
  return (
    <section class="panel">
      {loans.length === 0 ? (
        <EmptyState title={words.none}>
          <p>{words.noneBody}</p>
        </EmptyState>
      ) : (
        <Table name="loans" caption={words.title} columns={loanColumns(desk)} rows={loans} rowKey={({ id }) => id} />
      )}
    </section>
  )
}

export const loansPage = definePage({
  path: PATH,
  permission: 'vouchers.read',
  formBytesMax: LOAN_FILE_CHARACTERS_MAX + 20_000,
  async show(desk) {
    const words = loanWordsOf(desk)
    const said = {
      lent: words.saidLent,
      borrowed: words.saidBorrowed,
      taken: words.saidTaken,
      trusted: words.saidTrusted,
      distrusted: words.saidDistrusted,
      writtenOff: words.saidWrittenOff,
    }
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title}>
            <LinkButton href="/vouchers">{wordsOf(desk).toVouchers}</LinkButton>
          </PageHead>
          <Said desk={desk} words={said} />
          <p class="muted">{words.lead}</p>
          {['loanFile', 'giveBack', 'writeOff', 'distrust'].map((deed) => (
            <RefusedNote key={deed} desk={desk} deed={deed} />
          ))}
          <Loans desk={desk} loans={await desk.ask(listLoans, {})} />
          <div class="panels">
            {desk.may('vouchers.write') ? <TakeIn desk={desk} /> : null}
            <ThisBox desk={desk} />
            {await Boxes({ desk })}
          </div>
        </>
      ),
    }
  },
  deeds: {
    take: { permission: 'vouchers.write', run: take },
    trust: { permission: 'settings.write', run: trust },
    distrust: { permission: 'settings.write', run: distrust },
    key: { permission: 'vouchers.read', run: key },
    loanFile: { permission: 'vouchers.write', run: loanFile },
    giveBack: { permission: 'vouchers.write', run: give },
    writeOff: { permission: 'vouchers.write', run: writeOff },
  },
})

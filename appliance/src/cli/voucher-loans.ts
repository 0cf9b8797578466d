/** `lango voucher lend`, `borrow` and what belongs to them: vouchers that another box may accept. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type {
  borrowVouchers,
  giveBack,
  lendVouchers,
  listBoxes,
  listLoans,
  showBoxKey,
  takeBack,
  trustBox,
  writeLoanFile,
  writeOffLoan,
} from '@lango/modules/vouchers'
import { refused, secondsOf, shown, UsageError, type CliContext, type CommandSpec, type OptionSpec } from './command.ts'
import { localTime, table } from './format.ts'

const DAY_SEC = 86_400
const LOAN_DAYS = 30
const OUT: OptionSpec = { value: 'FILE', help: 'where to write it; it must not exist', required: true }
const SERIALS = /^(\d{1,9})(?:-(\d{1,9}))?$/

type Unread = ReturnType<
  typeof refused<{ readonly type: 'FileUnreadable'; readonly file: string; readonly cause: string }>
>

const textOf = (file: string): { readonly ok: true; readonly value: string } | Unread => {
  try {
    return { ok: true, value: readFileSync(file, 'utf8') }
  } catch (error) {
    return refused({ type: 'FileUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

const written = async (file: string, text: string): Promise<Result<string, Fault>> => {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
    return { ok: true, value: file }
  } catch (error) {
    return refused({ type: 'FileUnwritable', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

/** In groups, as people compare it. */
const spelt = (fingerprint: string): string => fingerprint.match(/.{4}/g)!.join(' ')

const key: CommandSpec = {
  path: ['voucher', 'key'],
  operands: [],
  summary: 'the public key of this box, for the owner of one that vouchers are lent to or borrowed from',
  options: { out: OUT },
  examples: ['lango voucher key --out kisumu.key'],
  async run({ args, command }) {
    const told = await command<ValueOf<typeof showBoxKey>>('vouchers.boxKey', {})
    if (!told.ok) return told
    const { fingerprint } = told.value
    const file = await written(args.text('out')!, told.value.file)
    if (!file.ok) return file
    return shown(
      { file: file.value, fingerprint },
      () => `It is in ${file.value}. Its fingerprint: ${spelt(fingerprint)}`,
    )
  },
}

const trust: CommandSpec = {
  path: ['voucher', 'trust'],
  operands: ['KEYFILE'],
  summary: 'trust another box: vouchers may be lent to it, and borrowed from it',
  options: { name: { value: 'NAME', help: 'what to call it here (as it calls itself)' } },
  notes: ['Compare the fingerprint with its owner before the first loan: it says whose key this is.'],
  examples: ['lango voucher trust kisumu.key --name Kisumu'],
  async run({ args, command }) {
    const file = textOf(args.operand(0)!)
    if (!file.ok) return file
    const done = await command<ValueOf<typeof trustBox>>('vouchers.trust', {
      file: file.value,
      name: args.text('name'),
    })
    return done.ok
      ? shown(done.value, () => `${done.value.name} is trusted. Its fingerprint: ${spelt(done.value.fingerprint)}`)
      : done
  },
}

const distrust: CommandSpec = {
  path: ['voucher', 'distrust'],
  operands: ['BOX'],
  summary: 'lend nothing more to a box and borrow nothing more; what is out can still come back',
  options: {},
  examples: ['lango voucher distrust Kisumu'],
  async run({ args, command }) {
    const done = await command('vouchers.distrust', { box: args.operand(0) })
    return done.ok ? shown(done.value, () => 'Nothing more is lent to it or borrowed from it.') : done
  },
}

const boxes: CommandSpec = {
  path: ['voucher', 'boxes'],
  operands: [],
  summary: 'the boxes that are trusted',
  options: {},
  examples: ['lango voucher boxes'],
  async run({ query }) {
    const found = await query<ResultOf<typeof listBoxes>>('vouchers.boxes', {})
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['NAME', 'FINGERPRINT', 'TRUSTED SINCE', 'UNTIL'],
        found.value.map((one) => [
          one.name,
          spelt(one.fingerprint),
          localTime(one.trustedAt),
          one.endedAt === null ? '' : localTime(one.endedAt),
        ]),
        'No box is trusted yet. On the other one: lango voucher key --out FILE; here: lango voucher trust FILE',
      ),
    )
  },
}

/** A box by its name, its fingerprint or its key file. */
const boxOf = async (asked: string): Promise<string> => {
  const file = textOf(asked)
  if (!file.ok) return asked
  const { readBoxKey } = await import('@lango/modules/vouchers')
  return readBoxKey(file.value)?.fingerprint ?? asked
}

const loanFile = async (
  { args, command }: Pick<CliContext, 'args' | 'command'>,
  loan: string,
): Promise<Result<string, Fault>> => {
  const told = await command<ValueOf<typeof writeLoanFile>>('vouchers.loanFile', { loan })
  return told.ok ? written(args.text('out')!, told.value.file) : told
}

const lend: CommandSpec = {
  path: ['voucher', 'lend'],
  operands: ['BATCH'],
  summary: 'lend vouchers to another box, where they are then good, and here no more',
  options: {
    serials: { value: 'A-B', help: 'their numbers, up to 400', required: true },
    to: { value: 'BOX', help: 'the box: its name, its fingerprint, or its key file', required: true },
    for: { value: '30d', help: 'the first login must come in this time (30 days)' },
    out: OUT,
  },
  notes: [
    'Only the other box can open the file. Numbers that somebody has, has used or has sold are passed over.',
    'What is lost while the two are apart is at most what was lent.',
  ],
  examples: ['lango voucher lend 3 --serials 1-50 --to Kisumu --out kisumu.loan'],
  async run(context) {
    const { args, command } = context
    const [, from, to = from] = SERIALS.exec(args.text('serials')!) ?? []
    if (from === undefined) throw new UsageError('Numbers are written A-B, such as --serials 1-50.')
    const forSec = await secondsOf(args, 'for')
    if (!forSec.ok) return forSec
    const batch = Number(args.operand(0))
    if (!Number.isSafeInteger(batch)) throw new UsageError('A batch is a number: lango voucher batches')
    const lent = await command<ValueOf<typeof lendVouchers>>('vouchers.lend', {
      batch,
      from: Number(from),
      to: Number(to),
      box: await boxOf(args.text('to')!),
      forSec: forSec.value ?? LOAN_DAYS * DAY_SEC,
    })
    if (!lent.ok) return lent
    const { loan, lent: count, endsAt } = lent.value
    const file = await loanFile(context, loan)
    if (!file.ok) {
      context.io.err(`They are lent. Write the file again: lango voucher loan ${loan} --out FILE\n`)
      return file
    }
    return shown(
      { ...lent.value, file: file.value },
      () =>
        `${count} vouchers are lent until ${localTime(endsAt)} (loan ${loan}). Bring ${file.value} to the other box: lango voucher borrow FILE`,
    )
  },
}

const loan: CommandSpec = {
  path: ['voucher', 'loan'],
  operands: ['LOAN'],
  summary: 'write the file of an open loan once more',
  options: { out: OUT },
  examples: ['lango voucher loan vln_01h… --out kisumu.loan'],
  async run(context) {
    const file = await loanFile(context, context.args.operand(0)!)
    return file.ok ? shown({ file: file.value }, () => `It is in ${file.value}.`) : file
  },
}

const loans: CommandSpec = {
  path: ['voucher', 'loans'],
  operands: [],
  summary: 'what was lent and borrowed',
  options: {},
  examples: ['lango voucher loans'],
  async run({ query }) {
    const found = await query<ResultOf<typeof listLoans>>('vouchers.loans', {})
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['LOAN', 'SIDE', 'BOX', '>BATCH', 'SERIALS', '>VOUCHERS', 'ENDS', 'STATE', '>BACK', '>KEPT', '>TWICE'],
        found.value.map((one) => [
          one.id,
          one.side,
          one.box,
          one.batch,
          `${one.fromSerial}-${one.toSerial}`,
          one.vouchers,
          localTime(one.endsAt),
          one.state,
          one.returned,
          one.kept,
          one.twice,
        ]),
        'Nothing was lent or borrowed yet.',
      ),
    )
  },
}

const borrow: CommandSpec = {
  path: ['voucher', 'borrow'],
  operands: ['FILE'],
  summary: 'take in vouchers that another box has lent to this one',
  options: {},
  examples: ['lango voucher borrow kisumu.loan'],
  async run({ args, command }) {
    const file = textOf(args.operand(0)!)
    if (!file.ok) return file
    const done = await command<ValueOf<typeof borrowVouchers>>('vouchers.borrow', { file: file.value })
    if (!done.ok) return done
    const { batch, vouchers, endsAt, loan: id } = done.value
    return shown(
      done.value,
      () =>
        `${vouchers} vouchers are good here, as batch ${batch}, until ${localTime(endsAt)}. To give them back: lango voucher give-back ${id} --out FILE`,
    )
  },
}

const back: CommandSpec = {
  path: ['voucher', 'give-back'],
  operands: ['LOAN'],
  summary: 'end the borrowed vouchers that were neither used nor sold, and say so to their home',
  options: { out: OUT },
  examples: ['lango voucher give-back vln_01h… --out kisumu.back'],
  async run({ args, command }) {
    const done = await command<ValueOf<typeof giveBack>>('vouchers.giveBack', { loan: args.operand(0) })
    if (!done.ok) return done
    const { file: text, ...told } = done.value
    const file = await written(args.text('out')!, text)
    if (!file.ok) return file
    return shown(
      { ...told, file: file.value },
      () =>
        `${told.returned} are given back, ${told.kept} stay here. Bring ${file.value} to their home: lango voucher take-back FILE`,
    )
  },
}

const take: CommandSpec = {
  path: ['voucher', 'take-back'],
  operands: ['FILE'],
  summary: 'make good here again what another box gives back',
  options: {},
  examples: ['lango voucher take-back kisumu.back'],
  async run({ args, command }) {
    const file = textOf(args.operand(0)!)
    if (!file.ok) return file
    const done = await command<ValueOf<typeof takeBack>>('vouchers.takeBack', { file: file.value })
    if (!done.ok) return done
    const { returned, kept, twice } = done.value
    return shown(
      done.value,
      () => `${returned} are good here again; ${kept} were used, sold or revoked there.`,
      twice > 0 ? { note: `${twice} of those were used or sold here as well, after the loan was written off.` } : {},
    )
  },
}

const writeOff: CommandSpec = {
  path: ['voucher', 'write-off'],
  operands: ['LOAN'],
  summary: 'make good here again what nobody gave back, a week after the loan’s end at the earliest',
  options: {},
  notes: ['What the other box let somebody use before the end is then good here too: at most what was lent.'],
  examples: ['lango voucher write-off vln_01h…'],
  async run({ args, command }) {
    const done = await command<ValueOf<typeof writeOffLoan>>('vouchers.writeOff', { loan: args.operand(0) })
    return done.ok ? shown(done.value, () => `${done.value.returned} vouchers are good here again.`) : done
  },
}

export const voucherLoanCommands = [key, trust, distrust, boxes, lend, loan, loans, borrow, back, take, writeOff]

/** `lango audit …` */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fault, Result, Verifier } from '@lango/kernel'
import type { AuditHead } from '@lango/kernel/verbs'
import { dataFolder, type DataFolder } from '../data-folder.ts'
import { refused, shown, type CliContext, type CommandSpec, type Shown } from './command.ts'
import { auditExportCommand } from './audit-export.ts'
import { clean, localTime } from './format.ts'

/** More than any head has; a backup is larger. */
const HEAD_OCTETS_MAX = 4096

const verify: CommandSpec = {
  path: ['audit', 'verify'],
  operands: ['[FILE]'],
  summary: 'has anybody changed, removed or put in entries? Of the box, or of an export',
  options: {
    key: { value: 'FILE', help: 'of an export: the public key of its box (lango audit key); else this box’s own' },
    against: {
      value: 'FILE',
      help: 'also compare with a backup, or with a head that was kept (lango audit head)',
      many: true,
    },
  },
  notes: [
    'The box signs every hour how far the log has come, and each backup holds such a signature. Whoever can write to the',
    'whole data folder could remove those in it: one that is kept elsewhere shows a cut or rewritten log all the same.',
    'The exit code is 1 when something is wrong.',
  ],
  examples: [
    'lango audit verify',
    'lango audit verify --against /mnt/usb/pop.backup',
    'lango audit verify audit.jsonl --key pop.pub',
  ],
  async run(context) {
    const file = context.args.operand(0)
    if (file !== undefined) return verifyFile(context, resolve(file))
    const folder = folderOf(context)
    if (!folder.ok) return folder
    const witnesses: AuditHead[] = []
    for (const file of context.args.texts('against')) {
      const head = await headOf(resolve(file))
      if (!head.ok) return head
      witnesses.push(head.value)
    }
    const [{ systemRandom }, { verifyFolder }] = await Promise.all([
      import('@lango/kernel'),
      import('../audit/verify-folder.ts'),
    ])
    const walked = verifyFolder(folder.value, systemRandom(), witnesses)
    if (!walked.ok) return walked
    const { no, firstNo, signedNo } = walked.value
    return shown(walked.value, () => {
      if (firstNo === 0) return 'The audit log is empty.'
      const rest = signedNo < no ? `; the ${no - signedNo} after it wait for the next signature` : ''
      return `The audit log is whole: rows ${firstNo} to ${no}, signed up to row ${signedNo}${rest}.`
    })
  },
}

const verifyFile = async (context: CliContext, file: string): Promise<Result<Shown, Fault>> => {
  const verifier = await verifierFor(context)
  if (!verifier.ok) return verifier
  const { verifyExport } = await import('../audit/verify-export.ts')
  const verified = await verifyExport(file, verifier.value)
  if (!verified.ok) return verified
  const { rows, filters, site, exportedAt, exportedBy, keyId } = verified.value
  const only = Object.entries(filters).map(([name, value]) => `${name} ${value}`)
  return shown(verified.value, () => {
    const which = only.length === 0 ? 'the whole log' : `only ${clean(only.join(', '))}`
    return `${file} is what ${clean(site)} gave out at ${localTime(exportedAt)} to ${clean(exportedBy)}: ${rows} entries, ${which}; signed with the key ${keyId}.`
  })
}

/** Of the key that is given, else of this box. */
const verifierFor = async (context: CliContext): Promise<Result<Verifier, Fault>> => {
  const { systemRandom, verifierOf } = await import('@lango/kernel')
  const given = context.args.text('key')
  if (given !== undefined) {
    const verifier = existsSync(given) ? verifierOf(readFileSync(given, 'utf8')) : undefined
    return verifier ? { ok: true, value: verifier } : refused({ type: 'PublicKeyUnfit', file: given })
  }
  const folder = folderOf(context)
  if (!folder.ok) return folder
  const { ownVerifier } = await import('../audit/verify-folder.ts')
  const own = ownVerifier(folder.value, systemRandom())
  if (!own.ok) return own
  return own.value ? { ok: true, value: own.value } : refused({ type: 'SigningKeyMissing' })
}

const head: CommandSpec = {
  path: ['audit', 'head'],
  operands: [],
  summary: 'the last signature, to be kept elsewhere',
  options: {},
  notes: ['Keep it where nobody who can write to the box can: lango audit verify --against compares the log with it.'],
  examples: ['lango audit head > head.json'],
  async run(context) {
    const folder = folderOf(context)
    if (!folder.ok) return folder
    const { readHead } = await import('../audit/head-file.ts')
    const last = readHead(folder.value)
    if (!last) return refused({ type: 'AuditHeadAbsent', file: folder.value.dir })
    return shown(last, () => JSON.stringify(last), {
      note: `Row ${last.entryNo}, signed at ${localTime(last.at)} with the key ${last.keyId}.`,
    })
  },
}

const key: CommandSpec = {
  path: ['audit', 'key'],
  operands: [],
  summary: 'the public key that signatures are verified with',
  options: {},
  examples: ['lango audit key > pop.pub'],
  async run(context) {
    const folder = folderOf(context)
    if (!folder.ok) return folder
    const { openVault, systemRandom } = await import('@lango/kernel')
    const vault = openVault({ file: folder.value.keyFile, create: false, random: systemRandom() })
    if (!vault.ok) return vault
    const signer = vault.value.signer()
    if (!signer) return refused({ type: 'SigningKeyMissing' })
    return shown({ keyId: signer.keyId, publicPem: signer.publicPem }, () => signer.publicPem.trimEnd())
  },
}

const folderOf = ({ dir }: CliContext): Result<DataFolder, Fault> => {
  const folder = dataFolder(dir)
  return existsSync(folder.siteFile) ? { ok: true, value: folder } : refused({ type: 'FolderMissing', dir } as Fault)
}

/** The head that a file holds: alone, or in the manifest of a backup. */
const headOf = async (file: string): Promise<Result<AuditHead, Fault>> => {
  const absent = refused({ type: 'AuditHeadAbsent', file })
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if (size === undefined) return refused({ type: 'FileUnreadable', file, cause: 'ENOENT' } as Fault)
  if (size <= HEAD_OCTETS_MAX && readFileSync(file, 'utf8').trimStart().startsWith('{')) {
    const { headIn } = await import('../audit/head-file.ts')
    const found = headIn(file)
    return found ? { ok: true, value: found } : absent
  }
  const { manifestOf } = await import('../backup/index.ts')
  const manifest = await manifestOf(file)
  if (!manifest.ok) return manifest
  return manifest.value.auditHead ? { ok: true, value: manifest.value.auditHead } : absent
}

export const auditCommands = [verify, auditExportCommand, head, key]

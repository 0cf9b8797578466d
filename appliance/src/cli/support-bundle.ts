/** `lango support-bundle` */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fault, Result } from '@lango/kernel'
import { dataFolder, type DataFolder } from '../data-folder.ts'
import { connectRpc } from '../rpc/client.ts'
import type { SupportBundle } from '../support/service.ts'
import { refused, shown, type CommandSpec } from './command.ts'
import { clean, octets } from './format.ts'

const supportBundle: CommandSpec = {
  path: ['support-bundle'],
  operands: ['[FILE]'],
  summary: 'one file for whoever helps from afar: what the box found of itself, without secrets and names',
  options: {},
  notes: [
    'Works while the box runs or not. Logins, names, phone numbers and hardware addresses are replaced by marks that mean',
    'nothing outside this one file. It is a zip with plain text in it: look before you send it.',
  ],
  examples: ['lango support-bundle', 'lango support-bundle /mnt/usb/support.zip'],
  async run({ args, dir, io }) {
    const folder = dataFolder(dir)
    if (!existsSync(folder.siteFile)) return refused({ type: 'FolderMissing', dir })
    const link = await connectRpc(folder.socketFile)
    if (!link.ok) return link
    const asked = await link.value?.action('support.bundle', {})
    await link.value?.close()
    const made = asked === undefined ? await offline(folder, io.now()) : (asked as Result<SupportBundle, Fault>)
    if (!made.ok) return made
    const file = resolve(args.operand(0) ?? made.value.name)
    if (existsSync(file)) return refused({ type: 'FileExists', file })
    const zip = Buffer.from(made.value.zip, 'base64')
    writeFileSync(file, zip, { mode: 0o600, flag: 'wx' })
    return shown({ file, bytes: zip.length }, () => `${clean(file)}: ${octets(zip.length)}.`)
  },
}

const offline = async (folder: DataFolder, now: number): Promise<Result<SupportBundle, Fault>> => {
  const { ok, systemRandom } = await import('@lango/kernel')
  const { makeBundle } = await import('../support/bundle.ts')
  const { bundleName } = await import('../support/service.ts')
  const asked = { folder, status: undefined, now, full: false, metrics: undefined }
  const made = await makeBundle({ ...asked, random: systemRandom() })
  return made.ok ? ok({ name: bundleName(now), zip: Buffer.from(made.value).toString('base64') }) : made
}

export const supportCommands = [supportBundle]

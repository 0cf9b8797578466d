/** Lists that are taken out at the desk. */
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import { transferLists as lists } from '@lango/modules/desk'
import { z } from 'zod'
import { exportText } from './export-text.ts'
import { sheetOf } from './job.ts'
import type { TransferBox } from './sheet.ts'

const exportInput = z.object({ list: z.enum(lists) })

export type ListExportDeps = {
  readonly may: (by: Actor, permission: string) => boolean
  readonly ask: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
}

export type GivenList = { readonly body: string; readonly rows: number }

/** A list as CSV, without what is secret in it; that it was taken stands in the audit log. */
export const createListExport =
  ({ may, ask, command }: ListExportDeps) =>
  async (input: unknown, by: Actor): Promise<Result<GivenList, Fault>> => {
    const parsed = exportInput.safeParse(input)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const { list } = parsed.data
    const permission = `${list}.read`
    if (!may(by, permission)) return err({ type: 'Forbidden', permission } as Fault)
    const box: TransferBox = {
      query: async <T>(name: string, asked: unknown) => (await ask(name, asked)) as Result<T, Fault>,
      command: async <T>(name: string, asked: unknown) => (await command(name, asked, by)) as Result<T, Fault>,
      passwords: () => Promise.resolve(ok(new Map<string, string>())),
    }
    const sheet = await sheetOf[list]()
    const open = await sheet.open(box, { withSecrets: false, newPasswords: false })
    if (!open.ok) return open
    let rows = 0
    let body = ''
    const count = (more: number): void => void (rows += more)
    for await (const text of exportText(sheet, open.value, { json: false, withSecrets: false }, count)) body += text
    const noted = await command('lists.exported', { list, rows }, by)
    return noted.ok ? ok({ body, rows }) : noted
  }

/** A code that nobody has yet: of a voucher, or of what somebody bought by phone. */
import type { CommandContext } from '@lango/kernel/verbs'
import { CODE_PURPOSE, codeLogin, drawCode, type CodeShape } from './code.ts'

/** With a thousand codes to each that is taken, two in a row are rare already. */
const DRAWS_MAX = 20

/** The code, and the login that its grant is found by; its statement is prepared once for all of a command's. */
export const createCodeDrawer = (
  ctx: CommandContext,
  shape: CodeShape,
): (() => { readonly code: string; readonly login: string }) => {
  const taken = ctx.raw.prepare<[string], { no: number }>('SELECT no FROM grants WHERE login = ?')
  return () => {
    for (let draws = 0; draws < DRAWS_MAX; draws++) {
      const code = drawCode(shape, ctx.random.below)
      const login = codeLogin(ctx.vault.keyedHash(code, CODE_PURPOSE))
      if (!taken.get(login)) return { code, login }
    }
    throw new Error(`no free code in ${DRAWS_MAX} draws`)
  }
}

/** What somebody logs in with, told to the box's own portal, which hands it to the router for them. */
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { isCodeLogin } from './code.ts'
import { credentialPurpose } from './purpose.ts'
import { grantOf, recordOfGrant } from './top-up.ts'

/** The login and password of a grant. Of a code both are the code. The audit log says that it was handed over. */
export const handOver = defineCommand({
  name: 'grants.handOver',
  permission: 'system',
  isInternal: true,
  valueIsSecret: true,
  input: z.object({ grantNo: z.number().int().min(1) }),
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const { id, login, credential, status } = found.value
    if (status !== 'active' || credential === null) return err({ type: 'GrantNotActive', grantId: id })
    const opened = ctx.vault.open(credential, credentialPurpose(id))
    if (!opened.ok) return opened
    const password = opened.value.reveal()
    return ok({ login: isCodeLogin(login) ? password : login, password })
  },
})

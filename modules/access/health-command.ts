import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, secret } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { createGrantWriter, policyRow } from './commands.ts'
import { HEALTH_GRANT_NO, HEALTH_LOGIN, HEALTH_ROUTER_NO } from './health.ts'
import { openPolicy } from './policy.ts'
import { credentialPurpose } from './purpose.ts'
import { grants } from './tables.ts'

const PASSWORD_OCTETS = 24
/** Should its Stop be lost. */
const SESSION_SEC = 60

/** Makes the login of `lango health`, or gives it another password where nobody can read the one it has. */
export const keepHealthLogin = defineCommand({
  name: 'grants.keepHealthLogin',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  audit: () => ({}),
  handle(ctx) {
    const password = secret(ctx.random.bytes(PASSWORD_OCTETS).toString('base64url'))
    const known = ctx.db.select().from(grants.site).where(eq(grants.site.login, HEALTH_LOGIN)).get()
    if (known && known.no !== HEALTH_GRANT_NO) return err({ type: 'LoginTaken', login: HEALTH_LOGIN })
    if (known) {
      const credential = ctx.vault.seal(password, credentialPurpose(known.id))
      ctx.db.update(grants.site).set({ credential }).where(eq(grants.site.id, known.id)).run()
      return ok()
    }
    createGrantWriter(
      ctx,
      () => HEALTH_GRANT_NO,
    )({
      serviceId: HEALTH_LOGIN,
      login: HEALTH_LOGIN,
      kind: 'pppoe',
      password,
      policyId: policyRow(ctx, { ...openPolicy, routers: [HEALTH_ROUTER_NO], sessionTimeoutSec: SESSION_SEC }),
      expiresAt: undefined,
      validitySec: undefined,
      macLogin: undefined,
      devices: [],
      framedIp: undefined,
      framedIpv6Prefix: undefined,
      delegatedIpv6Prefix: undefined,
      vlan: undefined,
      quotaOctets: undefined,
      quotaSec: undefined,
      beginsAt: undefined,
    })
    return ok()
  },
})

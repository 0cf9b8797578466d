/** That another certificate is in use. The certificates are files of the box, and their keys never pass through here. */
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'

const text = z.string().max(2000)

/** What the box gets a certificate for by itself, from whom; no names for nothing any more. */
export const acmeChanged = defineCommand({
  name: 'certificates.acme',
  permission: 'settings.write',
  isInternal: true,
  input: z.object({ names: z.array(text).max(10), directory: text, dns: text }),
  handle: () => ok(),
})

/** For EAP, RadSec and the desk: the owner's, the box's own again, or a new one of the box's. */
export const certificateChanged = defineCommand({
  name: 'certificates.changed',
  permission: 'settings.write',
  isInternal: true,
  input: z.object({
    to: z.enum(['own', 'box', 'renewed']),
    subject: text,
    issuer: text,
    names: text,
    notAfter: z.number().int(),
    fingerprint256: text,
  }),
  handle: () => ok(),
})

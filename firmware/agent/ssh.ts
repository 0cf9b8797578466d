/** The technician's way in by SSH: on while there are keys, off without any. */
import { z } from 'zod'

export const SSH_KEYS_MAX = 20

// A kind, its base64, and a name for people; nothing before the kind: options of a key could run what they like.
const KEY =
  /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|ssh-rsa) [A-Za-z0-9+/]{40,1400}={0,2}( [\w.@+-]{1,100})?$/

/** `ssh-wanted.json`. */
export const sshWantedSchema = z.strictObject({ keys: z.array(z.string().regex(KEY)).max(SSH_KEYS_MAX) })

export const authorizedKeys = (keys: readonly string[]): string => keys.map((key) => `${key}\n`).join('')

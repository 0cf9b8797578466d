import type { Random } from '@lango/kernel'

/** 144 bits, of characters that no router's command line asks to quote. */
const SECRET_BYTES = 18

/** A secret that nobody has to think of. */
export const drawSecret = (random: Random): string => random.bytes(SECRET_BYTES).toString('base64url')

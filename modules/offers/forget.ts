/** Whose number is forgotten: their code leads to nobody, and who brought whom cannot be told any more. */
import { eq, sql } from 'drizzle-orm'
import { follow, type Follower } from '@lango/kernel/verbs'
import { forgetPhone } from '../customers/index.ts'
import { referralCodes, referrals } from './tables.ts'

export const followers: readonly Follower[] = [
  follow(forgetPhone, (ctx, { phone }) => {
    const [codes, friends] = [referralCodes.site, referrals.site]
    // One of each phone may stand there: what takes its place is one of each row.
    ctx.db
      .update(codes)
      .set({ phone: sql`'erased-' || ${codes.id}` })
      .where(eq(codes.phone, phone))
      .run()
    ctx.db
      .update(friends)
      .set({ friendPhone: sql`'erased-' || ${friends.id}` })
      .where(eq(friends.friendPhone, phone))
      .run()
  }),
]

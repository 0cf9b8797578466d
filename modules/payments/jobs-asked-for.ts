/** The jobs that commands ask for. How they are done is said where a provider is at hand (`work.ts`). */
import { z } from 'zod'

const input = z.object({ purchaseId: z.string() })

/** Puts a prompt on a phone. */
export const promptJob = { name: 'payments.prompting', input } as const
/** Asks how a prompt stands. */
export const askJob = { name: 'payments.asking', input } as const
/** Takes back what was given ahead of the confirmation, where none has come. */
export const takeBackJob = { name: 'payments.takingBack', input } as const
/** Gives what was paid for, where the clock was not trusted when it was paid. */
export const grantJob = { name: 'payments.granting', input } as const

/** Has the provider pay back. */
export const refundJob = { name: 'payments.refunding', input: z.object({ refundId: z.string() }) } as const

/** Has the provider pay out. */
export const payoutJob = { name: 'payments.payingOut', input: z.object({ payoutId: z.string() }) } as const

/** Has the provider ask somebody to agree to a standing order. */
export const standingOrderJob = {
  name: 'payments.askingStandingOrder',
  input: z.object({ standingOrderId: z.string() }),
} as const

const movement = z.object({ refundId: z.string().optional(), payoutId: z.string().optional() })
/** Asks the provider what became of money that it has not told the end of. */
export const inquireJob = { name: 'payments.inquiring', input: movement } as const
/** Puts a question to the provider that is on record. */
export const questionJob = { name: 'payments.questioning', input: z.object({ questionId: z.string() }) } as const
/** Asks what the shortcode has. */
export const balanceJob = { name: 'payments.balancing', input: z.object({}) } as const

/** Tells the provider where it may tell of payments. */
export const registerJob = { name: 'payments.registering', input: z.object({}) } as const
/** Reads what the provider has received. */
export const pullJob = { name: 'payments.pulling', input: z.object({}) } as const
/** The same, once more and at once. */
export const pullNowJob = { name: 'payments.pullingNow', input: z.object({}) } as const

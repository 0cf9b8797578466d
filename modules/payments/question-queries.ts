/** What the shortcode has, as the provider said when it was asked last. */
import { and, eq, isNotNull } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { paymentQuestions } from './tables.ts'

export const showBalance = defineQuery({
  name: 'payments.balance',
  summary: 'Shows what the shortcode had when M-Pesa was asked last, and when that was.',
  permission: 'payments.read',
  input: z.object({}),
  tables: { paymentQuestions },
  select: ({ db, paymentQuestions: questions, byKey }) => ({
    known: db
      .select({ answer: questions.answer, at: questions.endedAt })
      .from(questions)
      .where(and(eq(questions.kind, 'balance'), eq(questions.state, 'answered'), isNotNull(questions.answer)))
      .orderBy(descending(questions.askedAt), ...byKey(questions))
      .limit(1),
    asked: db
      .select({ state: questions.state, askedAt: questions.askedAt, failure: questions.answer })
      .from(questions)
      .where(eq(questions.kind, 'balance'))
      .orderBy(descending(questions.askedAt), ...byKey(questions))
      .limit(1),
  }),
  shape: ({ known: [known], asked: [asked] }) => ({
    /** When it was told; undefined where it never was. */
    at: known?.at ?? undefined,
    balances: known?.answer?.balances ?? [],
    asked: asked && { state: asked.state, at: asked.askedAt, failure: asked.failure?.failure ?? null },
  }),
})

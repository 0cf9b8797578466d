/** One text to one person. */
export type OutgoingMessage = {
  /** The same for every try: what a provider may know a repeat by. */
  readonly id: string
  /** An e-mail address, or a number in E.164 (`+254712345678`). */
  readonly to: string
  /** An SMS has none. */
  readonly subject: string
  readonly text: string
}

export type SendOutcome =
  /** The provider has taken it: that is not yet "delivered". `providerId` is how it calls the message. */
  | { readonly type: 'accepted'; readonly providerId: string | null }
  /** Another try would be refused too. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'later'; readonly reason: string }

/**
 * Sends a message by one provider. Never rejects; `signal` ends it, and so does a time limit of its own. A reason never
 * holds what was sent.
 */
export interface MessageSender {
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>
}

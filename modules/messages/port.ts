/** One text to one person. */
export type OutgoingMessage = {
  /** The same for every try: what a provider may know a repeat by. */
  readonly id: string
  /** An e-mail address, or a number in E.164 (`+254712345678`). */
  readonly to: string
  /** An SMS has none. */
  readonly subject: string
  readonly text: string
  /** Where the provider may tell whether it has arrived; undefined where nobody reaches the box. */
  readonly reportUrl?: string | undefined
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

/** What came to an address for reports. */
export type ReportArrived = {
  /** The whole address, as the provider was told it. */
  readonly url: string
  readonly method: string
  /** What followed its `?`. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** What a provider tells of a message, read. */
export type DeliveryReport = {
  /** How it calls the message. */
  readonly providerId: string | undefined
  /** E.164, where it tells that. */
  readonly recipient: string | undefined
  readonly state: 'delivered' | 'undelivered'
  readonly reason: string | null
}

export interface ReportReader {
  /** Takes any input and never throws. Undefined where it cannot be read or believed, or says nothing of an end. */
  read(arrived: ReportArrived): DeliveryReport | undefined
}

export type WebhookMessage = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type WebhookOutcome =
  /** `start`: how the answer's body begins, a kilobyte at most. */
  | { readonly type: 'answer'; readonly status: number; readonly start: string }
  /** Its address is one that nothing is ever sent to: this machine, or a neighbour by link. */
  | { readonly type: 'forbidden'; readonly address: string }
  | { readonly type: 'unreachable'; readonly cause: string }

/**
 * Posts a message and brings the answer. Names are resolved once, and the connection goes to what was found allowed
 * then. Redirects are answers like any other. Never rejects; `signal` ends it, and so does a time limit of its own.
 */
export interface WebhookSender {
  send(message: WebhookMessage, signal: AbortSignal): Promise<WebhookOutcome>
}

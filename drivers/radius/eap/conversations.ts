/** What a table needs to know of a conversation. */
export interface Conversation {
  readonly nas: string
  /** When it began, by the table's clock. */
  readonly startedAt: number
  /** Frees what it holds. Called once, when the table drops it. */
  destroy(): void
}

export type ConversationOptions = {
  conversationsMax: number
  conversationMs: number
  clock: { now(): number }
  randomBytes: (count: number) => Buffer
}

const STATE_BYTES = 16

/**
 * State (24) and the conversation it stands for. A State is unguessable, good once, and only for the NAS it was given
 * to. The map is kept in the order of last activity, so a flood of begun conversations pushes out its own first:
 * who answers within the time the flood needs to fill the table is never pushed out.
 */
export class Conversations<C extends Conversation> {
  readonly #byState = new Map<string, C>()
  readonly #options: ConversationOptions

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#byState.size
  }

  /** Parks a conversation until its peer answers; the State to send. */
  park(conversation: C): Buffer {
    if (this.#byState.size >= this.#options.conversationsMax) this.#dropOldest()
    const state = this.#options.randomBytes(STATE_BYTES)
    this.#byState.set(keyOf(state), conversation)
    return state
  }

  /** The conversation of a State, left in place: a packet that does not fit must not cost its peer the conversation. */
  find(state: Buffer, nas: string): C | undefined {
    const found = this.#byState.get(keyOf(state))
    return found?.nas === nas && !this.#isOver(found) ? found : undefined
  }

  /** Uses a State up. */
  take(state: Buffer): void {
    this.#byState.delete(keyOf(state))
  }

  /** Drops what is past its time. What is parked longest stands first, so this looks at little more than it drops. */
  sweep(): void {
    for (const [key, conversation] of this.#byState) {
      if (!this.#isOver(conversation)) return
      this.#drop(key, conversation)
    }
  }

  clear(): void {
    for (const [key, conversation] of this.#byState) this.#drop(key, conversation)
  }

  #isOver(conversation: C): boolean {
    return this.#options.clock.now() - conversation.startedAt > this.#options.conversationMs
  }

  #dropOldest(): void {
    for (const [key, conversation] of this.#byState) return this.#drop(key, conversation)
  }

  #drop(key: string, conversation: C): void {
    this.#byState.delete(key)
    conversation.destroy()
  }
}

const keyOf = (state: Buffer): string => state.toString('latin1')

/** Who wants something done. What they may do is decided by `may`, whose default is no. */
export type Actor = {
  /** `system` is the box itself: jobs, sweeps, first start. `console` is who holds the box's own socket. */
  readonly kind: 'staff' | 'subscriber' | 'system' | 'console' | 'cloud' | 'token'
  readonly id: string
}

export const system = (id: string): Actor => ({ kind: 'system', id })

/** The same guard for page, API, CLI, cloud and assistant. */
export type May = (actor: Actor, permission: string) => boolean

/**
 * How a request to a router failed. `sent` says that the router may have carried it out all the same: whoever wrote
 * reads back before writing again.
 */
export type RouterosFault =
  /** Nothing was sent: no way to the router; the system's error code, or what TLS said. */
  | { readonly type: 'Unreachable'; readonly cause: string }
  /** The router showed another certificate than the pinned one, or one that the authority did not sign. */
  | { readonly type: 'CertificateRefused'; readonly sha256: string; readonly cause: string }
  | { readonly type: 'LoginRefused'; readonly message: string }
  /** The router said no (`!trap`, or a 4xx of REST) in its own words. */
  | { readonly type: 'Refused'; readonly category: TrapCategory | undefined; readonly message: string }
  | { readonly type: 'TimedOut'; readonly afterMs: number; readonly sent: boolean }
  | { readonly type: 'ConnectionLost'; readonly cause: string; readonly sent: boolean }
  | { readonly type: 'Aborted'; readonly sent: boolean }
  /** More is waiting for this router already than may. */
  | { readonly type: 'Busy' }
  | { readonly type: 'AnswerTooLarge'; readonly limitBytes: number }
  | { readonly type: 'Closed' }

/**
 * `=category=` of a `!trap` (MikroTik "API", section "Errors"): 0 no such item or command, 1 a value is wrong, 2 it was
 * interrupted, 3 of scripting, 4 general, 5 of the API, 6 of the terminal, 7 a value of `:return`.
 */
export type TrapCategory = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/** The item is gone, or the menu is not there. */
export const isMissing = (fault: RouterosFault): boolean => fault.type === 'Refused' && fault.category === 0

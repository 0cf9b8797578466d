import type { Fault, Passwords, Result, Vault } from '@lango/kernel'
import type { Actor, May } from '@lango/kernel/verbs'
import type { TransferSource } from '@lango/modules/desk'
import type { Credentials, PeopleGuard } from '@lango/modules/people'
import type { PortalLook } from '@lango/modules/portal'
import type { Settings } from '@lango/modules/settings'
import type { Restoring } from '../restore/restoring.ts'
import type { SetupCode } from '../setup/setup-code.ts'
import type { SignInGuard } from './sign-in-guard.ts'

/** What the web needs of the site behind it. */
export type WebSite = {
  readonly people: PeopleGuard
  readonly may: May
  readonly credentials: Credentials
  /** What lets the first owner in; a demonstration has none. */
  readonly setupCode?: SetupCode | undefined
  /** Makes a new box the one that was backed up; a demonstration is none. */
  readonly restoring?: Restoring | undefined
  /** What is set at the desk now. */
  readonly settings: () => Settings
  /** How the captive portal looks now. */
  readonly portalLook: (location?: string) => PortalLook
  readonly passwords: Passwords
  /** Counts failures to sign in, here and at the routers. */
  readonly signIns: SignInGuard
  readonly vault: Pick<Vault, 'keyedHash'>
  /**
   * One transaction, by name, under an id of the asker's or a fresh one. `origin` is an address. The name is never one
   * that was sent.
   */
  readonly command: (
    name: string,
    input: unknown,
    by: { id?: string; actor: Actor; origin: string },
  ) => Result<unknown, Fault>
  /** As `command`, whatever it is, to its end: bulk work goes in parts between which others have their turn. */
  readonly whole: (
    name: string,
    input: unknown,
    by: { id: string; actor: Actor; origin: string },
  ) => Promise<Result<unknown, Fault>>
  readonly query: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  /** What only the running box can do. */
  readonly action: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
  /** Takes a list that a browser sends, and has it checked. */
  readonly receive: (
    source: TransferSource,
    contentType: string,
    body: AsyncIterable<Uint8Array>,
    by: Actor,
  ) => Promise<Result<undefined, Fault>>
  /** A fault in English: what happened and what to do. */
  readonly sentenceOf: (fault: Fault) => string | Promise<string>
}

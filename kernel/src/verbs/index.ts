export * from './actor.ts'
export * from './audit.ts'
export { AUDIT_KEPT_YEARS, pruneAudit, signAudit } from './audit-commands.ts'
export * from './audit-head.ts'
export * from './audit-verify.ts'
export * from './command.ts'
export { lastCommittedAt, pruneCommands } from './command-store.ts'
export * from './dispatcher.ts'
export * from './events.ts'
export * from './follower.ts'
export * from './job.ts'
export {
  backoffMs,
  createJobRunner,
  jobRunnerLimits,
  type JobRow,
  type JobRunner,
  type JobRunnerDeps,
} from './job-runner.ts'
export * from './module.ts'
export * from './parts.ts'
export {
  createPersonalReader,
  destroyPersonKeys,
  ERASED,
  Personal,
  personalIn,
  UNKNOWN_PERSON,
  type PersonId,
} from './personal.ts'
export * from './secret-text.ts'
export * from './supervisor.ts'
export * from './tables.ts'

/** What AAA needs of access, pure: threads that import only this carry neither schema library nor query builder. */
export * from './allowance.ts'
export * from './calendar.ts'
export * from './device.ts'
export * from './policy.ts'
export * from './purpose.ts'
export * from './standing.ts'
export * from './code.ts'
export * from './windows.ts'

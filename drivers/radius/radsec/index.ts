export * from './client.ts'
export { connectionLimits, radsecSecret, type ConnectionLimits } from './connection.ts'
export * from './server.ts'

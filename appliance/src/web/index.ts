export type * from './feed.ts'
export { deskAddress, serveWeb, type WebServer, type WebServerFault } from './serve.ts'
export { createWeb, type Web, type WebOptions } from './web.ts'

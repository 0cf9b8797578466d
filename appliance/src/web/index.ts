export { createApi } from './api.ts'
export { deskAddress, serveWeb, type WebTls } from './serve.ts'
export { createWeb } from './web.ts'
export type { WebSite } from './web-site.ts'

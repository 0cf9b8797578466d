export { createApi } from './api.ts'
export { deskAddress, serveWeb } from './serve.ts'
export { createWeb } from './web.ts'

export { deskAddress, serveWeb } from './serve.ts'
export { createWeb } from './web.ts'

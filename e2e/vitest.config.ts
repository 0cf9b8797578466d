import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: join(import.meta.dirname, 'scratch.ts'),
    include: ['e2e/**/*.test.ts'],
    // Machines of their own, with a configuration of their own.
    exclude: ['e2e/image/**', '**/node_modules/**'],
    // Two cores: one box and its peer at a time, so that times mean something.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

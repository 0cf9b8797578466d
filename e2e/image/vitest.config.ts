import { defineConfig } from 'vitest/config'

/** Machines of their own under emulation: minutes for each test, and not beside anything else. */
export default defineConfig({
  test: {
    include: ['e2e/image/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
})

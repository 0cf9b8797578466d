import { defineConfig } from 'vitest/config'

export default defineConfig({
  oxc: { jsx: { importSource: 'preact' } },
  test: {
    include: [
      '{kernel,modules,drivers,captive-portal,firmware,appliance,images,bench,tools}/**/*.test.{ts,tsx}',
      '*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
    // Two cores are all there is; threads share the SQLite native module well.
    pool: 'threads',
    // node:ffi (docs/decisions/0007-…) is one.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    maxWorkers: 2,
    // Loading the product's modules anew for each file took longer than the tests: no test leaves anything in one.
    isolate: false,
    setupFiles: ['tools/after-each-file.ts'],
    testTimeout: 20_000,
  },
})

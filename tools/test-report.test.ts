import { expect, test } from 'vitest'
import { countTests } from './test-report.ts'

const report = (failed: number, files: { status: string; assertionResults: { status: string }[] }[]) =>
  JSON.stringify({ numPassedTests: 7, numFailedTests: failed, numPendingTests: 2, numTodoTests: 1, testResults: files })

test('passed, failed and skipped are the report’s own', () => {
  const files = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]
  expect(countTests(report(1, files), 1)).toEqual({ passed: 7, failed: 1, skipped: 3 })
})

test('a file that could not be loaded is a failure', () => {
  expect(countTests(report(0, [{ status: 'failed', assertionResults: [] }]), 1).failed).toBe(1)
})

test('a file whose set-up threw is a failure', () => {
  expect(countTests(report(0, [{ status: 'failed', assertionResults: [{ status: 'skipped' }] }]), 1).failed).toBe(1)
})

test('a run that ended badly without a failed test is a failure', () => {
  expect(countTests(report(0, []), 1).failed).toBe(1)
})

test('a run without a report is a failure', () => {
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

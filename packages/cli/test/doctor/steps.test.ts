import { afterEach, expect, test, vi } from 'vitest'
import { createSteps } from '../../src/doctor/steps.ts'

const { isTTY } = process.stderr
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.stderr.isTTY = isTTY
})

test.each([
  ['xterm', '\r\u001b[K… one\r\u001b[K… two\r\u001b[K'],
  ['dumb', '… one\n… two\n'],
])('on a terminal of the kind %s', (kind, written) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  process.stderr.isTTY = true
  vi.stubEnv('TERM', kind)
  const steps = createSteps()
  steps.begin('one')
  steps.begin('two')
  steps.clear()
  expect(write.mock.calls.map(([text]) => text).join('')).toBe(written)
})

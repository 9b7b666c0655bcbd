import { afterEach, expect, test, vi } from 'vitest'
import { createProgress } from '../../src/bench/progress.ts'

const { isTTY } = process.stderr
afterEach(() => {
  vi.restoreAllMocks()
  process.stderr.isTTY = isTTY
})

test('a process that ends at once leaves the terminal with its cursor, and with lines that wrap', () => {
  let written = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    written += text
    return true
  })
  process.stderr.isTTY = true
  const before = process.listeners('exit')
  const progress = createProgress({ scenarios: ['cold'], messages: 3 })
  const [atExit] = process.listeners('exit').filter(listener => !before.includes(listener))
  expect(written).toContain('\u001b[?25l')
  expect(written).not.toContain('\u001b[?25h')
  atExit?.call(process, 130)
  expect(written).toContain('\u001b[?25h')
  expect(written).toContain('\u001b[?7h')
  progress.end()
  expect(process.listeners('exit')).toEqual(before)
})

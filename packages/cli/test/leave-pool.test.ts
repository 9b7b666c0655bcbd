import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { leavePool } from '../src/leave-pool.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a pool that cannot stop what boots is left when its time is over, and says so', async () => {
  const warn = vi.fn()
  const left = vi.fn()
  void leavePool({ close: () => new Promise(() => {}) }, 10_000, warn).then(left)
  await vi.advanceTimersByTimeAsync(9_999)
  expect(left).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(left).toHaveBeenCalled()
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^Could not stop every session of the pool before the process has to end/),
  )
})

test('a pool that has ended is waited for no longer, and tells nothing', async () => {
  const warn = vi.fn()
  await leavePool({ close: async () => {} }, 10_000, warn)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(warn).not.toHaveBeenCalled()
})

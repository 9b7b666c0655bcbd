import { RuntimeFailure } from '@warm-agent/proxy'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBreaker } from '../src/breaker.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

function start(openMs: number) {
  const changes: boolean[] = []
  const { isUsable, run } = createBreaker({ failures: 1, openMs }, isUsable => changes.push(isUsable))
  const settle = () => vi.advanceTimersByTimeAsync(0)
  return {
    changes,
    isUsable,
    run,
    async fail(reason: RuntimeFailure['reason'] = 'unavailable') {
      const failure = new RuntimeFailure(reason, 'unwell', { mayHaveRun: false })
      await run(false, () => Promise.reject(failure)).catch(() => undefined)
      await settle()
    },
    async succeed() {
      await run(false, async () => {})
      await settle()
    },
  }
}

test.each([
  ['throttled', false],
  ['quota', false],
  ['unavailable', false],
  ['unreachable', false],
  ['conflict', true],
  ['agent', true],
  ['missing', true],
] as const)('after "%s" an endpoint is still used: %s', async (reason, expected) => {
  const { fail, isUsable } = start(1_000)
  await fail(reason)
  expect(isUsable()).toBe(expected)
})

test.each([
  [10_000, [10_000, 20_000, 30_000, 30_000]],
  [60_000, [60_000, 60_000]],
])('an endpoint that opens for %i ms is tried again after %j', async (openMs, waits) => {
  const { fail, isUsable } = start(openMs)
  for (const waitMs of waits) {
    await fail()
    vi.setSystemTime(Date.now() + waitMs - 1)
    expect(isUsable()).toBe(false)
    vi.setSystemTime(Date.now() + 1)
    expect(isUsable()).toBe(true)
  }
})

test('a trial that runs for five seconds was accepted: the endpoint is used again, long before the answer ends', async () => {
  const { fail, run, isUsable } = start(1_000)
  await fail()
  vi.setSystemTime(Date.now() + 1_000)
  void run(true, () => new Promise(() => {}))
  await vi.advanceTimersByTimeAsync(4_999)
  expect(isUsable(), 'one trial at a time').toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(isUsable()).toBe(true)
})

test('an endpoint that falls ill again is told of again', async () => {
  const { fail, succeed, changes } = start(1_000)
  await fail()
  vi.setSystemTime(Date.now() + 1_000)
  await succeed()
  await fail()
  expect(changes).toEqual([false, true, false])
})

import type { WarmProxyOptions } from '@warm-agent/proxy'
import { afterEach, beforeEach, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

/** For each test of a file a proxy with limits, and time that is faked. */
export function prepareLimits() {
  beforeEach(() => {
    // At the end of a second, minute or day the counters begin anew: these tests begin just after.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 10, 22) })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  return start
}

function start(limits: NonNullable<WarmProxyOptions['limits']>, options: Parameters<typeof createFakeRuntime>[0] = {}) {
  const fake = createFakeRuntime(options)
  const browser = createTestProxy({ runtime: fake.runtime, limits })
  const openAs = (user: string) => browser.post('/sessions', { headers: { 'x-user': user } })
  /** How many of so many pages that open at once are warmed. */
  const openMany = async (count: number, userOf = (page: number) => `user ${page}`) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, page) => openAs(userOf(page))))
    return answers.filter(({ status }) => status === 200).length
  }
  const refusals = () => browser.events.flatMap(event => (event.type === 'warm-refused' ? [event.limit] : []))
  return { ...fake, ...browser, openAs, openMany, refusals }
}

import { memoryLedger, type RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import { afterEach, beforeEach, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

interface Endpoints {
  /** How an endpoint refuses: always, or as often as there are entries left. */
  sick: Record<string, RuntimeFailure | RuntimeFailure[]>
  /** Every call, by the endpoint that it came to. */
  calls: string[]
  stopped: RuntimeSession[]
}

/** For each test of a file two endpoints, blue and green, that refuse what they are told to; and real time after it. */
export function prepareEndpoints() {
  const endpoints: Endpoints = { sick: {}, calls: [], stopped: [] }
  beforeEach(() => {
    Object.assign(endpoints, { sick: {}, calls: [], stopped: [] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function start(options: Parameters<typeof createFakeRuntime>[0] & { ledger?: boolean } = {}) {
    const fake = createFakeRuntime(options)
    const ledger = memoryLedger()
    const tested = createTestProxy({
      ...(options.ledger && { ledger }),
      runtime: {
        ...fake.runtime,
        qualifiers: ['blue', 'green'],
        async invoke(session, ...rest) {
          endpoints.calls.push(session.qualifier)
          const refusal = endpoints.sick[session.qualifier]
          const refused = Array.isArray(refusal) ? refusal.shift() : refusal
          if (refused) throw refused
          return fake.runtime.invoke(session, ...rest)
        },
        stop(session, ...rest) {
          endpoints.stopped.push(session)
          return fake.runtime.stop(session, ...rest)
        },
      },
    })
    return { ...fake, ...tested, ledger }
  }
  return { endpoints, start }
}

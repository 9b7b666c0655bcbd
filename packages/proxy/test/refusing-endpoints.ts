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

/** For each test of a file endpoints that refuse what they are told to; and real time after it. */
export function prepareEndpoints() {
  const endpoints: Endpoints = { sick: {}, calls: [], stopped: [] }
  beforeEach(() => {
    Object.assign(endpoints, { sick: {}, calls: [], stopped: [] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function start(
    options: Parameters<typeof createFakeRuntime>[0] & {
      ledger?: boolean
      /** Tried in this order. @default blue and green in turn */
      qualifiers?: readonly string[]
    } = {},
  ) {
    const { qualifiers } = options
    const fake = createFakeRuntime(options)
    const ledger = memoryLedger()
    const proxyOptions: Parameters<typeof createTestProxy>[0] = {
      ...(options.ledger && { ledger }),
      runtime: {
        ...fake.runtime,
        qualifiers: qualifiers ?? ['blue', 'green'],
        ...(qualifiers && {
          placeSession: (refusedBy = []) => qualifiers.find(each => !refusedBy.includes(each)) ?? '',
        }),
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
    }
    return { ...fake, ...createTestProxy(proxyOptions), ledger, startAnother: () => createTestProxy(proxyOptions) }
  }
  return { endpoints, start }
}

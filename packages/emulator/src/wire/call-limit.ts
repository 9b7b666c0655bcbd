import { type Clock, delay } from '../clock.ts'
import { PlatformError } from '../platform-errors.ts'

/** How long a call may take (AgentCore quotas, "Request timeout" and "Streaming maximum duration"). */
const synchronousMs = 15 * 60_000
const streamingMs = 60 * 60_000

export interface CallLimit {
  /** Aborts when the client leaves, or the time is over. */
  readonly signal: AbortSignal
  /** The answer is a stream: it may take longer. */
  stream(): void
  /** Throws a gateway's 504 when the time is over. */
  check(): void
  stop(): void
}

/** Bounds one call, from when it came. */
export function startCallLimit(clock: Clock, clientLeft: AbortSignal): CallLimit {
  const startedAt = clock.now()
  const over = new AbortController()
  let timer = limit(synchronousMs)

  function limit(ms: number): AbortController {
    const stopped = new AbortController()
    delay(clock, ms, stopped.signal).then(
      () => over.abort(),
      // The call was faster.
      () => {},
    )
    return stopped
  }

  return {
    signal: AbortSignal.any([clientLeft, over.signal]),
    stream() {
      timer.abort()
      timer = limit(startedAt + streamingMs - clock.now())
    },
    check() {
      if (over.signal.aborted) throw new PlatformError('GatewayError', 'The call took too long.', { status: 504 })
    },
    stop: () => timer.abort(),
  }
}

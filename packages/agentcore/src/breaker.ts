import { RuntimeFailure } from '@warm-agent/proxy'
import { CircuitState, CountBreaker, circuitBreaker, DelegateBackoff, handleWhen } from 'cockatiel'

/** When an endpoint counts as unwell. */
export interface BreakerOptions {
  /** It opens when this many of the last twice as many calls failed, or one for a quota. A whole number from 1. @default 5 */
  failures?: number | undefined
  /**
   * For how long it stays open before one call tries the endpoint again; twice as long after each trial that fails, up to
   * 30 s. Milliseconds. @default 1_000
   */
  openMs?: number | undefined
}

export interface EndpointBreaker {
  /** Whether new sessions may be placed on the endpoint. */
  isUsable(): boolean
  /** Makes a call and notes what came of it. Messages and stops always get through, warm-ups yield while it is open. */
  run<T>(isWarmUp: boolean, call: () => Promise<T>): Promise<T>
}

/** What says that the endpoint is unwell: 429, 402, 5xx, no connection. A 409 or a 424 is about one session, or the agent. */
const unwell = new Set(['throttled', 'quota', 'unavailable', 'unreachable'])

/** A refusal comes fast. A call that is still running then was accepted, and may go on for an hour. */
const acceptedAfterMs = 5_000

const longestOpenMs = 30_000

/** @param onChange Hears when the endpoint stops and starts being used for new sessions. */
export function createBreaker(
  { failures = 5, openMs = 1_000 }: BreakerOptions,
  onChange: (isUsable: boolean) => void,
): EndpointBreaker {
  let openUntil = 0
  const policy = circuitBreaker(
    handleWhen(error => error instanceof RuntimeFailure && unwell.has(error.reason)),
    {
      halfOpenAfter: new DelegateBackoff(({ attempt }) => {
        const waitMs = Math.max(openMs, Math.min(longestOpenMs, openMs * 2 ** (attempt - 1)))
        if (openUntil === 0) onChange(false)
        openUntil = Date.now() + waitMs
        return waitMs
      }),
      // It breaks when more than the threshold failed: one of two, or three of six, are enough here.
      breaker: new CountBreaker({
        threshold: 0.5 - Number.EPSILON,
        size: 2 * failures,
        minimumNumberOfCalls: failures,
      }),
    },
  )
  policy.onReset(() => {
    openUntil = 0
    onChange(true)
  })

  const isUsable = () =>
    policy.state === CircuitState.Closed || (policy.state === CircuitState.Open && Date.now() >= openUntil)

  return {
    isUsable,
    run(isWarmUp, call) {
      if (!isUsable()) return isWarmUp ? Promise.reject(yielding(openUntil - Date.now())) : call()
      const calling = call()
      const isTrial = policy.state !== CircuitState.Closed
      // Whoever called hears of a failure from `calling`.
      const note = (call: () => Promise<unknown>) => void policy.execute(call).catch(() => undefined)
      note(() => (isTrial ? unlessAccepted(calling) : calling))
      calling.catch(error => {
        if (!isQuota(error) || policy.state !== CircuitState.Closed) return
        // No session ends because the next one is refused: once is as good as many times.
        for (let count = 1; count < failures; count++) note(() => Promise.reject(error))
      })
      return calling
    },
  }
}

function isQuota(error: unknown): boolean {
  return error instanceof RuntimeFailure && error.reason === 'quota'
}

/** Ends a trial in time, for until then no other call may show that the endpoint is well. */
async function unlessAccepted(calling: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const accepted = new Promise(resolve => {
    timer = setTimeout(resolve, acceptedAfterMs)
  })
  try {
    return await Promise.race([calling, accepted])
  } finally {
    clearTimeout(timer)
  }
}

/** A warm-up that is not even tried, in words and with a time that the proxy knows how to wait for. */
function yielding(waitMs: number): RuntimeFailure {
  return new RuntimeFailure(
    'throttled',
    'Could not warm a session: the endpoint refuses calls, its breaker is open. Warm-ups yield; try again later.',
    {
      mayHaveRun: false,
      ...(waitMs > 0 && { retryAfterMs: waitMs }),
    },
  )
}

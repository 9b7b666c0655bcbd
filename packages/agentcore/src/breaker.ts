import { RuntimeFailure } from '@warm-agent/proxy'
import { CircuitState, CountBreaker, circuitBreaker, DelegateBackoff, handleWhen } from 'cockatiel'

/** When an endpoint counts as unwell. */
export interface BreakerOptions {
  /**
   * It opens when half of its last calls failed (of this many at least, of twice as many at most), or when a single one was
   * refused for a quota. A whole number from 1. @default 5
   */
  failures?: number | undefined
  /**
   * How long it stays open before one call tries the endpoint again. Doubles with each trial that fails, up to 30 s.
   * Milliseconds. @default 1_000
   */
  openMs?: number | undefined
}

interface EndpointBreaker {
  /** Whether new sessions may be placed on the endpoint. */
  isUsable(): boolean
  /** Makes a call and notes what came of it. While it is open, messages still get through, and warm-ups are refused. */
  run<T>(isWarmUp: boolean, call: () => Promise<T>): Promise<T>
}

/** These failures say that the endpoint is unwell: 429, 402, 5xx, no connection. A 409 or 424 is about a session or the agent. */
const unwell = new Set(['throttled', 'quota', 'unavailable', 'unreachable'])

/** A refusal comes fast: a call that still runs after this long was accepted, and may go on for an hour. Milliseconds. */
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
      // It opens when more than the threshold failed; here half is enough.
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
        // A quota is not passing: no session ends just because the next is refused. So this one counts for all.
        for (let count = 1; count < failures; count++) note(() => Promise.reject(error))
      })
      return calling
    },
  }
}

function isQuota(error: unknown): boolean {
  return error instanceof RuntimeFailure && error.reason === 'quota'
}

/** Ends a trial as soon as its call is accepted: until it ends, no other call may try the endpoint. */
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

/** The failure of a warm-up that is not even tried. It tells the proxy how long to wait. */
function yielding(waitMs: number): RuntimeFailure {
  return new RuntimeFailure(
    'throttled',
    'Could not warm a session: the endpoint refuses calls, its breaker is open. Warm-ups yield; try again later.',
    { mayHaveRun: false, ...(waitMs > 0 && { retryAfterMs: waitMs }) },
  )
}

import { WarmAgentError } from '@warm-agent/protocol'
import type { Environment } from './environment.ts'
import type { Held } from './held.ts'

/** The proxy gives a warm-up 60 s unless told otherwise, the platform at most 120 s: what takes longer is lost. */
const flightLimitMs = 150_000

/**
 * Does one thing on the wire for the session in hand.
 *
 * @param land Learns how it ended, unless it was aborted: then nobody wants to know any more.
 * @returns a promise that settles when it has ended, and never rejects.
 */
export function fly<Result>(
  environment: Environment,
  mine: Held,
  run: (flight: AbortController) => Promise<Result>,
  land: (error: WarmAgentError, result?: Result) => void,
): Promise<void> {
  const flight = new AbortController()
  mine.flight = flight
  function end(cause?: unknown, result?: Result) {
    if (flight.signal.aborted) return
    flight.abort()
    land(toError(cause), result)
  }
  const stopTimer = environment.after(flightLimitMs, end)
  flight.signal.onabort = () => {
    stopTimer()
    mine.flight = undefined
  }
  return run(flight).then(result => end(undefined, result), end)
}

function toError(cause: unknown): WarmAgentError {
  if (cause instanceof WarmAgentError) return cause
  const why = (cause as Error | undefined)?.message ?? 'no answer came'
  return new WarmAgentError('agent_unavailable', `Could not reach the proxy: ${why}.`, { cause })
}
